import Dialects
import Postgres
import Project
import TestThreads
import Testing

@testable import Office
@testable import ProcessingTestSupport

/// Alerts over windows that overlap: each window is judged when it closes, as the sum of all its panes.
@Suite(.blocking) struct OverlappingAlertTests {
  private let bench: Bench

  init() throws {
    let scratch = try ScratchProject()
    try scratch.write(
      "sql/aggregates/recent.sql",
      """
      CREATE MATERIALIZED VIEW recent AS
      SELECT "user".region, count(*) AS n, count(*) FILTER (WHERE download.status = 'failed') AS failures
      FROM content_downloads
      GROUP BY hop("timestamp", INTERVAL '1 minute', INTERVAL '3 minutes'), "user".region;
      """)
    try scratch.write(
      "sql/alerts/recent.sql",
      """
      -- name: RECENT_FAILURES
      -- summary: Many downloads of three minutes have failed.
      -- on: recent
      -- metric: failures
      -- detector: threshold above WARNING 3, CRITICAL 7
      -- message: {region}: {value} of {samples}
      SELECT region, window_start, window_end, failures AS value, n AS samples FROM recent;
      """)
    bench = try Bench(project: Project(folder: scratch.folder))
    try bench.connection.execute("SET TIME ZONE 'UTC'")
  }

  private func send(_ count: Int, minute: Int, _ status: String = "failed") throws {
    try bench.commit(0, (0..<count).map { _ in Download(minute: minute, region: "A", status: status) })
  }

  /// The alerts when the watermark has reached that minute.
  private func evaluate(_ minute: Int) throws -> [String] {
    let alert = try #require(bench.project.alerts.first { $0.name == "RECENT_FAILURES" })
    let outcome = try AlertEvaluator(
      bench.connection, cluster: Bench.cluster, stream: "content_downloads", alerts: bench.project.alerts,
      aggregates: bench.plan.aggregates
    ).evaluate([alert], watermark: (Download.start + Int64(minute) * 60_000) * 1000)
    #expect(!outcome.hasMore)
    return try bench.rows(
      """
      SELECT window_start::time, window_end::time, severity, peak_value, windows, state, message FROM alerts
      ORDER BY window_start
      """)
  }

  @Test("a window that closes is judged with all of its panes, and each window once")
  func closing() throws {
    try send(5, minute: 0)
    try send(4, minute: 1)
    try send(2, minute: 2, "success")
    #expect(try evaluate(0) == [])
    #expect(try evaluate(1) == ["23:58:00 00:01:00 WARNING 5 1 firing A: 5 of 5"])
    #expect(try evaluate(2) == ["23:58:00 00:02:00 CRITICAL 9 2 firing A: 9 of 9"])
    #expect(try evaluate(2) == ["23:58:00 00:02:00 CRITICAL 9 2 firing A: 9 of 9"])
    #expect(try evaluate(3) == ["23:58:00 00:03:00 CRITICAL 9 3 firing A: 9 of 9"])
    #expect(try evaluate(4) == ["23:58:00 00:04:00 CRITICAL 9 4 firing A: 9 of 9"])
    #expect(try evaluate(9) == ["23:58:00 00:04:00 CRITICAL 9 4 resolved A: 9 of 9"])
  }

  @Test("a late event makes all windows that hold it be judged again")
  func revised() throws {
    try send(3, minute: 0)
    #expect(try evaluate(5) == [])
    try send(1, minute: 1)
    #expect(try evaluate(6) == ["23:59:00 00:03:00 WARNING 4 2 resolved A: 4 of 4"])
  }

  @Test("an alert that is raised and over within one portion is over")
  func atOnce() throws {
    try send(5, minute: 0)
    let alerts = try evaluate(9)
    #expect(alerts == ["23:58:00 00:03:00 WARNING 5 3 resolved A: 5 of 5"])
    #expect(try bench.rows("SELECT resolved_at::time FROM alerts") == ["00:04:00"])
  }

  @Test("only panes of the windows that close are read")
  func reading() throws {
    try bench.connection.execute(
      """
      INSERT INTO recent_state (region, window_start, window_end, n, failures)
      SELECT 'R' || i % 10, t, t + interval '1 minute', 1, 0
      FROM generate_series(1, 20000) AS i, LATERAL (SELECT '2026-01-01T00:00:00Z'::timestamptz - i * interval '1 minute' AS t) AS m;
      ANALYZE recent_state
      """)
    let alert = try #require(bench.project.alerts.first { $0.name == "RECENT_FAILURES" })
    try bench.connection.execute("PREPARE judge (timestamptz, timestamptz, timestamptz) AS \(alert.statement.text)")
    let plan = try bench.rows("EXPLAIN EXECUTE judge ('2025-12-31 23:00Z', '2025-12-31 23:05Z', now())")
    #expect(!plan.contains { $0.contains("Seq Scan") })
    #expect(plan.contains { $0.contains("Index Cond: ((window_start >") }, "\(plan.joined(separator: "\n"))")
  }
}
