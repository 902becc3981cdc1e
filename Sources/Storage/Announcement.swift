import JSON
import Postgres

/// What listeners are told when results have changed: a JSON object with the stream, the tables that have changed, and the
/// position in Postgres' write-ahead log up to which everything that is committed has been announced.
public struct Announcement: Hashable, Sendable {
  /// By the names that definitions have for them; nil: any may have changed.
  public var tables: Set<String>?
  /// In bytes from the log's beginning; nil: it was not said.
  public var position: Int64?

  public init(tables: Set<String>?, position: Int64? = nil) {
    self.tables = tables
    self.position = position
  }

  /// As it came. What cannot be read says that anything may have changed, as it does when somebody else notifies.
  public init(payload: String) {
    let value = try? JSONValue(parsing: payload)
    tables = value?["tables"]?.arrayValue.map { Set($0.compactMap(\.stringValue)) }
    position = value?["position"]?.intValue.map { Int64($0) }
  }
}

// MARK: Channels

extension Announcement {
  /// The channel of `LISTEN`, not quoted: `streampulse`, or of a project whose results are in a schema of its own
  /// `streampulse_SCHEMA`.
  public static func channel(for connection: PostgresConnection) -> String {
    connection.schema.map { "streampulse_" + $0 } ?? "streampulse"
  }

  /// The channel on which is said that other definitions are in force; the payload is their version.
  public static func definitionsChannel(for connection: PostgresConnection) -> String {
    channel(for: connection) + ".definitions"
  }

  /// Where the log ends now: what was committed before is below. For who begins to listen.
  public static func position(_ connection: PostgresConnection) throws(PostgresError) -> Int64? {
    try connection.query("SELECT \(currentPosition)").integer(0, 0)
  }
}

// MARK: Telling

extension Announcement {
  private static let currentPosition = "(pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint"
  /// Postgres takes 7,999 bytes, and the position comes to them.
  private static let maximumPayloadBytes = 7_900

  /// The statement that tells listeners, when its transaction commits: in one of its own behind the commit, or, of what is
  /// rare, in the same. A transaction that notifies holds a lock of the whole server while it commits, against others that
  /// do.
  ///
  /// - Parameter isHasty: the transaction does not wait for the disk, so that the lock is held for a moment only; of what is
  ///   lost with it a crash of the server leaves nothing.
  package static func statement(
    stream: String, tables: Set<String>, _ connection: PostgresConnection, isHasty: Bool = false
  ) -> PostgresStatement {
    PostgresStatement(
      """
      SELECT pg_notify($1, '{"position":' || \(currentPosition) || ',' || substr($2, 2))
      \(isHasty ? "FROM set_config('synchronous_commit', 'off', true)" : "")
      """, [.text(channel(for: connection)), .text(payload(stream: stream, tables: tables))])
  }

  static func payload(stream: String, tables: Set<String>) -> String {
    let name = JSONMember("stream", .string(stream))
    let full = JSONValue.object([name, JSONMember("tables", .array(tables.sorted().map { .string($0) }))]).text
    // Without the list any may have changed.
    return full.utf8.count <= maximumPayloadBytes ? full : JSONValue.object([name]).text
  }
}
