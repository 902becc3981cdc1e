import EngineSchema
import Glibc
import Postgres
import Project
import TestThreads
import Testing

@testable import ProcessingTestSupport
@testable import Storage

@Suite(.blocking) struct MigratorTests {
  private let connection: PostgresConnection

  init() throws {
    connection = try PostgresConnection(TestCluster.makeDatabase())
  }

  private func migrate(_ project: Project) throws -> [String] {
    try Migrator(connection) { _ in }.migrate(project)
  }

  /// The engine's schema with more in its first file.
  private static func schema(appending line: String) -> [SchemaFile] {
    EngineSchema.files.enumerated().map {
      $0 == 0 ? SchemaFile(name: $1.name, text: "\($1.text)\n\(line)\n") : $1
    }
  }

  private func refusal(_ project: Project, schema: [SchemaFile] = EngineSchema.files) -> String? {
    do {
      _ = try Migrator(connection, schema: schema) { _ in }.migrate(project)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test("a fresh database gets the engine's tables and a table for each aggregate; the second time nothing changes")
  func fresh() throws {
    let project = try Project(folder: repository)
    #expect(
      try migrate(project)
        == EngineSchema.files.map { "applied \($0.name)" }
        + ["content_stats", "device_stats", "region_errors", "region_health"].map { "created the table \($0)" })
    #expect(try migrate(project) == [])
    try Migrator.verify(project, connection)
    #expect(
      try connection.query("SELECT obj_description('region_health'::regclass)")[0, 0]?.contains("Health of downloads")
        == true)
  }

  @Test("a database that was never migrated is said to be so")
  func unprepared() throws {
    let project = try Project(folder: repository)
    let error = #expect(throws: StorageError.self) { try Migrator.verify(project, connection) }
    #expect(error?.description.contains("run streampulse migrate") == true)
  }

  @Test("a database of an older version is said to be so")
  func older() throws {
    let project = try Project(folder: repository)
    _ = try migrate(project)
    let last = try #require(EngineSchema.files.last)
    try connection.execute("DELETE FROM pulse.migrations WHERE name = (SELECT max(name) FROM pulse.migrations)")
    let error = #expect(throws: StorageError.self) { try Migrator.verify(project, connection) }
    #expect(
      error?.description
        == "the database is of an older version, \(last.name) has not been applied: run streampulse migrate")
  }

  @Test("a database that a newer program has migrated is refused by an older one, in one line and unchanged")
  func newer() throws {
    let project = try Project(folder: repository)
    _ = try migrate(project)
    try connection.execute("INSERT INTO pulse.migrations (name, checksum) VALUES ('0999_future.sql', 'x')")
    let text = try #require(refusal(project))
    #expect(
      text
        == "the database was migrated by a newer version of StreamPulse (0999_future.sql): this program is too old for it"
    )
    #expect(throws: StorageError.self) { try Migrator.verify(project, connection) }
    #expect(throws: StorageError.self) { try Migrator.verify(connection) }
  }

  @Test("a migration of a project's own, from when projects had some, does no harm")
  func ownMigration() throws {
    let project = try Project(folder: repository)
    _ = try migrate(project)
    try connection.execute("INSERT INTO pulse.migrations (name, checksum) VALUES ('0002_ours.sql', 'x')")
    #expect(refusal(project) == nil)
    try Migrator.verify(project, connection)
  }

  @Test(
    "a server that is too old and an encoding that cannot hold every text are refused in one line",
    arguments: [
      (140_011, "UTF8", "the server is Postgres 14, and StreamPulse needs 15 or newer"),
      (
        150_004, "LATIN1",
        "the database d has the encoding LATIN1, and StreamPulse needs UTF8: createdb --template=template0 --encoding=UTF8 …"
      ),
      (90_624, "SQL_ASCII", "the server is Postgres 9, and StreamPulse needs 15 or newer"),
      (150_004, "UTF8", nil), (180_000, "UTF8", nil),
    ] as [(Int, String, String?)])
  func unusable(_ server: Int, _ encoding: String, _ expected: String?) {
    #expect(DatabaseCheck.refusal(server: server, encoding: encoding, database: "d") == expected)
  }

  @Test(
    "a database of another encoding than UTF8 is refused before anything is made in it",
    arguments: ["LATIN1", "SQL_ASCII"])
  func encoding(_ encoding: String) throws {
    let options = "TEMPLATE template0 ENCODING '\(encoding)' LOCALE 'C'"
    let other = try PostgresConnection(TestCluster.makeDatabase(options: options))
    let project = try Project(folder: repository)
    let error = #expect(throws: StorageError.self) { try Migrator(other) { _ in }.migrate(project) }
    #expect(error?.description.contains("has the encoding \(encoding)") == true)
    #expect(try other.query("SELECT to_regnamespace('pulse') IS NULL")[0, 0] == "t")
    let unprepared = #expect(throws: StorageError.self) { try Migrator.verify(other) }
    #expect(unprepared?.description.contains("encoding") == true)
  }

  @Test("what the engine's schema has made is no name for an aggregate, and check says so")
  func ownNames() throws {
    let project = try Project(folder: repository)
    _ = try migrate(project)
    let relations = try connection.query(
      """
      SELECT relname FROM pg_class AS c LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
      WHERE relnamespace = 'public'::regnamespace AND relkind <> 'c'
        AND coalesce(i.indrelid::regclass::text, relname) <> ALL ('{content_stats,device_stats,region_errors,region_health}')
      """)
    #expect(relations.rowCount >= 8)
    for row in 0..<relations.rowCount {
      let name = try #require(relations[row, 0])
      let scratch = try ScratchProject()
      let error = #expect(throws: ProjectError.self) {
        try scratch.change("sql/aggregates/device_stats.sql", "s/VIEW device_stats/VIEW \(name)/")
      }
      #expect(error?.description.contains("the name \(name) is taken") == true, "\(name)")
    }
  }

  @Test("a table whose definition was removed or renamed is told")
  func abandoned() throws {
    let scratch = try ScratchProject()
    let whole = try Project(folder: scratch.folder)
    _ = try migrate(whole)
    #expect(try Migrator.abandonedTables(whole, connection) == [])
    let renamed = try scratch.change("sql/aggregates/content_stats.sql", "s/VIEW content_stats/VIEW content_numbers/")
    _ = try migrate(renamed)
    #expect(try Migrator.abandonedTables(renamed, connection) == ["content_stats"])
    #expect(system("rm '\(scratch.folder)/sql/aggregates/device_stats.sql'") == 0)
    #expect(
      try Migrator.abandonedTables(Project(folder: scratch.folder), connection) == ["content_stats", "device_stats"])
  }

  @Test(
    "a table of somebody else under a name that is needed is not touched, and said with what to do",
    arguments: [
      ("CREATE TABLE region_health (a integer)", "there is a table region_health already", "another name"),
      ("CREATE VIEW device_stats AS SELECT 1 AS a", "there is a table device_stats already", "another name"),
      ("CREATE TABLE alerts (a integer)", "relation \"alerts\" already exists", "use another database"),
      (
        "CREATE FUNCTION tumble(timestamptz, interval) RETURNS timestamptz LANGUAGE sql RETURN $1",
        "function \"tumble\" already exists", "use another database"
      ),
    ])
  func foreignTable(_ statement: String, _ what: String, _ advice: String) throws {
    try connection.execute(statement)
    let text = try #require(refusal(Project(folder: repository)))
    #expect(text.contains(what) && text.contains(advice), "\(text)")
  }

  @Test("a user without the right to create is told which right it needs")
  func noRight() throws {
    let settings = try TestCluster.makeDatabase()
    let owner = try PostgresConnection(settings)
    let user = "guest_\(getpid())_\(settings.database ?? "")"
    try owner.execute(
      "CREATE ROLE \(user) LOGIN PASSWORD 'guest'; GRANT CONNECT ON DATABASE \(settings.database ?? "") TO \(user)")
    let guest = try PostgresConnection(settings.with("user", user).with("password", "guest"))
    let project = try Project(folder: repository)
    let first = #expect(throws: StorageError.self) { try Migrator(guest) { _ in }.migrate(project) }
    #expect(first?.description.contains("GRANT CREATE ON DATABASE") == true, "\(first?.description ?? "")")
    try owner.execute("GRANT CREATE ON DATABASE \(settings.database ?? "") TO \(user)")
    let second = #expect(throws: StorageError.self) { try Migrator(guest) { _ in }.migrate(project) }
    #expect(second?.description.contains("ON SCHEMA public") == true, "\(second?.description ?? "")")
  }

  @Test("a migration that was edited after it had been applied is refused, and the table stays")
  func edited() throws {
    let project = try Project(folder: repository)
    _ = try migrate(project)
    #expect(
      refusal(project, schema: Self.schema(appending: "-- changed"))?.contains(
        "0001_engine.sql was changed after it had been applied") == true)
  }

  @Test("a definition whose stored rows would mean something else is refused; comments and retention may change")
  func incompatible() throws {
    let scratch = try ScratchProject()
    _ = try migrate(Project(folder: scratch.folder))
    let relaxed = try scratch.change("sql/aggregates/region_health.sql", "s/7 days/8 days/; s/^-- Health/-- Wellness/")
    #expect(refusal(relaxed) == nil)
    #expect(
      try connection.query("SELECT retention FROM pulse.definitions WHERE aggregate = 'region_health'")[0, 0]
        == "192:00:00")
    #expect(
      try connection.query("SELECT obj_description('region_health'::regclass)")[0, 0]?.contains("Wellness") == true)
    let changed = try scratch.change("sql/aggregates/region_health.sql", "s/1 minute/2 minutes/")
    #expect(refusal(changed)?.contains("region_health has changed") == true)
    #expect(throws: StorageError.self) { try Migrator.verify(changed, connection) }
  }

  @Test("a migration that fails leaves nothing of itself, and can be tried again once it is right")
  func failing() throws {
    let whole = try Project(folder: repository)
    #expect(refusal(whole, schema: Self.schema(appending: "SELECT 1/0;"))?.contains("division by zero") == true)
    #expect(try connection.query("SELECT to_regclass('pulse.progress') IS NULL")[0, 0] == "t")
    #expect(try migrate(whole).count == EngineSchema.files.count + whole.aggregates.count)
  }
}
