import Audit
import Dialects
import Kafka
import Postgres
import Project
import Storage
import TestThreads
import Testing
import Threads

@testable import Office
@testable import ProcessingTestSupport
@testable import Rebuild

/// An aggregate whose table has a partition for each hour: from the topic to what `verify`, the recount, retention and replays
/// make of it.
@Suite(.blocking) struct PartitionedTableTests {
  private let scratch: ScratchProject
  private let bench: Bench
  private let load: Load

  private static func definition(_ options: String, _ window: String = "tumble(\"timestamp\", INTERVAL '1 minute')")
    -> String
  {
    """
    CREATE MATERIALIZED VIEW hourly WITH (retention = '2 hours'\(options)) AS
    SELECT "user".region, count(*) AS n, sum(content.size_gb) AS size, sum(content.size_gb) / count(*) AS mean
    FROM content_downloads
    GROUP BY \(window), "user".region;
    """
  }

  private static let partitioned = ", partition = '1 hour'"

  init() throws {
    scratch = try ScratchProject()
    try scratch.write("sql/aggregates/hourly.sql", Self.definition(Self.partitioned))
    bench = try Bench(project: Project(folder: scratch.folder))
    load = try Load()
    try load.send(2000)
    try bench.process(2000, of: load)
  }

  private func expectProven(_ project: Project? = nil) throws {
    let stream = (project ?? bench.project).streams[0]
    #expect(try Verifier(bench.connection, [stream.plan]).verify().checks.flatMap(\.violations) == [])
    let report = try bench.recount(load, stream)
    #expect(report.contradictions + report.aggregates.flatMap(\.differences) == [])
  }

  private func replay(_ project: Project? = nil) throws -> ReplayReport {
    let connection = try PostgresConnection(bench.settings)
    defer { connection.close() }
    return try Replay(
      connection, (project ?? bench.project).streams[0], aggregate: "hourly",
      kafka: KafkaConfiguration(bootstrapServers: load.broker.bootstrapServers), topic: Bench.topic, group: "replay"
    ).run(from: nil)
  }

  private var partitions: ResultPartitions {
    get throws { ResultPartitions(bench.connection, try #require(bench.plan.aggregates.first { $0.name == "hourly" })) }
  }

  /// Where rows are, and how many.
  private func places() throws -> [String] {
    try bench.rows("SELECT tableoid::regclass, count(*) FROM hourly GROUP BY 1 ORDER BY 1")
  }

  @Test("events that no partition was made for are counted, move to theirs, and go with it")
  func life() throws {
    let rows = try bench.rows("SELECT region, window_start, n, size, mean FROM hourly ORDER BY 1, 2")
    #expect(try places() == ["hourly_default 15"])
    try expectProven()
    try bench.connection.execute("SET TIME ZONE 'Asia/Kolkata'")
    try partitions.makeMissing(since: "2026-01-01T00:02:30Z")
    try bench.connection.execute("RESET TIME ZONE")
    #expect(try places() == ["hourly_p20260101_00 15"])
    #expect(try bench.rows("SELECT region, window_start, n, size, mean FROM hourly ORDER BY 1, 2") == rows)
    try expectProven()
    // Two hours back and ahead, the one in between, those ahead: and nothing is left to be made.
    let made = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'hourly'::regclass"
    let count = try bench.rows(made)
    try partitions.makeMissing(since: "2026-01-01T00:02:30Z")
    #expect(try bench.rows(made) == count)

    // Its last window ended at 01:00 at the latest; one that ended then is kept as long as the horizon has not passed it.
    #expect(try partitions.dropOld(endedBefore: "2026-01-01T01:00:59Z", isStopping: { false }).rows == 0)
    #expect(try places() == ["hourly_p20260101_00 15"])
    let dropped = try partitions.dropOld(endedBefore: "2026-01-01T01:10Z", isStopping: { false })
    #expect(dropped.rows == 15)
    #expect(try bench.rows("SELECT '\(dropped.horizon ?? "")'::timestamptz = '2026-01-01T01:01Z'") == ["t"])
    #expect(try bench.rows("SELECT aggregate, events FROM pulse.retired") == ["hourly 2000"])
    #expect(try bench.rows("SELECT to_regclass('hourly_p20260101_00') IS NULL") == ["t"])
    try expectProven()
  }

  @Test("retention takes rows of no partition only as far as whole partitions go")
  func rest() throws {
    let expire = ResultTable(try #require(bench.plan.aggregates.first { $0.name == "hourly" })).expireStatement
    let horizon = try partitions.dropOld(endedBefore: "2026-01-01T00:59Z", isStopping: { false }).horizon
    #expect(try bench.connection.query(expire, [.text(horizon ?? ""), .bigint(100)]).affectedRows == 0)
    let later = try partitions.dropOld(endedBefore: "2026-01-01T01:01Z", isStopping: { false }).horizon
    #expect(try bench.connection.query(expire, [.text(later ?? ""), .bigint(100)]).affectedRows == 15)
  }

  @Test("whoever holds the table makes retention give up for now, and nobody else wait")
  func patience() throws {
    try partitions.makeMissing(since: "2026-01-01T00:02:30Z")
    let reader = try PostgresConnection(bench.settings)
    defer { reader.close() }
    try reader.execute("BEGIN; SELECT count(*) FROM hourly")
    let given = try partitions.dropOld(endedBefore: "2026-01-01T03:00Z", isStopping: { false })
    #expect(given.rows == 0 && given.horizon == nil)
    try reader.execute("COMMIT")
    #expect(try partitions.dropOld(endedBefore: "2026-01-01T03:00Z", isStopping: { false }).rows == 15)
    try expectProven()
  }

  @Test("a range of time reads its own partitions alone")
  func pruning() throws {
    try partitions.makeMissing(since: "2026-01-01T00:02:30Z")
    let plan = try bench.rows(
      """
      EXPLAIN (COSTS OFF) SELECT * FROM hourly
      WHERE window_start >= '2026-01-01T00:00Z' AND window_start < '2026-01-01T01:00Z' AND region = 'R1'
      """)
    let read = plan.filter { $0.contains(" on hourly") }
    #expect(!read.isEmpty && read.allSatisfy { $0.contains("hourly_p20260101_00") }, "\(plan)")
  }

  @Test("a month of one of a project's series is read within 50 ms, and a day of it from one partition")
  func month() throws {
    let own = try Bench(project: Project(folder: repository + "/projects/metrics"))
    // What readers see is a view over it.
    try own.connection.execute(
      """
      INSERT INTO series_minutes_state (metric_id, name, host, window_start, window_end, measurements)
      SELECT 'host-' || s || '/cpu', 'cpu', 'host-' || s, m, m + INTERVAL '1 minute', 6
      FROM generate_series(date_bin('1 minute', now(), 'epoch') - INTERVAL '30 days', now(), INTERVAL '1 minute') AS m,
           generate_series(1, 5) AS s;
      ANALYZE series_minutes_state
      """)
    let range = { (start: String) in
      """
      SELECT metric_id, window_start, window_end, measurements, mean, lowest, highest, spread FROM series_minutes
      WHERE window_start >= \(start) AND window_start < now() AND (metric_id = 'host-3/cpu' OR name = 'host-3/cpu')
      ORDER BY window_start, metric_id LIMIT 1000
      """
    }
    var best = Int64.max
    for _ in 0..<5 {
      let started = Clock.monotonic()
      #expect(try own.connection.query(range("now() - INTERVAL '30 days'")).rowCount == 1000)
      best = min(best, Clock.monotonic() - started)
    }
    #expect(best < 50_000, "microseconds")
    let plan = try own.rows("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) " + range("date_trunc('day', now(), 'UTC')"))
    let read = plan.filter { $0.contains(" on series_minutes") && !$0.contains("never executed") }
    // What is ahead is part of the range, as far as the plan can know, and has no rows.
    #expect(read.count { !$0.contains("rows=0 ") } == 1, "\(plan)")
  }

  @Test("that a table is to have partitions, others or none makes its rows anew, by a replay, and the plan says so")
  func changes() throws {
    let plain = try scratch.change("sql/aggregates/hourly.sql", "s/, partition = [^)]*//")
    #expect(throws: StorageError.self) { try Migrator.verify(plain, bench.connection) }
    let planned = try Migrator(bench.connection) { _ in }.plan(plain)
    let hourly = try #require(planned.steps.first { $0.name == "hourly" })
    #expect(hourly.effect == .beside && hourly.changes == ["partitions is gone (of 3600 seconds)"])
    #expect(try replay(plain).rows == 15)
    #expect(try bench.rows("SELECT relkind FROM pg_class WHERE oid = 'hourly'::regclass") == ["r"])
    #expect(try bench.rows("SELECT count(*) FROM pg_class WHERE relname LIKE 'hourly\\_p2%'") == ["0"])
    try expectProven(plain)
    #expect(try replay().rows == 15)
    #expect(try bench.rows("SELECT relkind FROM pg_class WHERE oid = 'hourly'::regclass") == ["p"])
    #expect(
      try bench.rows(
        """
        SELECT DISTINCT c.relnamespace::regnamespace FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'hourly'::regclass
        """) == ["public"])
    try expectProven()
  }
}
