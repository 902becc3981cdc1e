import Events
import Observability
import Postgres
import Threads

/// What the worker asks of the sink.
enum SinkRequest: Sendable {
  /// Take these partitions over; the offsets count for partitions that nobody has read yet.
  case claim([Int32: Offset])
  case commit(Checkpoint)
}

enum SinkOutcome: Sendable {
  case claimed([PartitionClaim])
  case committed(Checkpoint)
  /// Another instance owns a partition: nothing of the checkpoint has been written.
  case fenced(String)
  /// The tables were made anew for other definitions: this instance must not go on.
  case redefined(String)
}

/// The thread that talks to Postgres for one worker: one request at a time, retried until it is done, fenced or stopped,
/// while the worker goes on reading.
final class SinkThread: Sendable {
  private struct Mailbox: Sendable {
    var request: SinkRequest?
    var outcome: SinkOutcome?
    var isStopped = false
    /// Of the request under way.
    var canceller: Canceller?
  }

  /// A server that says nothing for so long is taken for dead.
  private static let responseTimeoutMilliseconds = 120_000

  private let mailbox = Monitor(Mailbox())
  private let sink: Sink
  private let cluster: String
  private let settings: ConnectionSettings
  private let status: ProcessorStatus
  private let observe: @Sendable (Observation) -> Void

  init(
    _ sink: Sink, cluster: String, settings: ConnectionSettings, status: ProcessorStatus,
    observe: @escaping @Sendable (Observation) -> Void
  ) {
    self.sink = sink
    self.cluster = cluster
    self.settings = settings
    self.status = status
    self.observe = observe
  }

  /// Runs on the sink's own thread until `stop`.
  func run() {
    var backOff = BackOff()
    var connection: PostgresConnection?
    while let request = nextRequest() {
      // A commit whose answer was lost may have happened.
      var isUnknown = false
      var tries = 0
      while !mailbox.read({ $0.isStopped }) {
        do throws(PostgresError) {
          let open = try connected(&connection)
          let outcome = try perform(request, isUnknown: isUnknown, open)
          isUp()
          backOff.reset()
          mailbox.update { $0.outcome = outcome }
          break
        } catch {
          if error.sqlstate == Sink.fencedState {
            isUp()
            mailbox.update { $0.outcome = .fenced(error.description) }
            break
          }
          if error.isConnectionLost {
            isUnknown = true
            connection?.close()
            connection = nil
          }
          tries += 1
          // A deadlock or a serialization failure is no news unless it stays.
          if tries > 1 || error.isConnectionLost || !error.isRetryable { isDown(error) }
          waitUnlessStopped(milliseconds: backOff.next())
        }
      }
      mailbox.update { $0.canceller = nil }
    }
    connection?.close()
  }

  /// Says once that the database is back. The problem may be that of the sink thread before this one.
  private func isUp() {
    guard status.current.databaseProblem != nil else { return }
    status.update { $0.databaseProblem = nil }
    observe(.databaseUp(server: settings.description))
  }

  /// Whatever it is (a lost server, a full disk, a missing grant), it is tried until it works: nothing is skipped, and
  /// the operator is told once.
  private func isDown(_ error: PostgresError) {
    guard status.current.databaseProblem == nil, !mailbox.read({ $0.isStopped }) else { return }
    status.update { $0.databaseProblem = error.description }
    observe(.databaseDown(reason: error.description, sqlstate: error.sqlstate))
  }

  private func connected(_ connection: inout PostgresConnection?) throws(PostgresError) -> PostgresConnection {
    let open: PostgresConnection
    if let connection {
      open = connection
    } else {
      open = try PostgresConnection(settings)
      open.responseTimeoutMilliseconds = SinkThread.responseTimeoutMilliseconds
      connection = open
    }
    let canceller = open.canceller
    mailbox.update { $0.canceller = canceller }
    return open
  }

  private func perform(
    _ request: SinkRequest, isUnknown: Bool, _ connection: PostgresConnection
  ) throws(PostgresError) -> SinkOutcome {
    switch request {
    case .claim(let starts):
      let claims = try sink.claim(starts, cluster: cluster, connection)
      // Only now: whoever changes the tables later fences this claim.
      if let change = try sink.redefinition(connection) { return .redefined(change) }
      return .claimed(claims)
    case .commit(let checkpoint):
      if isUnknown {
        switch try sink.outcome(of: checkpoint, cluster: cluster, connection) {
        case .committed: return .committed(checkpoint)
        case .fenced: return .fenced("the positions belong to another instance since the connection was lost")
        case .notCommitted: break
        }
      }
      try sink.commit(checkpoint, cluster: cluster, connection)
      return .committed(checkpoint)
    }
  }

  private func nextRequest() -> SinkRequest? {
    mailbox.wait { state -> SinkRequest?? in
      if state.isStopped { return .some(nil) }
      guard let request = state.request else { return nil }
      state.request = nil
      return request
    } ?? nil
  }

  private func waitUnlessStopped(milliseconds: Int) {
    _ = mailbox.wait(timeoutMilliseconds: milliseconds) { $0.isStopped ? true : nil }
  }

  // MARK: Called by the worker

  /// Hands a request over. The protocol never has two under way.
  func submit(_ request: SinkRequest) {
    mailbox.update { $0.request = request }
  }

  /// The outcome of the request under way, as soon as there is one; waits for it up to this long.
  func outcome(timeoutMilliseconds: Int = 0) -> SinkOutcome? {
    mailbox.wait(timeoutMilliseconds: timeoutMilliseconds) { state in
      guard let outcome = state.outcome else { return nil }
      state.outcome = nil
      return outcome
    }
  }

  /// Ends the thread; a request under way is given up, also while it waits for somebody's lock.
  func stop() {
    let canceller = mailbox.update { state in
      state.isStopped = true
      return state.canceller
    }
    guard let canceller else { return }
    // On a thread of its own, which nobody waits for: asking a server that hangs would hang, too.
    _ = try? WorkerThread(name: "cancel") { canceller.cancel() }
  }
}

/// Exponential waits with jitter, bounded: 50 ms up to 5 s.
struct BackOff {
  private var milliseconds = 50

  mutating func next() -> Int {
    defer { milliseconds = min(milliseconds * 2, 5000) }
    return Int.random(in: milliseconds / 2...milliseconds)
  }

  mutating func reset() {
    milliseconds = 50
  }
}
