import Audit
import Dialects
import Kafka
import Postgres
import Project
import TestThreads
import Testing

@testable import ProcessingTestSupport
@testable import Rebuild

/// Sessions from the topic to what `verify`, the recount, retention and replays make of them.
@Suite(.blocking) struct SessionReplayTests {
  private let bench: Bench
  private let load: Load

  private static func definition(_ name: String, _ window: String, by key: String) -> String {
    """
    CREATE MATERIALIZED VIEW \(name) WITH (retention = '1 day') AS
    SELECT \(key), count(*) AS n, avg(download.duration_seconds) AS mean, max(content.title COLLATE "C") AS title,
           min("timestamp") AS first, session("timestamp", \(window)) AS slot
    FROM content_downloads
    WHERE content.size_gb >= 1
    GROUP BY session("timestamp", \(window)), \(key);
    """
  }

  /// Events of three minutes, of which many are late, in three partitions.
  init() throws {
    let scratch = try ScratchProject()
    try scratch.write(
      "sql/aggregates/visits.sql", Self.definition("visits", "INTERVAL '1 second'", by: "content.content_id"))
    try scratch.write(
      "sql/aggregates/stretches.sql",
      Self.definition("stretches", "INTERVAL '3 seconds', INTERVAL '1 minute'", by: "\"user\".region"))
    bench = try Bench(project: Project(folder: scratch.folder))
    load = try Load()
    for number in 0..<1500 {
      let time = Int64(number) * 120 - (number % 7 == 0 ? Int64(number * 7919 % 30_000) : 0)
      try load.send(
        bytes: Download(
          milliseconds: Download.start + max(0, time), content: "c\(number * 31 % 13)", size: number % 50 == 0 ? 0 : 1,
          region: "R\(number % 5)"
        ).encoded, to: Int32(number % 3))
    }
    try load.settle()
    try bench.process(1500, of: load)
  }

  private func replay(_ aggregate: String, from time: String? = nil) throws -> ReplayReport {
    let connection = try PostgresConnection(bench.settings)
    defer { connection.close() }
    return try Replay(
      connection, bench.project.streams[0], aggregate: aggregate,
      kafka: KafkaConfiguration(bootstrapServers: load.broker.bootstrapServers), topic: Bench.topic, group: "replay"
    ).run(from: time)
  }

  private func expectProven() throws {
    let stream = bench.project.streams[0]
    #expect(try Verifier(bench.connection, [stream.plan]).verify().checks.flatMap(\.violations) == [])
    let report = try bench.recount(load, stream)
    #expect(report.contradictions + report.aggregates.flatMap(\.differences) == [])
    let skipped = report.aggregates.flatMap(\.skipped)
    #expect(skipped.allSatisfy { $0.contains("removed by retention") })
    for name in ["visits", "stretches"] {
      #expect(try #require(report.aggregates.first { $0.name == name }).rows > 10)
    }
  }

  private func content(_ aggregate: String, _ key: String) throws -> [String] {
    try bench.rows("SELECT \(key), window_start, window_end, n, mean, title, slot FROM \(aggregate) ORDER BY 1, 2")
  }

  @Test("the rows are the sessions that Postgres makes of the topic's events; tampered ones are found and repaired")
  func repair() throws {
    try expectProven()
    let before = try content("visits", "content_id")
    #expect(before.count > 100)
    #expect(try bench.rows("SELECT sum(n) FROM visits") == ["1470"])
    #expect(try bench.rows("SELECT count(*) FROM visits WHERE slot <> window_start") == ["0"])
    let indexes = "SELECT count(*) FROM pg_index WHERE indrelid = 'visits'::regclass"
    #expect(try bench.rows(indexes) == ["2"])
    // Longer by a second: the row is there, and the events add up.
    try bench.connection.execute(
      """
      UPDATE visits SET window_end = window_end + INTERVAL '1 second'
      WHERE window_start = (SELECT min(window_start) FROM visits)
      """)
    let lines = try bench.recount(load).aggregates.flatMap(\.differences)
    #expect(!lines.isEmpty && lines.allSatisfy { $0.contains(", window_end: stored") })
    try bench.connection.execute("TRUNCATE visits")
    #expect(try !bench.verify().holds)
    #expect(try replay("visits").rows == before.count)
    #expect(try content("visits", "content_id") == before)
    #expect(try bench.rows(indexes) == ["2"])
    try expectProven()
  }

  @Test("sessions that overlap are found by verify")
  func overlapping() throws {
    try bench.connection.execute(
      """
      INSERT INTO visits (content_id, window_start, window_end, n)
      SELECT content_id, window_start + INTERVAL '1 microsecond', window_end, 0 FROM visits LIMIT 1
      """)
    let violations = try bench.verify().checks.flatMap(\.violations)
    #expect(violations.count == 1 && violations[0].contains("begins before the one from"))
  }

  @Test("where sessions are cut a replay may begin; sessions of any length are made anew from the beginning alone")
  func fromATimeOn() throws {
    let before = try content("stretches", "region")
    try bench.connection.execute("UPDATE stretches SET n = n + 1 WHERE window_start >= '2026-01-01T00:01:00Z'")
    #expect(try replay("stretches", from: "2026-01-01T00:01:30Z").rows == before.count)
    #expect(try content("stretches", "region") == before)
    try expectProven()
    let error = #expect(throws: (any Error).self) { try replay("visits", from: "2026-01-01T00:01:30Z") }
    #expect(error.map { "\($0)" }?.contains("use --from beginning, or give them a longest length") == true)
  }

  @Test("what retention has removed stays removed, also in a replay", arguments: ["visits", "stretches"])
  func retention(aggregate: String) throws {
    let horizon = "2026-01-01T00:01:30Z"
    let plan = try #require(bench.plan.aggregates.first { $0.name == aggregate })
    let removed = try bench.connection.query(
      "WITH gone AS (\(ResultTable(plan).expireStatement) RETURNING n) SELECT count(*), sum(n)::bigint FROM gone",
      [.text(horizon), .bigint(1000)])
    #expect(try #require(removed.integer(0, 0)) > 4)
    try bench.connection.execute(
      "INSERT INTO pulse.retired VALUES ('\(aggregate)', '\(horizon)', \(removed.integer(0, 1) ?? 0))")
    #expect(try bench.rows("SELECT count(*) FROM \(aggregate) WHERE window_end < '\(horizon)'") == ["0"])
    let key = aggregate == "visits" ? "content_id" : "region"
    let before = try content(aggregate, key)
    #expect(try bench.rows("SELECT count(*) > 0 FROM \(aggregate) WHERE window_start < '\(horizon)'") == ["t"])
    #expect(try bench.verify().holds)
    #expect(try replay(aggregate).events == 0)
    #expect(try content(aggregate, key) == before)
    #expect(try bench.verify().holds)
  }
}
