import Events
import Kafka
import KafkaTestNode
import Observability
import Postgres
import TestThreads
import Testing

@testable import ProcessingTestSupport

/// What a real log does to a processor: gaps, expiry, other logs under the same name, new partitions.
@Suite(
  .blocking, .enabled(if: KafkaNode.isInstalled, "no Kafka at ../shared/kafka/kafka-broker"),
  RunningKafka(properties: ["log.cleaner.backoff.ms=200", "log.cleaner.dedupe.buffer.size=4194304"]))
struct RealLogTests {
  private let node: KafkaNode
  private let bench: Bench

  init() throws {
    node = try #require(RunningKafka.node)
    bench = try Bench()
  }

  private func create(_ topic: String, partitions: Int = 1, _ configuration: String...) throws {
    guard !configuration.isEmpty else {
      let admin = try KafkaAdmin(configuration: KafkaConfiguration(bootstrapServers: node.bootstrapServers))
      // Not while a topic of that name is still being deleted.
      return try until("a new topic \(topic)") {
        (try? admin.createTopicIfMissing(topic, partitions: partitions)) == true
      }
    }
    var arguments = ["--create", "--topic", topic, "--partitions", String(partitions)]
    for entry in configuration { arguments += ["--config", entry] }
    try node.tool("TopicCommand", arguments)
  }

  /// Sends events to a partition, one for each key, and waits until they are acknowledged.
  private func send(_ topic: String, _ keys: [String], to partition: Int32 = 0, region: String = "R") throws {
    let producer = try KafkaProducer(configuration: KafkaConfiguration(bootstrapServers: node.bootstrapServers))
    for key in keys {
      try Array(key.utf8).withUnsafeBytes { key in
        try Download(region: region).encoded.withUnsafeBytes { value in
          _ = try producer.send(topic: topic, partition: partition, key: key, value: value)
        }
      }
    }
    let left = producer.flush(timeoutMilliseconds: 60_000)
    guard left == 0, producer.failed == 0 else { throw TimedOut(waitingFor: "\(left) deliveries") }
  }

  private func keys(_ count: Int) -> [String] { (0..<count).map(String.init) }

  /// The offsets that the log holds.
  private func offsets(_ topic: String) throws -> [Offset] {
    let configuration = KafkaConfiguration(bootstrapServers: node.bootstrapServers)
    let end = try KafkaAdmin(configuration: configuration).watermarkOffsets(topic: topic, partition: 0).high
    let reader = try KafkaConsumer(configuration: configuration, topic: topic, group: "offsets")
    defer { reader.close() }
    try reader.assign([0: KafkaConsumer.earliest].of(topic: topic))
    var offsets: [Offset] = []
    try until("the log's end") {
      _ = reader.pollGroup()
      if let batch = try reader.consume(timeoutMilliseconds: 100) { offsets += batch.records.map(\.offset) }
      return offsets.last == end - 1
    }
    return offsets
  }

  private func run(_ topic: String) throws -> Instance {
    try Instance(bench, servers: node.bootstrapServers, topic: topic)
  }

  private var total: Int { get throws { try bench.total } }

  private var gaps: [String] {
    get throws { try bench.rows("SELECT first_offset, next_offset, reason FROM pulse.gaps ORDER BY first_offset") }
  }

  private func expectVerified() throws {
    #expect(try bench.verify().checks.flatMap(\.violations) == [])
  }

  @Test("markers and aborted records of transactions are gaps that say so")
  func transactions() throws {
    try create("transactions")
    let producer = try TransactionalProducer(node.bootstrapServers, id: "t")
    let events = Array(repeating: Download().encoded, count: 10)
    try producer.send(events, topic: "transactions", partition: 0, isCommitted: true)
    try producer.send(events, topic: "transactions", partition: 0, isCommitted: false)
    try producer.send(events, topic: "transactions", partition: 0, isCommitted: true)
    let instance = try run("transactions")
    try until("both committed transactions") { try total == 20 }
    #expect(try gaps == ["10 22 transaction"])
    try producer.send(events, topic: "transactions", partition: 0, isCommitted: true)
    try until("one more") { try total == 30 }
    #expect(try gaps == ["10 22 transaction", "32 33 transaction"])
    #expect(instance.stop() == "stopped")
    #expect(instance.processor.status.current.held == [:])
    try expectVerified()
  }

  @Test("a compacted topic has gaps that say so; where it is not compacted they hold the partition until accepted")
  func compaction() throws {
    try create(
      "compacted", "cleanup.policy=compact", "segment.ms=100", "min.cleanable.dirty.ratio=0.001",
      "max.compaction.lag.ms=1000")
    try send("compacted", ["u", "a", "v", "a", "w", "a", "x", "a", "y", "a"])
    var kept: [Offset] = []
    // In the end there are the five keys of their own, the newest "a", and the one before in a closed segment.
    try until("a compaction") {
      kept = try offsets("compacted")
      if kept.count > 7 { try send("compacted", ["a"]) }
      return kept.count == 7
    }
    #expect(kept.starts(with: [0, 2, 4, 6, 8]))
    let first = try run("compacted")
    try until("what was kept") { try total == kept.count }
    #expect(first.stop() == "stopped")
    #expect(try gaps.prefix(3) == ["1 2 compacted", "3 4 compacted", "5 6 compacted"])
    #expect(Set(try bench.rows("SELECT reason FROM pulse.gaps")) == ["compacted"])
    try expectVerified()

    // The same log, of which nothing says any more why it has gaps.
    try node.tool(
      "ConfigCommand",
      ["--alter", "--entity-type", "topics", "--entity-name", "compacted", "--add-config", "cleanup.policy=delete"])
    let other = try Bench()
    let (stream, cluster) = (bench.plan.definition.name, try bench.rows("SELECT cluster FROM pulse.progress")[0])
    try other.connection.execute("SELECT pulse.claim('\(stream)', '\(cluster)', 'compacted', '{0}', '{0}', 'test')")
    let second = try Instance(other, servers: node.bootstrapServers, topic: "compacted")
    let counted = { Int(try other.rows("SELECT coalesce(sum(total_downloads), 0) FROM region_health")[0]) }
    var accepted: Set<String> = []
    try until("what was kept, with each gap accepted") {
      if let text = second.processor.status.current.held.values.first {
        #expect(text.contains("its cleanup.policy is delete, and no transaction is seen there"))
        let statement = try wayOn(text)
        // What was read before the gap is committed a moment later.
        if (try? other.connection.execute(statement)) != nil { accepted.insert(statement) }
      }
      return try counted() == kept.count
    }
    #expect(!accepted.isEmpty)
    #expect(second.stop() == "stopped")
    #expect(try other.rows("SELECT count(*) FROM pulse.gaps WHERE reason = 'accepted'") == ["\(accepted.count)"])
    #expect(try other.verify().checks.flatMap(\.violations) == [])
    #expect(try other.verify().gaps.contains { $0.hasSuffix("(accepted)") })
  }

  @Test("records that were deleted before they were read are a gap, an error and one alert")
  func expiry() throws {
    try create("expiring")
    try send("expiring", keys(10))
    let first = try run("expiring")
    try until("the first ten") { try total == 10 }
    #expect(first.stop() == "stopped")
    try send("expiring", keys(20))
    try node.deleteRecords(topic: "expiring", partition: 0, before: 25)
    for _ in 0..<2 {
      let instance = try run("expiring")
      try until("what is left") { try total == 15 }
      #expect(instance.stop() == "stopped")
    }
    #expect(try gaps == ["10 25 expired"])
    #expect(
      try bench.rows("SELECT alert_type, severity, metric_value, message FROM alerts") == [
        "RECORDS_EXPIRED CRITICAL 15 15 records of partition 0 of expiring were deleted by the broker before they were "
          + "read: offsets 10 to 24"
      ])
    try expectVerified()
  }

  @Test("a topic that was deleted and made anew is recognised, longer or shorter, running or not")
  func replacement() throws {
    try create("replaced")
    try send("replaced", keys(10))
    let first = try run("replaced")
    try until("the first log") { try total == 10 }
    #expect(first.stop() == "stopped")
    try node.tool("TopicCommand", ["--delete", "--topic", "replaced"])
    try create("replaced")
    try send("replaced", keys(30), region: "other")
    let second = try run("replaced")
    try until("a held partition", of: [second]) { second.processor.status.current.held.values.first != nil }
    let longer = try #require(second.processor.status.current.held.values.first)
    #expect(longer.contains("holds another record at offset 9"))
    #expect(try total == 10)
    try bench.connection.execute(wayOn(longer))
    try until("the second log", of: [second]) { try total == 40 }

    try node.tool("TopicCommand", ["--delete", "--topic", "replaced"])
    try create("replaced")
    try send("replaced", keys(5), region: "third")
    try until("a held partition again", seconds: 60, of: [second]) {
      second.processor.status.current.held.values.first != nil
    }
    let shorter = try #require(second.processor.status.current.held.values.first)
    #expect(shorter.contains("ends at offset 5, but everything up to 30 is already counted"))
    try bench.connection.execute(wayOn(shorter))
    try until("the third log") { try total == 45 }
    #expect(second.stop() == "stopped")
    try expectVerified()
  }

  @Test("new partitions are found while it runs and read from their start")
  func newPartitions() throws {
    try create("growing")
    try send("growing", keys(10))
    let instance = try run("growing")
    try until("the first partition") { try total == 10 }
    try node.tool("TopicCommand", ["--alter", "--topic", "growing", "--partitions", "3"])
    try send("growing", keys(10), to: 2)
    // The metadata is looked at every 10 s; the rest is the rebalance, on a busy machine.
    try until("the new partitions", seconds: 30) { try total == 20 }
    #expect(instance.processor.status.current.partitions.map(\.partition) == [0, 1, 2])
    #expect(try bench.rows("SELECT first_offset FROM pulse.ledger WHERE partition = 2") == ["0"])
    #expect(instance.stop() == "stopped")
    try expectVerified()
  }

  @Test("workers of one processor share the partitions, count every event once, and their status is one")
  func workers() throws {
    try create("shared", partitions: 3)
    let instance = try Instance(bench, servers: node.bootstrapServers, topic: "shared", workers: 3)
    var sent = 0
    var owners: [String] = []
    try until("a partition for each worker", of: [instance]) {
      for partition in 0..<3 as Range<Int32> { try send("shared", keys(10), to: partition) }
      sent += 30
      owners = try bench.rows("SELECT DISTINCT owner FROM pulse.progress ORDER BY owner")
      return owners.count == 3 && instance.processor.status.current.partitions.map(\.partition) == [0, 1, 2]
    }
    #expect(owners == ["test/1", "test/2", "test/3"])
    try until("all events", of: [instance]) { try total == sent }
    // What was committed while a worker gave up is in the rows, but not in its count.
    #expect(instance.processor.status.current.committedRecords > 0)
    #expect(instance.stop() == "stopped")
    #expect(instance.processor.status.current.partitions == [])
    #expect(try total == sent)
    try expectVerified()
  }
}
