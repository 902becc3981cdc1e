import Events
import Kafka
import SQLQuoting

/// Why nothing more is read of a partition until an operator says how to go on.
enum PartitionFault: Equatable, Sendable {
  /// The log ends before our position.
  case truncated(end: Offset, position: Offset)
  /// The record before our position is not the one that was counted.
  case replaced(position: Offset)
  /// Offsets are missing and nothing that the broker says accounts for them.
  case unexplained(OffsetGap, CleanupPolicy?)

  /// What is wrong and how to go on, for a person.
  func text(_ books: Books, cluster: String, _ partition: TopicPartition) -> String {
    let name = "partition \(partition.partition) of \(partition.topic)"
    let arguments = "\(quotedLiteral(cluster)), \(quotedLiteral(partition.topic)), \(partition.partition)"
    let stream = books.stream.map { ", " + quotedLiteral($0) } ?? ""
    let beginAgain = """
      Nothing more is read of it until you say how to go on; to begin again at its start: \
      SELECT \(books.schema).begin_again(\(arguments)\(stream)). See "A log that is not the one that was read" in docs/exactly-once.md
      """
    switch self {
    case .truncated(let end, let position):
      return """
        \(name) ends at offset \(end), but everything up to \(position) is already counted: the topic was truncated or \
        made anew. \(beginAgain)
        """
    case .replaced(let position):
      return """
        \(name) holds another record at offset \(position - 1) than the one that was counted there: the topic was made \
        anew, or truncated and written again. \(beginAgain)
        """
    case .unexplained(let gap, let policy):
      return """
        offsets \(gap.first) to \(gap.next - 1) of \(name) are missing, and the broker does not explain it: the log \
        begins before them, \(policy?.text ?? "cleanup.policy is not known"), and no transaction is seen there. Nothing \
        more is read of it until you say how to go on; to go on without them: \
        SELECT \(books.schema).accept_gap(\(arguments), \(gap.first), \(gap.next)\(stream)). See "An unexplained gap" in \
        docs/exactly-once.md
        """
    }
  }
}

extension CleanupPolicy {
  fileprivate var text: String {
    switch self {
    case .known(let policy): "its cleanup.policy is \(policy)"
    case .unknown(let reason): "its cleanup.policy cannot be asked for (\(reason))"
    }
  }
}
