import Downloads
import Glibc
import Kafka
import Threads

/// Where a bench's events are: the in-process broker in a process of its own, or the configured cluster with a topic
/// made for this bench.
final class Broker {
  let kafka: KafkaConfiguration
  let topic: String
  let partitions: Int
  /// For the figures.
  let name: String
  private let program: Program?

  /// - Parameters:
  ///   - cluster: nil for the in-process broker.
  ///   - partitions: of the in-process broker, which keeps about 5 MB in each.
  init(_ workspace: Workspace, cluster: KafkaConfiguration?, partitions: Int) throws {
    if let cluster {
      let topic = "streampulse-bench-\(getpid())-\(Clock.wallMilliseconds())"
      self.partitions = Broker.clusterPartitions
      try KafkaAdmin(configuration: cluster).createTopicIfMissing(topic, partitions: self.partitions)
      self.topic = topic
      kafka = cluster
      name = "Kafka, \(self.partitions) partitions"
      program = nil
      return
    }
    topic = "content-downloads"
    self.partitions = partitions
    name = "in-process, \(partitions) partitions"
    let program = try workspace.start(["broker", "--partitions", String(partitions)], ["KAFKA_TOPIC": topic])
    self.program = program
    let line = try program.line(containing: "KAFKA_BOOTSTRAP_SERVERS=")
    kafka = KafkaConfiguration(bootstrapServers: String(line.drop { $0 != "=" }.dropFirst()))
  }

  deinit {
    guard program == nil else { return }
    // A topic that cannot be deleted is in nobody's way: its name says whose it was.
    try? deleteTopic(topic, kafka)
  }

  private static let clusterPartitions = 4

  /// Enough partitions of the in-process broker for that many events, with room to spare.
  static func partitions(forEvents count: Int) -> Int {
    max(3, (count * 230 + 3_999_999) / 4_000_000)
  }

  /// nil when the broker is not ours.
  var usage: ProcessUsage? { program?.usage }

  /// What a child needs to read the topic, as a group that has never read it.
  func childSettings(group: String) -> [String: String] {
    var settings = [
      "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrapServers, "KAFKA_TOPIC": topic,
      "KAFKA_GROUP_ID": "\(group)-\(getpid())-\(Clock.wallMilliseconds())",
    ]
    for property in kafka.properties {
      settings["KAFKA_PROPERTY_" + property.name.uppercased().map { $0 == "." ? "_" : String($0) }.joined()] =
        property.value
    }
    return settings
  }

  /// Sends the events and waits until the log holds them all.
  ///
  /// Partition by partition in blocks of a thousand, as a busy producer's batches are.
  func fill(_ events: EventSequence) throws -> CorpusTotals {
    var totals = CorpusTotals()
    let producer = try KafkaProducer(configuration: kafka)
    try events.visit { index, event, bytes in
      totals.add(event, payloadBytes: bytes.count)
      let key = UnsafeRawBufferPointer(event.place.bytes)
      let partition = Int32(index / 1000 % partitions)
      while try !producer.send(topic: topic, partition: partition, key: key, value: bytes) {
        try Interruption.check()
        producer.poll(timeoutMilliseconds: 10)
      }
      if index % 1000 == 999 { producer.poll(timeoutMilliseconds: 0) }
    }
    guard producer.flush(timeoutMilliseconds: 60_000) == 0, producer.failed == 0 else {
      let reason = producer.lastDeliveryError?.description ?? "no answer"
      throw BenchmarkError.setup("\(producer.failed) records were refused: \(reason)")
    }
    try checkLog(holds: events.count)
    return totals
  }

  private func checkLog(holds count: Int) throws {
    let admin = try KafkaAdmin(configuration: kafka)
    var held: Int64 = 0
    for partition in 0..<Int32(partitions) {
      let offsets = try admin.watermarkOffsets(topic: topic, partition: partition)
      held += offsets.high - offsets.low
    }
    guard held == count else { throw BenchmarkError.setup("the broker holds \(held) of \(count) records") }
  }
}
