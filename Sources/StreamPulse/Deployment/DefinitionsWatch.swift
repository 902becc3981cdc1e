import Postgres
import SQLQuoting
import Storage
import Threads

/// Hears of definitions that come into force, on a thread and a connection of its own.
final class DefinitionsWatch: Sendable {
  private static let responseTimeoutMilliseconds = 5000
  /// A restart waits so long for it, at most.
  private static let listenMilliseconds = 100
  /// A notification may be lost with a connection, so it is asked now and then, too.
  private static let lookMicroseconds: Int64 = 5_000_000

  private struct State: Sendable {
    var latest: Int64?
    var isStopping = false
  }

  private let database: ConnectionSettings
  private let state = Monitor(State())

  init(_ database: ConnectionSettings) {
    self.database = database
  }

  /// The version in force when it was last looked; nil before that.
  var latest: Int64? { state.read { $0.latest } }

  /// Runs until `stop`. Blocks the calling thread.
  func run() {
    while !state.read({ $0.isStopping }) {
      do throws(PostgresError) {
        try listen()
      } catch {
        // Others say that the database is away; here it is only tried again.
        _ = state.wait(timeoutMilliseconds: 1000) { $0.isStopping ? true : nil }
      }
    }
  }

  func stop() {
    state.update { $0.isStopping = true }
  }

  private func listen() throws(PostgresError) {
    let connection = try PostgresConnection(database)
    defer { connection.close() }
    connection.responseTimeoutMilliseconds = DefinitionsWatch.responseTimeoutMilliseconds
    try connection.execute("LISTEN \(quotedIdentifier(Announcement.definitionsChannel(for: connection)))")
    // What came into force while nobody listened counts as well.
    var nextLook = Int64.min
    while !state.read({ $0.isStopping }) {
      if Clock.monotonic() >= nextLook {
        let latest = try Deployments(connection).current()?.number
        state.update { $0.latest = latest }
        nextLook = Clock.monotonic() + DefinitionsWatch.lookMicroseconds
      }
      if try !connection.waitForNotification(timeoutMilliseconds: Self.listenMilliseconds).isEmpty { nextLook = .min }
    }
  }
}
