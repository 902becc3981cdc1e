import Postgres
import TestThreads
import Testing
import Threads

@Suite(.blocking) struct PoolTests {
  @Test("jobs run on the pool's connections with their set-up")
  func setup() async throws {
    let options = ConnectionPool.Options(
      size: 2, setup: ConnectionPool.Options.readOnlySetup(role: nil, statementTimeoutMilliseconds: 1234))
    let pool = try ConnectionPool(TestCluster.settings(), options)
    defer { pool.close() }
    for _ in 0..<4 {
      let values = try await pool.run { connection throws(PostgresError) in
        [
          try connection.query("SHOW timezone")[0, 0], try connection.query("SHOW statement_timeout")[0, 0],
          try connection.query("SHOW default_transaction_read_only")[0, 0],
        ]
      }
      #expect(values == ["UTC", "1234ms", "on"])
    }
  }

  @Test("jobs run beside each other, one per connection")
  func parallel() async throws {
    let pool = try ConnectionPool(TestCluster.settings(), ConnectionPool.Options(size: 3))
    defer { pool.close() }
    // Each of three jobs waits until all three have begun.
    let begun = Monitor(0)
    let seen = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<3 {
        group.addTask {
          let result = try? await pool.run { _ throws(PostgresError) -> Bool in
            begun.update { $0 += 1 }
            return begun.wait(timeoutMilliseconds: 60_000) { $0 == 3 ? true : nil } ?? false
          }
          return result ?? false
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(seen == [true, true, true])
  }

  @Test("a pool recovers from killed backends")
  func recovers() async throws {
    let settings = try TestCluster.settings().with("application_name", "recovering")
    let pool = try ConnectionPool(settings, ConnectionPool.Options(size: 2))
    defer { pool.close() }
    for _ in 0..<3 {
      #expect(try await selectOne(pool) == 1)
      try TestCluster.administer(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'recovering'")
    }
    // The idle connections were ended behind the pool's back; no job suffers.
    #expect(try await selectOne(pool) == 1)
  }

  @Test("a transaction that a job leaves open is rolled back")
  func openTransaction() async throws {
    let pool = try ConnectionPool(TestCluster.settings(), ConnectionPool.Options(size: 1))
    defer { pool.close() }
    try await pool.run { connection throws(PostgresError) in
      try connection.execute("BEGIN; CREATE TABLE left_open (a integer)")
    }
    let status = try await pool.run { connection throws(PostgresError) in
      (connection.transactionStatus, try connection.query("SELECT to_regclass('left_open')")[0, 0])
    }
    #expect(status.0 == .idle && status.1 == nil)
  }

  @Test("without a server jobs fail with the reason instead of waiting")
  func noServer() async throws {
    let settings = ConnectionSettings(host: "127.0.0.1", port: 1, database: "d", user: "u", password: "hunter2")
    let pool = try ConnectionPool(
      settings, ConnectionPool.Options(size: 2, minimumBackoffMilliseconds: 60_000, maximumBackoffMilliseconds: 60_000))
    for _ in 0..<3 {
      let error = await #expect(throws: PostgresError.self) { try await selectOne(pool) }
      #expect(error?.isConnectionLost == true && error?.description.contains("hunter2") == false)
    }
    #expect(pool.health.connected == 0 && pool.health.lastError?.isConnectionLost == true)
    // Closing does not wait for the pause to end.
    pool.close()
  }

  @Test("a full queue refuses, and a closed pool fails what waits")
  func bounds() throws {
    let pool = try ConnectionPool(TestCluster.settings(), ConnectionPool.Options(size: 1, queueLimit: 2))
    let gate = Monitor((isRunning: false, isOpen: false, failed: 0))
    let blocks: ConnectionPool.Job = { _ in
      gate.update { $0.isRunning = true }
      _ = gate.wait { $0.isOpen ? true : nil }
    }
    #expect(pool.submit(blocks))
    _ = gate.wait { $0.isRunning ? true : nil }
    let waits: ConnectionPool.Job = { result in
      if case .failure = result { gate.update { $0.failed += 1 } }
    }
    #expect(pool.submit(waits) && pool.submit(waits))
    #expect(!pool.submit(waits))
    #expect(pool.health.queued == 2)
    let closer = try WorkerThread(name: "closer") { pool.close() }
    #expect(gate.wait(timeoutMilliseconds: 60_000) { $0.failed == 2 ? true : nil } == true)
    gate.update { $0.isOpen = true }
    closer.join()
    #expect(!pool.submit(waits))
  }

  private func selectOne(_ pool: ConnectionPool) async throws -> Int64? {
    try await pool.run { connection throws(PostgresError) in try connection.query("SELECT 1").integer(0, 0) }
  }
}
