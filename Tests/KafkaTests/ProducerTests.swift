import Kafka
import TestThreads
import Testing

@Suite(.blocking) struct KafkaProducerTests {
  @Test("a record that cannot be delivered is counted with its reason")
  func failedDelivery() throws {
    let producer = try KafkaProducer(
      configuration: KafkaConfiguration(
        bootstrapServers: "127.0.0.1:1", properties: [("message.timeout.ms", "100")], log: { _ in }))
    try producer.sendText("events", 0, key: nil, value: "x")
    #expect(producer.flush(timeoutMilliseconds: 60_000) == 0)
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
