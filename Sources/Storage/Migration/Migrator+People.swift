import Postgres
import SQLQuoting

extension Migrator {
  /// The login of people and their tools.
  public static func peopleRole(for connection: PostgresConnection) -> String {
    connection.schema.map { "streampulse_people_" + $0 } ?? "streampulse_people"
  }

  /// Makes it, and gives it another password. It reads all that there is, also what comes later: results, alerts, dead
  /// letters with their bytes, and the engine's own tables; and changes nothing.
  ///
  /// - Parameter connection: of the owner, who may make roles.
  public static func makePeople(_ connection: PostgresConnection, password: String) throws(PostgresError) {
    let name = peopleRole(for: connection)
    let role = quotedIdentifier(name)
    let results = quotedIdentifier(connection.schema ?? "public")
    let schemas = "\(results), \(connection.pulse)"
    try connection.execute(
      """
      DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = \(quotedLiteral(name))) THEN
          CREATE ROLE \(role);
        END IF;
      END $$;
      ALTER ROLE \(role) LOGIN PASSWORD \(quotedLiteral(password));
      ALTER ROLE \(role) SET default_transaction_read_only = on;
      ALTER ROLE \(role) SET search_path = \(schemas);
      GRANT USAGE ON SCHEMA \(schemas) TO \(role);
      GRANT SELECT ON ALL TABLES IN SCHEMA \(schemas) TO \(role);
      ALTER DEFAULT PRIVILEGES IN SCHEMA \(schemas) GRANT SELECT ON TABLES TO \(role);
      """)
  }
}
