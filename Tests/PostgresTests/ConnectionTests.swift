import Glibc
import Postgres
import TestThreads
import Testing
import Threads

@Suite(.blocking) struct ConnectionTests {
  @Test("execute runs several statements, query gives columns, rows and the command tag")
  func queries() throws {
    let connection = try TestCluster.connect()
    try connection.execute("CREATE TEMP TABLE t (a integer, b text); INSERT INTO t VALUES (1, 'x'), (2, NULL)")
    let result = try connection.query("SELECT a, b FROM t ORDER BY a")
    #expect(result.columns == ["a", "b"] && result.rowCount == 2 && result.columnCount == 2)
    #expect(result.column("b") == 1 && result.column("c") == nil)
    #expect(result[0, 1] == "x" && result[1, 1] == nil && result[9, 9] == nil)
    #expect(result.integer(1, 0) == 2)
    let update = try connection.query("UPDATE t SET b = 'y'")
    #expect(update.commandTag == "UPDATE 2" && update.affectedRows == 2 && update.rowCount == 0)
    #expect(connection.serverVersion >= 150_000 && connection.transactionStatus == .idle)
  }

  @Test("several statements at once are one transaction")
  func executeIsAtomic() throws {
    let connection = try TestCluster.connect()
    try connection.execute("CREATE TEMP TABLE t (a integer)")
    #expect(throws: PostgresError.self) { try connection.execute("INSERT INTO t VALUES (1); SELECT 1 / 0") }
    #expect(try connection.query("SELECT count(*) FROM t").integer(0, 0) == 0)
  }

  @Test("a server's error carries its code and its parts, and the connection goes on")
  func serverError() throws {
    let connection = try TestCluster.connect()
    try connection.execute("CREATE TEMP TABLE t (a integer CONSTRAINT positive CHECK (a > 0))")
    let error = #expect(throws: PostgresError.self) { try connection.query("INSERT INTO t VALUES (-1)") }
    guard case .server(let report)? = error?.kind else {
      Issue.record("not a server error: \(String(describing: error))")
      return
    }
    #expect(report.sqlstate == "23514" && report.constraint == "positive" && report.table == "t")
    #expect(report.detail?.contains("-1") == true)
    #expect(error?.isRetryable == false && error?.isConnectionLost == false)
    #expect(try connection.query("SELECT 1").integer(0, 0) == 1)
    let syntax = #expect(throws: PostgresError.self) { try connection.query("SELEC 1") }
    #expect(syntax?.sqlstate == "42601")
    #expect(!connection.isBroken)
  }

  @Test("a prepared statement is prepared once, and anew when its text changes")
  func prepared() throws {
    let connection = try TestCluster.connect()
    for _ in 0..<2 { try connection.prepare("s", "SELECT $1::bigint + 1") }
    #expect(try connection.queryPrepared("s", [.bigint(41)]).integer(0, 0) == 42)
    try connection.prepare("s", "SELECT $1::bigint + 2")
    #expect(try connection.queryPrepared("s", [.bigint(40)]).integer(0, 0) == 42)
    #expect(throws: PostgresError.self) { try connection.queryPrepared("unknown") }
  }

  @Test(
    "serialization failures and deadlocks can be retried", arguments: ["40001", "40P01", "55P03", "53300", "53100"])
  func retryable(code: String) throws {
    let connection = try TestCluster.connect()
    let error = #expect(throws: PostgresError.self) { try connection.execute(raise(code)) }
    #expect(error?.sqlstate == code && error?.isRetryable == true && error?.isConnectionLost == false)
  }

  @Test("errors of the statement itself cannot be retried", arguments: ["23505", "42P01", "22P02", "57014", "08P01"])
  func notRetryable(code: String) throws {
    let connection = try TestCluster.connect()
    let error = #expect(throws: PostgresError.self) { try connection.execute(raise(code)) }
    #expect(error?.sqlstate == code && error?.isRetryable == false && !connection.isBroken)
  }

  @Test("a killed backend is a lost connection that can be retried, whether busy or idle", arguments: [true, false])
  func killedBackend(isBusy: Bool) throws {
    let connection = try TestCluster.connect()
    let pid = connection.backendPID
    let killer = try WorkerThread(name: "killer") {
      // The statement is there before it is killed: seen by another session, so nothing depends on luck.
      let condition = isBusy ? "state = 'active' AND query LIKE 'SELECT pg_sleep%'" : "true"
      let sql = """
        DO $$ BEGIN
          WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = \(pid) AND \(condition)) LOOP
            PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
          END LOOP;
          PERFORM pg_terminate_backend(\(pid), 10000);
        END $$
        """
      try? TestCluster.administer(sql)
    }
    if !isBusy { killer.join() }
    let error = #expect(throws: PostgresError.self) { try connection.query("SELECT pg_sleep(60)") }
    killer.join()
    guard case .connection? = error?.kind else {
      Issue.record("not a lost connection: \(String(describing: error))")
      return
    }
    #expect(error?.isRetryable == true && error?.isConnectionLost == true && connection.isBroken)
    #expect(throws: PostgresError.self) { try connection.query("SELECT 1") }
  }

  @Test("an idle connection notices that it was ended")
  func checkAlive() throws {
    let connection = try TestCluster.connect()
    #expect(connection.checkAlive())
    try TestCluster.administer(
      "SELECT pg_terminate_backend($1::integer, 10000)", [.untyped("\(connection.backendPID)")])
    #expect(!connection.checkAlive() && connection.isBroken)
  }

  @Test("a closed connection answers with an error")
  func closed() throws {
    let connection = try TestCluster.connect()
    connection.close()
    connection.close()
    let error = #expect(throws: PostgresError.self) { try connection.query("SELECT 1") }
    #expect(error?.isConnectionLost == true && error?.description == "the connection is closed")
  }

  @Test("another thread can cancel a statement")
  func cancel() throws {
    let connection = try TestCluster.connect()
    let canceller = connection.canceller
    let finished = Monitor(false)
    let thread = try WorkerThread(name: "canceller") {
      // A request that comes before the statement does nothing, so it is repeated until one worked.
      while finished.wait(timeoutMilliseconds: 20, until: { $0 ? true : nil }) == nil { canceller.cancel() }
    }
    let error = #expect(throws: PostgresError.self) { try connection.query("SELECT pg_sleep(60)") }
    finished.update { $0 = true }
    thread.join()
    #expect(error?.isStatementCancelled == true)
  }

  @Test("a server that says nothing is given up after the response timeout")
  func responseTimeout() throws {
    let connection = try TestCluster.connect()
    connection.responseTimeoutMilliseconds = 50
    let error = #expect(throws: PostgresError.self) { try connection.query("SELECT pg_sleep(60)") }
    guard case .timeout? = error?.kind else {
      Issue.record("not a timeout: \(String(describing: error))")
      return
    }
    #expect(error?.isRetryable == true && connection.isBroken)
    connection.canceller.cancel()
  }

  @Test("COPY is refused and ends the connection instead of hanging it")
  func copyIsRefused() throws {
    let connection = try TestCluster.connect()
    let error = #expect(throws: PostgresError.self) { try connection.execute("COPY (SELECT 1) TO STDOUT") }
    guard case .protocolViolation? = error?.kind else {
      Issue.record("not refused: \(String(describing: error))")
      return
    }
    #expect(connection.isBroken)
  }

  @Test("notices are kept for whoever asks")
  func notices() throws {
    let connection = try TestCluster.connect()
    try connection.execute("DO $$ BEGIN FOR n IN 1..150 LOOP RAISE NOTICE 'number %', n; END LOOP; END $$")
    let notices = connection.takeNotices()
    #expect(notices.count == 100 && notices.last?.contains("number 150") == true)
    #expect(connection.takeNotices().isEmpty)
  }

  @Test("notifications of other sessions arrive with channel, payload and sender")
  func notifications() throws {
    let listener = try TestCluster.connect()
    let sender = try TestCluster.connect()
    try listener.execute("LISTEN changes")
    #expect(try listener.waitForNotification(timeoutMilliseconds: 10).isEmpty)
    _ = try sender.query("SELECT pg_notify('changes', $1)", [.text("naïve 漢")])
    let arrived = try #require(listener.waitForNotification(timeoutMilliseconds: 60_000).first)
    #expect(arrived.channel == "changes" && arrived.payload == "naïve 漢" && arrived.backendPID == sender.backendPID)
  }

  @Test("a listener whose server dies gets an error, not silence")
  func listenerIsKilled() throws {
    let listener = try TestCluster.connect()
    // A channel of its own: notifications of other tests reach it while its server dies.
    try listener.execute("LISTEN nothing")
    try TestCluster.administer("SELECT pg_terminate_backend($1::integer, 10000)", [.untyped("\(listener.backendPID)")])
    let error = #expect(throws: PostgresError.self) { try listener.waitForNotification(timeoutMilliseconds: 60_000) }
    #expect(error?.isConnectionLost == true)
  }

  private func raise(_ code: String) -> String { "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '\(code)'; END $$" }
}
