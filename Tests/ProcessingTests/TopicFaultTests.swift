import Kafka
import TestThreads
import Testing

@testable import Processing

@Suite(.blocking) struct TopicFaultTests {
  @Test(
    "a topic is well when it has partitions, and at least those that were read",
    arguments: [
      (.present(partitions: 3), [:], nil),
      (.present(partitions: 3), [0: 5, 2: 9], nil),
      (.present(partitions: 2), [0: 5, 1: 1, 2: 9, 5: 0], .shrunk(count: 2, lost: [2, 5])),
      (.missing, [:], .missing),
      (.missing, [0: 5], .missing),
      (.withoutPartitions, [0: 5], .withoutPartitions),
      (.forbidden, [:], .forbidden),
    ] as [(TopicPresence, [Int32: Int64], TopicFault?)])
  func judgement(presence: TopicPresence, positions: [Int32: Int64], fault: TopicFault?) {
    #expect(TopicFault(presence, positions: positions) == fault)
  }

  @Test("the text names the topic, and for partitions that are gone the statement to go on with")
  func text() {
    #expect(TopicFault.missing.text(cluster: "c", topic: "t") == "the topic t does not exist")
    #expect(TopicFault.forbidden.text(cluster: "c", topic: "t").contains("may not see the topic t"))
    #expect(TopicFault.withoutPartitions.text(cluster: "c", topic: "t").contains("the topic t has no partitions"))
    let shrunk = TopicFault.shrunk(count: 1, lost: [1, 2]).text(cluster: "c'", topic: "t")
    #expect(shrunk.contains("the topic t has 1 partitions"))
    #expect(shrunk.hasSuffix("SELECT pulse.begin_again('c''', 't', partition) FROM unnest(ARRAY[1, 2]) AS partition"))
  }
}
