import Audit
import Kafka
import Postgres
import Project
import Storage
import TestThreads
import Testing

@testable import ProcessingTestSupport
@testable import Rebuild

/// HAVING: all groups are stored and proven, readers see those of closed windows that pass.
@Suite(.blocking) struct HavingTests {
  private let scratch: ScratchProject
  private let bench: Bench
  private let load: Load

  init() throws {
    scratch = try ScratchProject()
    try scratch.write(
      "sql/aggregates/busy.sql",
      """
      CREATE MATERIALIZED VIEW busy AS
      SELECT "user".region, count(*) AS n
      FROM content_downloads
      GROUP BY tumble("timestamp", INTERVAL '1 minute'), "user".region
      HAVING count(*) > 140 AND max(download.duration_seconds) < 100;
      """)
    bench = try Bench(project: Project(folder: scratch.folder))
    load = try Load()
    try load.send(2000)
    // The only group with more than the others.
    for _ in 0..<10 { try load.send(bytes: Download(region: "R1").encoded, to: 0) }
    try load.settle()
    try bench.process(2010, of: load)
    try bench.connection.execute("SET TIME ZONE 'UTC'")
  }

  private var shown: [String] {
    get throws { try bench.rows("SELECT region, window_start::time, n FROM busy ORDER BY 2, 1") }
  }

  /// Moves the watermark past all windows.
  private func close() throws {
    for partition in 0..<Load.partitions { try load.send(bytes: Download(minute: 30).encoded, to: partition) }
    try load.settle()
    try bench.process(2013, of: load)
  }

  private func expectProven() throws {
    let stream = try Project(folder: scratch.folder).streams[0]
    #expect(try Verifier(bench.connection, [stream.plan]).verify().checks.flatMap(\.violations) == [])
    let report = try bench.recount(load, stream)
    #expect(report.contradictions + report.aggregates.flatMap(\.differences) == [])
  }

  @Test("groups of closed windows that pass are seen; all are stored, and judged")
  func closed() throws {
    #expect(try shown == ["R1 00:00:00 144"])
    #expect(try bench.rows("SELECT count(*), sum(n) FROM busy_state") == ["15 2010"])
    try expectProven()
    try bench.connection.execute(
      "UPDATE busy_state SET n = 1 WHERE region = 'R2' AND window_start::text LIKE '%:01:00%'")
    #expect(
      try bench.recount(load, Project(folder: scratch.folder).streams[0]).aggregates.flatMap(\.differences).count == 1)
  }

  @Test("another condition is another view over the same rows, with what reads it and its grants")
  func changed() throws {
    _ = try Migrator(bench.connection) { _ in }.migrate(Project(folder: scratch.folder))
    try bench.connection.execute("GRANT SELECT ON busy TO PUBLIC; CREATE VIEW own AS SELECT region FROM busy")
    let changed = try scratch.change("sql/aggregates/busy.sql", "s/> 140/> 130/")
    let plan = try Migrator(bench.connection) { _ in }.plan(changed)
    #expect(plan.steps.first { $0.name == "busy" }?.changes == ["the text of its SELECT"])
    _ = try Migrator(bench.connection) { _ in }.migrate(changed)
    #expect(try shown.count == 5)
    #expect(try bench.rows("SELECT has_table_privilege('public', 'busy', 'SELECT')") == ["t"])
    try close()
    #expect(try shown.count == 15)
    #expect(try bench.rows("SELECT count(*) FROM own") == ["15"])
    try expectProven()
  }

  @Test("a replay makes all groups anew, and a definition without HAVING shows them")
  func replayed() throws {
    let replay = { (project: Project) throws in
      let connection = try PostgresConnection(bench.settings)
      defer { connection.close() }
      return try Replay(
        connection, project.streams[0], aggregate: "busy",
        kafka: KafkaConfiguration(bootstrapServers: load.broker.bootstrapServers), topic: Bench.topic, group: "replay"
      ).run(from: nil)
    }
    try bench.connection.execute("TRUNCATE busy_state")
    #expect(try replay(bench.project).rows == 15)
    #expect(try shown == ["R1 00:00:00 144"])
    let plain = try scratch.change("sql/aggregates/busy.sql", "s/^HAVING.*$/;/")
    #expect(try replay(plain).isRedefined)
    #expect(try shown.count == 15)
    try expectProven()
  }
}
