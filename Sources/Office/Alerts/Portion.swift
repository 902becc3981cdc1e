import Detection
import Dialects
import Plan
import Postgres
import SQLQuoting

/// Windows of one alert that are judged together.
package struct Portion {
  package let alert: AlertPlan
  /// As it was before; as it is afterwards once they are judged.
  package var journal: AlertJournal
  /// Windows without a row are looked for from here on, in microseconds since 1970.
  let from: Int64
  /// Up to which end of windows it goes.
  package let until: Int64

  /// Of windows that were judged already, those that were written to since then are judged again, in microseconds since 1970.
  package var revisedSince: Int64 { RevisedRows.since(journal.lookedAt) }

  /// Judges windows, which are in the order of their beginnings.
  func judge(_ rows: [ClosedWindow], _ journal: inout AlertJournal) -> PortionOutcome {
    let judge = AlertJudge(alert)
    var outcome = PortionOutcome(alert)
    var isPresent: Set<WindowKey> = []
    var windows: [ClosedWindow] = []
    for window in rows {
      // Before a key is known, only windows count that close now.
      guard window.end > journal.until || journal.keys[window.key] != nil else { continue }
      windows.append(window)
      if fill != nil { isPresent.insert(WindowKey(start: window.start, key: window.key)) }
    }
    // An alert that looks for silence and has no key is about the stream alone, which `evaluateStream` judges.
    if alert.detector.isSilence, alert.keys.isEmpty { windows = [] }
    windows += missing(isPresent, windows, journal)
    if fill != nil { windows.sort { ($0.start, $0.key) < ($1.start, $1.key) } }
    for window in windows {
      var state = journal.keys[window.key] ?? KeyState(for: alert.detector)
      let isRevised = window.end <= journal.until
      if window.isPresent { state.seen = max(state.seen, window.start) }
      let changes = isRevised ? judge.revise(&state, window) : judge.step(&state, window)
      outcome.add(changes, window, peak: state.lifecycle.peak, toldFrom: journal.toldFrom)
      if state != journal.keys[window.key] {
        journal.keys[window.key] = state
        outcome.changed.insert(window.key)
      }
    }
    pass(judge, &journal, &outcome)
    forget(&journal, &outcome)
    return outcome
  }

  private struct WindowKey: Hashable {
    var start: Int64
    var key: String
  }

  /// The value of windows without a row.
  private var fill: Double? {
    alert.detector.isSilence ? (alert.keys.isEmpty ? nil : 0) : alert.missing
  }

  /// Windows that close now and have no row of a key that is known, or comes now.
  private func missing(
    _ isPresent: Set<WindowKey>, _ windows: [ClosedWindow], _ journal: AlertJournal
  ) -> [ClosedWindow] {
    guard let fill else { return [] }
    let times = WindowTimes(alert.window).windows(
      endingAfter: max(journal.until, from - alert.window.longestMicroseconds), until: until,
      atMost: 2 * AlertEvaluator.portionWindows * Int(alert.window.longestMicroseconds / alert.window.stepMicroseconds))
    var firsts: [String: Int64] = [:]
    for window in windows where firsts[window.key] == nil { firsts[window.key] = window.start }
    for key in journal.keys.keys where key != AlertPlan.stream || alert.keys.isEmpty { firsts[key] = .min }
    var missing: [ClosedWindow] = []
    for window in times {
      for (key, first) in firsts where first < window.lowerBound {
        guard !isPresent.contains(WindowKey(start: window.lowerBound, key: key)) else { continue }
        missing.append(ClosedWindow(missing: key, window, value: fill))
      }
    }
    return missing
  }

  /// What goes on about keys of which there is no row any more, or none that says enough to be judged, ends by itself.
  private func pass(_ judge: AlertJudge, _ journal: inout AlertJournal, _ outcome: inout PortionOutcome) {
    // A silence goes on by itself.
    guard !alert.detector.isSilence else { return }
    let time = until - alert.window.longestMicroseconds + alert.window.stepMicroseconds
    let open = journal.keys.filter { $0.value.lifecycle.phase != .quiet }.sorted { $0.key < $1.key }
    for (key, former) in open {
      var state = former
      let changes = state.lifecycle.pass(until: time, judge.rules)
      guard state != former else { continue }
      for change in changes { outcome.resolve(key, change) }
      journal.keys[key] = state
      outcome.changed.insert(key)
    }
  }

  private func forget(_ journal: inout AlertJournal, _ outcome: inout PortionOutcome) {
    for (key, state) in journal.forget(before: until, step: alert.window.stepMicroseconds) {
      if state.lifecycle.phase == .firing {
        outcome.resolve(
          key, .resolved(at: until, windows: 0, isTakenBack: false),
          reason: "nothing has come of it for so long that it was forgotten")
      }
      outcome.changed.remove(key)
      outcome.forgotten.append(key)
    }
  }
}

extension AlertPlan {
  /// The beginning of the first window that may end after a time, in microseconds since 1970; nil: there is none. So times
  /// without windows are passed over.
  func firstWindow(after time: Int64, _ connection: PostgresConnection) throws(PostgresError) -> Int64? {
    try connection.query(
      """
      SELECT (extract(epoch FROM min(window_start)) * 1000000)::bigint FROM \(quotedIdentifier(watched.tableName))
      WHERE window_start > $1::timestamptz - \(window.longestSQL)
      """, [.timestamptz(microseconds: time)]
    ).integer(0, 0)
  }
}
