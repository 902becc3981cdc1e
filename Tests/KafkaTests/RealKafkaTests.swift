import Events
import Kafka
import KafkaTestNode
import Testing

@Suite(
  .serialized, .enabled(if: KafkaNode.isInstalled, "no Kafka at ../shared/kafka/kafka-broker"), RunningKafka())
struct RealKafkaTests {
  private let node: KafkaNode
  private let bootstrapServers: String
  private let admin: KafkaAdmin

  init() throws {
    node = try #require(RunningKafka.node)
    bootstrapServers = node.bootstrapServers
    admin = try KafkaAdmin(configuration: KafkaConfiguration(bootstrapServers: bootstrapServers))
  }

  @Test("a record comes back with its key, value, timestamp and headers, and a tombstone is not an empty value")
  func roundTrip() throws {
    try admin.createTopicIfMissing("round-trip", partitions: 1)
    try checkRoundTrip(bootstrapServers, topic: "round-trip")
  }

  @Test("two members share the partitions and every record is read once and in order across the moves")
  func rebalance() throws {
    try admin.createTopicIfMissing("rebalance", partitions: 4)
    try checkRebalance(bootstrapServers, topic: "rebalance", sessionTimeoutMilliseconds: 6_000)
  }

  @Test("a re-read partition starts again at the asked offset and the other goes on")
  func reread() throws {
    try admin.createTopicIfMissing("reread", partitions: 2)
    try checkReread(bootstrapServers, topic: "reread")
  }

  @Test("a commit can be seen by lag tools")
  func commit() throws {
    try admin.createTopicIfMissing("commit", partitions: 3)
    try checkCommit(bootstrapServers, topic: "commit")
  }

  @Test("a missing topic is made with the partitions asked for, and a question makes none")
  func createTopic() throws {
    #expect(try admin.partitionCount("made") == nil)
    #expect(try admin.partitionCount("made") == nil)
    #expect(try admin.createTopicIfMissing("made", partitions: 7))
    #expect(try admin.partitionCount("made") == 7)
    #expect(try admin.createTopicIfMissing("made", partitions: 3) == false)
  }

  @Test("the cluster's identity is Kafka's own and does not change")
  func identity() throws {
    let identity = try admin.clusterIdentity()
    #expect(!identity.isEmbedded)
    #expect(!identity.id.isEmpty)
    #expect(
      try KafkaProducer(configuration: KafkaConfiguration(bootstrapServers: bootstrapServers)).clusterIdentity()
        == identity)
  }

  @Test("a consumer whose topic is deleted while it reads can be closed and released")
  func deletedTopic() throws {
    try admin.createTopicIfMissing("deleted", partitions: 1)
    try ends { [node] in
      let member = try Member(
        "a", node.bootstrapServers, topic: "deleted", group: "deleted", positions: Positions(),
        properties: [(name: "topic.metadata.refresh.interval.ms", value: "1000")])
      try until("the partition") {
        try member.step()
        return member.assignment == [0]
      }
      try node.tool("TopicCommand", ["--delete", "--topic", "deleted"])
      try until("the loss") {
        try member.step()
        return member.take().contains(.lost([TopicPartition(topic: "deleted", partition: 0)]))
      }
      member.consumer.close()
    }
  }
}
