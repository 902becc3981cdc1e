import Events
import Glibc
import Kafka
import Project

/// What three streams cost in one process, against the same three one after the other.
///
/// The streams read one topic, each with aggregates of its own, so that the events and their work are alike.
struct StreamsBench {
  let workspace: Workspace
  let cluster: KafkaConfiguration?
  let events: Int
  let rounds: Int
  private static let count = 3

  func run() throws -> BenchReport {
    let whole = try StreamsProject(workspace, streams: 1...Self.count)
    let parts = try (1...Self.count).map { try StreamsProject(workspace, streams: $0...$0) }
    let broker = try Broker(workspace, cluster: cluster, partitions: Broker.partitions(forEvents: events))
    let database = try Database(workspace, project: Project(folder: whole.folder))
    defer { database.close() }
    _ = try broker.fill(EventSequence(count: events, schemaJSON: workspace.schemaJSON))
    var together: [Double] = []
    var apart: [Double] = []
    for round in 0..<rounds {
      // Who comes second finds warmer caches: in turns.
      if round % 2 == 0 { apart.append(try parts.reduce(0) { try $0 + cost(of: $1, broker, database) }) }
      together.append(try cost(of: whole, broker, database))
      if round % 2 == 1 { apart.append(try parts.reduce(0) { try $0 + cost(of: $1, broker, database) }) }
    }
    let millions = Double(events * Self.count) / 1e6
    return BenchReport(
      [
        Figure(
          bench: "three streams", unit: "CPU-s/M events", ours: together.map { $0 / millions },
          limit: apart.map { $0 / millions }, goal: .ratioAtMost(1.1), broker: broker.name)
      ],
      notes: [
        "three streams: \(events) events each; the limit is one stream after the other, in processes of their own"
      ])
  }

  /// CPU seconds of a processor of that project over the whole topic, from its first assignment on.
  private func cost(of project: StreamsProject, _ broker: Broker, _ database: Database) throws -> Double {
    try database.reset()
    var settings = broker.childSettings(group: "streams").merging(database.childSettings) { $1 }
    settings["KAFKA_TOPIC"] = nil
    for stream in project.streams { settings["KAFKA_TOPIC_\(stream.uppercased())"] = broker.topic }
    settings["STREAMPULSE_PROJECT"] = project.folder
    let program = try workspace.start(["process"], settings)
    _ = try program.line(containing: "partitions assigned")
    let start = program.usage.cpuSeconds
    let records = events * project.streams.count
    try database.waitForCommitted(records, seconds: 120, by: program)
    let spent = program.usage.cpuSeconds - start
    try program.stop()
    try database.checkLedger(records: records)
    return spent
  }
}

/// The project with its first stream and that one's aggregates several times, under names with numbers.
private struct StreamsProject {
  let folder: String
  let streams: [String]

  init(_ workspace: Workspace, streams numbers: ClosedRange<Int>) throws {
    let plan = workspace.stream.plan
    let name = plan.definition.name
    folder = "\(workspace.folder)/streams-\(numbers.lowerBound)-\(numbers.upperBound)"
    streams = numbers.map { "stream_\($0)" }
    try workspace.makeProject(folder)
    for number in numbers {
      let copy = "stream_\(number)"
      let stream = try workspace.definition("streams", of: name).replacing(name, with: copy)
      try workspace.write(stream, "\(folder)/sql/streams/\(copy).sql")
      for aggregate in plan.aggregates {
        let text = try workspace.definition("aggregates", of: aggregate.name)
          .replacing(aggregate.name, with: "\(aggregate.name)_\(number)").replacing(name, with: copy)
        try workspace.write(text, "\(folder)/sql/aggregates/\(aggregate.name)_\(number).sql")
      }
    }
  }
}
