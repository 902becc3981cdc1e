import ChildProcess
import Kafka
import TestThreads
import Testing
import Threads

/// A broker that cannot be reached for a while.
@Suite(.blocking) struct BrokerOutageTests {
  @Test("a broker that goes away and comes back is told once each")
  func outage() throws {
    let broker = try EmbeddedBroker(topics: [("events", 1)])
    let positions = Positions()
    let member = try Member("m", broker.bootstrapServers, topic: "events", group: "g", positions: positions)
    let producer = try KafkaProducer(configuration: KafkaConfiguration(bootstrapServers: broker.bootstrapServers))
    try producer.fill("events", partition: 0, 0..<10)
    try until("the first records") {
      try member.step()
      return positions.seen.count == 10
    }
    _ = member.take()
    try broker.setReachable(false)
    try until("the outage to be told") {
      try member.step()
      return member.events.contains { if case .brokersDown = $0 { true } else { false } }
    }
    try broker.setReachable(true)
    try until("the recovery to be told") {
      try member.step()
      return member.events.contains(.brokersUp)
    }
    let connection = member.take().filter { event in
      switch event {
      case .brokersDown, .brokersUp: true
      default: false
      }
    }
    #expect(connection.count == 2)
    try producer.fill("events", partition: 0, 10..<20)
    try until("the records after the outage") {
      try member.step()
      return positions.seen.count == 20
    }
    #expect(positions.seen.map(\.value) == (0..<20).map(String.init))
  }

  @Test("a broker comes and goes while children are started, which have its socket for a moment")
  func children() throws {
    let broker = try EmbeddedBroker(topics: [("events", 1)])
    let isOver = Monitor(false)
    let starting = try WorkerThread(name: "starting") {
      while !isOver.read({ $0 }) {
        guard let child = try? ChildProcess(Launch(executable: "/bin/true")) else { return }
        _ = child.wait()
      }
    }
    for _ in 0..<10 {
      try broker.setReachable(false)
      try broker.setReachable(true)
    }
    isOver.update { $0 = true }
    starting.join()
    let producer = try KafkaProducer(configuration: KafkaConfiguration(bootstrapServers: broker.bootstrapServers))
    try producer.fill("events", partition: 0, 0..<1)
  }

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
    #expect(producer.flush(timeoutMilliseconds: 60_000) == 0)
    #expect(producer.delivered == 11)
    #expect(producer.acknowledgedOffsets(topic: "events") == [0: 10])
  }
}
