/// One partition of one topic: what has a log with offsets, an owner and a position.
///
/// Made once for a run of records, never for each of them.
public struct TopicPartition: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var topic: String
  public var partition: Int32

  @inlinable
  public init(topic: String, partition: Int32) {
    self.topic = topic
    self.partition = partition
  }

  public var description: String { "\(topic)[\(partition)]" }

  /// By topic, then by number.
  public static func < (left: Self, right: Self) -> Bool {
    (left.topic, left.partition) < (right.topic, right.partition)
  }

  /// By the number alone, because it is looked up for every run: a process reads few topics, so few partitions share one.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(partition)
  }
}

extension Dictionary where Key == Int32 {
  /// The same of one topic's partitions.
  public func of(topic: String) -> [TopicPartition: Value] {
    var values: [TopicPartition: Value] = [:]
    for (partition, value) in self { values[TopicPartition(topic: topic, partition: partition)] = value }
    return values
  }
}

extension Sequence {
  /// Groups what belongs to partitions by their topics, which come in order; within a topic the order stays.
  public func byTopic(
    _ partition: (Element) -> TopicPartition
  ) -> [(topic: String, elements: [Element])] {
    Dictionary(grouping: self) { partition($0).topic }.sorted { $0.key < $1.key }
      .map { (topic: $0.key, elements: $0.value) }
  }
}
