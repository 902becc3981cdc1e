/// A session of ours that waits for a lock.
public struct LockWait: Hashable, Sendable {
  /// So long a session waits for a person.
  public static let longest = "30 seconds"

  public var waiting: String
  public var holder: String
  public var holderProcess: String

  public init(waiting: String, holder: String, holderProcess: String) {
    (self.waiting, self.holder, self.holderProcess) = (waiting, holder, holderProcess)
  }

  public var finding: Finding {
    .failure(
      "postgres", "\(waiting) waits for a lock that \(holder) (process \(holderProcess)) holds",
      "end that transaction, or SELECT pg_terminate_backend(\(holderProcess))")
  }
}

/// A transaction that is open for long.
public struct OpenTransaction: Hashable, Sendable {
  /// So long it keeps VACUUM from rows that change many times a second.
  public static let longest = "10 minutes"
  /// Of one that does nothing.
  public static let longestIdle = "2 minutes"

  public var session: String
  public var process: String
  /// For how long, as Postgres writes it.
  public var age: String
  public var isIdle: Bool

  public init(session: String, process: String, age: String, isIdle: Bool) {
    (self.session, self.process, self.age, self.isIdle) = (session, process, age, isIdle)
  }

  public var finding: Finding {
    isIdle
      ? .warning(
        "postgres", "\(session) (process \(process)) is idle in a transaction for \(age), and keeps its locks",
        "end it, or set idle_in_transaction_session_timeout for its role")
      : .warning(
        "postgres",
        "\(session) (process \(process)) has a transaction open for \(age), behind which dead rows cannot be removed",
        "end it")
  }
}

/// A table with rows that nobody sees any more.
public struct DeadRows: Hashable, Sendable {
  public static let fewest = 1_000_000
  /// More than so many times as the living ones.
  public static let share = 5

  public var table: String
  public var dead: Int64
  public var live: Int64

  public init(table: String, dead: Int64, live: Int64) {
    (self.table, self.dead, self.live) = (table, dead, live)
  }

  /// nil: VACUUM keeps up.
  public var finding: Finding? {
    guard dead > Self.fewest, dead > Int64(Self.share) * live else { return nil }
    return .warning(
      "postgres", "\(table) has \(dead) dead rows", "is autovacuum on? VACUUM \(table) helps for now")
  }
}
