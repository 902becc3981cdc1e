import EngineSchema
import Postgres

/// Whether a database can hold what the engine writes, and whether it is of this program's version.
enum DatabaseCheck {
  /// `UNIQUE NULLS NOT DISTINCT` and other things that the tables need came with it.
  static let oldestServer = 15

  /// Why nothing of ours can work there; nil when it can.
  ///
  /// - Parameter server: as libpq counts: 150004 is 15.4.
  static func refusal(server: Int, encoding: String, database: String) -> String? {
    if server / 10_000 < oldestServer {
      return "the server is Postgres \(server / 10_000), and StreamPulse needs \(oldestServer) or newer"
    }
    // Every text of a record must fit, whatever its language.
    if encoding != "UTF8" {
      return "the database \(database) has the encoding \(encoding), and StreamPulse needs UTF8: "
        + "createdb --template=template0 --encoding=UTF8 …"
    }
    return nil
  }

  /// Refuses what no migration can help, before anything is changed.
  static func requireUsable(_ connection: PostgresConnection, schema: [SchemaFile]) throws {
    let facts = try connection.query("SELECT current_setting('server_encoding'), current_database()")
    let refusal = refusal(
      server: connection.serverVersion, encoding: facts[0, 0] ?? "", database: facts[0, 1] ?? "")
    if let refusal { throw StorageError.definition(refusal) }
    guard try exists("migrations", connection) else { return }
    // What sorts before our last may be a project's own, from when projects had migrations.
    let newer = try connection.query(
      "SELECT min(name) FROM \(connection.pulse).migrations WHERE name COLLATE \"C\" > $1",
      [.text(schema.last?.name ?? "")])
    if let name = newer[0, 0] {
      throw StorageError.definition(
        "the database was migrated by a newer version of StreamPulse (\(name)): this program is too old for it")
    }
  }

  private static func exists(_ table: String, _ connection: PostgresConnection) throws(PostgresError) -> Bool {
    let found = try connection.query("SELECT to_regclass($1) IS NOT NULL", [.text("\(connection.pulse).\(table)")])
    return found.boolean(0, 0) == true
  }

  /// Refuses a database without the tables of this version, too.
  static func requireMigrated(_ connection: PostgresConnection, schema: [SchemaFile]) throws {
    try requireUsable(connection, schema: schema)
    guard try exists("definitions", connection) else {
      throw StorageError.definition("the database has not been prepared: run streampulse migrate")
    }
    let applied = try connection.query("SELECT name FROM \(connection.pulse).migrations")
    let names = Set((0..<applied.rowCount).map { applied[$0, 0] ?? "" })
    if let missing = schema.first(where: { !names.contains($0.name) }) {
      throw StorageError.definition(
        "the database is of an older version, \(missing.name) has not been applied: run streampulse migrate")
    }
  }
}
