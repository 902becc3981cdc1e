import Postgres

/// Whether anybody processes a stream, as the database knows it: one of a stream's processors holds the lock of its watch,
/// and Postgres takes that away when the processor's connection ends, however that comes about.
public enum ProcessorPresence {
  public static func isThere(_ connection: PostgresConnection, stream: String) throws(PostgresError) -> Bool {
    // A key of 64 bits is shown in two parts (PostgreSQL, "pg_locks").
    let rows = try connection.query(
      """
      SELECT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND objsubid = 1
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND (classid::bigint << 32 | objid::bigint) = $1)
      """, [.bigint(AdvisoryLock.watch(stream: stream).key(for: connection))])
    return rows.boolean(0, 0) == true
  }
}
