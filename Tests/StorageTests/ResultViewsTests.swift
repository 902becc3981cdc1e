import Glibc
import Postgres
import Project
import TestThreads
import Testing

@testable import ProcessingTestSupport
@testable import Storage

@Suite(.blocking) struct ResultViewsTests {
  private let settings: ConnectionSettings
  private let connection: PostgresConnection
  private let scratch: ScratchProject

  init() throws {
    settings = try TestCluster.makeDatabase()
    connection = try PostgresConnection(settings)
    scratch = try ScratchProject()
    try #require(system("mkdir '\(scratch.folder)/sql/views'") == 0)
  }

  private func write(_ name: String, _ text: String) throws {
    try scratch.write("sql/views/\(name).sql", text + "\n")
  }

  private func remove(_ name: String) {
    _ = system("rm '\(scratch.folder)/sql/views/\(name).sql'")
  }

  /// What has changed beside the engine's schema and the tables.
  private func migrate() throws -> [String] {
    try Migrator(connection) { _ in }.migrate(Project(folder: scratch.folder)).filter { $0.contains("the view") }
  }

  private func refusal() -> String {
    do {
      _ = try migrate()
      return "nothing was refused"
    } catch {
      return "\(error)"
    }
  }

  private func value(_ sql: String) throws -> String? { try connection.query(sql)[0, 0] }

  private var names: [String] {
    get throws {
      let found = try connection.query(
        "SELECT viewname FROM pg_views WHERE schemaname = 'public' AND viewname <> 'forecast_errors' ORDER BY 1")
      return (0..<found.rowCount).compactMap { found[$0, 0] }
    }
  }

  private func writeTwo() throws {
    try write("totals", "-- Totals.\nCREATE VIEW totals AS SELECT region, downloads FROM by_region;")
    try write(
      "by_region",
      """
      CREATE VIEW by_region AS
      SELECT region,
             -- All of them.
             sum(total_downloads)::bigint AS downloads FROM region_health GROUP BY region;
      """)
  }

  @Test("views are made in the order in which they build on one another, with comments, and once")
  func made() throws {
    try writeTwo()
    #expect(try migrate() == ["created the view by_region", "created the view totals"])
    #expect(try migrate() == [])
    #expect(try value("SELECT obj_description('totals'::regclass)") == "Totals.")
    #expect(try value("SELECT col_description('by_region'::regclass, 2)") == "All of them.")
    try write("totals", "-- Sums.\nCREATE VIEW totals AS SELECT region, downloads FROM by_region;")
    #expect(try migrate() == [])
    #expect(try value("SELECT obj_description('totals'::regclass)") == "Sums.")
  }

  @Test("the reader role may read them, and other grants survive when they are made anew")
  func grants() throws {
    try writeTwo()
    _ = try migrate()
    let role = "analyst_\(getpid())"
    try connection.execute(
      "CREATE ROLE \(role); GRANT SELECT ON totals TO \(role); GRANT SELECT (region, downloads) ON by_region TO \(role)"
    )
    defer { try? connection.execute("DROP OWNED BY \(role); DROP ROLE \(role)") }
    try write("by_region", "CREATE VIEW by_region AS SELECT region, 1 AS downloads FROM region_health;")
    #expect(try migrate() == ["made the view by_region anew", "made the view totals anew"])
    for reader in [role, "streampulse_reader"] {
      #expect(try value("SELECT has_table_privilege('\(reader)', 'totals', 'SELECT')") == "t", "\(reader)")
    }
    #expect(try value("SELECT has_column_privilege('\(role)', 'by_region', 'region', 'SELECT')") == "t")
    #expect(try value("SELECT has_table_privilege('\(role)', 'by_region', 'SELECT')") == "f")
    // A column that is gone takes its grants along.
    try write("by_region", "CREATE VIEW by_region AS SELECT region FROM region_health;")
    try write("totals", "CREATE VIEW totals AS SELECT region FROM by_region;")
    _ = try migrate()
    #expect(try value("SELECT has_column_privilege('\(role)', 'by_region', 'region', 'SELECT')") == "t")
  }

  @Test("a view that selects everything gets the results that its aggregate gets later, and so does what reads it")
  func star() throws {
    try write("everything", "CREATE VIEW everything AS SELECT *, 2 * 3 AS six FROM region_health;")
    try write("all_of_it", "CREATE VIEW all_of_it AS SELECT * FROM everything;")
    _ = try migrate()
    _ = try scratch.change(
      "sql/aggregates/region_health.sql", "s/^FROM/, 2 * count(*) AS twice\\nFROM/")
    #expect(try migrate() == ["made the view everything anew", "made the view all_of_it anew"])
    #expect(try value("SELECT count(twice) FROM all_of_it") == "0")
    #expect(try migrate() == [])
  }

  @Test("a view whose file is gone is dropped, and one that somebody has dropped is made again")
  func removed() throws {
    try writeTwo()
    _ = try migrate()
    remove("by_region")
    try write("totals", "CREATE VIEW totals AS SELECT region FROM region_health;")
    #expect(try migrate() == ["dropped the view by_region", "made the view totals anew"])
    #expect(try names == ["totals"])
    try connection.execute("DROP VIEW totals")
    #expect(try migrate() == ["created the view totals"])
  }

  @Test("a name goes from a view to an aggregate, and what read the view reads the table")
  func nameToAggregate() throws {
    try writeTwo()
    _ = try migrate()
    remove("by_region")
    let text = """
      CREATE MATERIALIZED VIEW by_region AS SELECT "user".region, count(*) AS downloads FROM content_downloads
      GROUP BY tumble("timestamp", INTERVAL '1 minute'), "user".region;
      """
    try scratch.write("sql/aggregates/by_region.sql", text)
    #expect(try migrate() == ["created the view totals"])
    #expect(try value("SELECT relkind FROM pg_class WHERE oid = 'by_region'::regclass") == "r")
  }

  @Test("what Postgres says of a view has its place in the file; nothing is changed, and what reads it is not blamed")
  func faults() throws {
    try writeTwo()
    _ = try migrate()
    try write("by_region", "CREATE VIEW by_region AS\nSELECT regon, 1 AS downloads FROM region_health;")
    try write("other", "CREATE VIEW other AS SELECT a FROM nowhere;")
    #expect(
      refusal() == """
        sql/views/by_region.sql:2:8: column "regon" does not exist
          hint: Perhaps you meant to reference the column "region_health.region".
        sql/views/other.sql:1:36: relation "nowhere" does not exist
        """)
    #expect(try names == ["by_region", "totals"])
    #expect(try value("SELECT count(*) FROM totals") == "0")
  }

  @Test("a relation of somebody else under the view's name is not touched")
  func foreignTable() throws {
    try connection.execute("CREATE TABLE by_region (a integer)")
    try writeTwo()
    #expect(refusal().hasPrefix("sql/views/by_region.sql: there is a table or view by_region already"))
  }

  @Test("what somebody has built on a view is not dropped: it is named, and the view stays until it is gone")
  func foreignReader() throws {
    try writeTwo()
    _ = try migrate()
    try connection.execute("CREATE VIEW own AS SELECT * FROM totals")
    try write("by_region", "CREATE VIEW by_region AS SELECT region, 2::bigint AS downloads FROM region_health;")
    #expect(refusal().hasPrefix("own reads views that have to be made anew or dropped: by_region, totals"))
    #expect(try names == ["by_region", "own", "totals"])
    try connection.execute("DROP VIEW own")
    #expect(try migrate() == ["made the view by_region anew", "made the view totals anew"])
  }

  @Test("endpoints read views, and the API refuses a database that does not have them as they are defined")
  func required() throws {
    try writeTwo()
    try scratch.write(
      "sql/endpoints/totals.sql",
      "-- name: GET /api/totals\n-- summary: S.\n-- returns: rows\nSELECT region, downloads FROM totals;")
    _ = try migrate()
    var project = try Project(folder: scratch.folder)
    #expect(try StatementCheck(connection).faults(of: project).isEmpty)
    try Migrator.requireViews(project, connection)
    try write("totals", "CREATE VIEW totals AS SELECT region FROM by_region;")
    project = try Project(folder: scratch.folder)
    let error = #expect(throws: StorageError.self) { try Migrator.requireViews(project, connection) }
    #expect(
      error?.description == "sql/views/totals.sql: the view totals has changed\n  hint: run streampulse migrate")
  }

  @Test("a project with a schema of its own has its views there")
  func ownSchema() throws {
    var settings = settings
    settings.schema = "trips"
    let other = try PostgresConnection(settings)
    try writeTwo()
    _ = try Migrator(other) { _ in }.migrate(Project(folder: scratch.folder))
    #expect(try other.query("SELECT 'trips.totals'::regclass::oid = 'totals'::regclass::oid")[0, 0] == "t")
    #expect(try names == [])
  }
}
