import Events
import Kafka
import TestThreads
import Testing
import Threads

/// A consumer may have to end while the group waits for its answer, because its owner cannot go on: fenced, failed or
/// bereft of its partitions. It must be able to leave, or its process stays behind and reads nothing.
@Suite(.blocking) struct CloseTests {
  /// Polls until one of the events is what is waited for; the group then waits for the answer.
  private static func wait(_ consumer: KafkaConsumer, until wanted: (GroupEvent) -> Bool) throws {
    let pause = Monitor(())
    try KafkaTests.until("the question") {
      _ = pause.wait(timeoutMilliseconds: 5) { _ in nil as Void? }
      return consumer.pollGroup().contains(where: wanted)
    }
  }

  @Test("with an assignment unanswered, or answered in part", arguments: [[:], [1: KafkaConsumer.earliest]])
  func assignment(answer: [TopicPartition: Offset]) throws {
    let broker = try EmbeddedBroker(topics: [("events", 3)])
    let configuration = KafkaConfiguration(bootstrapServers: broker.bootstrapServers)
    try ends {
      let consumer = try KafkaConsumer(configuration: configuration, topic: "events", group: "g")
      try consumer.subscribe()
      try Self.wait(consumer) { $0 == .assign([0, 1, 2]) }
      if !answer.isEmpty { try consumer.assign(answer) }
      consumer.close()
    }
  }

  @Test("with a revocation unanswered")
  func unansweredRevocation() throws {
    let broker = try EmbeddedBroker(topics: [("events", 2)])
    let configuration = KafkaConfiguration(bootstrapServers: broker.bootstrapServers)
    try ends {
      let first = try Member("a", broker.bootstrapServers, topic: "events", group: "g", positions: Positions())
      try KafkaTests.until("the partitions") {
        try first.step()
        return first.assignment == [0, 1]
      }
      let second = try KafkaConsumer(configuration: configuration, topic: "events", group: "g")
      try second.subscribe()
      try Self.wait(first.consumer) { if case .revoke = $0 { true } else { false } }
      first.consumer.close()
      try Self.wait(second) { if case .assign = $0 { true } else { false } }
      second.close()
    }
  }

  @Test("with a loss unanswered")
  func unansweredLoss() throws {
    let broker = try EmbeddedBroker(topics: [("events", 2)])
    var settings = KafkaConsumerSettings()
    settings.maxPollIntervalMilliseconds = 3_500
    settings.sessionTimeoutMilliseconds = 3_500
    try ends { [settings] in
      let member = try Member(
        "a", broker.bootstrapServers, topic: "events", group: "g", positions: Positions(), settings: settings)
      try KafkaTests.until("the partitions") {
        try member.step()
        return member.assignment == [0, 1]
      }
      // Longer than the interval, without polling: the partitions are lost.
      _ = Monitor(()).wait(timeoutMilliseconds: 5_500) { _ in nil as Void? }
      try Self.wait(member.consumer) { $0 == .lost([0, 1]) }
      member.consumer.close()
    }
  }
}
