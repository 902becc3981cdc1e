import Detection
import JSON
import Observability
import Plan

/// What judging some windows of one alert has come to: how it is to be written down.
package struct PortionOutcome {
  /// A change.
  package struct Entry {
    /// The end of the window that brought it about, or of a later one that changed something about the key before it.
    package var at: Int64
    package var key: String
    package var change: AlertChange
    /// The worst value of the alert so far.
    var peak: Double
    var message: String
    /// For the database.
    var document: JSONValue
    /// What is said in the log.
    var observation: Observation?

    /// Whether it raises an alert of the present.
    var isNews: Bool {
      guard case .fired = change else { return false }
      return document["is_history"]?.boolValue != true
    }

    fileprivate mutating func add(reason: String) {
      guard case .object(var members) = document,
        let index = members.firstIndex(where: { $0.name == "reason" })
      else { return }
      let former = members[index].value.stringValue.map { $0 + "; " } ?? ""
      members[index].value = .string(former + reason)
      document = .object(members)
    }
  }

  package let alert: AlertPlan
  package private(set) var entries: [Entry] = []
  /// Keys whose states have changed.
  package var changed: Set<String> = []
  package var forgotten: [String] = []

  /// When something changed about a key last: what comes of it later is written down later, whichever window it is about.
  private var latest: [String: Int64] = [:]

  init(_ alert: AlertPlan) {
    self.alert = alert
  }

  /// All entries in the order in which they are written down.
  package static func inOrder(_ outcomes: [PortionOutcome]) -> [Entry] {
    outcomes.flatMap(\.entries).enumerated().sorted {
      ($0.element.at, $0.offset) < ($1.element.at, $1.offset)
    }.map(\.element)
  }

  private mutating func append(_ entry: Entry) {
    var entry = entry
    entry.at = max(entry.at, latest[entry.key] ?? entry.at)
    latest[entry.key] = entry.at
    entries.append(entry)
  }

  /// Says why alerts are raised, behind what was expected.
  mutating func add(reason: String, to raised: [Int]) {
    for index in raised { entries[index].add(reason: reason) }
  }

  /// - Parameters:
  ///   - window: the one that was judged.
  ///   - peak: the worst value of the alert about this key.
  ///   - toldFrom: of windows that ended by then nobody is told.
  mutating func add(
    _ changes: [AlertChange], _ window: ClosedWindow, peak: Double, toldFrom: Int64?
  ) {
    for change in changes {
      switch change {
      case .fired(let verdict, let since, let windows, let reopens):
        guard let finding = verdict.finding else { continue }
        let message = window.message(of: alert, finding)
        var members = describe(verdict, finding, message, windows: windows, peak: peak, window)
        members += [
          JSONMember("window_start", .string(ClosedWindow.text(since))), JSONMember("reopens", .bool(reopens)),
          JSONMember("reach", .string("\(2 * alert.window.stepMicroseconds) microseconds")),
          JSONMember("group_by", .array(alert.routing.groupBy.map(JSONValue.string))),
          JSONMember("labels", .object(alert.routing.labels.map { JSONMember($0.name, .string($0.value)) })),
          JSONMember("is_history", .bool(toldFrom.map { verdict.end <= $0 } ?? false)),
        ]
        append(
          Entry(
            at: verdict.end, key: window.key, change: change, peak: peak, message: message,
            document: document("fire", window.key, members),
            observation: .alertRaised(
              alert: alert.name, severity: finding.severity.rawValue, key: window.key, message: message)))
      case .updated(let verdict, let windows):
        var members = [JSONMember("windows", .number(String(windows))), JSONMember("peak", number(peak))]
        var message = ""
        if let finding = verdict.finding {
          message = window.message(of: alert, finding)
          members = describe(verdict, finding, message, windows: windows, peak: peak, window)
          members.append(JSONMember("window_start", .string(ClosedWindow.text(verdict.start))))
        }
        let isNews = verdict.isBad && toldFrom.map { verdict.end > $0 } ?? true
        members.append(JSONMember("is_history", .bool(!isNews)))
        append(
          Entry(
            at: verdict.end, key: window.key, change: change, peak: peak, message: message,
            document: document("update", window.key, members)))
      case .resolved(_, _, let isTakenBack):
        resolve(window.key, change, reason: isTakenBack ? "late events have taken it back" : nil)
      }
    }
  }

  /// - Parameter change: a resolution.
  mutating func resolve(_ key: String, _ change: AlertChange, reason: String? = nil) {
    guard case .resolved(let end, let windows, _) = change else { return }
    let members = [
      JSONMember("window_end", .string(ClosedWindow.text(end))), JSONMember("windows", .number(String(windows))),
      JSONMember("reason", reason.map(JSONValue.string) ?? .null),
    ]
    append(
      Entry(
        at: end, key: key, change: change, peak: 0, message: "", document: document("resolve", key, members),
        observation: .alertResolved(alert: alert.name, key: key)))
  }

  private func document(_ action: String, _ key: String, _ members: [JSONMember]) -> JSONValue {
    let head = [
      JSONMember("action", .string(action)), JSONMember("alert", .string(alert.name)),
      JSONMember("aggregate", .string(alert.aggregate)),
      JSONMember("key", (try? JSONValue(parsing: key)) ?? .object([])),
    ]
    return .object(head + members)
  }

  private func describe(
    _ verdict: Verdict, _ finding: Finding, _ message: String, windows: Int, peak: Double, _ window: ClosedWindow
  ) -> [JSONMember] {
    let expected = finding.expected ?? window.expected
    return [
      JSONMember("severity", .string(finding.severity.rawValue)), JSONMember("message", .string(message)),
      JSONMember("metric", .string(alert.metric)), JSONMember("value", number(verdict.value)),
      JSONMember("threshold", number(finding.threshold)), JSONMember("expected", expected.map(number) ?? .null),
      JSONMember("probability", finding.probability.map(number) ?? .null), JSONMember("peak", number(peak)),
      JSONMember("windows", .number(String(windows))),
      JSONMember("window_end", .string(ClosedWindow.text(verdict.end))),
      JSONMember("reason", reason(verdict, finding, expected).map(JSONValue.string) ?? .null),
    ]
  }

  /// What was expected, what came, and how sure it is; nil: a fixed limit says it all.
  private func reason(_ verdict: Verdict, _ finding: Finding, _ expected: Double?) -> String? {
    guard let expected else { return nil }
    let format = MessageTemplate(
      pieces: [
        .text("expected "), .value(name: "expected", format: .plain), .text(", came "),
        .value(name: "value", format: .plain),
      ])
    var text = format.render(["expected": .number(expected), "value": .number(verdict.value)])
    if let probability = finding.probability {
      text += ", which is unusual with a probability of \(min((probability * 10_000).rounded(.down) / 100, 99.99)) %"
    }
    return text
  }

  /// JSON has no infinity; Postgres reads it from a text.
  private func number(_ value: Double) -> JSONValue {
    value.isFinite ? .number(String(value)) : .string(value.isNaN ? "NaN" : value > 0 ? "Infinity" : "-Infinity")
  }
}
