import Events
import Kafka
import KafkaTestNode
import TestThreads
import Testing

@Suite(
  .blocking, .enabled(if: KafkaNode.isInstalled, "no Kafka at ../shared/kafka/kafka-broker"), RunningKafka())
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

  @Test("the first record behind an offset is found past markers and aborted records; without one it is the log's end")
  func firstRecords() throws {
    let topic = "first-records"
    try admin.createTopicIfMissing(topic, partitions: 3)
    let producer = try TransactionalProducer(bootstrapServers, id: "first-records")
    let value = Array("value".utf8)
    // 0 and 1 are records, 2 a marker, 3 to 5 aborted, 6 a marker.
    try producer.send([value, value], topic: topic, partition: 0, isCommitted: true)
    try producer.send([value, value, value], topic: topic, partition: 0, isCommitted: false)
    // The coordinator answers before the marker stands in the log.
    try until("the markers") { try admin.watermarkOffsets(topic: topic, partition: 0).high == 7 }
    for (start, first) in [0: 0, 1: 1, 2: 7, 3: 7, 6: 7, 7: 7] as [Int64: Int64] {
      #expect(try admin.firstRecords(topic: topic, from: [0: start], timeoutMilliseconds: 10_000) == [0: first])
    }
    try producer.send([value], topic: topic, partition: 0, isCommitted: true)
    try producer.send([value], topic: topic, partition: 1, isCommitted: false)
    try until("the markers of both") {
      try admin.watermarkOffsets(topic: topic, partition: 0).high == 9
        && admin.watermarkOffsets(topic: topic, partition: 1).high == 2
    }
    #expect(
      try admin.firstRecords(topic: topic, from: [0: 2, 1: 0, 2: 0], timeoutMilliseconds: 10_000)
        == [0: 7, 1: 2, 2: 0])

    var unread = UnreadRecords()
    func look(_ positions: [Int32: Int64]) throws -> Int64 {
      for _ in 0..<2 {
        var logs: [Int32: WatermarkOffsets] = [:]
        for partition in 0..<Int32(3) {
          logs[partition] = try admin.watermarkOffsets(topic: topic, partition: partition)
        }
        let questions = unread.look(at: logs, positions: positions)
        unread.found(try admin.firstRecords(topic: topic, from: questions, timeoutMilliseconds: 10_000))
      }
      return unread.count
    }
    // The record at 7 and its marker: the marker counts until the record is read.
    #expect(try look([0: 2]) == 2)
    #expect(try look([0: 8]) == 0)
  }

  @Test("two members share the partitions and every record is read once and in order across the moves")
  func rebalance() throws {
    try admin.createTopicIfMissing("rebalance", partitions: 4)
    try checkRebalance(bootstrapServers, topic: "rebalance", sessionTimeoutMilliseconds: 6_000)
  }

  @Test("a static member that comes back has its partitions again and nobody notices; a second one takes its place")
  func staticMembers() throws {
    let (topic, positions) = ("static", Positions())
    try admin.createTopicIfMissing(topic, partitions: 4)
    func member(_ name: String, as identity: String) throws -> Member {
      var settings = KafkaConsumerSettings()
      settings.instanceID = identity
      return try Member(
        name, bootstrapServers, topic: topic, group: "static", positions: positions, settings: settings)
    }
    let (first, other) = (try member("first", as: "a.1"), try member("other", as: "b.1"))
    try until("the partitions to be shared") {
      try first.step()
      try other.step()
      return first.assignment.count == 2 && other.assignment.count == 2
    }
    let (own, others) = (first.assignment, other.assignment)
    first.consumer.close()
    _ = other.take()
    let again = try member("again", as: "a.1")
    try until("the partitions to come back") {
      try again.step()
      try other.step()
      return again.assignment == own
    }
    #expect(other.take() == [] && other.assignment == others)

    let second = try member("second", as: "a.1")
    var displaced: KafkaError?
    try until("the first one to be told") {
      try again.step()
      try other.step()
      try second.step()
      for case .failed(let error) in again.take() where error.isDisplacement { displaced = error }
      return displaced != nil && second.assignment == own
    }
    #expect(displaced?.isFatal == true)
    #expect(other.take() == [] && other.assignment == others)
    for member in [again, second, other] { member.consumer.close() }
  }

  @Test("a member that goes on telling its positions while others come and go loses no partition")
  func toldPositions() throws {
    let (topic, positions) = ("told", Positions())
    try admin.createTopicIfMissing(topic, partitions: 4)
    let first = try Member("first", bootstrapServers, topic: topic, group: "told", positions: positions)
    func step(_ members: [Member]) throws {
      for member in members {
        try member.step()
        try member.consumer.commit(Dictionary(uniqueKeysWithValues: member.consumer.assignment.map { ($0, 0) }))
      }
    }
    try until("all partitions") {
      try step([first])
      return first.assignment.count == 4
    }
    for round in 0..<3 {
      let second = try Member("second", bootstrapServers, topic: topic, group: "told", positions: positions)
      try until("the partitions to be shared") {
        try step([first, second])
        return first.assignment.count == 2 && second.assignment.count == 2
      }
      second.consumer.close()
      try until("the partitions to be taken over") {
        try step([first])
        return first.assignment.count == 4
      }
      // Without the wait every round loses them. Once in some ten runs on a busy machine they still are, and why is not
      // known yet; nothing is lost but time.
      withKnownIssue(isIntermittent: true) {
        for event in first.take() {
          if case .lost = event { Issue.record("partitions were lost in round \(round)") }
        }
      }
    }
    first.consumer.close()
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
    #expect(try admin.presence(of: "made") == .missing)
    #expect(try admin.partitionCount("made") == nil)
    #expect(try admin.createTopicIfMissing("made", partitions: 7))
    #expect(try admin.partitionCount("made") == 7)
    #expect(try admin.presence(of: "made") == .present(partitions: 7))
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
