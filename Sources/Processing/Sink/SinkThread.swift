import Observability
import Postgres
import Storage
import Threads

/// The thread that talks to Postgres for one worker: one request at a time, while the worker goes on reading. What to do
/// is decided by `SinkProtocol`; this carries it out until it is done or stopped.
final class SinkThread: CheckpointSink, Sendable {
  private struct Mailbox: Sendable {
    var request: SinkRequest?
    var outcome: SinkOutcome?
    var isStopped = false
    /// Of the request under way.
    var canceller: Canceller?
  }

  /// A server that says nothing for so long is taken for dead.
  private static let responseTimeoutMilliseconds = 120_000

  /// Listeners are told at most this often: a notifying transaction holds a lock of the whole server while it commits.
  private static let announcementMicroseconds: Int64 = 50_000

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
    var machine = SinkProtocol()
    var generator = SystemRandomNumberGenerator()
    var connection: PostgresConnection?
    var news = News()
    while let request = nextRequest(announcing: &news, connection) {
      var action = machine.begin(request)
      while !mailbox.read({ $0.isStopped }) {
        if case .finish(let outcome) = action {
          isUp()
          mailbox.update { $0.outcome = outcome }
          if case .committed(let checkpoint) = outcome, checkpoint.recordCount > 0 {
            news.add(sink.changedTables(checkpoint))
          }
          break
        }
        do throws(PostgresError) {
          action = machine.handle(try perform(action, &connection), using: &generator)
        } catch {
          action = machine.handle(.failed(error), using: &generator)
          if error.isConnectionLost {
            connection?.close()
            connection = nil
          }
          if case .wait = action, machine.isNews(error) { isDown(error) }
        }
      }
      mailbox.update { $0.canceller = nil }
    }
    if news.isWaiting { announce(news, connection) }
    connection?.close()
  }

  /// Says once that the database is back. The problem may be that of the sink thread before this one.
  private func isUp() {
    guard status.current.databaseProblem != nil else { return }
    status.update { $0.databaseProblem = nil }
    observe(.databaseUp(server: settings.description))
  }

  /// Tells the operator once.
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
      // The next owner of a partition would wait for the row of its position.
      try open.keepAliveByServer()
      connection = open
    }
    let canceller = open.canceller
    mailbox.update { $0.canceller = canceller }
    return open
  }

  private func perform(
    _ action: SinkProtocol.Action, _ connection: inout PostgresConnection?
  ) throws(PostgresError) -> SinkProtocol.Event {
    switch action {
    case .claim(let starts):
      let open = try connected(&connection)
      let claims = try sink.claim(starts, cluster: cluster, open)
      // Only now: whoever changes the tables later fences this claim.
      if let change = try sink.redefinition(open) { return .redefined(change) }
      return .claimed(claims)
    case .readPositions:
      return .positions(try sink.positions(cluster: cluster, connected(&connection)))
    case .commit(let checkpoint):
      try sink.commit(checkpoint, cluster: cluster, connected(&connection))
      return .committed
    case .wait(let milliseconds):
      _ = mailbox.wait(timeoutMilliseconds: milliseconds) { $0.isStopped ? true : nil }
      return .waited
    case .finish: return .waited
    }
  }

  // MARK: Announcements

  /// What listeners are still to be told of commits, and when they may be.
  private struct News {
    var isWaiting = false
    var tables: Set<String> = []
    var earliest: Int64 = 0

    mutating func add(_ changed: Set<String>) {
      isWaiting = true
      tables.formUnion(changed)
    }
  }

  /// The next request; nil: the thread ends. Tells listeners of commits while it waits.
  private func nextRequest(announcing news: inout News, _ connection: PostgresConnection?) -> SinkRequest? {
    while news.isWaiting {
      let left = news.earliest - Clock.monotonic()
      if left > 0 {
        guard let next = takeRequest(timeoutMilliseconds: Int((left + 999) / 1000)) else { continue }
        return next
      }
      announce(news, connection)
      news = News(isWaiting: false, earliest: Clock.monotonic() + SinkThread.announcementMicroseconds)
    }
    return takeRequest(timeoutMilliseconds: nil) ?? nil
  }

  /// nil: the time is up; a nil within: the thread ends.
  private func takeRequest(timeoutMilliseconds: Int?) -> SinkRequest?? {
    mailbox.wait(timeoutMilliseconds: timeoutMilliseconds) { state -> SinkRequest?? in
      if state.isStopped { return .some(nil) }
      guard let request = state.request else { return nil }
      state.request = nil
      return request
    }
  }

  /// In a transaction of its own, after the commit: listeners look again, and whoever misses it sees the rows with the
  /// next one. An error shows at the next request, too.
  private func announce(_ news: News, _ connection: PostgresConnection?) {
    guard let connection else { return }
    _ = try? connection.pipeline([
      Announcement.statement(stream: sink.stream, tables: news.tables, connection, isHasty: true)
    ])
  }

  // MARK: Called by the worker

  func submit(_ request: SinkRequest) {
    mailbox.update { $0.request = request }
  }

  func outcome(timeoutMilliseconds: Int) -> SinkOutcome? {
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
    canceller?.cancelInBackground()
  }
}
