import Events
import Kafka
import TestThreads
import Testing

@Suite(.blocking) struct EmbeddedBrokerTests {
  @Test("a record comes back with its key, value, timestamp and headers, and a tombstone is not an empty value")
  func roundTrip() throws {
    let broker = try EmbeddedBroker(topics: [("events", 3)])
    try checkRoundTrip(broker.bootstrapServers, topic: "events")
  }

  @Test("two members share the partitions and every record is read once and in order across the moves")
  func rebalance() throws {
    let broker = try EmbeddedBroker(topics: [("events", 4)])
    try checkRebalance(broker.bootstrapServers, topic: "events", sessionTimeoutMilliseconds: 3_500)
  }

  @Test("a re-read partition starts again at the asked offset and the other goes on")
  func reread() throws {
    let broker = try EmbeddedBroker(topics: [("events", 2)])
    try checkReread(broker.bootstrapServers, topic: "events")
  }

  @Test("a commit can be seen by lag tools")
  func commit() throws {
    let broker = try EmbeddedBroker(topics: [("events", 3)])
    try checkCommit(broker.bootstrapServers, topic: "events")
  }

  @Test("every start is a new cluster to every client, although librdkafka's own id may repeat")
  func identity() throws {
    var identities: Set<ClusterIdentity> = []
    for _ in 0..<3 {
      let broker = try EmbeddedBroker()
      let configuration = KafkaConfiguration(bootstrapServers: broker.bootstrapServers)
      #expect(try KafkaAdmin(configuration: configuration).clusterIdentity() == broker.identity)
      #expect(try KafkaProducer(configuration: configuration).clusterIdentity() == broker.identity)
      #expect(broker.identity.isEmbedded)
      identities.insert(broker.identity)
      broker.close()
    }
    #expect(identities.count == 3)
  }

  @Test("topics have the partitions that were asked for, and a question makes no topic")
  func topics() throws {
    let broker = try EmbeddedBroker(topics: [("three", 3)])
    let admin = try KafkaAdmin(configuration: KafkaConfiguration(bootstrapServers: broker.bootstrapServers))
    #expect(try admin.partitionCount("three") == 3)
    #expect(try admin.partitionCount("five") == nil)
    #expect(try admin.presence(of: "three") == .present(partitions: 3))
    #expect(try admin.presence(of: "five") == .missing)
    #expect(try admin.presence(of: "five") == .missing)
    try broker.createTopic("five", partitions: 5)
    #expect(try admin.partitionCount("five") == 5)
    #expect(throws: KafkaError.self) { try broker.createTopic("five", partitions: 5) }
    #expect(try admin.createTopicIfMissing("three", partitions: 9) == false)
    #expect(try admin.partitionCount("three") == 3)
  }

  @Test("without an admin API, a missing topic is made by asking for it")
  func createByAsking() throws {
    let broker = try EmbeddedBroker()
    let admin = try KafkaAdmin(configuration: KafkaConfiguration(bootstrapServers: broker.bootstrapServers))
    #expect(try admin.createTopicIfMissing("asked", partitions: 2))
    #expect(try admin.partitionCount("asked") == 4)
  }

  @Test("records that retention dropped before they were read are a gap in the offsets, not an error")
  func retention() throws {
    let broker = try EmbeddedBroker(topics: [("events", 1)])
    let configuration = KafkaConfiguration(
      bootstrapServers: broker.bootstrapServers, log: { _ in })
    let producer = try KafkaProducer(
      configuration: KafkaConfiguration(
        bootstrapServers: broker.bootstrapServers, properties: [("compression.codec", "none")]))
    let padding = String(repeating: "x", count: 10_000)
    let count = 1_500
    try producer.fill("events", partition: 0, 0..<count, prefix: padding)
    let consumer = try KafkaConsumer(configuration: configuration, topic: "events", group: "late")
    try consumer.assign([0: 0])
    var offsets: [Offset] = []
    try until("the last record") {
      if let batch = try consumer.consume(timeoutMilliseconds: 100) { offsets += batch.records.map(\.offset) }
      return offsets.last == Offset(count - 1)
    }
    let low = try consumer.watermarkOffsets(of: 0).low
    #expect(low > 0)
    #expect(offsets.first == low)
    #expect(offsets == Array(low..<Offset(count)))
  }

  @Test("a closed broker can be asked for nothing, and closing it again does nothing")
  func closed() throws {
    let broker = try EmbeddedBroker()
    broker.close()
    broker.close()
    #expect(throws: KafkaError.self) { try broker.createTopic("late", partitions: 1) }
  }

  @Test("a member whose joining the broker forgets joins again within a minute")
  func forgottenMember() throws {
    let broker = try EmbeddedBroker(topics: [("events", 2)])
    let member = try Member("a", broker.bootstrapServers, topic: "events", group: "g", positions: Positions())
    let alone = ContinuousClock.now + .seconds(1)
    try until("its joining") {
      try member.step()
      return ContinuousClock.now > alone
    }
    // The broker holds all members to the session of the last one that joined, and waits 3 s for others before it
    // answers: by then it has forgotten both.
    var settings = KafkaConsumerSettings()
    settings.sessionTimeoutMilliseconds = 1_000
    let other = try Member(
      "b", broker.bootstrapServers, topic: "events", group: "g", positions: Positions(), settings: settings)
    let clock = ContinuousClock()
    let start = clock.now
    try until("the end of the joining") {
      try member.step()
      try other.step()
      return clock.now > start + .seconds(5)
    }
    other.consumer.close()
    try until("the partitions", seconds: 60) {
      try member.step()
      return member.assignment == [0, 1]
    }
  }
}
