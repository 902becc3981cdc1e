import Dialects
import Kafka
import Observability
import Plan
import Postgres
import SQLQuoting
import Storage
import Threads

/// What happens when windows close and when they grow old: alerts, forecasts and retention, that of sampled events and of
/// the engine's own tables too.
///
/// For one stream. One instance does it, elected by an advisory lock that it holds as long as its connection lives; the
/// others stand by. Works on the stored rows only, so it makes no difference which instance it is.
public final class Watch: Sendable {
  private static let intervalMilliseconds = 250
  private static let retentionIntervalMicroseconds: Int64 = 30_000_000

  private let plan: StreamPlan
  private let alerts: [AlertPlan]
  private let topic: String
  private let database: ConnectionSettings
  private let cluster: @Sendable () -> String?
  private let keep: KeepSettings
  private let kafka: KafkaConfiguration?
  private let observe: @Sendable (Observation) -> Void
  private let interruption = Interruption()

  /// - Parameters:
  ///   - alerts: those on the stream's aggregates.
  ///   - cluster: the Kafka cluster's identity; nil before it has been reached. Asked from the watch's thread.
  ///   - keep: how long what the engine writes down is kept.
  ///   - kafka: where the topic is, which is asked before dead letters are removed; nil: those of this topic stay.
  public init(
    _ plan: StreamPlan, alerts: [AlertPlan], topic: String, database: ConnectionSettings,
    cluster: @escaping @Sendable () -> String?, keep: KeepSettings = KeepSettings(), kafka: KafkaConfiguration? = nil,
    observe: @escaping @Sendable (Observation) -> Void
  ) {
    self.plan = plan
    self.alerts = alerts
    self.topic = topic
    self.database = database
    self.cluster = cluster
    self.keep = keep
    self.kafka = kafka
    self.observe = observe
  }

  /// Watches until `stop`. Blocks the calling thread.
  public func run() {
    var backOff = BackOff()
    var office = ElectedConnection(database, lock: .watch(stream: plan.definition.name), interruption)
    var lastRetention: Int64 = 0
    var problems: [String: String] = [:]
    var current: PostgresConnection?
    var evaluator: AlertEvaluator?
    var forecasts: ForecastKeeper?
    var upkeep = Upkeep(keep, stream: plan.definition.name, topic: topic, kafka: kafka)
    while !isStopping {
      var pause = Watch.intervalMilliseconds
      do throws(PostgresError) {
        // Whoever has not reached the broker yet does not stand for election: it could not do the work.
        if let cluster = cluster(), let open = try office.elected(), let watermark = try watermark(open, cluster) {
          if open !== current {
            current = open
            evaluator = nil
            forecasts = nil
          }
          let alerts = evaluator ?? makeEvaluator(open, cluster)
          evaluator = alerts
          // What is wrong with one alert is no reason to stop the others, or retention.
          let found = try evaluate(alerts, watermark)
          for alert in self.alerts { report(found[alert.name], of: alert.name, &problems) }
          let keeper = forecasts ?? ForecastKeeper(open, aggregates: plan.aggregates)
          forecasts = keeper
          report(try forecast(keeper, watermark), of: "forecasts", &problems)
          let now = Clock.monotonic()
          if now - lastRetention >= Watch.retentionIntervalMicroseconds {
            lastRetention = now
            try retire(open, watermark.text)
            try retirePredictions(open, watermark.microseconds)
            try retireSamples(open)
            try upkeep.work(open, cluster: cluster, isStopping: { isStopping }, observe: observe)
          }
        }
        report(nil, of: "", &problems)
        backOff.reset()
      } catch {
        report(error.description, of: "", &problems)
        office.close()
        current = nil
        evaluator = nil
        forecasts = nil
        pause = max(pause, backOff.next())
      }
      interruption.wait(milliseconds: pause)
    }
    office.close()
  }

  /// Ends `run`, also while a statement of it waits for somebody's lock.
  public func stop() {
    interruption.request()
  }

  /// Does once, on a connection of the caller's, what `run` does again and again: judges all windows that have closed, and
  /// removes those that are no longer kept. For tests of definitions, whose time goes in steps.
  ///
  /// - Returns: what the server says against alerts and forecasts, if anything.
  package func workOnce(_ connection: PostgresConnection, cluster: String) throws(PostgresError) -> [String] {
    guard let watermark = try watermark(connection, cluster) else { return [] }
    let problems = try evaluate(makeEvaluator(connection, cluster), watermark)
    let forecasts = try forecast(ForecastKeeper(connection, aggregates: plan.aggregates), watermark)
    try retire(connection, watermark.text, makesPartitions: false)
    return alerts.compactMap { problems[$0.name] } + [forecasts].compactMap { $0 }
  }

  private func makeEvaluator(_ connection: PostgresConnection, _ cluster: String) -> AlertEvaluator {
    AlertEvaluator(
      connection, cluster: cluster, stream: plan.definition.name, alerts: alerts, aggregates: plan.aggregates)
  }

  private var isStopping: Bool { interruption.isRequested }

  /// Says a problem once; nil ends it.
  private func report(_ problem: String?, of subject: String, _ problems: inout [String: String]) {
    if let problem, problem != problems[subject], !isStopping { observe(.watchFailed(reason: problem)) }
    problems[subject] = problem
  }

  /// - Returns: what the server says against alerts, by their names.
  private func evaluate(
    _ evaluator: AlertEvaluator, _ watermark: Watermark
  ) throws(PostgresError) -> [String: String] {
    var problems: [String: String] = [:]
    do throws(PostgresError) {
      try evaluator.retire()
    } catch {
      // What else is wrong is said by the evaluation, too.
      if error.isConnectionLost { throw error }
    }
    for aggregate in plan.aggregates {
      let watching = alerts.filter { $0.aggregate == aggregate.name }
      guard !watching.isEmpty else { continue }
      if try attempt(
        watching,
        { () throws(PostgresError) in
          try evaluator.evaluate(watching, watermark: watermark.microseconds)
        }) != nil
      {
        // One of them is wrong, and each is evaluated by itself.
        for alert in watching {
          problems[alert.name] = try attempt([alert]) { () throws(PostgresError) in
            try evaluator.evaluate([alert], watermark: watermark.microseconds)
          }
        }
      }
      for alert in watching where alert.detector.isSilence && problems[alert.name] == nil {
        problems[alert.name] = try attempt([alert]) { () throws(PostgresError) in
          try evaluator.evaluateStream(
            alert, clock: watermark.clock,
            delay: plan.definition.idleTimeoutMicroseconds + plan.definition.outOfOrdernessMicroseconds,
            isIdle: watermark.isIdle)
        }
      }
    }
    return problems
  }

  /// Evaluates until nothing is left.
  ///
  /// - Returns: what the server says against it, if anything.
  private func attempt(
    _ alerts: [AlertPlan], _ evaluate: () throws(PostgresError) -> AlertEvaluator.Outcome
  ) throws(PostgresError) -> String? {
    do throws(PostgresError) {
      var hasMore = true
      while hasMore, !isStopping {
        let outcome = try evaluate()
        outcome.observations.forEach(observe)
        hasMore = outcome.hasMore
      }
      return nil
    } catch {
      if error.isConnectionLost { throw error }
      return "\(alerts.map(\.name).joined(separator: ", ")): \(error.description)"
    }
  }

  /// Learns until nothing is left.
  ///
  /// - Returns: what the server says against it, if anything: forecasts are worth less than alerts and retention.
  private func forecast(_ keeper: ForecastKeeper, _ watermark: Watermark) throws(PostgresError) -> String? {
    do throws(PostgresError) {
      // Whoever was stopped in a statement before would wait in the next one.
      while !isStopping, try keeper.update(watermark: watermark.microseconds) {}
      return nil
    } catch {
      if error.isConnectionLost { throw error }
      return "forecasts: \(error.description)"
    }
  }

  /// How far event time has come.
  struct Watermark {
    /// As Postgres writes it.
    var text: String
    /// Since 1970.
    var microseconds: Int64
    /// The database's clock, in microseconds since 1970.
    var clock: Int64
    /// Whether all partitions have been silent for the stream's `idle_timeout`.
    var isIdle: Bool
  }

  /// No events older than this are expected from any partition; nil while there is none.
  ///
  /// As in one worker: idle partitions do not hold it back, unless all are idle; one that is neither idle nor has had
  /// an event may still bring the oldest of all. Never later than the server's clock: a window that has not ended yet is
  /// not judged, whatever an event of a fast clock says.
  func watermark(_ connection: PostgresConnection, _ cluster: String) throws(PostgresError) -> Watermark? {
    let row = try connection.query(
      """
      SELECT t::text, (extract(epoch FROM t) * 1000000)::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
             is_idle
      FROM (SELECT CASE WHEN bool_or(watermark IS NULL AND NOT is_idle) THEN NULL
                        WHEN bool_and(is_idle) THEN max(watermark)
                        ELSE min(watermark) FILTER (WHERE NOT is_idle) END AS reached, bool_and(is_idle) AS is_idle
            FROM \(connection.pulse).progress WHERE stream = $1 AND cluster = $2 AND topic = $3) AS w,
           LATERAL (SELECT CASE WHEN reached < clock_timestamp() THEN reached
                                WHEN reached IS NOT NULL THEN clock_timestamp() END) AS c (t)
      """,
      [.text(plan.definition.name), .text(cluster), .text(topic)])
    guard let text = row[0, 0], let microseconds = row.integer(0, 1), let clock = row.integer(0, 2) else { return nil }
    return Watermark(text: text, microseconds: microseconds, clock: clock, isIdle: row.boolean(0, 3) ?? false)
  }

  /// Removes windows that ended longer before the watermark than the aggregate keeps them, in bounded portions.
  ///
  /// - Parameter makesPartitions: those that are missing of tables which have them.
  private func retire(
    _ connection: PostgresConnection, _ watermark: String, makesPartitions: Bool = true
  ) throws(PostgresError) {
    let portion: Int64 = 10_000
    for aggregate in plan.aggregates {
      guard let retention = aggregate.retentionMicroseconds else { continue }
      let horizon = try connection.query(
        "SELECT ($1::timestamptz - make_interval(secs => $2))::text",
        [.text(watermark), .doublePrecision(Double(retention) / 1_000_000)])[0, 0]
      guard var horizon else { continue }
      let partitions = ResultPartitions(connection, aggregate)
      if partitions.isUsed {
        if makesPartitions { try partitions.makeMissing(since: watermark) }
        let dropped = try partitions.dropOld(endedBefore: horizon, isStopping: { isStopping })
        if dropped.rows > 0 { observe(.retentionRemoved(table: aggregate.name, rows: dropped.rows)) }
        // Rows that are in no such partition go with the last of them.
        guard let reached = dropped.horizon else { continue }
        horizon = reached
      }
      let removed = try removePortions(of: Int(portion)) { () throws(PostgresError) in
        try retirePortion(connection, aggregate, horizon, portion)
      }
      if removed > 0 { observe(.retentionRemoved(table: aggregate.name, rows: removed)) }
    }
  }

  private func retirePredictions(_ connection: PostgresConnection, _ watermark: Int64) throws(PostgresError) {
    let portion: Int64 = 10_000
    for aggregate in plan.aggregates where !aggregate.forecasts.isEmpty {
      let removed = try removePortions(of: Int(portion)) { () throws(PostgresError) in
        try ForecastKeeper.removePortion(of: aggregate, before: watermark, portion, connection)
      }
      if removed > 0 { observe(.retentionRemoved(table: "trending_predictions", rows: removed)) }
    }
  }

  /// Also of a stream that has no sample any more. It goes on all the time, and is no news.
  private func retireSamples(_ connection: PostgresConnection) throws(PostgresError) {
    let retention = SampleRetention()
    let definition = plan.definition
    _ = try removePortions(of: Int(retention.portion)) { () throws(PostgresError) in
      try retention.removePortion(of: definition.name, keep: definition.sampleKeepMicroseconds, connection)
    }
  }

  /// Goes on until a portion is not full, and returns how much it was.
  private func removePortions(
    of size: Int, _ remove: () throws(PostgresError) -> Int
  ) throws(PostgresError) -> Int {
    var removed = 0
    while !isStopping {
      let count = try remove()
      removed += count
      if count < size { break }
    }
    return removed
  }

  /// Deletes rows and notes in the same statement how many events they held, so that `verify` still adds up.
  private func retirePortion(
    _ connection: PostgresConnection, _ aggregate: AggregatePlan, _ horizon: String, _ portion: Int64
  ) throws(PostgresError) -> Int {
    let events = aggregate.countColumn.map(quotedIdentifier) ?? "NULL::bigint"
    let result = try connection.query(
      """
      WITH gone AS (\(ResultTable(aggregate).expireStatement) RETURNING \(events) AS events),
           total AS (SELECT count(*) AS rows, sum(events)::bigint AS events FROM gone),
           noted AS (
             \(RetiredEvents.note(of: "total", horizon: "$1::timestamptz", aggregate: "$3", connection))
           )
      SELECT rows FROM total
      """, [.text(horizon), .bigint(portion), .text(aggregate.name)])
    return Int(result.integer(0, 0) ?? 0)
  }
}
