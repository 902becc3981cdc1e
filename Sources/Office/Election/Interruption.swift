import Postgres
import Threads

/// Ends the work of another thread, also while it waits: for time, or for a statement of Postgres. From any thread.
final class Interruption: Sendable {
  private struct State: Sendable {
    var isRequested = false
    /// Of the connection that the work uses.
    var canceller: Canceller?
  }

  private let state = Monitor(State())

  var isRequested: Bool { state.read { $0.isRequested } }

  /// From now on a request also ends what this connection does; nil: there is none any more.
  func covers(_ connection: PostgresConnection?) {
    let canceller = connection?.canceller
    state.update { $0.canceller = canceller }
  }

  /// Waits so long, or until the request.
  func wait(milliseconds: Int) {
    _ = state.wait(timeoutMilliseconds: milliseconds) { $0.isRequested ? true : nil }
  }

  /// Returns at once.
  func request() {
    let canceller = state.update { state in
      state.isRequested = true
      return state.canceller
    }
    canceller?.cancelInBackground()
  }
}
