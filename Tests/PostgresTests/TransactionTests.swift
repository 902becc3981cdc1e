import Postgres
import TestThreads
import Testing

@Suite(.blocking) struct TransactionTests {
  private struct Refusal: Error {}

  private func connectionWithTable() throws -> PostgresConnection {
    let connection = try TestCluster.connect()
    try connection.execute("CREATE TEMP TABLE t (a integer UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    return connection
  }

  private func count(_ connection: PostgresConnection) throws -> Int64? {
    try connection.query("SELECT count(*) FROM t").integer(0, 0)
  }

  @Test("what the body returns is returned, and what it wrote is there once no transaction is open")
  func commits() throws {
    let connection = try connectionWithTable()
    let tag = try connection.transaction { () throws(PostgresError) in
      #expect(connection.transactionStatus == .inTransaction)
      return try connection.query("INSERT INTO t VALUES (1)").commandTag
    }
    #expect(tag == "INSERT 0 1" && connection.transactionStatus == .idle)
    try connection.execute("ROLLBACK")
    #expect(try count(connection) == 1)
  }

  @Test("an error of the server rolls back, is thrown as it is, and leaves the connection usable")
  func rollsBackServerError() throws {
    let connection = try connectionWithTable()
    let error = #expect(throws: PostgresError.self) {
      try connection.transaction { () throws(PostgresError) in
        try connection.execute("INSERT INTO t VALUES (1)")
        try connection.execute("SELECT 1 / 0")
      }
    }
    #expect(error?.sqlstate == "22012" && connection.transactionStatus == .idle)
    #expect(try count(connection) == 0)
  }

  @Test("an error of the caller's own rolls back, too")
  func rollsBackOwnError() throws {
    let connection = try connectionWithTable()
    #expect(throws: Refusal.self) {
      try connection.transaction {
        try connection.execute("INSERT INTO t VALUES (1)")
        throw Refusal()
      }
    }
    #expect(connection.transactionStatus == .idle)
    #expect(try count(connection) == 0)
  }

  @Test("a commit that is refused is an error, and nothing was written")
  func refusedCommit() throws {
    let connection = try connectionWithTable()
    let error = #expect(throws: PostgresError.self) {
      try connection.transaction { () throws(PostgresError) in
        try connection.execute("INSERT INTO t VALUES (1), (1)")
      }
    }
    #expect(error?.sqlstate == "23505" && connection.transactionStatus == .idle)
    #expect(try count(connection) == 0)
  }

  @Test("when the rollback fails as well, the first error is the one that is thrown")
  func firstErrorIsKept() throws {
    let connection = try connectionWithTable()
    #expect(throws: Refusal.self) {
      try connection.transaction {
        connection.close()
        throw Refusal()
      }
    }
    #expect(connection.isBroken)
  }

  @Test("the statements that begin it hold for this transaction alone, and leave nothing open when they fail")
  func begin() throws {
    let connection = try connectionWithTable()
    let error = #expect(throws: PostgresError.self) {
      try connection.transaction("BEGIN READ ONLY") { () throws(PostgresError) in
        try connection.execute("CREATE TABLE refused (a integer)")
      }
    }
    #expect(error?.sqlstate == "25006")
    var hasRun = false
    #expect(throws: PostgresError.self) {
      try connection.transaction("BEGIN; SET LOCAL lock_timeout = 'never'") { hasRun = true }
    }
    #expect(!hasRun && connection.transactionStatus == .idle)
    try connection.transaction { try connection.execute("INSERT INTO t VALUES (1)") }
    #expect(try count(connection) == 1)
  }
}
