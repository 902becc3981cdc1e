import Detection
import Office
import Plan
import Postgres
import Synthesis

/// The database of the alerts: windows that are written to, what the evaluation has written down, and answers that are lost.
final class SimulatedAlerts: AlertStore {
  /// A row of the watched aggregate.
  struct Row: Equatable {
    var value: Double
    var samples: Int64
    var updatedAt: Int64
  }

  /// A row of `alerts`.
  struct Alert: Equatable, CustomStringConvertible {
    var start: Int64
    var end: Int64
    var windows: Int
    /// nil: it fires.
    var resolvedAt: Int64?

    var description: String {
      let minute = { (time: Int64) in (time - World.start) / (60 * second) }
      return "\(minute(start))-\(minute(end)) \(windows) \(resolvedAt.map { String(minute($0)) } ?? "firing")"
    }
  }

  /// Of alerts and of what is remembered of them: written in one transaction.
  private struct Progress {
    var until: Int64?
    var lookedAt: Int64?
    var states: [String: [UInt8]] = [:]
  }

  private let alert: AlertPlan
  private let bug: PlantedBug?
  private var random: RandomNumbers
  /// By key and the window's beginning.
  private(set) var rows: [String: [Int64: Row]] = [:]
  private(set) var alerts: [String: [Alert]] = [:]
  private var progress = Progress()
  var now = World.start
  /// Answers are lost, and transactions, as often as that.
  var faults = 0.0
  private(set) var violations: [String] = []
  private(set) var milestones: Set<Milestone> = []
  private(set) var actions = 0
  var note: (String) -> Void = { _ in }

  init(_ alert: AlertPlan, _ random: RandomNumbers, bug: PlantedBug?) {
    self.alert = alert
    self.random = random
    self.bug = bug
  }

  private var length: Int64 { alert.window.longestMicroseconds }

  /// - Parameter delay: how long before it is to be seen its transaction has begun.
  func put(_ key: String, _ start: Int64, value: Double, samples: Int64, delay: Int64) {
    rows[key, default: [:]][start] = Row(value: value, samples: samples, updatedAt: now - delay)
  }

  func violated(_ text: String) {
    note("VIOLATION \(text)")
    if violations.count < 10 { violations.append(text) }
  }

  private func lose(_ what: String) throws(PostgresError) {
    note("\(what) is lost")
    throw PostgresError(.connection("the server is gone"))
  }

  // MARK: AlertStore

  func load(_ alerts: [AlertPlan], watermark: Int64) throws(PostgresError) -> [String: AlertJournal] {
    actions += 1
    if random.chance(faults) { try lose("what is remembered") }
    return [
      alert.name: AlertJournal(
        until: progress.until ?? watermark, toldFrom: nil, lookedAt: progress.lookedAt, isNew: progress.until == nil,
        keys: progress.states.mapValues { KeyState(decoding: $0, for: alert.detector) })
    ]
  }

  func firstWindow(of alert: AlertPlan, after time: Int64) throws(PostgresError) -> Int64? {
    rows.values.flatMap(\.keys).filter { $0 > time - length }.min()
  }

  func read(_ portions: [Portion]) throws(PostgresError) -> (windows: [[ClosedWindow]], now: Int64?) {
    actions += 1
    if random.chance(faults) { try lose("a reading") }
    return (portions.map(windows), now)
  }

  /// As `AlertPlan.statement` has it.
  private func windows(_ portion: Portion) -> [ClosedWindow] {
    let (from, until) = (portion.journal.until, portion.until)
    let reach = Int64(AlertSchedule.revisedWindows + 1) * length
    let revised = Set(
      rows.values.flatMap { $0 }.filter {
        $0.key > from - reach && $0.key + length <= from && $0.value.updatedAt > portion.revisedSince
      }.map(\.key))
    return rows.flatMap { key, windows in
      windows.filter { start, _ in
        start + length > from ? start + length <= until : revised.contains(start)
      }.map { ClosedWindow(key: key, $0.key..<$0.key + length, value: $0.value.value, samples: $0.value.samples) }
    }.sorted { ($0.start, $0.key) < ($1.start, $1.key) }
  }

  func counts(of alert: AlertPlan, in time: Range<Int64>) throws(PostgresError) -> [Int64: Double] { [:] }

  func cause(of alert: AlertPlan, key: String?, window: Range<Int64>) throws(PostgresError) -> String? { nil }

  func retire(allBut names: [String]) throws(PostgresError) {}

  func write(_ outcomes: [PortionOutcome], _ portions: [Portion]) throws(PostgresError) {
    actions += 1
    if random.chance(faults) { try lose("a transaction") }
    var entries = PortionOutcome.inOrder(outcomes)
    if bug == .alertsByWindow {
      entries = entries.enumerated().sorted {
        (Self.end(of: $0.element.change), $0.offset) < (Self.end(of: $1.element.change), $1.offset)
      }.map(\.element)
    }
    for entry in entries { apply(entry) }
    if bug == .alertsBeforeStates, random.chance(faults) { try lose("the transaction of the states") }
    for (outcome, portion) in zip(outcomes, portions) {
      progress.until = portion.journal.until
      progress.lookedAt = portion.journal.lookedAt
      for key in outcome.changed {
        progress.states[key] = portion.journal.keys[key]?.encoded(for: portion.alert.detector)
      }
      for key in outcome.forgotten { progress.states[key] = nil }
    }
    if random.chance(faults) {
      milestones.insert(.alertsHadCommitted)
      try lose("the answer to a transaction")
    }
  }

  private static func end(of change: AlertChange) -> Int64 {
    switch change {
    case .fired(let verdict, _, _, _), .updated(let verdict, _): verdict.end
    case .resolved(let end, _, _): end
    }
  }

  // MARK: What `pulse.change_alerts` does

  private func apply(_ entry: PortionOutcome.Entry) {
    note("\(entry.key): \(entry.change)")
    var found = alerts[entry.key] ?? []
    defer { alerts[entry.key] = found }
    let firing = found.firstIndex { $0.resolvedAt == nil }
    switch entry.change {
    case .fired(let verdict, let since, let windows, let reopens):
      if firing != nil { violated("\(entry.key): raised while it fires") }
      if verdict.end <= progress.until ?? .min { milestones.insert(.raisedLate) }
      let same =
        found.lastIndex { $0.start == since }
        ?? (reopens ? found.indices.max { found[$0].start < found[$1].start } : nil)
      if let same {
        found[same].windows =
          found[same].start == since ? max(found[same].windows, windows) : found[same].windows + windows
        found[same].end = max(found[same].end, verdict.end)
        found[same].resolvedAt = nil
      } else {
        found.append(Alert(start: since, end: verdict.end, windows: windows))
      }
    case .updated(let verdict, let windows):
      guard let firing else { return violated("\(entry.key): updated while it does not fire") }
      found[firing].windows += windows
      found[firing].end = max(found[firing].end, verdict.end)
      // The table does not say where an alert begins that has grown to the front; the checker wants to know.
      if verdict.isBad { found[firing].start = min(found[firing].start, verdict.start) }
    case .resolved(let end, let windows, let isTakenBack):
      guard let firing else { return violated("\(entry.key): over while it does not fire") }
      if isTakenBack { milestones.insert(.takenBack) }
      found[firing].windows += windows
      found[firing].resolvedAt = end
      if end <= found[firing].start { violated("\(entry.key): over before it began") }
    }
  }

  // MARK: At rest

  /// What is remembered of keys that are not at rest.
  var restless: [String] {
    progress.states.filter { KeyState(decoding: $0.value, for: alert.detector).lifecycle.phase != .quiet }.keys.sorted()
  }
}
