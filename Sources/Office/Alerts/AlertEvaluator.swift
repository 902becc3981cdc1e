import Observability
import Plan
import Postgres

/// Judges windows that have closed since the last time. Keys' states, alerts, incidents, messages and how far it came are
/// committed together, so that whoever goes on after a crash repeats and skips nothing.
///
/// Belongs to one thread, and to a connection that is elected: nobody else writes what it remembers. After an error it
/// reads everything anew.
package final class AlertEvaluator {
  /// Windows that are judged in one transaction, by their length: what is behind is caught up with in portions.
  static let portionWindows = 20

  private let store: any AlertStore
  private let names: [String]
  private var journals: [String: AlertJournal] = [:]
  private var hasRetired = false
  /// The last one of each alert about the stream: while nothing has changed since, there is nothing to ask.
  private var looks: [String: StreamLook] = [:]

  private struct StreamLook: Hashable {
    var until: Int64
    var isIdle: Bool
  }

  /// - Parameters:
  ///   - alerts: all of the stream.
  ///   - aggregates: all of the stream, which are asked for what explains an alert.
  package init(
    _ connection: PostgresConnection, cluster: String, stream: String, alerts: [AlertPlan], aggregates: [AggregatePlan]
  ) {
    store = PostgresAlertStore(
      connection, cluster: cluster, stream: stream, alerts: alerts, aggregates: aggregates)
    names = alerts.map(\.name)
  }

  /// - Parameter alerts: all of the stream.
  package init(_ store: any AlertStore, alerts: [AlertPlan]) {
    self.store = store
    names = alerts.map(\.name)
  }

  /// What one portion has come to.
  package struct Outcome {
    /// What was raised and what is over.
    var observations: [Observation] = []
    /// More windows have closed than one portion holds.
    package var hasMore = false
  }

  /// Ends what goes on about alerts that are no longer defined. Once for an evaluator.
  func retire() throws(PostgresError) {
    guard !hasRetired else { return }
    try store.retire(allBut: names)
    hasRetired = true
  }

  /// Evaluates windows of one aggregate that ended after the last evaluation and not after the watermark, the oldest of them
  /// first, and those before them that late events have revised. Asks the database nothing while no window has closed.
  ///
  /// - Parameters:
  ///   - alerts: of the aggregate.
  ///   - watermark: in microseconds since 1970.
  package func evaluate(_ alerts: [AlertPlan], watermark: Int64) throws(PostgresError) -> Outcome {
    do throws(PostgresError) {
      return try judge(alerts, watermark)
    } catch {
      // What was remembered may be ahead of what is stored.
      for alert in alerts { journals[alert.name] = nil }
      throw error
    }
  }

  /// Judges whether all of the stream has gone silent: by the clock, for no window closes then.
  ///
  /// - Parameters:
  ///   - alert: one whose detector is `silence`.
  ///   - clock: the database's, in microseconds since 1970.
  ///   - delay: how long after a window's end its events are stored at the latest.
  ///   - isIdle: all partitions have been read to their ends.
  func evaluateStream(
    _ alert: AlertPlan, clock: Int64, delay: Int64, isIdle: Bool
  ) throws(PostgresError) -> Outcome {
    do throws(PostgresError) {
      return try judgeStream(alert, clock - delay, isIdle)
    } catch {
      journals[alert.name] = nil
      looks[alert.name] = nil
      throw error
    }
  }

  // MARK: Windows that close by the watermark

  private func judge(_ alerts: [AlertPlan], _ watermark: Int64) throws(PostgresError) -> Outcome {
    let unknown = alerts.filter { journals[$0.name] == nil }
    if !unknown.isEmpty {
      let loaded = try store.load(unknown, watermark: watermark)
      journals.merge(loaded) { $1 }
    }
    var portions: [Portion] = []
    var outcome = Outcome()
    for alert in alerts {
      guard let journal = journals[alert.name], let portion = try portion(alert, journal, watermark) else { continue }
      portions.append(portion)
      outcome.hasMore = outcome.hasMore || portion.until < watermark
    }
    guard !portions.isEmpty else { return outcome }

    let (windows, now) = try store.read(portions)
    var outcomes: [PortionOutcome] = []
    for (index, windows) in windows.enumerated() {
      var journal = portions[index].journal
      outcomes.append(portions[index].judge(windows, &journal))
      journal.until = portions[index].until
      journal.lookedAt = now
      portions[index].journal = journal
    }
    for index in outcomes.indices { try explain(&outcomes[index]) }
    try write(outcomes, portions)
    outcome.observations = outcomes.flatMap(\.entries).compactMap(\.observation)
    return outcome
  }

  /// Finds out why alerts are raised. One search for all keys of an alert: what fails together has one cause.
  private func explain(_ outcome: inout PortionOutcome) throws(PostgresError) {
    let raised = outcome.entries.indices.filter { outcome.entries[$0].isNews }
    guard let last = raised.last, case .fired(let verdict, _, _, _) = outcome.entries[last].change else { return }
    let cause: String?
    do throws(PostgresError) {
      cause = try store.cause(
        of: outcome.alert, key: raised.count == 1 ? outcome.entries[last].key : nil,
        window: verdict.start..<verdict.end)
    } catch {
      if error.isConnectionLost { throw error }
      // An alert is worth having without a reason, too.
      cause = nil
    }
    guard let cause else { return }
    outcome.add(reason: cause, to: raised)
  }

  /// What of an alert is to be judged now; nil: nothing.
  private func portion(
    _ alert: AlertPlan, _ journal: AlertJournal, _ watermark: Int64
  ) throws(PostgresError) -> Portion? {
    let isDue = WindowTimes(alert.window).mayClose(after: journal.until, until: watermark)
    guard isDue || (journal.isNew && watermark >= journal.until) else { return nil }
    let (longest, isLong) = alert.window.longestMicroseconds.multipliedReportingOverflow(
      by: Int64(AlertEvaluator.portionWindows))
    let length = isLong ? Int64.max / 4 : longest
    guard watermark - journal.until > length else {
      return Portion(alert: alert, journal: journal, from: journal.until, until: watermark)
    }
    guard let start = try store.firstWindow(of: alert, after: journal.until) else {
      return Portion(alert: alert, journal: journal, from: watermark, until: watermark)
    }
    let from = max(journal.until, start)
    return Portion(alert: alert, journal: journal, from: from, until: min(watermark, from + length))
  }

  // MARK: Windows that end by the clock

  private func judgeStream(_ alert: AlertPlan, _ time: Int64, _ isIdle: Bool) throws(PostgresError) -> Outcome {
    guard var journal = journals[alert.name] else { return Outcome() }
    var state = journal.keys[AlertPlan.stream] ?? KeyState(for: alert.detector)
    let times = WindowTimes(alert.window)
    let step = alert.window.stepMicroseconds
    // What was long ago is nobody's news.
    let earliest = time - Int64(AlertEvaluator.portionWindows) * step
    let newest = max(state.lifecycle.newest.map { $0 + alert.window.longestMicroseconds } ?? earliest, earliest)
    let due = times.windows(endingAfter: newest, until: time, atMost: AlertEvaluator.portionWindows + 1)
    guard let first = due.first, let last = due.last else { return Outcome() }
    let look = StreamLook(until: last.upperBound, isIdle: isIdle)
    guard looks[alert.name] != look else { return Outcome() }
    looks[alert.name] = look
    let counts = try store.counts(of: alert, in: first.lowerBound..<last.upperBound)
    let judge = AlertJudge(alert)
    var outcome = PortionOutcome(alert)
    for window in due {
      // Of overlapping windows each pane counts.
      let count = counts.filter { window.contains($0.key) }.reduce(0) { $0 + $1.value }
      // Events that are still to be read are no silence.
      guard count > 0 || isIdle else { continue }
      var closed = ClosedWindow(missing: AlertPlan.stream, window, value: count)
      closed.isPresent = count > 0
      if count > 0 { state.seen = window.lowerBound }
      let changes = judge.step(&state, closed)
      outcome.add(changes, closed, peak: state.lifecycle.peak, toldFrom: nil)
      outcome.changed.insert(AlertPlan.stream)
    }
    guard !outcome.changed.isEmpty else { return Outcome() }
    state.seen = max(state.seen, time - AlertJournal.forgottenAfter.microseconds)
    journal.keys[AlertPlan.stream] = state
    try write(
      [outcome], [Portion(alert: alert, journal: journal, from: journal.until, until: journal.until)])
    return Outcome(observations: outcome.entries.compactMap(\.observation))
  }

  /// What is written is remembered; what is not is not.
  private func write(_ outcomes: [PortionOutcome], _ portions: [Portion]) throws(PostgresError) {
    try store.write(outcomes, portions)
    for portion in portions {
      var journal = portion.journal
      journal.isNew = false
      journals[portion.alert.name] = journal
    }
  }
}

extension AlertPlan {
  /// The key of an alert about all of its stream.
  static let stream = "{}"
}
