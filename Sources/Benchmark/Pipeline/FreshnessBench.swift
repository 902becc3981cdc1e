import Downloads
import Events
import Glibc
import Kafka
import Threads

/// How soon an event that is sent is in the answer to an API query, with the cache off and 10,000 events a second beside it.
struct FreshnessBench {
  let workspace: Workspace
  let cluster: KafkaConfiguration?
  let rounds: Int
  let flushMilliseconds: Double
  private static let eventsPerSecond = 10_000.0
  private static let secondsPerRound = 20.0
  private static let partitions = 3
  private static let place: StaticString = "Freshness-Probe"

  func run() throws -> BenchReport {
    let broker = try Broker(workspace, cluster: cluster, partitions: FreshnessBench.partitions)
    let database = try Database(workspace)
    defer { database.close() }
    // Each commit is told at this level, with how long it took.
    let settings = broker.childSettings(group: "freshness").merging(database.childSettings) { $1 }
    let processor = try workspace.start(["process"], settings.merging(["LOG_LEVEL": "debug"]) { $1 })
    _ = try processor.line(containing: "partitions assigned")
    let api = try APIServer(workspace, broker, database, ["CACHE_TTL": "0"])
    let load = try SteadyLoad(
      broker.kafka.forSingleEvents, topic: broker.topic, schemaJSON: workspace.schemaJSON,
      eventsPerSecond: FreshnessBench.eventsPerSecond)
    var probe = try Probe(broker, api, schemaJSON: workspace.schemaJSON)
    try pause(seconds: 2)
    var medians: [Double] = []
    var tails: [Double] = []
    var limits: [Double] = []
    var commits = 0
    for _ in 0..<rounds {
      _ = processor.newLines()
      let milliseconds = try probe.run(seconds: FreshnessBench.secondsPerRound)
      medians.append(percentile(0.5, of: milliseconds))
      tails.append(percentile(0.99, of: milliseconds))
      let durations = commitMilliseconds(processor.newLines())
      commits += durations.count
      limits.append(flushMilliseconds + median(durations))
    }
    var costs = ProcessCosts()
    costs.add("processor", processor)
    costs.add("API", api.program)
    costs.add(database)
    costs.add(broker)
    let sent = try load.stop() + probe.sent
    try database.waitForCommitted(sent, seconds: 30, by: processor)
    try api.program.stop()
    try processor.stop()
    try database.checkLedger(records: sent)
    let name = broker.name
    return BenchReport(
      [
        Figure(bench: "freshness p50", unit: "ms", ours: medians, limit: limits, goal: .atMost(40), broker: name),
        Figure(bench: "freshness p99", unit: "ms", ours: tails, limit: limits, goal: .atMost(100), broker: name),
      ],
      notes: [
        """
        freshness: \(probe.sent) probes among \(sent) events; the limit is the flush interval and the median commit; \
        \(rounded(Double(commits) / (Double(rounds) * FreshnessBench.secondsPerRound), places: 1)) commits a second; \
        \(costs.text)
        """
      ])
  }

  private func commitMilliseconds(_ lines: [String]) -> [Double] {
    lines.filter { $0.contains("flush committed") }.compactMap { line in
      let number = line.split(separator: "\"seconds\":").last?.prefix { $0 != "," && $0 != "}" }
      return number.flatMap { Double($0) }.map { $0 * 1000 }
    }
  }

  /// Sends one event after the other in a place of its own and asks the API until it counts it.
  private struct Probe {
    private(set) var sent = 0
    private let producer: KafkaProducer
    private let events: EventSequence
    private let connection: HTTPConnection
    private let topic: String
    private var random = SystemRandomNumberGenerator()

    init(_ broker: Broker, _ api: APIServer, schemaJSON: String) throws {
      producer = try KafkaProducer(configuration: broker.kafka.forSingleEvents)
      events = try EventSequence(count: .max, schemaJSON: schemaJSON)
      connection = try HTTPConnection(port: api.port)
      topic = broker.topic
    }

    /// - Returns: for each probe the milliseconds from its sending to the answer that counts it.
    mutating func run(seconds: Double) throws -> [Double] {
      var milliseconds: [Double] = []
      let end = monotonicSeconds() + seconds
      while monotonicSeconds() < end {
        milliseconds.append(try probe() * 1000)
        // At any moment between two flushes.
        usleep(UInt32.random(in: 20_000...70_000, using: &random))
      }
      return milliseconds
    }

    private mutating func probe() throws -> Double {
      let start = monotonicSeconds()
      try events.withEvent(
        sent, timestampMilliseconds: Clock.wallMilliseconds(), change: { $0.place = TextView(FreshnessBench.place) },
        { event, bytes in try producer.sendOrWait(topic, key: event.place, value: bytes) })
      sent += 1
      producer.poll(timeoutMilliseconds: 0)
      return try wait(for: "a probe to be visible", seconds: 10, everyMilliseconds: 1) {
        try countedProbes() >= sent ? monotonicSeconds() - start : nil
      }
    }

    private func countedProbes() throws -> Int {
      let target = ShippedProject.countTarget(place: FreshnessBench.place)
      let answer = try connection.get(target).filter { $0 != UInt8(ascii: " ") }
      guard let found = answer.firstRange(of: Array(ShippedProject.countMarker.utf8)) else { return 0 }
      return Int(String(decoding: answer[found.upperBound...].prefix { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self)) ?? 0
    }
  }
}
