import Kafka
import Testing

@Suite struct KafkaProducerTests {
  @Test("a full local queue is an answer, not an error, and polling makes room")
  func fullQueue() throws {
    let broker = try EmbeddedBroker(topics: [("events", 1)])
    try broker.setReachable(false)
    let producer = try KafkaProducer(
      configuration: KafkaConfiguration(
        bootstrapServers: broker.bootstrapServers, properties: [("queue.buffering.max.messages", "10")]))
    var accepted = 0
    while try producer.send(topic: "events", partition: 0, key: nil, value: nil) { accepted += 1 }
    #expect(accepted == 10)
    // Events that librdkafka itself has queued, such as the lost connection, count as well.
    #expect(producer.inFlight >= 10)
    try broker.setReachable(true)
    try until("room in the queue") {
      producer.poll(timeoutMilliseconds: 50)
      return try producer.send(topic: "events", partition: 0, key: nil, value: nil)
    }
    #expect(producer.flush(timeoutMilliseconds: 20_000) == 0)
    #expect(producer.delivered == 11)
    #expect(producer.acknowledgedOffsets(topic: "events") == [0: 10])
  }

  @Test("a record that cannot be delivered is counted with its reason")
  func failedDelivery() throws {
    let producer = try KafkaProducer(
      configuration: KafkaConfiguration(
        bootstrapServers: "127.0.0.1:1", properties: [("message.timeout.ms", "100")], log: { _ in }))
    try producer.sendText("events", 0, key: nil, value: "x")
    #expect(producer.flush(timeoutMilliseconds: 20_000) == 0)
    #expect(producer.failed == 1)
    #expect(producer.delivered == 0)
    #expect(producer.lastDeliveryError?.code == "_MSG_TIMED_OUT")
  }

  @Test("records with the same key go to the same partition, and without a partition the key chooses")
  func keyed() throws {
    let broker = try EmbeddedBroker(topics: [("events", 3)])
    let producer = try KafkaProducer(configuration: KafkaConfiguration(bootstrapServers: broker.bootstrapServers))
    for index in 0..<300 { try producer.sendText("events", nil, key: "key \(index % 30)", value: String(index)) }
    try producer.settle()
    let positions = Positions()
    let member = try Member("m", broker.bootstrapServers, topic: "events", group: "g", positions: positions)
    try until("all records") {
      try member.step()
      return positions.seen.count == 300
    }
    let homes = Dictionary(grouping: positions.seen, by: \.key).mapValues { Set($0.map(\.partition)) }
    #expect(homes.count == 30)
    #expect(homes.values.allSatisfy { $0.count == 1 })
    #expect(Set(positions.seen.map(\.partition)).count == 3)
  }
}
