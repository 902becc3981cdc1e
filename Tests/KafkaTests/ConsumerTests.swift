import Events
import Kafka
import TestThreads
import Testing

@Suite(.blocking) struct ConsumerTests {
  @Test("each partition starts at the offset it was assigned with")
  func startOffsets() throws {
    let broker = try EmbeddedBroker(topics: [("events", 3)])
    let configuration = KafkaConfiguration(bootstrapServers: broker.bootstrapServers)
    let producer = try KafkaProducer(configuration: configuration)
    for partition: Int32 in 0..<3 { try producer.fill("events", partition: partition, 0..<100) }
    let consumer = try KafkaConsumer(configuration: configuration, topic: "events", group: "g")
    try consumer.assign([0: 0, 1: 42, 2: 99])
    var offsets: [Int32: [Offset]] = [:]
    try until("the rest of each partition") {
      if let batch = try consumer.consume(timeoutMilliseconds: 100) {
        for record in batch.records { offsets[record.partition, default: []].append(record.offset) }
      }
      return offsets.values.reduce(0) { $0 + $1.count } >= 100 + 58 + 1
    }
    #expect(offsets == [0: Array(0..<100), 1: Array(42..<100), 2: [99]])
    #expect(consumer.lastSeenWatermarkOffsets(of: 1) == WatermarkOffsets(low: 0, high: 100))
  }

  @Test("a batch is never larger than its bound, and one that waited comes at once with what is there")
  func batchBound() throws {
    let broker = try EmbeddedBroker(topics: [("events", 1)])
    let configuration = KafkaConfiguration(bootstrapServers: broker.bootstrapServers)
    let producer = try KafkaProducer(configuration: configuration)
    try producer.fill("events", partition: 0, 0..<1_000)
    var settings = KafkaConsumerSettings()
    settings.batchSize = 64
    let consumer = try KafkaConsumer(configuration: configuration, topic: "events", group: "g", settings: settings)
    try consumer.assign([0: 0])
    var sizes: [Int] = []
    try until("all records") {
      if let batch = try consumer.consume(timeoutMilliseconds: 1_000) { sizes.append(batch.count) }
      return sizes.reduce(0, +) == 1_000
    }
    #expect(sizes.allSatisfy { $0 <= 64 })
    #expect(sizes.contains(64))

    try producer.fill("events", partition: 0, 1_000..<1_001)
    let clock = ContinuousClock()
    let start = clock.now
    let count = try consumer.seen(timeoutMilliseconds: 120_000).count
    #expect(count == 1)
    #expect(clock.now - start < .seconds(60), "waited for more than the first record")
  }

  @Test("batches can be held while more is consumed, and outlive close")
  func heldBatches() throws {
    let broker = try EmbeddedBroker(topics: [("events", 1)])
    let configuration = KafkaConfiguration(bootstrapServers: broker.bootstrapServers)
    let producer = try KafkaProducer(configuration: configuration)
    try producer.fill("events", partition: 0, 0..<300)
    var settings = KafkaConsumerSettings()
    settings.batchSize = 100
    var consumer: KafkaConsumer? = try KafkaConsumer(
      configuration: configuration, topic: "events", group: "g", settings: settings)
    try consumer?.assign([0: 0])
    var first: RecordBatch?
    var second: RecordBatch?
    try until("the first batch") {
      first = try consumer?.consume(timeoutMilliseconds: 1_000)
      return first != nil
    }
    try until("the second batch") {
      second = try consumer?.consume(timeoutMilliseconds: 1_000)
      return second != nil
    }
    consumer?.close()
    #expect(try consumer?.seen(timeoutMilliseconds: 0) == [])
    consumer = nil
    if let first, let second {
      // A batch is what has come, which may be less than it may hold.
      let end = first.records.count + second.records.count
      #expect(1...100 ~= first.records.count && 1...100 ~= second.records.count)
      #expect((first.records.map { Seen($0).value }) == (0..<first.records.count).map(String.init))
      #expect((second.records.map { Seen($0).value }) == (first.records.count..<end).map(String.init))
    }
  }

  @Test("left unread, the data stays bounded and in order while pollGroup alone keeps the membership")
  func backPressure() throws {
    let broker = try EmbeddedBroker(topics: [("events", 2)])
    let positions = Positions()
    var settings = KafkaConsumerSettings()
    // The embedded broker gathers members for three seconds, which a session has to outlive.
    settings.maxPollIntervalMilliseconds = 3_500
    settings.sessionTimeoutMilliseconds = 3_500
    settings.batchSize = 500
    settings.queuedMinMessages = 1_000
    let member = try Member(
      "m", broker.bootstrapServers, topic: "events", group: "g", positions: positions, settings: settings,
      properties: [("fetch.message.max.bytes", "10000")])
    let producer = try KafkaProducer(
      configuration: KafkaConfiguration(
        bootstrapServers: broker.bootstrapServers,
        properties: [("compression.codec", "none"), ("batch.num.messages", "50")]))
    let padding = String(repeating: "x", count: 100)
    for partition: Int32 in 0..<2 { try producer.fill("events", partition: partition, 0..<2_000, prefix: padding) }
    try until("both partitions") {
      try member.step(consuming: false)
      return member.assignment == [0, 1]
    }
    _ = member.take()
    // Twice the interval after which a member that does not poll is thrown out.
    let clock = ContinuousClock()
    let start = clock.now
    try until("two intervals without consuming") {
      try member.step(consuming: false)
      producer.poll(timeoutMilliseconds: 20)
      return clock.now - start > .milliseconds(7_000)
    }
    #expect(member.take() == [])
    #expect(member.assignment == [0, 1])
    #expect(member.consumer.queuedRecords >= 1_000)
    #expect(member.consumer.queuedRecords < 3_000, "of the 4,000 there are")
    try until("all records") {
      try member.step()
      return positions.seen.count == 4_000
    }
    #expect(member.take() == [])
  }

  @Test("a member that stops polling loses its partitions, and is told so")
  func lost() throws {
    let broker = try EmbeddedBroker(topics: [("events", 1)])
    var settings = KafkaConsumerSettings()
    settings.maxPollIntervalMilliseconds = 3_500
    settings.sessionTimeoutMilliseconds = 3_500
    let positions = Positions()
    let member = try Member(
      "m", broker.bootstrapServers, topic: "events", group: "g", positions: positions, settings: settings)
    try until("the partition") {
      try member.step()
      return member.assignment == [0]
    }
    _ = member.take()
    let producer = try KafkaProducer(configuration: KafkaConfiguration(bootstrapServers: broker.bootstrapServers))
    let clock = ContinuousClock()
    let start = clock.now
    try until("more than an interval without polling") {
      producer.poll(timeoutMilliseconds: 100)
      return clock.now - start > .milliseconds(5_500)
    }
    try until("the loss to be told") {
      try member.step()
      return member.events.contains(.lost([0]))
    }
    try producer.fill("events", partition: 0, 0..<10)
    try until("the partition to be back") {
      try member.step()
      return positions.seen.count == 10
    }
  }

  @Test("a re-read is refused for a partition that is not assigned")
  func rereadRefused() throws {
    let broker = try EmbeddedBroker(topics: [("events", 2)])
    let consumer = try KafkaConsumer(
      configuration: KafkaConfiguration(bootstrapServers: broker.bootstrapServers), topic: "events", group: "g")
    try consumer.assign([0: 0])
    #expect(try consumer.reread(1, from: 0) == false)
    #expect(try consumer.reread(0, from: 0))
    #expect(consumer.assignment == [0])
    try consumer.unassign([0, 1])
    #expect(consumer.assignment == [])
  }

  @Test("a partition that was taken out is read again from where it is told, unless it was given back meanwhile")
  func rereadAfterWithdrawal() throws {
    let broker = try EmbeddedBroker(topics: [("events", 2)])
    let configuration = KafkaConfiguration(bootstrapServers: broker.bootstrapServers)
    let producer = try KafkaProducer(configuration: configuration)
    for partition in [Int32(0), 1] { try producer.fill("events", partition: partition, 0..<10) }
    let consumer = try KafkaConsumer(configuration: configuration, topic: "events", group: "g")
    try consumer.assign([0: 0, 1: 0])
    var seen: [String] = []
    try until("all records") {
      seen += try consumer.seen(timeoutMilliseconds: 50).map { "\($0)" }
      return seen.count == 20
    }
    #expect(try consumer.withdraw(0))
    #expect(consumer.assignment == [1])
    try producer.fill("events", partition: 0, 10..<12)
    #expect(try consumer.seen(timeoutMilliseconds: 200) == [])
    #expect(try consumer.reread(0, from: 7))
    #expect(consumer.assignment == [0, 1])
    seen = []
    try until("the records from there on") {
      seen += try consumer.seen(timeoutMilliseconds: 50).map { "\($0)" }
      return seen.count == 5
    }
    #expect(try consumer.withdraw(0))
    try consumer.unassign([0])
    #expect(try consumer.reread(0, from: 7) == false)
  }

  @Test("a partition that is released and assigned again goes on where it is told, many times over")
  func reassign() throws {
    let broker = try EmbeddedBroker(topics: [("events", 1)])
    let configuration = KafkaConfiguration(bootstrapServers: broker.bootstrapServers)
    let producer = try KafkaProducer(configuration: configuration)
    try producer.fill("events", partition: 0, 0..<10_000)
    var settings = KafkaConsumerSettings()
    settings.batchSize = 100
    let consumer = try KafkaConsumer(configuration: configuration, topic: "events", group: "g", settings: settings)
    for round in 0..<50 {
      let start = Offset(round * 150)
      try consumer.assign([0: start])
      try until("round \(round)") {
        guard let batch = try consumer.consume(timeoutMilliseconds: 50) else { return false }
        #expect(batch.records.first?.offset == start)
        return true
      }
      try consumer.unassign([0])
      #expect(try consumer.seen(timeoutMilliseconds: 0) == [], "records of a released partition")
    }
  }
}
