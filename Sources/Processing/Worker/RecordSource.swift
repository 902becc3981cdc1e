import Events
import Kafka

/// What a worker reads: one topic as a member of a consumer group, with positions that the worker keeps.
///
/// Kafka in production; a broker, a group and their faults from one seed in the simulation. What each call means is
/// documented at `KafkaConsumer`.
package protocol RecordSource {
  var topic: String { get }

  func subscribe() throws(KafkaError)
  func pollGroup() -> [GroupEvent]
  func assign(_ starts: [TopicPartition: Offset]) throws(KafkaError)
  func unassign(_ partitions: [TopicPartition]) throws(KafkaError)
  func reread(_ partition: TopicPartition, from offset: Offset) throws(KafkaError) -> Bool
  func withdraw(_ partition: TopicPartition) throws(KafkaError) -> Bool
  func consume(timeoutMilliseconds: Int32) throws(KafkaError) -> RecordBatch?
  func commit(_ next: [TopicPartition: Offset]) throws(KafkaError)
  func watermarkOffsets(of partition: TopicPartition) throws(KafkaError) -> WatermarkOffsets
  func watermarkOffsets(of partitions: [TopicPartition]) throws(KafkaError) -> [TopicPartition: WatermarkOffsets]
  func cleanupPolicy() throws(KafkaError) -> CleanupPolicy
  func hasTransactions(in partition: TopicPartition, from first: Offset, to next: Offset) throws(KafkaError) -> Bool
}

extension RecordSource {
  package func watermarkOffsets(
    of partitions: [TopicPartition]
  ) throws(KafkaError) -> [TopicPartition: WatermarkOffsets] {
    var logs: [TopicPartition: WatermarkOffsets] = [:]
    for partition in partitions { logs[partition] = try watermarkOffsets(of: partition) }
    return logs
  }
}

extension KafkaConsumer: RecordSource {
  package func unassign(_ partitions: [TopicPartition]) throws(KafkaError) {
    try unassign(partitions[...])
  }

  package func watermarkOffsets(of partition: TopicPartition) throws(KafkaError) -> WatermarkOffsets {
    try watermarkOffsets(of: partition, timeoutMilliseconds: 5_000)
  }

  package func watermarkOffsets(
    of partitions: [TopicPartition]
  ) throws(KafkaError) -> [TopicPartition: WatermarkOffsets] {
    try watermarkOffsets(of: partitions, timeoutMilliseconds: 5_000)
  }

  package func cleanupPolicy() throws(KafkaError) -> CleanupPolicy {
    try cleanupPolicy(timeoutMilliseconds: 5_000)
  }

  package func hasTransactions(
    in partition: TopicPartition, from first: Offset, to next: Offset
  ) throws(KafkaError) -> Bool {
    try hasTransactions(in: partition, from: first, to: next, timeoutMilliseconds: 10_000)
  }
}
