import Testing

@testable import Diagnosis

/// What is found in facts that cannot be staged cheaply; the rest is staged in `test_doctor.py`.
@Suite struct DiagnosisTests {
  private func findings(mergesSessions: Bool = false, _ change: (inout ServerFacts) -> Void) -> [Finding] {
    var facts = ServerFacts()
    facts.freeConnections = 90
    change(&facts)
    return facts.findings(connectionsNeeded: 14, mergesSessions: mergesSessions)
  }

  @Test("of a healthy server nothing is said")
  func healthy() {
    #expect(findings { _ in } == [])
    #expect(findings(mergesSessions: true) { _ in } == [])
    #expect(findings { $0.clockAheadSeconds = -1.5 } == [])
  }

  @Test("time zone data that is missing, or that the server has otherwise")
  func zones() {
    #expect(ZoneFacts().findings == [])
    #expect(ZoneFacts(isInstalled: false).findings.map(\.advice) == ["install the package tzdata"])
    let found = ZoneFacts(differing: ["Africa/Cairo", "Asia/Gaza"]).findings
    #expect(found.map(\.area) == ["postgres"] && found.first?.problem.hasSuffix("Africa/Cairo, Asia/Gaza") == true)
  }

  @Test("an old Postgres is named alone: nothing else of it matters")
  func old() {
    let found = findings {
      $0.version = 140_011
      $0.isStandby = true
    }
    #expect(found.map(\.problem) == ["the server is Postgres 14, and StreamPulse needs 15 or newer"])
    #expect(found.first?.gravity == .failure && found.first?.advice?.contains("pg_upgrade") == true)
  }

  @Test("a standby, and a clock that is off in either direction")
  func standby() {
    #expect(findings { $0.isStandby = true }.map(\.problem) == ["the server is a standby, which takes no writes"])
    for ahead in [12.4, -12.4] {
      #expect(
        findings { $0.clockAheadSeconds = ahead }.map(\.problem) == ["its clock and this machine's differ by 12 s"])
    }
  }

  @Test("connections that are nearly used up")
  func connections() {
    #expect(
      findings { $0.freeConnections = 13 }.map(\.problem)
        == ["the server has 13 free connections, and the API alone may take 14"])
    #expect(findings { $0.freeConnections = nil } == [])
  }

  @Test("what is switched off")
  func switches() {
    #expect(
      findings { $0.switchedOff = ["autovacuum", "fsync", "full_page_writes"] }.map(\.gravity)
        == [.warning, .warning, .warning])
  }

  @Test("another isolation is a warning, and a failure where sessions are merged")
  func isolation() {
    #expect(findings { $0.isolation = "serializable" }.map(\.gravity) == [.warning])
    #expect(findings(mergesSessions: true) { $0.isolation = "repeatable read" }.map(\.gravity) == [.failure])
  }

  @Test("transactions that were frozen long ago, and a slot that keeps the log")
  func age() {
    #expect(findings { $0.transactionAge = 1_600_000_000 }.map(\.gravity) == [.failure])
    #expect(findings { $0.transactionAge = 200_000_000 } == [])
    #expect(
      findings { $0.idleSlots = [("old", 12 << 30), ("small", 1 << 20)] }.map(\.problem)
        == ["the replication slot old keeps 12 GiB of the log, and nobody reads it"])
  }

  @Test("locks, transactions that are open or idle, and dead rows")
  func sessions() {
    let wait = LockWait(waiting: "streampulse process", holder: "psql", holderProcess: "77").finding
    #expect(wait.problem == "streampulse process waits for a lock that psql (process 77) holds")
    #expect(wait.advice?.contains("pg_terminate_backend(77)") == true)
    let open = OpenTransaction(session: "psql", process: "78", age: "00:12:00", isIdle: false).finding
    #expect(open.problem.contains("open for 00:12:00"))
    let idle = OpenTransaction(session: "psql", process: "78", age: "00:03:00", isIdle: true).finding
    #expect(idle.problem.contains("is idle in a transaction for 00:03:00"))
    #expect(DeadRows(table: "t", dead: 2_000_000, live: 100).finding?.problem == "t has 2000000 dead rows")
    #expect(DeadRows(table: "t", dead: 2_000_000, live: 1_000_000).finding == nil)
    #expect(DeadRows(table: "t", dead: 900_000, live: 0).finding == nil)
  }

  @Test("a disk that is full, or nearly; a small one with room is none")
  func disk() {
    func finding(_ free: UInt64, of total: UInt64) -> Finding? {
      DiskFacts(folder: "/data", freeBytes: free << 20, totalBytes: total << 20).finding("postgres")
    }
    #expect(finding(10, of: 100_000)?.gravity == .failure)
    #expect(finding(10, of: 100_000)?.problem == "the disk of /data is full: 10 MiB are left")
    #expect(finding(900, of: 100_000)?.gravity == .warning)
    #expect(finding(900, of: 2_000) == nil)
    #expect(finding(50_000, of: 2_000_000) == nil)
  }

  @Test("a topic that keeps records for less than an open window or an hour")
  func topics() {
    func finding(_ milliseconds: Int64?, policy: String? = "delete", open: Int64 = 60_000_000) -> Finding? {
      TopicFacts(
        topic: "t", cleanupPolicy: policy, retentionMilliseconds: milliseconds, openMicroseconds: open
      ).finding("stream s")
    }
    #expect(finding(600_000)?.problem.contains("keeps records for 10 minutes") == true)
    #expect(finding(7_200_000, open: 86_400_000_000)?.problem.hasSuffix("needs 24 hours") == true)
    #expect(finding(604_800_000) == nil)
    #expect(finding(-1) == nil)
    #expect(finding(nil) == nil)
    #expect(finding(600_000, policy: "compact") == nil)
  }

  @Test(
    "each way in which Postgres refuses a connection has its own way on",
    arguments: [
      ("FATAL: password authentication failed for user \"u\"", "PG_PASSWORD"),
      ("fe_sendauth: no password supplied", "set the password"),
      ("FATAL: no pg_hba.conf entry for host", "pg_hba.conf"),
      ("FATAL: too many connections for role \"u\"", "CONNECTION LIMIT"),
      ("FATAL: sorry, too many clients already", "max_connections"),
      ("FATAL: remaining connection slots are reserved", "max_connections"),
      ("FATAL: database \"d\" does not exist", "createdb"),
      ("could not write: No space left on device", "disk is full"),
      ("FATAL: role \"u\" is not permitted to log in", "LOGIN"),
      ("server does not support SSL, but SSL was required", "sslmode"),
      ("SSL error: certificate verify failed", "sslrootcert"),
      ("server certificate for \"a\" does not match host name \"b\"", "name the host"),
      ("root certificate file \"/nowhere\" does not exist", "sslrootcert"),
      ("FATAL: connection requires a valid client certificate", "sslcert=FILE"),
      ("SSL error: tlsv1 alert unknown ca", "ssl_ca_file"),
      ("channel binding required, but SSL not in use", "scram-sha-256"),
      ("FATAL: the database system is starting up", "wait"),
      ("something else", "psql"),
    ])
  func postgres(_ text: String, _ advice: String) {
    #expect(Advice.againstPostgres(text).contains(advice))
  }

  @Test("the ways of brokers")
  func kafka() {
    #expect(Advice.againstKafka("SASL authentication error").contains("KAFKA_PROPERTY_SASL"))
    #expect(Advice.againstKafka("SSL handshake failed: certificate verify failed").contains("KAFKA_PROPERTY_SSL"))
    #expect(Advice.againstKafka("no such configuration property: \"x\"").contains("KAFKA_PROPERTY_"))
    #expect(
      Advice.againstKafka(
        "_AUTHENTICATION: b:1 refuses the SASL user or the password: see sasl.username, sasl.password")
        == "correct KAFKA_PROPERTY_SASL_USERNAME, KAFKA_PROPERTY_SASL_PASSWORD, or what the broker is configured with")
    #expect(
      Advice.againstKafka("b:1 shows a certificate of another host: see bootstrap.servers").contains("KAFKA_BOOT"))
    #expect(
      Advice.againstKafka("b:1 shows a certificate that has expired: it is to be renewed there").contains("renew"))
    #expect(
      Advice.againstPostgres("no password supplied", settings: "DATABASE_READ_URL")
        == "set the password of DATABASE_READ_URL")
    #expect(Advice.againstKafka("1/1 brokers are down").contains("advertised.listeners"))
  }
}
