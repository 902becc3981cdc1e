import Glibc
import SQLQuoting
import Threads

/// Connections with a thread each, on which jobs run: blocking libpq never meets Swift's cooperative pool.
///
/// Every accepted job runs exactly once: with a connection, or with the error that explains why there is none. Lost
/// connections are replaced, with growing pauses; while none is up jobs fail at once instead of piling up.
public final class ConnectionPool: Sendable {
  public struct Options: Sendable {
    /// Connections, each with its thread.
    public var size: Int
    /// Jobs that may wait for a connection.
    public var queueLimit: Int
    /// SQL that each new connection runs first: `SET ROLE`, `SET statement_timeout`, …
    public var setup: [String]
    /// A connection whose server says nothing for so long during a job is given up; nil waits for ever.
    public var responseTimeoutMilliseconds: Int?
    /// Pause after the first failure to connect; doubled by each further one, and shortened at random by up to half.
    public var minimumBackoffMilliseconds: Int
    public var maximumBackoffMilliseconds: Int
    /// How often an idle connection is looked at.
    public var idleCheckMilliseconds: Int

    public init(
      size: Int, queueLimit: Int = 256, setup: [String] = [], responseTimeoutMilliseconds: Int? = nil,
      minimumBackoffMilliseconds: Int = 100, maximumBackoffMilliseconds: Int = 5000, idleCheckMilliseconds: Int = 1000
    ) {
      precondition(size > 0 && queueLimit > 0, "a pool needs connections and room for jobs")
      precondition(
        minimumBackoffMilliseconds > 0 && minimumBackoffMilliseconds <= maximumBackoffMilliseconds,
        "pauses must grow")
      self.size = size
      self.queueLimit = queueLimit
      self.setup = setup
      self.responseTimeoutMilliseconds = responseTimeoutMilliseconds
      self.minimumBackoffMilliseconds = minimumBackoffMilliseconds
      self.maximumBackoffMilliseconds = maximumBackoffMilliseconds
      self.idleCheckMilliseconds = idleCheckMilliseconds
    }

    /// What connections need that only read, and for a limited time.
    public static func readOnlySetup(role: String?, statementTimeoutMilliseconds: Int) -> [String] {
      [
        "SET TIME ZONE 'UTC'", "SET statement_timeout = \(statementTimeoutMilliseconds)",
        "SET default_transaction_read_only = on",
      ] + (role.map { ["SET ROLE \(quotedIdentifier($0))"] } ?? [])
    }

    /// What connections need that write as a role, and for a limited time.
    public static func writingSetup(role: String, statementTimeoutMilliseconds: Int) -> [String] {
      [
        "SET TIME ZONE 'UTC'", "SET statement_timeout = \(statementTimeoutMilliseconds)",
        "SET ROLE \(quotedIdentifier(role))",
      ]
    }
  }

  /// What the pool is doing.
  public struct Health: Sendable {
    public var connected: Int
    public var queued: Int
    /// Why the last connection was lost or not made; nil once one succeeded after it.
    public var lastError: PostgresError?
  }

  /// Runs on one of the pool's threads and may block it.
  public typealias Job = @Sendable (Result<PostgresConnection, PostgresError>) -> Void

  private let settings: ConnectionSettings
  private let options: Options
  private let state: Monitor<PoolState>
  private let threads: [WorkerThread]

  /// Starts the threads, which connect on their own; returns at once.
  public init(_ settings: ConnectionSettings, _ options: Options) throws(ThreadError) {
    self.settings = settings
    self.options = options
    let state = Monitor(PoolState(connecting: options.size))
    self.state = state
    var threads: [WorkerThread] = []
    for index in 0..<options.size {
      do throws(ThreadError) {
        threads.append(
          try WorkerThread(name: "postgres \(index)") {
            PoolWorker(settings: settings, options: options, state: state).run()
          })
      } catch {
        state.update { $0.isClosed = true }
        for thread in threads { thread.join() }
        throw error
      }
    }
    self.threads = threads
  }

  /// Queues a job.
  ///
  /// - Returns: false when the queue is full or the pool is closed; the job then never runs.
  public func submit(_ job: @escaping Job) -> Bool {
    state.update { state in
      guard !state.isClosed, state.jobs.count < options.queueLimit else { return false }
      state.jobs.append(job)
      return true
    }
  }

  /// Runs `body` on a connection and suspends until it is done.
  ///
  /// - Throws: what `body` throws; `.unavailable` when the queue is full or the pool closed.
  public func run<Value: Sendable>(
    _ body: @escaping @Sendable (PostgresConnection) throws(PostgresError) -> Value
  ) async throws(PostgresError) -> Value {
    let result: Result<Value, PostgresError> = await withCheckedContinuation { continuation in
      let isAccepted = submit { connection in
        continuation.resume(
          returning: connection.flatMap { connection in
            do throws(PostgresError) {
              return .success(try body(connection))
            } catch {
              return .failure(error)
            }
          })
      }
      if !isAccepted {
        continuation.resume(returning: .failure(PostgresError(.unavailable("too many queries are waiting"))))
      }
    }
    return try result.get()
  }

  public var health: Health {
    state.read { Health(connected: $0.connected, queued: $0.jobs.count, lastError: $0.lastError) }
  }

  /// Takes no more jobs, fails those that wait, lets those that run finish, and joins the threads. Not to be called from
  /// a job.
  public func close() {
    let waiting = state.update { state in
      state.isClosed = true
      defer { state.jobs = [] }
      return state.jobs
    }
    for job in waiting { job(.failure(PostgresError(.unavailable("the connection pool is closed")))) }
    for thread in threads { thread.join() }
  }

  deinit {
    // The threads hold the state, not the pool: they see this and end by themselves.
    state.update { $0.isClosed = true }
  }
}

struct PoolState: Sendable {
  var jobs: [ConnectionPool.Job] = []
  /// Workers with a connection.
  var connected = 0
  /// Workers that are connecting right now, from whom a job may hope for a connection.
  var connecting: Int
  var isClosed = false
  var lastError: PostgresError?

  init(connecting: Int) {
    self.connecting = connecting
  }
}
