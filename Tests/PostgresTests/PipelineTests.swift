import Postgres
import TestThreads
import Testing

@Suite(.blocking) struct PipelineTests {
  @Test("a pipeline gives a result for each statement, in order")
  func results() throws {
    let connection = try TestCluster.connect()
    try connection.prepare("plus", "SELECT $1::bigint + $2::bigint")
    let results = try connection.pipeline([
      PostgresStatement("BEGIN"), PostgresStatement("CREATE TEMP TABLE t (a bigint)"),
      PostgresStatement("INSERT INTO t VALUES ($1), ($1 + 1)", [.bigint(7)]),
      PostgresStatement(prepared: "plus", [.bigint(1), .bigint(2)]), PostgresStatement("COMMIT"),
      PostgresStatement("SELECT sum(a) FROM t"),
    ])
    #expect(results.map(\.commandTag) == ["BEGIN", "CREATE TABLE", "INSERT 0 2", "SELECT 1", "COMMIT", "SELECT 1"])
    #expect(results[3].integer(0, 0) == 3 && results[5].integer(0, 0) == 15)
    #expect(connection.transactionStatus == .idle)
    #expect(try connection.pipeline([]).isEmpty)
    #expect(try connection.query("SELECT 1").integer(0, 0) == 1)
  }

  @Test("the first error names its statement and undoes all, with or without BEGIN", arguments: [true, false])
  func atomicity(withBegin: Bool) throws {
    let connection = try TestCluster.connect()
    try connection.execute("CREATE TEMP TABLE t (a bigint)")
    var statements = [
      PostgresStatement("INSERT INTO t VALUES (1)"), PostgresStatement("SELECT 1 / $1::bigint", [.bigint(0)]),
      PostgresStatement("INSERT INTO t VALUES (2)"),
    ]
    if withBegin { statements = [PostgresStatement("BEGIN")] + statements + [PostgresStatement("COMMIT")] }
    let error = #expect(throws: PostgresError.self) { try connection.pipeline(statements) }
    #expect(error?.sqlstate == "22012" && error?.statementIndex == (withBegin ? 2 : 1))
    #expect(connection.transactionStatus == .idle && !connection.isBroken)
    #expect(try connection.query("SELECT count(*) FROM t").integer(0, 0) == 0)
  }

  @Test("a transaction that was open before the pipeline is left to its owner")
  func openTransaction() throws {
    let connection = try TestCluster.connect()
    try connection.execute("BEGIN")
    #expect(throws: PostgresError.self) { try connection.pipeline([PostgresStatement("SELECT 1 / 0")]) }
    #expect(connection.transactionStatus == .inFailedTransaction)
    try connection.execute("ROLLBACK")
    #expect(connection.transactionStatus == .idle)
  }

  @Test("a constraint that is checked at the end of the transaction fails the pipeline")
  func deferredConstraint() throws {
    let connection = try TestCluster.connect()
    try connection.execute("CREATE TEMP TABLE t (a bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    let insert = PostgresStatement("INSERT INTO t VALUES (1)")
    let error = #expect(throws: PostgresError.self) { try connection.pipeline([insert, insert]) }
    #expect(error?.sqlstate == "23505")
    #expect(try connection.query("SELECT count(*) FROM t").integer(0, 0) == 0)
  }

  @Test("megabytes in both directions do not block each other")
  func largeBothWays() throws {
    // Far more than the buffers of both sockets: the server stops reading while its answer is not read.
    let text = String(repeating: "0123456789abcdef", count: 512 * 1024)
    let connection = try TestCluster.connect()
    let echo = PostgresStatement("SELECT $1::text", [.text(text)])
    let results = try connection.pipeline([echo, echo, echo, echo])
    #expect(results.map { $0.withBytes(0, 0) { $0?.count ?? 0 } } == [Int](repeating: text.utf8.count, count: 4))
  }

  @Test("a statement that cannot be sent spoils the connection, not the caller's trust in it")
  func unsendable() throws {
    let connection = try TestCluster.connect()
    let error = #expect(throws: PostgresError.self) {
      try connection.pipeline([PostgresStatement("SELECT 1"), PostgresStatement("SELECT '\0'")])
    }
    #expect(error?.statementIndex == 1 && connection.isBroken)
  }

  @Test("a backend that is killed in a pipeline is a lost connection")
  func killed() throws {
    let connection = try TestCluster.connect()
    let killer = PostgresStatement("SELECT pg_terminate_backend(pg_backend_pid())")
    let error = #expect(throws: PostgresError.self) {
      try connection.pipeline([PostgresStatement("SELECT 1"), killer, PostgresStatement("SELECT pg_sleep(60)")])
    }
    #expect(error?.isConnectionLost == true && error?.isRetryable == true && connection.isBroken)
  }
}
