import Events

/// A record that a partition waits at, because its writer's schema is not known yet.
struct AwaitedSchema: Hashable, Sendable {
  var id: UInt32
  var offset: Offset

  /// Who waits for what and why, for a person.
  func text(_ partition: TopicPartition, problem: String?) -> String {
    """
    partition \(partition.partition) of \(partition.topic) waits at offset \(offset) for the schema \(id), which \
    \(problem.map { "the schema registry has not given yet: \($0)" } ?? "is being looked up")
    """
  }
}
