import Events

/// What happened to a consumer's membership and connection, in order. Returned by `KafkaConsumer.pollGroup`.
public enum GroupEvent: Hashable, Sendable {
  /// These partitions are now this member's: read their positions and answer with `assign`.
  case assign([TopicPartition])
  /// These partitions go to another member: finish their work and answer with `unassign`.
  /// The other member does not get them before the answer.
  case revoke([TopicPartition])
  /// These partitions are another member's already: throw their work away and answer with `unassign`.
  case lost([TopicPartition])
  /// No broker can be reached. Said once; librdkafka goes on trying.
  case brokersDown(KafkaError)
  /// A broker can be reached again.
  case brokersUp
  /// Something else went wrong. Said once per kind of error until data flows again. After a fatal one the consumer
  /// must be made anew.
  case failed(KafkaError)
}
