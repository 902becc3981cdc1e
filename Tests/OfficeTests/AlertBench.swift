import Plan
import Postgres
import Project

@testable import Office
@testable import ProcessingTestSupport

/// A project with one alert or several on `region_health`, whose rows tests write themselves: time is what they say.
final class AlertBench {
  /// 2026-01-01T00:00:00Z, a Thursday, in microseconds.
  static let start = Download.start * 1000

  let bench: Bench
  private var evaluator: AlertEvaluator

  /// - Parameter alerts: their files' texts.
  init(_ alerts: String...) throws {
    let scratch = try ScratchProject()
    scratch.removeDefinitions("alerts")
    try scratch.write(
      "sql/alerts/targets.sql",
      "-- target: chat webhook https://chat.example\n-- target: pager webhook https://pager.example\n"
        + "-- target: mail webhook https://mail.example\n")
    for (index, text) in alerts.enumerated() { try scratch.write("sql/alerts/a\(index).sql", text) }
    bench = try Bench(project: Project(folder: scratch.folder))
    try bench.connection.execute("SET TIME ZONE 'UTC'")
    evaluator = Self.makeEvaluator(bench)
  }

  /// The shipped alerts.
  init() throws {
    bench = try Bench()
    try bench.connection.execute("SET TIME ZONE 'UTC'")
    evaluator = Self.makeEvaluator(bench)
  }

  private static func makeEvaluator(_ bench: Bench) -> AlertEvaluator {
    AlertEvaluator(
      bench.connection, cluster: Bench.cluster, stream: "content_downloads", alerts: bench.project.alerts,
      aggregates: bench.plan.aggregates)
  }

  /// What a restart makes of it: nothing is remembered but what is stored.
  func restart() { evaluator = Self.makeEvaluator(bench) }

  /// One alert on the share of failures, with these annotations.
  static func errorRate(_ annotations: String..., name: String = "ERRORS") -> String {
    """
    -- name: \(name)
    -- summary: Too many failures.
    -- on: region_health
    -- metric: error_rate
    -- detector: threshold above WARNING 0.1, CRITICAL 0.5
    -- message: {region}: {value:percent}
    \(annotations.map { "-- \($0)\n" }.joined())\
    SELECT region, window_start, window_end, failed_downloads::double precision / total_downloads AS value,
           total_downloads AS samples
    FROM region_health;
    """
  }

  /// Stores a region's minute.
  func store(_ region: String, minute: Int, failed: Int, of total: Int = 100, speed: Double = 10) throws {
    _ = try bench.connection.query(
      """
      INSERT INTO region_health AS r (region, window_start, window_end, total_downloads, successful_downloads,
        failed_downloads, avg_speed_mbps_sum, avg_duration_seconds_sum, total_size_gb)
      VALUES ($1, $2, $2::timestamptz + INTERVAL '1 minute', $3, $3 - $4, $4, ($3 - $4) * $5, $3 * 10, $3)
      ON CONFLICT (window_start, region) DO UPDATE
      SET failed_downloads = excluded.failed_downloads, total_downloads = excluded.total_downloads,
          updated_at = clock_timestamp()
      """,
      [
        .text(region), .timestamptz(microseconds: AlertBench.start + Int64(minute) * 60_000_000), .bigint(Int64(total)),
        .bigint(Int64(failed)), .doublePrecision(speed),
      ])
  }

  /// Judges all windows that have ended by the minute.
  func evaluate(_ minute: Int) throws {
    let watermark = AlertBench.start + Int64(minute) * 60_000_000
    while try evaluator.evaluate(bench.project.alerts, watermark: watermark).hasMore {}
  }

  /// The same by somebody who knows nothing but what is stored, on a connection that is closed afterwards.
  func evaluate(_ minute: Int, on connection: PostgresConnection) throws {
    defer { connection.close() }
    try connection.execute("SET TIME ZONE 'UTC'")
    evaluator = AlertEvaluator(
      connection, cluster: Bench.cluster, stream: "content_downloads", alerts: bench.project.alerts,
      aggregates: bench.plan.aggregates)
    try evaluate(minute)
  }

  /// Judges whether the stream is silent, when it is that minute and all has been read.
  func evaluateStream(_ minute: Int, isIdle: Bool = true) throws {
    for alert in bench.project.alerts {
      guard case .silence = alert.detector else { continue }
      _ = try evaluator.evaluateStream(
        alert, clock: AlertBench.start + Int64(minute) * 60_000_000, delay: 0, isIdle: isIdle)
    }
  }

  /// Alerts in the order of their beginning.
  var alerts: [String] {
    get throws {
      try bench.rows(
        """
        SELECT key ->> 'region', severity, extract(epoch FROM window_start - '2026-01-01Z')::int / 60 || '-'
               || extract(epoch FROM window_end - '2026-01-01Z')::int / 60, windows, state
        FROM alerts ORDER BY window_start, alert_type, key::text
        """)
    }
  }

  /// How many alerts each incident has.
  var incidents: [String] {
    get throws {
      try bench.rows(
        """
        SELECT i.severity, i.state, count(a.id) FROM pulse.incidents AS i LEFT JOIN alerts AS a ON a.incident = i.id
        GROUP BY i.id ORDER BY i.id
        """)
    }
  }

  /// Messages in their order.
  var notifications: [String] {
    get throws {
      try bench.rows(
        """
        SELECT target, event, incident, payload ->> 'severity', payload ->> 'member_count'
        FROM pulse.notifications ORDER BY id
        """)
    }
  }
}
