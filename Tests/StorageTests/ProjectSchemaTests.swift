import EngineSchema
import Postgres
import Project
import Testing

@testable import ProcessingTestSupport
@testable import Storage

/// Books by stream, and by project.
@Suite struct ProjectSchemaTests {
  private let settings: ConnectionSettings

  init() throws {
    settings = try TestCluster.makeDatabase()
  }

  private func rows(_ sql: String, _ connection: PostgresConnection) throws -> [String] {
    let result = try connection.query(sql)
    return (0..<result.rowCount).map { row in
      (0..<result.columnCount).map { result[row, $0] ?? "NULL" }.joined(separator: " ")
    }
  }

  @Test("what was read before streams had books of their own belongs to the stream that it was counted for")
  func upgrade() throws {
    let connection = try PostgresConnection(settings)
    defer { connection.close() }
    try connection.execute(
      """
      CREATE SCHEMA pulse;
      CREATE TABLE pulse.migrations (
        name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
      """)
    for file in EngineSchema.files.prefix(5) {
      try connection.execute(file.text)
      _ = try connection.query(
        "INSERT INTO pulse.migrations VALUES ($1, md5($2))", [.text(file.name), .text(file.text)])
    }
    try connection.execute(
      """
      INSERT INTO pulse.definitions (aggregate, shape, definition) VALUES
        ('order_stats', E'column "a": bigint\\nstream: orders\\nwindow: tumble 1 minute', 'SELECT 1'),
        ('user_stats', E'stream: users\\nwindow: tumble 1 minute', 'SELECT 1');
      SELECT pulse.claim('c', topic, '{0}', '{0}', 'me') FROM (VALUES ('orders-1'), ('users-1'), ('other')) AS t (topic);
      SELECT pulse.enter_ledger('c', topic, '{0}', '{0}', '{0}', '{10}', '{9}', '{0}', '{1}', '{1}',
        '{2026-01-01T00:00:00Z}', '{0}', ARRAY[aggregate], '{0}', '{8}', '{0}', '{0}', '{0}')
      FROM (VALUES ('orders-1', 'order_stats'), ('users-1', 'user_stats')) AS t (topic, aggregate);
      SELECT pulse.record_gaps('c', 'orders-1', 'orders', '{0}', '{4}', '{5}', '{compacted}');
      """)
    let project = try Project(folder: repository)
    #expect(try Migrator(connection) { _ in }.migrate(project).contains("applied 0006_streams.sql"))
    #expect(
      try rows("SELECT topic, stream FROM pulse.progress ORDER BY 1", connection)
        == ["orders-1 orders", "other ", "users-1 users"])
    for table in ["ledger", "ledger_counts"] {
      #expect(
        try rows("SELECT topic, stream FROM pulse.\(table) ORDER BY 1", connection) == [
          "orders-1 orders", "users-1 users",
        ])
    }
    #expect(try rows("SELECT topic, stream FROM pulse.gaps", connection) == ["orders-1 orders"])
    #expect(try rows("SELECT count(*) FROM pulse.ledger AS l WHERE seal <> pulse.seal(l)", connection) == ["0"])
    // And it goes on from there.
    #expect(
      try rows("SELECT (pulse.claim('orders', 'c', 'orders-1', '{0}', '{0}', 'me')).epoch", connection) == ["2"])
  }

  @Test(
    "in the engine's schema the word pulse is a schema's name wherever it stands, so that another can take its place")
  func renaming() {
    for file in EngineSchema.files {
      let text = Bookkeeping.text(file.text, for: "trips")
      #expect(!text.contains("pulse.") || text.contains("trips_pulse"))
      #expect(text.matches(of: /\bpulse\b/.wordBoundaryKind(.simple)).isEmpty)
      #expect(
        text.matches(of: /trips_pulse(_replay)?/).count
          == file.text.matches(of: /\bpulse(_replay)?\b/.wordBoundaryKind(.simple)).count)
    }
  }

  @Test("a project with a schema of its own, whatever it is called, has everything there and nothing in pulse")
  func ownSchema() throws {
    var own = settings
    own.schema = "Ünser \"S\""
    let connection = try PostgresConnection(own)
    defer { connection.close() }
    let project = try Project(folder: repository)
    _ = try Migrator(connection) { _ in }.migrate(project, as: ProjectName("first", isChosen: true))
    try Migrator.verify(project, connection)
    #expect(
      try rows(
        "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1",
        connection) == ["public", "Ünser \"S\"", "Ünser \"S\"_pulse", "Ünser \"S\"_pulse_replay"])
    #expect(try rows("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace", connection) == ["0"])
    #expect(try rows("SELECT name FROM \(connection.pulse).project", connection) == ["first"])
    // The functions for operators work in a session with any search_path.
    let other = try PostgresConnection(settings)
    defer { other.close() }
    _ = try other.query("SELECT \(connection.pulse).claim('s', 'c', 't', '{0}', '{0}', 'me')")
    #expect(try rows("SELECT \(connection.pulse).begin_again('c', 't', 0) LIKE 'c until %'", other) == ["t"])
  }

  @Test("locks of streams that are called alike are others in each project")
  func locks() throws {
    let first = try PostgresConnection(settings)
    defer { first.close() }
    var own = settings
    own.schema = "trips"
    let second = try PostgresConnection(own)
    defer { second.close() }
    let lock = AdvisoryLock.watch(stream: "s")
    #expect(lock.key(for: first) != lock.key(for: second))
    #expect(AdvisoryLock.migration.key(for: first) == AdvisoryLock.migration.key(for: second))
    #expect(Announcement.channel(for: second) == "streampulse_trips")
  }
}
