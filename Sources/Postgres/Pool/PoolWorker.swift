import Glibc
import Threads

/// One thread of a pool: connects, runs jobs, connects again.
struct PoolWorker {
  let settings: ConnectionSettings
  let options: ConnectionPool.Options
  let state: Monitor<PoolState>

  private enum Next {
    case job(ConnectionPool.Job)
    case closed
  }

  /// Until the pool is closed.
  func run() {
    var failures = 0
    while !state.read(\.isClosed) {
      switch makeConnection() {
      case .success(let connection):
        failures = 0
        state.update { state in
          state.connecting -= 1
          state.connected += 1
          state.lastError = nil
        }
        let reason = serve(connection)
        state.update { state in
          state.connected -= 1
          // It connects again next, so waiting jobs may hope.
          state.connecting += 1
          state.lastError = reason ?? state.lastError
        }
        connection.close()
      case .failure(let error):
        failures += 1
        state.update { state in
          state.connecting -= 1
          state.lastError = error
        }
        pause(failures: failures, error: error)
        state.update { $0.connecting += 1 }
      }
    }
  }

  private func makeConnection() -> Result<PostgresConnection, PostgresError> {
    do throws(PostgresError) {
      let connection = try PostgresConnection(settings)
      connection.responseTimeoutMilliseconds = options.responseTimeoutMilliseconds
      for sql in options.setup { try connection.execute(sql) }
      return .success(connection)
    } catch {
      return .failure(error)
    }
  }

  /// Runs jobs until the connection breaks (returns why) or the pool is closed (nil).
  private func serve(_ connection: PostgresConnection) -> PostgresError? {
    while true {
      let next = state.wait(timeoutMilliseconds: options.idleCheckMilliseconds) { state -> Next? in
        if state.isClosed { return .closed }
        return state.jobs.isEmpty ? nil : .job(state.jobs.removeFirst())
      }
      switch next {
      case .closed: return nil
      case nil:
        if !connection.checkAlive() { return connection.failure() }
      case .job(let job):
        // The server may have ended an idle connection; the job is not to suffer from it.
        if !connection.checkAlive() {
          let reason = connection.failure()
          let isReturned = state.update { state in
            if !state.isClosed { state.jobs.insert(job, at: 0) }
            return !state.isClosed
          }
          if !isReturned { job(.failure(PostgresError(.unavailable("the connection pool is closed")))) }
          return reason
        }
        job(.success(connection))
        if !reset(connection) { return connection.failure() }
      }
    }
  }

  /// Ends a transaction that a job left open; false when the connection is of no more use.
  private func reset(_ connection: PostgresConnection) -> Bool {
    if connection.isBroken { return false }
    if connection.transactionStatus == .idle { return true }
    do throws(PostgresError) {
      try connection.execute("ROLLBACK")
      return true
    } catch {
      connection.abandon()
      return false
    }
  }

  /// Waits before the next attempt. Jobs that no other worker can hope to serve get the error.
  private func pause(failures: Int, error: PostgresError) {
    let longest = min(
      options.maximumBackoffMilliseconds, options.minimumBackoffMilliseconds << min(failures - 1, 16))
    // Jitter keeps many workers from knocking in step.
    let end = Clock.monotonicMilliseconds() + Int.random(in: (longest + 1) / 2...longest)
    while true {
      let left = end - Clock.monotonicMilliseconds()
      guard left > 0 else { return }
      let next = state.wait(timeoutMilliseconds: left) { state -> Next? in
        if state.isClosed { return .closed }
        guard state.connected == 0, state.connecting == 0, !state.jobs.isEmpty else { return nil }
        return .job(state.jobs.removeFirst())
      }
      switch next {
      case .closed, nil: return
      case .job(let job): job(.failure(error))
      }
    }
  }
}
