import Postgres
import Storage

/// A connection that is elected by an advisory lock, which it holds as long as it lives; those of other instances stand
/// by. Belongs to one thread.
///
/// The server ends the session of whoever asks nothing for a while: a process that was killed is noticed by its socket,
/// and one that is frozen, or that no packet comes from any more, is not. What it does when it wakes finds the session
/// gone, so that two are never elected at once.
struct ElectedConnection {
  /// A server that says nothing for so long is taken for dead.
  private static let responseTimeoutMilliseconds = 120_000

  /// Four rounds of those who are elected, and then one of those who stand by: within 2 s another is elected.
  static let absenceMilliseconds = 1_200

  private let settings: ConnectionSettings
  private let lock: AdvisoryLock
  private let interruption: Interruption
  private let absenceMilliseconds: Int
  private var connection: PostgresConnection?
  private var isElected = false

  /// - Parameters:
  ///   - interruption: also ends a statement of this connection.
  ///   - absenceMilliseconds: how long whoever is elected may ask nothing.
  init(
    _ settings: ConnectionSettings, lock: AdvisoryLock, _ interruption: Interruption,
    absenceMilliseconds: Int = ElectedConnection.absenceMilliseconds
  ) {
    self.absenceMilliseconds = absenceMilliseconds
    self.settings = settings
    self.lock = lock
    self.interruption = interruption
  }

  /// The connection, once it is elected; another one than before when the server has ended that meanwhile.
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
    if let connection {
      if connection.checkAlive() { return connection }
      close()
    }
    let made = try PostgresConnection(settings)
    // Times travel as text, and messages show them: in UTC.
    try made.execute("SET TIME ZONE 'UTC'")
    try made.keepAliveByServer()
    try made.allowAbsence(milliseconds: absenceMilliseconds)
    made.responseTimeoutMilliseconds = ElectedConnection.responseTimeoutMilliseconds
    interruption.covers(made)
    connection = made
    return made
  }
}

extension PostgresConnection {
  /// From now on the server ends this session when it is asked nothing for so long, be it within a transaction.
  func allowAbsence(milliseconds: Int) throws(PostgresError) {
    try execute(
      "SET idle_session_timeout = \(milliseconds); SET idle_in_transaction_session_timeout = \(milliseconds)")
  }
}
