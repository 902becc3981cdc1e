import Dialects
import JSON
import Plan
import Postgres
import Project
import SQLQuoting
import Storage

/// A schema of its own for the tests of a project, in a database that may be anybody's: made anew, and dropped at the end.
///
/// In it `now()` and `clock_timestamp()` are the test's time.
final class ScratchSchema {
  /// What the names of all such schemas begin with.
  static let prefix = "streampulse_test_"
  /// The comment that tells them from a project's schema of such a name.
  private static let mark = "Scratch of streampulse test, which drops it."

  let connection: PostgresConnection
  let settings: ConnectionSettings
  private let project: Project
  private let name: String
  private var isUsed = false

  /// Makes the engine's tables and those of all aggregates.
  ///
  /// What runs that were killed have left is dropped.
  init(_ database: ConnectionSettings, for project: Project) throws {
    let name = Self.prefix + String(UInt64.random(in: 0...UInt64.max), radix: 36)
    var settings = database.with("application_name", name)
    settings.schema = name
    self.settings = settings
    self.name = name
    self.project = project
    connection = try PostgresConnection(settings)
    try drop([name] + abandoned())
    do {
      try prepare()
    } catch {
      try? drop([name])
      throw error
    }
  }

  private func prepare() throws {
    let schema = quotedIdentifier(name)
    try connection.execute(
      """
      SET synchronous_commit = off;
      SET timezone = 'UTC';
      SET client_min_messages = warning;
      CREATE SCHEMA \(schema);
      COMMENT ON SCHEMA \(schema) IS \(quotedLiteral(Self.mark));
      CREATE FUNCTION \(schema).now() RETURNS timestamptz LANGUAGE sql STABLE AS
        $$ SELECT coalesce(nullif(current_setting('streampulse.now', true), '')::timestamptz, pg_catalog.now()) $$;
      CREATE FUNCTION \(schema).clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS
        $$ SELECT coalesce(nullif(current_setting('streampulse.now', true), '')::timestamptz, pg_catalog.clock_timestamp()) $$;
      SET search_path TO \(schema), pg_catalog;
      """)
    for reference in project.references { try connection.execute(reference.createStatement) }
    _ = try Migrator(connection, observe: { _ in }).migrate(project, grantsReading: false)
    try StatementCheck(connection).require([.endpoint, .alert], of: project, observe: { _ in })
  }

  /// Makes it as it was before the first test.
  func empty() throws {
    defer { isUsed = true }
    guard isUsed else { return }
    let tables = try connection.query(
      """
      SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables
      WHERE schemaname = ANY ($1::text[]) AND tablename <> ALL (ARRAY['migrations', 'definitions', 'project', 'views'])
      """, [.untyped("{\(name),\(Bookkeeping.schema(of: name))}")])[0, 0]
    guard let tables else { return }
    try connection.execute("TRUNCATE \(tables) RESTART IDENTITY")
    try Migrator(connection, observe: { _ in }).beginAlerts(project.alerts)
  }

  /// Gives a table of reference data other rows.
  func fill(_ table: String, with rows: [TestPlan.Document]) throws {
    let name = quotedIdentifier(table)
    try connection.transaction { () throws(PostgresError) in
      try connection.execute("DELETE FROM \(name)")
      _ = try connection.query(
        "INSERT INTO \(name) SELECT * FROM json_populate_recordset(NULL::\(name), $1::json)",
        [.untyped("[\(rows.map(\.text).joined(separator: ","))]")])
    }
  }

  /// What `now()` is from now on.
  func setClock(_ time: Int64) throws {
    _ = try connection.query(
      "SELECT set_config('streampulse.now', (to_timestamp(0) + $1 * INTERVAL '1 microsecond')::text, false)",
      [.bigint(time)])
  }

  /// The rows of a statement that has one column of JSON.
  func documents(_ sql: String, _ parameters: [PostgresParameter] = []) throws -> [JSONValue] {
    let rows = try connection.query(sql, parameters)
    return try (0..<rows.rowCount).map { try JSONValue(parsing: rows[$0, 0] ?? "null") }
  }

  /// Schemas of runs that were killed: whoever uses one is connected under its name.
  private func abandoned() throws -> [String] {
    let left = try connection.query(
      """
      SELECT nspname FROM pg_namespace
      WHERE starts_with(nspname::text, $1) AND nspname::text !~ '_(pulse|replay)$'
        AND obj_description(oid, 'pg_namespace') = $2
        AND pg_has_role(nspowner, 'USAGE')
        AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = nspname)
      """, [.text(Self.prefix), .text(Self.mark)])
    return (0..<left.rowCount).compactMap { left[$0, 0] }
  }

  private func drop(_ names: [String]) throws {
    let schemas = names.flatMap { name in
      [name, Bookkeeping.schema(of: name), Bookkeeping.schema(of: name) + "_replay"].map(quotedIdentifier)
    }
    try connection.execute(
      "SET client_min_messages = warning; DROP SCHEMA IF EXISTS \(schemas.joined(separator: ", ")) CASCADE")
  }

  /// Drops the schema.
  func close() {
    try? drop([name])
    connection.close()
  }
}
