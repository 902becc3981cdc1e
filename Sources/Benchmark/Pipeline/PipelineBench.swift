import Glibc
import Kafka

/// From a backlog in the broker to rows in Postgres, exactly once, against a bare consume loop over the same topic.
///
/// Our clock runs from the line "partitions assigned" (positions are claimed, fetching begins) to the commit of the
/// last record; the bare loop's from its assignment to its last message. Joining the group is in neither.
struct PipelineBench {
  let workspace: Workspace
  let cluster: KafkaConfiguration?
  let events: Int
  let rounds: Int

  /// One pass of ours over the backlog.
  private struct Pass {
    var seconds: Double
    var cpuSeconds: Double
    var postgresSeconds: Double
    var brokerSeconds: Double
    var peakBytes: Int
  }

  func run() throws -> BenchReport {
    let broker = try Broker(workspace, cluster: cluster, partitions: Broker.partitions(forEvents: events))
    let database = try Database(workspace)
    defer { database.close() }
    let totals = try broker.fill(EventSequence(count: events, schemaJSON: workspace.schemaJSON))
    var ours: [Pass] = []
    var bare: [BareLoopResult] = []
    for round in 0..<rounds {
      // Who comes second finds warmer caches: in turns.
      if round % 2 == 0 { bare.append(try runBareLoop(broker, totals)) }
      ours.append(try runProcessor(broker, database, totals))
      if round % 2 == 1 { bare.append(try runBareLoop(broker, totals)) }
    }
    return report(ours, bare, broker)
  }

  private func runBareLoop(_ broker: Broker, _ totals: CorpusTotals) throws -> BareLoopResult {
    let program = try workspace.start(
      ["bench", "bare-loop", "--events", String(events)], broker.childSettings(group: "bare"))
    let result = try BareLoopResult(line: program.line(containing: "bare-loop ", seconds: 120))
    try program.waitForSuccess(seconds: 20)
    guard result.events == totals.events, result.payloadBytes == totals.payloadBytes else {
      throw BenchmarkError.wrongAnswer("the bare loop read \(result.events) events, \(result.payloadBytes) bytes")
    }
    return result
  }

  private func runProcessor(_ broker: Broker, _ database: Database, _ totals: CorpusTotals) throws -> Pass {
    try database.reset()
    let settings = broker.childSettings(group: "bench").merging(database.childSettings) { $1 }
    let program = try workspace.start(["process"], settings)
    _ = try program.line(containing: "partitions assigned")
    let start = measure(program, database, broker)
    try database.waitForCommitted(totals.events, seconds: 120, by: program)
    let end = measure(program, database, broker)
    let peak = program.usage.peakResidentBytes
    try program.stop()
    try database.check(totals)
    return Pass(
      seconds: end.seconds - start.seconds, cpuSeconds: end.cpuSeconds - start.cpuSeconds,
      postgresSeconds: end.postgresSeconds - start.postgresSeconds,
      brokerSeconds: end.brokerSeconds - start.brokerSeconds, peakBytes: peak)
  }

  private func measure(_ program: Program, _ database: Database, _ broker: Broker) -> Pass {
    Pass(
      seconds: monotonicSeconds(), cpuSeconds: program.usage.cpuSeconds,
      postgresSeconds: database.usage.cpuSecondsWithChildren, brokerSeconds: broker.usage?.cpuSeconds ?? 0,
      peakBytes: 0)
  }

  private func report(_ ours: [Pass], _ bare: [BareLoopResult], _ broker: Broker) -> BenchReport {
    let million = Double(events) / 1e6
    let speeds = ours.map { Double(events) / $0.seconds }
    let bareSpeeds = bare.map { Double(events) / $0.seconds }
    let name = broker.name
    let figures = [
      Figure(
        bench: "pipeline", unit: "events/s", ours: speeds, limit: bareSpeeds, goal: .ratioAtLeast(0.9), broker: name),
      Figure(bench: "pipeline", unit: "events/s", ours: speeds, goal: .atLeast(1.2e6), broker: name),
      Figure(
        bench: "cpu", unit: "CPU-s/M events", ours: ours.map { $0.cpuSeconds / million },
        limit: bare.map { $0.cpuSeconds / million }, goal: .ratioAtMost(1.35), broker: name),
      Figure(
        bench: "cpu of Postgres", unit: "CPU-s/M events", ours: ours.map { $0.postgresSeconds / million },
        goal: .atMost(0.3), broker: name),
      Figure(
        bench: "pipeline peak memory", unit: "MB", ours: ours.map { Double($0.peakBytes) / 1e6 },
        limit: bare.map { Double($0.peakBytes) / 1e6 }, goal: .none, broker: name),
    ]
    var note = "pipeline: \(events) events"
    if broker.usage != nil {
      note += "; the broker took \(short(median(ours.map { $0.brokerSeconds / million }))) CPU-s/M events beside us"
    }
    return BenchReport(figures, notes: [note])
  }
}
