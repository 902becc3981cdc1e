import Kafka

/// From the start of a processor, after another was killed in the middle of a backlog, to its first commit.
///
/// The new process is in a group of its own: positions are in Postgres, so it goes on where the killed one had committed,
/// without waiting for the broker to miss the old member (the group's session timeout). What a broker waits for further
/// members of a new group (3 s in the in-process one, which nothing changes) is not ours either: a process that only
/// joins is started beside it, and what that takes longer than a process that joins nothing is taken off.
struct RecoveryBench {
  let workspace: Workspace
  let cluster: KafkaConfiguration?
  let events: Int
  let rounds: Int
  private static let backlog = 1_000_000

  func run() throws -> BenchReport {
    let events = max(self.events, 2 * RecoveryBench.backlog)
    let broker = try Broker(workspace, cluster: cluster, partitions: Broker.partitions(forEvents: events))
    let database = try Database(workspace)
    defer { database.close() }
    let totals = try broker.fill(EventSequence(count: events, schemaJSON: workspace.schemaJSON))
    var recoveries: [Double] = []
    var joins: [Double] = []
    var starts: [Double] = []
    for _ in 0..<rounds {
      starts.append(try startOfProcess())
      joins.append(try joinOfGroup(broker))
      recoveries.append(try recovery(broker, database, totals))
    }
    let joining = median(joins) - median(starts)
    return BenchReport(
      [
        Figure(
          bench: "recovery", unit: "s", ours: recoveries.map { $0 - joining }, limit: starts, goal: .atMost(2),
          broker: broker.name),
        Figure(
          bench: "recovery with join", unit: "s", ours: recoveries, limit: joins, goal: .none, broker: broker.name),
      ],
      notes: [
        """
        recovery: the limits are a process that only loads the definitions, and one that only joins a new group: \
        \(short(joining)) s longer, which the first figure is without
        """
      ])
  }

  private func joinOfGroup(_ broker: Broker) throws -> Double {
    let start = monotonicSeconds()
    let program = try workspace.start(["bench", "bare-join"], broker.childSettings(group: "join"))
    _ = try program.line(containing: BareJoin.line)
    return monotonicSeconds() - start
  }

  private func startOfProcess() throws -> Double {
    let start = monotonicSeconds()
    let program = try workspace.start(["check"], [:])
    try program.waitForSuccess(seconds: 20)
    return monotonicSeconds() - start
  }

  private func recovery(_ broker: Broker, _ database: Database, _ totals: CorpusTotals) throws -> Double {
    try database.reset()
    let first = try startProcessor(broker, database)
    try database.waitForCommitted(1, seconds: 60, by: first)
    first.kill()
    // What it had sent may still be committed.
    try wait(for: "the end of the killed process's session", seconds: 20) {
      let sessions = try database.query(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'streampulse process'")
      return sessions.integer(0, 0) == 0 ? () : nil
    }
    let committed = try database.committedRecords()
    guard totals.events - committed >= RecoveryBench.backlog else {
      throw BenchmarkError.setup("only \(totals.events - committed) events were left: ask for more --events")
    }
    let start = monotonicSeconds()
    let second = try startProcessor(broker, database)
    try database.waitForCommitted(committed + 1, seconds: 60, by: second)
    let took = monotonicSeconds() - start
    try database.waitForCommitted(totals.events, seconds: 120, by: second)
    try second.stop()
    try database.check(totals)
    return took
  }

  private func startProcessor(_ broker: Broker, _ database: Database) throws -> Program {
    try workspace.start(
      ["process"], broker.childSettings(group: "recovery").merging(database.childSettings) { $1 })
  }
}
