import Plan
import Spelling

/// Reads the annotations that say when an alert is raised, when it is over, and who hears of it.
struct LifecycleParser {
  let source: SourceText
  let annotations: Annotations

  func lifecycle() throws(DefinitionError) -> AlertLifecycle {
    AlertLifecycle(
      forWindows: try windows("for", from: 1) ?? 1, keepFiringWindows: try windows("keep_firing", from: 0) ?? 0,
      cooldownMicroseconds: try length("cooldown") ?? 0)
  }

  /// - Parameter keys: the alert's; nil: its SELECT is wrong.
  func routing(keys: [String]?) throws(DefinitionError) -> AlertRouting {
    AlertRouting(
      notify: try names("notify", of: "targets", form: "on_call, chat") ?? [], labels: try labels(),
      runbook: try annotations.one("runbook")?.value, groupBy: try groupBy(keys: keys),
      inhibits: try names("inhibits", of: "alerts", form: "SLOW_DOWNLOADS, TRAFFIC_DROP") ?? [])
  }

  /// - Parameter window: of the aggregate, whose keys may have windows without a row.
  func missing(_ window: WindowAssigner) throws(DefinitionError) -> Double? {
    guard let item = try annotations.one("missing") else { return nil }
    guard let value = Double(item.value), value.isFinite else {
      throw source.error(
        at: item.valueLocation, "missing is the value of windows of which a key has no row", hint: "write -- missing: 0"
      )
    }
    guard window.isRegular else {
      throw source.error(
        at: item.location, "windows that are made by events cannot be missing",
        hint: "watch an aggregate with tumble or hop, or leave -- missing: away")
    }
    return value
  }

  /// A length of time.
  func length(_ name: String) throws(DefinitionError) -> Int64? {
    guard let item = try annotations.one(name) else { return nil }
    do throws(Interval.Failure) {
      return try Interval.microseconds(parsing: item.value)
    } catch {
      throw source.error(
        at: item.valueLocation, error.message, hint: error.hint ?? "write -- \(name): 30 minutes")
    }
  }

  private func windows(_ name: String, from least: Int) throws(DefinitionError) -> Int? {
    guard let item = try annotations.one(name) else { return nil }
    let words = item.value.split(separator: " ").map(String.init)
    let most = AlertLifecycle.maximumWindows
    guard words.count == 2, words[1] == "windows" || words[1] == "window", let count = Int(words[0]),
      (least...most).contains(count)
    else {
      throw source.error(
        at: item.valueLocation, "\(name) is a number of windows, from \(least) to \(most)",
        hint: "write -- \(name): 3 windows")
    }
    return count
  }

  private func names(_ name: String, of what: String, form: String) throws(DefinitionError) -> [String]? {
    guard let item = try annotations.one(name) else { return nil }
    let names = item.list.map(\.text)
    let areNames = names.allSatisfy { name in
      !name.isEmpty
        && name.utf8.allSatisfy { byte in
          (0x61...0x7a).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x5f || byte == 0x2d
        }
    }
    guard areNames else {
      throw source.error(
        at: item.valueLocation, "\(name) is a list of \(what), whose names are of letters, digits, _ and -",
        hint: "write -- \(name): \(form)")
    }
    if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
      throw source.error(at: item.valueLocation, "\(twice) is named twice")
    }
    return names
  }

  private func groupBy(keys: [String]?) throws(DefinitionError) -> [String] {
    guard let names = try names("group_by", of: "keys", form: keys?.first ?? "shop"), let keys else { return [] }
    for name in names where !keys.contains(name) {
      let nearest = suggestion(for: name, among: keys)
      throw source.error(
        at: annotations.items.first { $0.name == "group_by" }?.valueLocation ?? 0, "the alert has no key \(name)",
        hint: keys.isEmpty ? "it has none" : "\(nearest)its keys are \(keys.joined(separator: ", "))")
    }
    return names
  }

  private func labels() throws(DefinitionError) -> [AlertRouting.Label] {
    guard let item = try annotations.one("labels") else { return [] }
    var labels: [AlertRouting.Label] = []
    for (text, _) in item.list {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { trimmed(String($0)) }
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
        throw source.error(
          at: item.valueLocation, "labels are names and values", hint: "write -- labels: team=video, service=downloads")
      }
      guard !labels.contains(where: { $0.name == parts[0] }) else {
        throw source.error(at: item.valueLocation, "the label \(parts[0]) is given twice")
      }
      labels.append(AlertRouting.Label(name: parts[0], value: parts[1]))
    }
    return labels
  }
}
