import Dialects
import Observability
import Plan
import Postgres
import SQLQuoting
import Storage
import Threads

/// What happens when windows close and when they grow old: alerts and retention, that of sampled events too.
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
  private let observe: @Sendable (Observation) -> Void
  private let interruption = Interruption()

  /// - Parameters:
  ///   - alerts: those on the stream's aggregates.
  ///   - cluster: the Kafka cluster's identity; nil before it has been reached. Asked from the watch's thread.
  public init(
    _ plan: StreamPlan, alerts: [AlertPlan], topic: String, database: ConnectionSettings,
    cluster: @escaping @Sendable () -> String?,
    observe: @escaping @Sendable (Observation) -> Void
  ) {
    self.plan = plan
    self.alerts = alerts
    self.topic = topic
    self.database = database
    self.cluster = cluster
    self.observe = observe
  }

  /// Watches until `stop`. Blocks the calling thread.
  public func run() {
    var backOff = BackOff()
    var office = ElectedConnection(database, lock: .watch(stream: plan.definition.name), interruption)
    var lastRetention: Int64 = 0
    var problems: [String: String] = [:]
    while !isStopping {
      var pause = Watch.intervalMilliseconds
      do throws(PostgresError) {
        // Whoever has not reached the broker yet does not stand for election: it could not do the work.
        if let cluster = cluster(), let open = try office.elected(), let watermark = try watermark(open, cluster) {
          for alert in alerts {
            // What is wrong with one alert is no reason to stop the others, or retention.
            let problem = try evaluate(alert, open, cluster: cluster, watermark: watermark)
            report(problem, of: alert.name, &problems)
          }
          let now = Clock.monotonic()
          if now - lastRetention >= Watch.retentionIntervalMicroseconds {
            lastRetention = now
            try retire(open, watermark)
            try retireSamples(open)
          }
        }
        report(nil, of: "", &problems)
        backOff.reset()
      } catch {
        report(error.description, of: "", &problems)
        office.close()
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
  /// - Returns: what the server says against alerts, if anything.
  package func workOnce(_ connection: PostgresConnection, cluster: String) throws(PostgresError) -> [String] {
    guard let watermark = try watermark(connection, cluster) else { return [] }
    var problems: [String] = []
    for alert in alerts {
      if let problem = try evaluate(alert, connection, cluster: cluster, watermark: watermark) {
        problems.append(problem)
      }
    }
    try retire(connection, watermark)
    return problems
  }

  private var isStopping: Bool { interruption.isRequested }

  /// Says a problem once; nil ends it.
  private func report(_ problem: String?, of subject: String, _ problems: inout [String: String]) {
    if let problem, problem != problems[subject], !isStopping { observe(.watchFailed(reason: problem)) }
    problems[subject] = problem
  }

  /// - Returns: what the server says against the alert, if anything.
  private func evaluate(
    _ alert: AlertPlan, _ connection: PostgresConnection, cluster: String, watermark: String
  ) throws(PostgresError) -> String? {
    do throws(PostgresError) {
      var hasMore = true
      while hasMore, !isStopping {
        let outcome = try AlertEvaluator(connection, cluster: cluster).evaluate(alert, watermark: watermark)
        outcome.raised.forEach(observe)
        hasMore = outcome.hasMore
      }
      return nil
    } catch {
      if error.isConnectionLost { throw error }
      return "\(alert.name): \(error.description)"
    }
  }

  /// No events older than this are expected from any partition; as text, nil while there is none.
  ///
  /// As in one worker: idle partitions do not hold it back, unless all are idle; one that is neither idle nor has had
  /// an event may still bring the oldest of all. Never later than the server's clock: a window that has not ended yet is
  /// not judged, whatever an event of a fast clock says.
  func watermark(_ connection: PostgresConnection, _ cluster: String) throws(PostgresError) -> String? {
    try connection.query(
      """
      SELECT CASE WHEN reached < clock_timestamp() THEN reached WHEN reached IS NOT NULL THEN clock_timestamp() END::text
      FROM (SELECT CASE WHEN bool_or(watermark IS NULL AND NOT is_idle) THEN NULL
                        WHEN bool_and(is_idle) THEN max(watermark)
                        ELSE min(watermark) FILTER (WHERE NOT is_idle) END AS reached
            FROM \(connection.pulse).progress WHERE stream = $1 AND cluster = $2 AND topic = $3) AS w
      """,
      [.text(plan.definition.name), .text(cluster), .text(topic)])[0, 0]
  }

  /// Removes windows that ended longer before the watermark than the aggregate keeps them, in bounded portions.
  private func retire(_ connection: PostgresConnection, _ watermark: String) throws(PostgresError) {
    let portion: Int64 = 10_000
    for aggregate in plan.aggregates {
      guard let retention = aggregate.retentionMicroseconds else { continue }
      let horizon = try connection.query(
        "SELECT ($1::timestamptz - make_interval(secs => $2))::text",
        [.text(watermark), .doublePrecision(Double(retention) / 1_000_000)])[0, 0]
      guard let horizon else { continue }
      let removed = try removePortions(of: Int(portion)) { () throws(PostgresError) in
        try retirePortion(connection, aggregate, horizon, portion)
      }
      if removed > 0 { observe(.retentionRemoved(table: aggregate.name, rows: removed)) }
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
             INSERT INTO \(connection.pulse).retired AS r (aggregate, horizon, events)
             SELECT $3, $1::timestamptz, events FROM total WHERE rows > 0
             ON CONFLICT (aggregate) DO UPDATE
             SET horizon = greatest(r.horizon, excluded.horizon), events = r.events + excluded.events,
                 updated_at = now()
           )
      SELECT rows FROM total
      """, [.text(horizon), .bigint(portion), .text(aggregate.name)])
    return Int(result.integer(0, 0) ?? 0)
  }
}
