import Events
import Kafka
import SQLQuoting

/// Why nothing, or not everything, can be read of a topic as a whole.
public enum TopicFault: Hashable, Sendable {
  case missing
  case withoutPartitions
  case forbidden
  /// It has fewer partitions than were read of it: it was deleted and made anew.
  case shrunk(count: Int, lost: [Int32])

  /// - Parameter positions: up to where the topic's partitions have been read; empty when unknown.
  public init?(_ presence: TopicPresence, positions: [Int32: Offset]) {
    switch presence {
    case .missing: self = .missing
    case .withoutPartitions: self = .withoutPartitions
    case .forbidden: self = .forbidden
    case .present(let count):
      let lost = positions.keys.filter { $0 >= count }.sorted()
      if lost.isEmpty { return nil }
      self = .shrunk(count: count, lost: lost)
    }
  }

  /// What is wrong and how to go on, for a person.
  public func text(_ books: Books = Books(), cluster: String, topic: String) -> String {
    switch self {
    case .missing:
      "the topic \(topic) does not exist"
    case .withoutPartitions:
      "the topic \(topic) has no partitions that can be read: it is being made or deleted"
    case .forbidden:
      "this Kafka user may not see the topic \(topic): it needs the right to describe and to read it"
    case .shrunk(let count, let lost):
      """
      the topic \(topic) has \(count) partitions, and more of it has been read (of partition \
      \(lost.map(String.init).joined(separator: ", "))): it was made anew. To go on without those: \
      SELECT \(books.schema).begin_again(\(quotedLiteral(cluster)), \(quotedLiteral(topic)), partition\
      \(books.stream.map { ", " + quotedLiteral($0) } ?? "")) \
      FROM unnest(ARRAY[\(lost.map(String.init).joined(separator: ", "))]) AS partition
      """
    }
  }
}
