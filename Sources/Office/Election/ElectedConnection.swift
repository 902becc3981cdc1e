import Postgres
import Storage

/// A connection that is elected by an advisory lock, which it holds as long as it lives; those of other instances stand
/// by. Belongs to one thread.
struct ElectedConnection {
  /// A server that says nothing for so long is taken for dead.
  private static let responseTimeoutMilliseconds = 120_000

  private let settings: ConnectionSettings
  private let lock: AdvisoryLock
  private let interruption: Interruption
  private var connection: PostgresConnection?
  private var isElected = false

  /// - Parameter interruption: also ends a statement of this connection.
  init(_ settings: ConnectionSettings, lock: AdvisoryLock, _ interruption: Interruption) {
    self.settings = settings
    self.lock = lock
    self.interruption = interruption
  }

  /// The connection, once it is elected.
  mutating func elected() throws(PostgresError) -> PostgresConnection? {
    let open = try connected()
    if !isElected {
      isElected =
        try open.query("SELECT pg_try_advisory_lock($1)", [.bigint(lock.key(for: open))]).boolean(0, 0) == true
    }
    return isElected ? open : nil
  }

  /// Gives the office up.
  mutating func close() {
    interruption.covers(nil)
    connection?.close()
    connection = nil
    isElected = false
  }

  private mutating func connected() throws(PostgresError) -> PostgresConnection {
    if let connection { return connection }
    let made = try PostgresConnection(settings)
    // Times travel as text, and messages show them: in UTC.
    try made.execute("SET TIME ZONE 'UTC'")
    made.responseTimeoutMilliseconds = ElectedConnection.responseTimeoutMilliseconds
    interruption.covers(made)
    connection = made
    return made
  }
}
