import Dataflow
import Observability
import Plan
import Postgres
import Storage
import Threads

/// How a table of reference data is in memory.
public struct ReferenceStatus: Hashable, Sendable {
  public var table: String
  public var rows: Int
  public var bytes: Int
  /// When it was last known to be as the table is, in monotonic microseconds; nil: it was never read.
  public var checkedAt: Int64?
  /// Why the last reading came to nothing; the version before it goes on being used.
  public var problem: String?
}

/// Keeps tables of reference data in memory and up to date: on a thread and a connection of its own, which only reads.
///
/// A change makes another version, which workers take between two batches. While Postgres is away, or a table cannot be
/// used, the last good version stays. Whether a table has changed is asked every `refresh`, and at once when somebody
/// notifies the channel, by the table's name.
public final class ReferenceFeed: Sendable {
  /// What a trigger notifies of a change, with the table's name, or of all tables with nothing.
  public static let channel = "streampulse_references"

  /// A table is read again after so long, whatever is said of changes.
  private static let longestTrust: Int64 = 600_000_000
  /// It hears within this time that it should stop.
  private static let longestWaitMilliseconds = 250

  private struct State: Sendable {
    var set = ReferenceSet()
    /// In the order of the tables.
    var statuses: [ReferenceStatus]
    var isLoaded = false
    var isStopping = false
  }

  /// What the thread knows of a table.
  private struct Known {
    var version: String?
    var readAt: Int64 = .min
    var dueAt: Int64 = .min
    /// What has been said against it.
    var said: String?
  }

  private let references: [Reference]
  private let limits: ReferenceLimits
  private let database: ConnectionSettings
  private let observe: @Sendable (Observation) -> Void
  private let state: Monitor<State>

  public init(
    _ references: [Reference], limits: ReferenceLimits, database: ConnectionSettings,
    observe: @escaping @Sendable (Observation) -> Void
  ) {
    self.references = references
    self.limits = limits
    self.database = database
    self.observe = observe
    state = Monitor(State(statuses: references.map { ReferenceStatus(table: $0.name, rows: 0, bytes: 0) }))
  }

  /// The versions to use; nil until each table was read once.
  public var current: ReferenceSet? { state.read { $0.isLoaded ? $0.set : nil } }

  public var statuses: [ReferenceStatus] { state.read { $0.statuses } }

  /// Keeps them up to date until `stop`. Blocks the calling thread.
  public func run() {
    var backOff = BackOff()
    var known = references.map { _ in Known() }
    while !isStopping {
      do throws(PostgresError) {
        try serve(&known) { backOff.reset() }
      } catch {
        state.update { state in
          for index in state.statuses.indices { state.statuses[index].problem = error.description }
        }
        // Whoever asks again is told at once.
        for index in known.indices { known[index].dueAt = .min }
        _ = state.wait(timeoutMilliseconds: backOff.next()) { $0.isStopping ? true : nil }
      }
    }
  }

  /// Ends `run` soon.
  public func stop() {
    state.update { $0.isStopping = true }
  }

  private var isStopping: Bool { state.read { $0.isStopping } }

  /// Works with one connection until that is lost.
  private func serve(_ known: inout [Known], _ isServed: () -> Void) throws(PostgresError) {
    let connection = try PostgresConnection(database.with("application_name", "streampulse references"))
    defer { connection.close() }
    // It has no business to write.
    try connection.execute("SET default_transaction_read_only = on; LISTEN \(Self.channel)")
    let loader = ReferenceLoader(connection, limits: limits)
    while !isStopping {
      for index in references.indices where known[index].dueAt <= Clock.monotonic() && !isStopping {
        try look(index, loader, &known[index])
      }
      isServed()
      // Who is due at once is due at no time that can be subtracted from: a stop may have come before it was looked at.
      let now = Clock.monotonic()
      let next = max(now, known.map(\.dueAt).min() ?? .max)
      let wait = min(Self.longestWaitMilliseconds, Int(clamping: (next - now) / 1000 + 1))
      for notification in try connection.waitForNotification(timeoutMilliseconds: wait) {
        for index in references.indices where ["", references[index].name].contains(notification.payload) {
          known[index].dueAt = .min
          // What notifies knows better than the server's counts.
          known[index].version = nil
        }
      }
    }
  }

  /// Reads a table, unless it is certain that it has not changed.
  private func look(_ index: Int, _ loader: ReferenceLoader, _ known: inout Known) throws(PostgresError) {
    let reference = references[index]
    let started = Clock.monotonic()
    known.dueAt = started + reference.refreshMicroseconds
    // Asked for before the rows: what changes meanwhile is read the next time.
    let version = try loader.version(of: reference)
    if let version, version == known.version, started - known.readAt < Self.longestTrust {
      state.update { state in
        state.statuses[index].checkedAt = started
        state.statuses[index].problem = nil
      }
      return
    }
    do throws(StorageError) {
      let table = try loader.load(reference)
      known = Known(version: version, readAt: started, dueAt: known.dueAt)
      state.update { state in
        state.set.insert(table)
        state.statuses[index] = ReferenceStatus(
          table: reference.name, rows: table.rowCount, bytes: table.byteCount, checkedAt: started)
        state.isLoaded = state.statuses.allSatisfy { $0.checkedAt != nil }
      }
      observe(
        .referenceLoaded(
          table: reference.name, rows: table.rowCount, bytes: table.byteCount,
          seconds: Double(Clock.monotonic() - started) / 1_000_000))
    } catch {
      if case .postgres(let error) = error, error.isConnectionLost { throw error }
      let problem = error.description
      state.update { $0.statuses[index].problem = problem }
      if known.said != problem { observe(.referenceRefused(table: reference.name, reason: problem)) }
      known.said = problem
      known.version = nil
    }
  }
}
