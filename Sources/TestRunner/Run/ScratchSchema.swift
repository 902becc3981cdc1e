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
  let connection: PostgresConnection
  let settings: ConnectionSettings
  private let project: Project
  private let name: String
  private var isUsed = false

  /// Makes the engine's tables and those of all aggregates.
  ///
  /// - Parameter name: of the schema; one that is left of an earlier run is dropped.
  init(_ database: ConnectionSettings, named name: String, for project: Project) throws {
    var settings = database.with("application_name", "streampulse test")
    settings.schema = name
    self.settings = settings
    self.name = name
    self.project = project
    connection = try PostgresConnection(settings)
    try drop()
    do {
      try prepare()
    } catch {
      try? drop()
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
      CREATE FUNCTION \(schema).now() RETURNS timestamptz LANGUAGE sql STABLE AS
        $$ SELECT coalesce(nullif(current_setting('streampulse.now', true), '')::timestamptz, pg_catalog.now()) $$;
      CREATE FUNCTION \(schema).clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS
        $$ SELECT coalesce(nullif(current_setting('streampulse.now', true), '')::timestamptz, pg_catalog.clock_timestamp()) $$;
      SET search_path TO \(schema), pg_catalog;
      """)
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
      WHERE schemaname = ANY ($1::text[]) AND tablename <> ALL (ARRAY['migrations', 'definitions', 'project'])
      """, [.untyped("{\(name),\(Bookkeeping.schema(of: name))}")])[0, 0]
    guard let tables else { return }
    try connection.execute("TRUNCATE \(tables) RESTART IDENTITY")
    try Migrator(connection, observe: { _ in }).beginAlerts(project.alerts)
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

  private func drop() throws {
    let schemas = [name, Bookkeeping.schema(of: name), Bookkeeping.schema(of: name) + "_replay"].map(quotedIdentifier)
    try connection.execute(
      "SET client_min_messages = warning; DROP SCHEMA IF EXISTS \(schemas.joined(separator: ", ")) CASCADE")
  }

  /// Drops the schema.
  func close() {
    try? drop()
    connection.close()
  }
}
