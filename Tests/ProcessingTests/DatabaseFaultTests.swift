import Observability
import Postgres
import TestThreads
import Testing

@testable import ProcessingTestSupport

/// What Postgres can do to a processor without going away: each fault is retried, said once, and costs nothing.
@Suite(.blocking) struct DatabaseFaultTests {
  private let bench: Bench
  private let load: Load

  init() throws {
    bench = try Bench()
    load = try Load()
  }

  private var total: Int { get throws { try bench.total } }

  private var database: String { get throws { try bench.rows("SELECT current_database()")[0] } }

  /// The SQLSTATEs of the outages that were said.
  private func outages(_ instance: Instance) -> [String?] {
    instance.observations.compactMap { if case .databaseDown(_, let state) = $0 { .some(state) } else { nil } }
  }

  private func recoveries(_ instance: Instance) -> Int {
    instance.observations.filter { if case .databaseUp = $0 { true } else { false } }.count
  }

  /// Stages a fault while events come, waits until it is felt and said, ends it, and checks that all is counted once.
  private func stage(
    _ sqlstate: String, maxDeltaRows: Int = 200_000, properties: [(name: String, value: String)] = [],
    begin: String, end: String, during: (Instance) throws -> Void = { _ in }
  ) throws {
    let instance = try Instance(bench, load, properties: properties, maxDeltaRows: maxDeltaRows)
    try load.send(300)
    try until("progress", of: [instance]) { try total == 300 }
    try bench.connection.execute(begin)
    try load.send(300)
    try until("a problem", of: [instance]) { instance.processor.status.current.databaseProblem != nil }
    try during(instance)
    try bench.connection.execute(end)
    try until("all events", of: [instance]) { try total == load.sent }
    try until("health", of: [instance]) { instance.processor.status.current.databaseProblem == nil }
    #expect(outages(instance) == [sqlstate])
    #expect(recoveries(instance) == 1)
    #expect(!instance.observations.contains { if case .partitionsLost = $0 { true } else { false } })
    #expect(instance.stop() == "stopped")
    #expect(try total == load.sent)
    #expect(try bench.verify().checks.flatMap(\.violations) == [])
  }

  private let failing = """
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'staged' USING ERRCODE = '%'; END $$;
    CREATE TRIGGER staged BEFORE INSERT OR UPDATE ON region_health FOR EACH STATEMENT EXECUTE FUNCTION fail()
    """

  private func failing(_ sqlstate: String) -> String {
    failing.split(separator: "%").joined(separator: sqlstate)
  }

  @Test("a full disk, no memory, too many connections", arguments: ["53100", "53200", "53300"])
  func noResources(sqlstate: String) throws {
    try stage(sqlstate, begin: failing(sqlstate), end: "DROP FUNCTION fail CASCADE")
  }

  @Test("a failover to a server that is read-only for a while")
  func readOnly() throws {
    let name = try database
    // Sessions keep what they began with: those of the processor are ended, as a failover does.
    let end = """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'streampulse process' AND \(Bench.sessionIsHere)
      """
    let instance = try Instance(bench, load)
    try load.send(300)
    try until("progress", of: [instance]) { try total == 300 }
    try bench.connection.execute("ALTER DATABASE \(name) SET default_transaction_read_only = on")
    try bench.connection.execute(end)
    try load.send(300)
    try until("a problem", of: [instance]) {
      instance.processor.status.current.databaseProblem != nil && !outages(instance).isEmpty
    }
    // Our own session began before.
    try bench.connection.execute("ALTER DATABASE \(name) RESET default_transaction_read_only")
    try bench.connection.execute(end)
    try until("all events", of: [instance]) { try total == load.sent }
    try until("health", of: [instance]) { instance.processor.status.current.databaseProblem == nil }
    #expect(outages(instance).count == recoveries(instance))
    #expect(outages(instance).count <= 2)
    #expect(instance.stop() == "stopped")
    #expect(try bench.verify().checks.flatMap(\.violations) == [])
  }

  @Test("a statement timeout while somebody holds a lock")
  func statementTimeout() throws {
    // Longer than any statement takes that nobody holds up, on a busy machine, too: there must be one outage.
    try bench.connection.execute("ALTER DATABASE \(database) SET statement_timeout = '3s'")
    try stage("57014", begin: "BEGIN; LOCK TABLE region_health", end: "ROLLBACK")
  }

  @Test("an outage longer than max.poll.interval.ms loses no partition")
  func longOutage() throws {
    try stage(
      "53100", maxDeltaRows: 10,
      properties: [(name: "max.poll.interval.ms", value: "6000"), (name: "session.timeout.ms", value: "6000")],
      begin: failing("53100"), end: "DROP FUNCTION fail CASCADE"
    ) { instance in
      // Time must pass: the broker's and librdkafka's own clocks are what is tested.
      let clock = ContinuousClock()
      let end = clock.now + .seconds(9)
      try until("more than the interval", of: [instance]) {
        try load.send(100)
        return clock.now >= end
      }
    }
  }
}
