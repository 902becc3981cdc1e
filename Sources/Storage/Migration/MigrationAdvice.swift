import Postgres

/// What to do about the errors that a migration meets first in a database that somebody else has set up.
enum MigrationAdvice {
  /// The error and the way out in one line; nil when the server's own words say enough.
  static func text(for error: PostgresError) -> String? {
    guard case .server(let report) = error.kind else { return nil }
    let advice: String? =
      switch report.sqlstate {
      // Insufficient privilege. Since Postgres 15 only a database's owner may create in its schema public.
      case "42501" where report.message.contains("for schema"):
        "GRANT CREATE, USAGE ON SCHEMA public TO this user, or migrate as the owner of the database"
      case "42501" where report.message.contains("for database"):
        "GRANT CREATE ON DATABASE … TO this user, or migrate as the owner of the database"
      case "42501": "migrate as the owner of the tables, which is the user that migrated first"
      // Duplicate table, function, object: the schema is applied once, so it is somebody else's.
      case "42P07", "42723", "42710":
        "the engine needs that name for itself: rename what is called so, or use another database"
      case "3F000": "no schema of the search_path exists: ALTER ROLE … SET search_path = public"
      case "25006": "the database is read-only: connect to the primary server"
      default: nil
      }
    return advice.map { "Postgres: \(report.message) (\(report.sqlstate)); \($0)" }
  }
}
