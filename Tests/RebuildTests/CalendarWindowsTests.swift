import Audit
import Dialects
import Kafka
import Postgres
import Project
import TestThreads
import Testing

@testable import ProcessingTestSupport
@testable import Rebuild

/// Windows that are not equally long, from the topic to what readers, `verify` and a replay make of them.
@Suite(.blocking) struct CalendarWindowsTests {
  private let bench: Bench
  private let load: Load

  init() throws {
    let scratch = try ScratchProject()
    for (name, window) in [
      ("daily", "INTERVAL '1 day', 'America/New_York'"), ("weekly", "INTERVAL '1 week', 'Europe/Berlin'"),
      ("monthly", "INTERVAL '1 month'"), ("quarterly", "INTERVAL '3 months', 'Asia/Tokyo'"),
    ] {
      try scratch.write(
        "sql/aggregates/\(name).sql",
        """
        CREATE MATERIALIZED VIEW \(name) WITH (retention = '100 days') AS
        SELECT "user".region, count(*) AS n, sum(content.size_gb) AS size
        FROM content_downloads GROUP BY tumble("timestamp", \(window)), "user".region;
        """)
    }
    bench = try Bench(project: Project(folder: scratch.folder))
    load = try Load()
    // Every three hours of the days around 2026-03-08 (23 hours in New York) and 2026-11-01 (25 hours), and of 2026-03-29.
    var count: Int32 = 0
    for first in [1_772_841_600_000, 1_793_491_200_000, 1_774_569_600_000] as [Int64] {
      for step in 0..<32 as Range<Int64> {
        try load.send(bytes: Download(milliseconds: first + step * 10_800_000).encoded, to: count % 3)
        count += 1
      }
    }
    try load.settle()
    try bench.process(Int(count), of: load)
    try bench.connection.execute("SET TIME ZONE 'UTC'")
  }

  private func expectProven() throws {
    #expect(try bench.verify().checks.flatMap(\.violations) == [])
    let report = try bench.recount(load)
    let differences = report.aggregates.flatMap(\.differences)
    #expect(report.contradictions + differences == [])
  }

  @Test("a day over a change of clocks has 23 or 25 hours, and the rows are what Postgres computes")
  func days() throws {
    #expect(
      try bench.rows(
        """
        SELECT window_start AT TIME ZONE 'America/New_York', window_end - window_start, n FROM daily
        WHERE window_end - window_start <> '24 hours' ORDER BY 1
        """) == ["2026-03-08 00:00:00 23:00:00 8", "2026-11-01 00:00:00 1 day 01:00:00 8"])
    #expect(
      try bench.rows("SELECT window_start, window_end, n FROM monthly ORDER BY 1") == [
        "2026-03-01 00:00:00+00 2026-04-01 00:00:00+00 64", "2026-11-01 00:00:00+00 2026-12-01 00:00:00+00 32",
      ])
    #expect(
      try bench.rows("SELECT DISTINCT window_end - window_start FROM weekly ORDER BY 1") == [
        "6 days 23:00:00", "7 days",
      ])
    try expectProven()
  }

  @Test("retention and replays go by each window's own end")
  func replays() throws {
    let before = try bench.rows("SELECT window_start, window_end, n, size FROM daily ORDER BY 1")
    try bench.connection.execute("UPDATE daily SET n = n + 1")
    let connection = try PostgresConnection(bench.settings)
    defer { connection.close() }
    for time in ["2026-03-28 12:00Z", nil] {
      let report = try Replay(
        connection, bench.stream, aggregate: "daily",
        kafka: KafkaConfiguration(bootstrapServers: load.broker.bootstrapServers), topic: Bench.topic, group: "replay"
      ).run(from: time)
      #expect(report.rows == before.count)
    }
    #expect(try bench.rows("SELECT window_start, window_end, n, size FROM daily ORDER BY 1") == before)
    try expectProven()
    let daily = try #require(bench.plan.aggregates.first { $0.name == "daily" })
    // The day of 23 hours ends at 04:00 UTC.
    for (horizon, count) in [("2026-03-09 04:00Z", 2), ("2026-03-09 04:00:01Z", 1)] {
      let removed = try bench.connection.query(
        ResultTable(daily).expireStatement, [.text(horizon), .bigint(100)]
      ).affectedRows
      #expect(removed == count)
    }
  }
}
