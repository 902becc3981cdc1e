import Audit
import Dialects
import Kafka
import Postgres
import Project
import Storage
import TestThreads
import Testing

@testable import ProcessingTestSupport
@testable import Rebuild

/// An aggregate whose rows are panes below a view: from the topic to what readers, `verify` and a replay make of it.
@Suite(.blocking) struct OverlappingWindowsTests {
  private let scratch: ScratchProject
  private let bench: Bench
  private let load: Load

  /// Windows of three minutes that begin every two: panes of a minute.
  private static let definition = """
    CREATE MATERIALIZED VIEW recent WITH (retention = '1 day') AS
    SELECT "user".region, count(*) AS n, sum(content.size_gb) AS size, avg(download.duration_seconds) AS mean,
           max(content.title COLLATE "C") AS title, min("timestamp") AS first,
           sum(download.duration_seconds) + count(*) AS computed,
           hop("timestamp", INTERVAL '2 minutes', INTERVAL '3 minutes') AS slot
    FROM content_downloads
    GROUP BY hop("timestamp", INTERVAL '2 minutes', INTERVAL '3 minutes'), "user".region;
    """

  init() throws {
    scratch = try ScratchProject()
    try scratch.write("sql/aggregates/recent.sql", Self.definition)
    bench = try Bench(project: Project(folder: scratch.folder))
    load = try Load()
    try load.send(2000)
    try bench.process(2000, of: load)
  }

  private func replay(_ project: Project? = nil, from time: String? = nil) throws -> ReplayReport {
    let connection = try PostgresConnection(bench.settings)
    defer { connection.close() }
    return try Replay(
      connection, (project ?? bench.project).streams[0], aggregate: "recent",
      kafka: KafkaConfiguration(bootstrapServers: load.broker.bootstrapServers), topic: Bench.topic, group: "replay"
    ).run(from: time)
  }

  private func expectProven(_ project: Project? = nil) throws {
    let stream = (project ?? bench.project).streams[0]
    #expect(try Verifier(bench.connection, [stream.plan]).verify().checks.flatMap(\.violations) == [])
    let report = try bench.recount(load, stream)
    let differences = report.aggregates.flatMap(\.differences)
    #expect(report.contradictions + differences == [])
    let skipped = report.aggregates.flatMap(\.skipped)
    #expect(skipped.allSatisfy { $0.contains("removed by retention") })
  }

  @Test("the view reads like the definition, has its comments and is read by the API's role; an event is stored once")
  func view() throws {
    try bench.connection.execute("SET TIME ZONE 'UTC'")
    #expect(
      try bench.rows(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'recent'::regclass AND attnum > 0 ORDER BY attnum"
      ) == [
        "region", "window_start", "window_end", "n", "size", "mean", "title", "first", "computed", "slot", "updated_at",
      ])
    // Minutes 0 to 2 hold the events: they lie in windows from minutes -2, 0 and 2 on.
    #expect(
      try bench.rows(
        """
        SELECT window_start::time, window_end::time, sum(n) FROM recent GROUP BY 1, 2 ORDER BY 1
        """) == ["00:00:00 00:03:00 2000", "00:02:00 00:05:00 665", "23:58:00 00:01:00 670"])
    #expect(try bench.rows("SELECT sum(n), count(DISTINCT window_start) FROM recent_state") == ["2000 3"])
    #expect(try bench.rows("SELECT DISTINCT window_end - window_start FROM recent_state") == ["00:01:00"])
    #expect(try bench.rows("SELECT col_description('recent'::regclass, 4)") == ["count(*)"])
    #expect(
      try bench.rows(
        """
        SELECT bool_and(has_table_privilege(rolname, t, 'SELECT')) FROM pg_roles, unnest('{recent,recent_state}'::text[]) AS t
        WHERE rolname = 'streampulse_reader'
        """) == ["t"])
    try expectProven()
  }

  @Test("a tampered pane is found in each of its windows, and a replay repairs it, also from a time on")
  func repair() throws {
    let before = try bench.rows("SELECT region, window_start, n, size, mean, title, first FROM recent ORDER BY 1, 2")
    try bench.connection.execute(
      "UPDATE recent_state SET n = n + 1 WHERE region = 'R1' AND window_start::text LIKE '%:02:00%'")
    let lines = try bench.recount(load).aggregates.flatMap(\.differences)
    #expect(lines.filter { $0.contains(", n: stored") }.count == 2)
    #expect(try !bench.verify().holds)
    #expect(try replay(from: "2026-01-01T00:02:30Z").rows == 15)
    try expectProven()
    try bench.connection.execute("GRANT SELECT ON recent TO PUBLIC; TRUNCATE recent_state")
    #expect(try replay().rows == 15)
    #expect(
      try bench.rows("SELECT region, window_start, n, size, mean, title, first FROM recent ORDER BY 1, 2") == before)
    #expect(try bench.rows("SELECT relacl::text LIKE '%=r/%' FROM pg_class WHERE relname = 'recent'") == ["t"])
    try expectProven()
  }

  @Test("retention keeps a pane until the last of its windows is old, and shows no window of which panes are missing")
  func retention() throws {
    // Windows that ended before 00:03: the one from 23:58 on. Its pane is also in the window from 00:00 on.
    let expire = { (horizon: String, removed: Int) throws in
      let sql = bench.expireStatement(of: "recent")
      let result = try bench.connection.query(sql, [.text(horizon), .bigint(1000)])
      #expect(result.affectedRows == removed)
      try bench.connection.execute(
        """
        INSERT INTO pulse.retired VALUES ('recent', '\(horizon)', \(removed == 0 ? 0 : 1335))
        ON CONFLICT (aggregate) DO UPDATE SET horizon = excluded.horizon, events = excluded.events
        """)
    }
    try expire("2026-01-01T00:03:00Z", 0)
    #expect(try bench.rows("SELECT sum(n) FROM recent GROUP BY window_start ORDER BY window_start") == ["2000", "665"])
    try expectProven()
    // The window from 00:00 on is old now; its last pane is also in the one from 00:02 on.
    try expire("2026-01-01T00:03:01Z", 10)
    #expect(try bench.rows("SELECT sum(n) FROM recent GROUP BY window_start ORDER BY window_start") == ["665"])
    try expectProven()
    #expect(try replay().rows == 5)
    try expectProven()
  }

  @Test("a definition that is changed from a table to a view, and back, is made anew by a replay")
  func changedForm() throws {
    let plain = try scratch.change("sql/aggregates/recent.sql", "s/hop(\"timestamp\", [^,]*,/tumble(\"timestamp\",/")
    #expect(throws: StorageError.self) { try Migrator.verify(plain, bench.connection) }
    #expect(try replay(plain).rows == 5)
    #expect(try bench.rows("SELECT relkind FROM pg_class WHERE relname LIKE 'recent%' AND relkind <> 'i'") == ["r"])
    try expectProven(plain)
    #expect(try replay().rows == 15)
    #expect(try bench.rows("SELECT relkind FROM pg_class WHERE oid = 'recent'::regclass") == ["v"])
    try expectProven()
  }

  @Test("a table of somebody else under the name of the state is not touched")
  func foreignTable() throws {
    try scratch.write("sql/aggregates/other.sql", Self.definition.replacing("VIEW recent", with: "VIEW other"))
    try bench.connection.execute("CREATE TABLE other_state (a integer)")
    let error = #expect(throws: StorageError.self) {
      try Migrator(bench.connection) { _ in }.migrate(Project(folder: scratch.folder))
    }
    #expect(error?.description.contains("there is a table other_state already") == true)
  }
}

extension Bench {
  fileprivate func expireStatement(of aggregate: String) -> String {
    plan.aggregates.first { $0.name == aggregate }.map { ResultTable($0).expireStatement } ?? ""
  }
}
