/// What a Postgres server says of itself, and what is wrong with that.
public struct ServerFacts: Sendable {
  /// The oldest that the engine's tables can be made in.
  public static let oldestVersion = 15
  /// More than a clock that is kept by anybody is off.
  private static let clockToleranceSeconds = 2.0
  /// A server that stops at 2³¹ transactions without VACUUM warns from about 2.1 thousand million on.
  private static let oldestTransactions: Int64 = 1_500_000_000
  private static let maximumRetainedBytes: Int64 = 10 << 30

  /// As libpq counts: 150004 is 15.4.
  public var version = 150_000
  public var isStandby = false
  public var isReadOnly = false
  /// Connections that it still takes; nil: unknown.
  public var freeConnections: Int?
  /// By name: `fsync`, `full_page_writes`, `autovacuum`.
  public var switchedOff: Set<String> = []
  /// How far its clock is ahead of this machine's, beyond what the question took; negative: behind.
  public var clockAheadSeconds = 0.0
  /// `default_transaction_isolation` of this user.
  public var isolation = "read committed"
  /// How many transactions ago rows were frozen last.
  public var transactionAge: Int64 = 0
  /// Replication slots that nobody reads, and how much of the log each keeps.
  public var idleSlots: [(name: String, bytes: Int64)] = []

  public init() {}
}

extension ServerFacts {
  /// - Parameters:
  ///   - connectionsNeeded: what the API may take.
  ///   - mergesSessions: some aggregate is of sessions.
  public func findings(connectionsNeeded: Int, mergesSessions: Bool) -> [Finding] {
    if version / 10_000 < Self.oldestVersion {
      return [
        .failure(
          "postgres",
          "the server is Postgres \(version / 10_000), and StreamPulse needs \(Self.oldestVersion) or newer",
          "upgrade it (pg_upgrade), or use another server")
      ]
    }
    return access(connectionsNeeded, mergesSessions) + durability + age
  }

  private func access(_ connectionsNeeded: Int, _ mergesSessions: Bool) -> [Finding] {
    var found: [Finding] = []
    if isStandby {
      found.append(.failure("postgres", "the server is a standby, which takes no writes", "use the primary's address"))
    } else if isReadOnly {
      found.append(
        .failure(
          "postgres", "transactions of this user are read-only",
          "ALTER ROLE … SET default_transaction_read_only = off, or of the database"))
    }
    if let freeConnections, freeConnections < connectionsNeeded {
      found.append(
        .warning(
          "postgres",
          "the server has \(freeConnections) free connections, and the API alone may take \(connectionsNeeded)",
          "raise max_connections, or lower API_WORKERS"))
    }
    if isolation != "read committed" {
      let text = "transactions of this user are \(isolation)"
      let advice = "ALTER ROLE … RESET default_transaction_isolation, or of the database"
      found.append(
        mergesSessions
          ? .failure("postgres", "\(text), and sessions are merged as read committed alone", advice)
          : .warning("postgres", "\(text): they are repeated whenever two instances write one row", advice))
    }
    if abs(clockAheadSeconds) > Self.clockToleranceSeconds {
      found.append(
        .warning(
          "postgres", "its clock and this machine's differ by \(Int(abs(clockAheadSeconds).rounded())) s",
          "let both follow NTP: look-backs and max_ahead go by them"))
    }
    return found
  }

  private var durability: [Finding] {
    ["fsync", "full_page_writes"].filter(switchedOff.contains).map {
      .warning(
        "postgres", "\($0) is off: a crash of the server may lose or damage what it has confirmed", "turn \($0) on")
    }
  }

  private var age: [Finding] {
    var found: [Finding] = []
    if switchedOff.contains("autovacuum") {
      found.append(
        .warning(
          "postgres", "autovacuum is off: tables that change many times a second only grow", "turn autovacuum on"))
    }
    if transactionAge > Self.oldestTransactions {
      found.append(
        .failure(
          "postgres",
          "rows were frozen \(transactionAge / 1_000_000) million transactions ago, and at 2,000 million the server stops",
          "VACUUM the database; end old transactions and prepared ones, which keep VACUUM from it"))
    }
    for slot in idleSlots where slot.bytes > Self.maximumRetainedBytes {
      found.append(
        .warning(
          "postgres", "the replication slot \(slot.name) keeps \(slot.bytes >> 30) GiB of the log, and nobody reads it",
          "SELECT pg_drop_replication_slot('\(slot.name)'), or start who reads it: the disk fills"))
    }
    return found
  }
}
