import Audit
import Kafka
import Postgres
import Project
import Storage
import TestThreads
import Testing

@testable import ProcessingTestSupport
@testable import Rebuild

/// Aggregates joined with tables that change while a processor runs: what rows hold, what a recount says of them, and what a
/// replay makes of them.
@Suite(.blocking) struct ReferenceJoinTests {
  private let scratch: ScratchProject
  private let bench: Bench
  private let load: Load

  private static let tables = """
    CREATE TABLE contents (content_id text PRIMARY KEY, publisher text NOT NULL);
    INSERT INTO contents SELECT 'c' || i, 'old' FROM generate_series(0, 9) AS i;
    CREATE TABLE owners (region text, owner text, since timestamptz, until timestamptz);
    INSERT INTO owners VALUES ('R1', 'first', NULL, '2026-01-01 00:01:00Z'),
      ('R1', 'second', '2026-01-01 00:01:00Z', NULL), ('R2', 'third', '2026-01-01 00:00:30Z', 'infinity');
    """

  init() throws {
    scratch = try ScratchProject()
    scratch.makeFolder("sql/references")
    try scratch.write(
      "sql/references/contents.sql",
      """
      CREATE TABLE contents (content_id text PRIMARY KEY, publisher text NOT NULL) WITH (refresh = '100 milliseconds');
      """)
    try scratch.write(
      "sql/references/owners.sql",
      """
      CREATE TABLE owners (
        region text, owner text, since timestamptz, until timestamptz, UNIQUE (region, since)
      ) WITH (valid_from = 'since', valid_to = 'until', refresh = '100 milliseconds');
      """)
    try scratch.write(
      "sql/aggregates/publishers.sql",
      """
      CREATE MATERIALIZED VIEW publishers AS
      SELECT c.publisher, count(*) AS n FROM content_downloads JOIN contents c ON c.content_id = content.content_id
      GROUP BY tumble("timestamp", INTERVAL '1 minute'), c.publisher;
      """)
    try scratch.write(
      "sql/aggregates/owner_stats.sql",
      """
      CREATE MATERIALIZED VIEW owner_stats AS
      SELECT o.owner, count(*) AS n, max(contents.content_id COLLATE "C") AS greatest
      FROM content_downloads
      LEFT JOIN owners AS o ON o.region = "user".region
      LEFT JOIN contents ON contents.content_id = 'c1'
      GROUP BY tumble("timestamp", INTERVAL '1 minute'), o.owner;
      """)
    bench = try Bench(project: Project(folder: scratch.folder), tables: Self.tables)
    load = try Load()
  }

  private var publishers: [String] {
    get throws { try bench.rows("SELECT publisher, sum(n) FROM publishers GROUP BY 1 ORDER BY 1") }
  }
  private var owners: [String] {
    get throws { try bench.rows("SELECT window_start::time, owner, n, greatest FROM owner_stats ORDER BY 1, 2, 3") }
  }

  /// The server counts what a session has written when that ends.
  private func elsewhere(_ sql: String) throws {
    let connection = try PostgresConnection(bench.settings)
    try connection.execute(sql)
    connection.close()
  }

  private func recount() throws -> RecountReport {
    try bench.recount(load, Project(folder: scratch.folder).streams[0])
  }

  private func replay(_ aggregate: String) throws {
    let connection = try PostgresConnection(bench.settings)
    defer { connection.close() }
    _ = try Replay(
      connection, bench.stream, aggregate: aggregate,
      kafka: KafkaConfiguration(bootstrapServers: load.broker.bootstrapServers), topic: Bench.topic, group: "replay"
    ).run(from: nil)
  }

  /// Sends events, changes the tables under the running processor, and sends as many events again.
  private func processAcrossChange() throws {
    let instance = try Instance(bench, load)
    try load.send(1100)
    try until("1100 records", of: [instance]) {
      try bench.rows("SELECT sum(next_offset) FROM pulse.progress") == ["1100"]
    }
    #expect(try publishers == ["old 1000"])
    let loads = { () in
      instance.observations.filter { if case .referenceLoaded("contents", _, _, _) = $0 { true } else { false } }.count
    }
    let before = loads()
    try elsewhere("UPDATE contents SET publisher = 'new'; INSERT INTO contents VALUES ('c10', 'ten')")
    try until("the new version", of: [instance]) { loads() > before }
    try load.send(1100)
    try until("2200 records", of: [instance]) {
      try bench.rows("SELECT sum(next_offset) FROM pulse.progress") == ["2200"]
    }
    #expect(instance.stop() == "stopped")
  }

  @Test(
    "events count with the row that is there when they are processed; a recount says so, a replay takes the present one"
  )
  func withoutValidity() throws {
    try processAcrossChange()
    #expect(try publishers == ["new 1000", "old 1000", "ten 100"])
    let report = try recount()
    #expect(report.holds)
    let skipped = try #require(report.aggregates.first { $0.name == "publishers" }?.skipped.first)
    #expect(skipped.contains("rows of contents without a validity count as they were when events were processed"))
    #expect(try bench.rows("SELECT sum(filtered) FROM pulse.ledger_counts WHERE aggregate = 'publishers'") == ["100"])
    try replay("publishers")
    #expect(try publishers == ["new 2000", "ten 200"])
    let again = try recount()
    #expect(again.aggregates.flatMap(\.skipped) == [] && again.holds)
    #expect(try Verifier(bench.connection, [bench.stream.plan]).verify().checks.flatMap(\.violations) == [])
  }

  @Test("rows that are valid by event time are the same in a replay and in a recount")
  func withValidity() throws {
    try processAcrossChange()
    let before = try owners
    #expect(
      before.map { $0.split(separator: " ").prefix(2).joined(separator: " ") } == [
        "00:00:00 first", "00:00:00 NULL", "00:01:00 second", "00:01:00 third", "00:01:00 NULL", "00:02:00 second",
        "00:02:00 third", "00:02:00 NULL",
      ])
    let judged = try #require(try recount().aggregates.first { $0.name == "owner_stats" })
    #expect(judged.differences + judged.skipped == [])
    try replay("owner_stats")
    #expect(try owners == before)
  }

  @Test("a processor counts nothing before it has read its tables")
  func waiting() throws {
    try bench.connection.execute("ALTER TABLE owners RENAME TO other_owners")
    let instance = try Instance(bench, load)
    try load.send(110)
    try until("a refusal", of: [instance]) {
      instance.observations.contains { if case .referenceRefused("owners", _) = $0 { true } else { false } }
    }
    #expect(try bench.rows("SELECT count(*) FROM pulse.progress") == ["0"])
    try bench.connection.execute("ALTER TABLE other_owners RENAME TO owners")
    try until("110 records", of: [instance]) {
      try bench.rows("SELECT coalesce(sum(next_offset), 0) FROM pulse.progress") == ["110"]
    }
    #expect(instance.stop() == "stopped")
    #expect(try publishers == ["old 100"])
  }

  @Test("a database without the tables is refused with what is missing, before anything is made")
  func migration() throws {
    let connection = try PostgresConnection(TestCluster.makeDatabase())
    defer { connection.close() }
    let project = try Project(folder: scratch.folder)
    let error = #expect(throws: StorageError.self) { try Migrator(connection) { _ in }.migrate(project) }
    #expect(error?.description.contains("sql/references/contents.sql:1:14: there is no table contents") == true)
    #expect(error?.description.contains("sql/references/owners.sql:1:14: there is no table owners") == true)
    #expect(try connection.query("SELECT to_regclass('pulse.migrations') IS NULL").boolean(0, 0) == true)
    let plan = try Migrator(connection) { _ in }.plan(project)
    #expect(!plan.isPossible)
  }
}
