import Postgres
import Threads

/// A replica that answers queries in the primary's place, looked at several times a second: whether it is one, how far
/// behind it is, and whether it has what was announced or written here.
///
/// An announcement of committed data is passed on when the replica has that data, so that who asks because of it finds it.
public final class ReadReplica: Sendable {
  /// What is said of it, once.
  public enum Change: Sendable {
    case up
    case down(reason: String)
  }

  /// Behind by more than that, it counts as away: what is asked for here is about now.
  public static let patienceSeconds = 30.0
  private static let intervalMilliseconds = 250
  /// While somebody waits for data.
  private static let hastyIntervalMilliseconds = 10
  private static let responseTimeoutMilliseconds = 5_000

  private struct State: Sendable {
    /// nil: it is not to be asked.
    var lagSeconds: Double?
    var replayed: Int64 = 0
    /// What is to be announced when the replica has it.
    var held: TableChanges?
    /// Something was written here that the replica may not have; counts the writes.
    var writes = 0
    var writesReached = 0
    var isStopping = false
  }

  /// What a look has shown.
  private struct Look {
    var primary: Int64
    var replayed: Int64
    var lagSeconds: Double
  }

  private let state = Monitor(State())
  private let settings: ConnectionSettings
  private let primary: ConnectionSettings
  private let version: DataVersion
  private let observe: @Sendable (Change) -> Void

  /// - Parameter version: hears of committed data when the replica has it.
  public init(
    _ settings: ConnectionSettings, of primary: ConnectionSettings, _ version: DataVersion,
    observe: @escaping @Sendable (Change) -> Void
  ) {
    (self.settings, self.primary, self.version, self.observe) = (settings, primary, version, observe)
  }

  /// Seconds that the replica is behind; nil: the primary is asked instead.
  public var lagSeconds: Double? {
    state.read { $0.writes == $0.writesReached ? $0.lagSeconds : nil }
  }

  /// Something was written: until the replica has it, the primary is asked.
  public func wrote() {
    state.update { $0.writes += 1 }
  }

  /// Passes on what was announced, at once or when the replica has it.
  public func announce(_ changes: TableChanges) {
    let isHeld = state.update { state in
      guard state.lagSeconds != nil, let position = changes.position, Self.logEnd(position) > state.replayed else {
        return false
      }
      if state.held == nil { state.held = changes } else { state.held?.formUnion(changes) }
      return true
    }
    if !isHeld { version.notify(changes) }
  }

  /// Looks until `stop`. Blocks the calling thread.
  public func run() {
    var isUp: Bool?
    while !state.read(\.isStopping) {
      var reason = "the connection was lost"
      do throws(PostgresError) {
        try watch {
          if isUp != true { observe(.up) }
          isUp = true
        }
      } catch {
        reason = "\(settings): \(error)"
      }
      giveUp()
      guard !state.read(\.isStopping) else { return }
      if isUp != false { observe(.down(reason: reason)) }
      isUp = false
      _ = state.wait(timeoutMilliseconds: 1_000) { $0.isStopping ? true : nil }
    }
  }

  public func stop() {
    state.update { $0.isStopping = true }
  }

  /// The primary is asked from now on, and has all that was announced.
  private func giveUp() {
    let held = state.update { state in
      state.lagSeconds = nil
      defer { state.held = nil }
      return state.held
    }
    if let held { version.notify(held) }
  }

  private func watch(_ isUsable: () -> Void) throws(PostgresError) {
    let replica = try connect(settings)
    defer { replica.close() }
    let origin = try connect(primary)
    defer { origin.close() }
    guard try replica.query("SELECT pg_is_in_recovery()").boolean(0, 0) == true else {
      throw PostgresError(.unavailable("this server is no replica: it is not in recovery"))
    }
    var lag = ReplicaLag()
    while !state.read(\.isStopping) {
      let writes = state.read(\.writes)
      let look = try look(replica, origin, &lag)
      guard look.lagSeconds <= Self.patienceSeconds else {
        throw PostgresError(.unavailable("the replica is \(Int(look.lagSeconds)) s behind"))
      }
      let ready = state.update { state -> TableChanges? in
        state.lagSeconds = look.lagSeconds
        state.replayed = look.replayed
        if look.replayed >= look.primary { state.writesReached = writes }
        guard let held = state.held, look.replayed >= Self.logEnd(held.position ?? 0) else { return nil }
        state.held = nil
        return held
      }
      if let ready { version.notify(ready) }
      isUsable()
      let (before, isHasty) = state.read { ($0.writes, $0.held != nil || $0.writes != $0.writesReached) }
      let pause = isHasty ? Self.hastyIntervalMilliseconds : Self.intervalMilliseconds
      _ = state.wait(timeoutMilliseconds: pause) { state in
        state.isStopping || !isHasty && (state.held != nil || state.writes != before) ? true : nil
      }
    }
  }

  /// Where the last record ends if the next one is to be put at `position`: behind a page's header, of 24 or 40 bytes,
  /// nothing is there yet that could be replayed.
  private static func logEnd(_ position: Int64) -> Int64 {
    position % 8192 <= 40 ? position - position % 8192 : position
  }

  private func connect(_ settings: ConnectionSettings) throws(PostgresError) -> PostgresConnection {
    let connection = try PostgresConnection(settings.with("application_name", "streampulse replica"))
    connection.responseTimeoutMilliseconds = Self.responseTimeoutMilliseconds
    return connection
  }

  private func look(
    _ replica: PostgresConnection, _ origin: PostgresConnection, _ lag: inout ReplicaLag
  ) throws(PostgresError) -> Look {
    // The primary first: what the replica has then, it had at that time at the latest.
    let now = Clock.monotonic()
    let end = try origin.query("SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint").integer(0, 0) ?? 0
    let primary = Self.logEnd(end)
    lag.saw(primary: primary, at: now)
    let row = try replica.query(
      "SELECT pg_is_in_recovery(), (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint")
    guard row.boolean(0, 0) == true, let replayed = row.integer(0, 1) else {
      throw PostgresError(.unavailable("the replica was promoted"))
    }
    return Look(
      primary: primary, replayed: replayed,
      lagSeconds: lag.seconds(replayed: replayed, now: Clock.monotonic()) ?? 0)
  }
}
