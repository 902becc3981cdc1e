import Events
import Kafka
import Processing

/// The topic of a test: one partition, whose records are the test's events.
final class WrittenLog: RecordSource {
  let topic: String
  private let clock: VirtualClock
  private var waiting: [OwnedRecord] = []
  private var hasJoined = false
  private(set) var next: Offset = 0
  private(set) var isAssigned = false
  /// When records were read for the last time, by the monotonic clock.
  private(set) var lastRead: Int64

  init(topic: String, clock: VirtualClock) {
    self.topic = topic
    self.clock = clock
    lastRead = clock.monotonic()
  }

  var partition: TopicPartition { TopicPartition(topic: topic, partition: 0) }

  /// Whether all records have been read.
  var isRead: Bool { waiting.isEmpty }

  func append(_ record: OwnedRecord) {
    var record = record
    record.offset = next
    next += 1
    waiting.append(record)
  }

  // MARK: RecordSource

  func subscribe() {}

  func pollGroup() -> [GroupEvent] {
    guard !hasJoined else { return [] }
    hasJoined = true
    return [.assign([partition])]
  }

  func assign(_ starts: [TopicPartition: Offset]) { isAssigned = true }

  func unassign(_ partitions: [TopicPartition]) { isAssigned = false }

  func reread(_ partition: TopicPartition, from offset: Offset) -> Bool { false }

  func withdraw(_ partition: TopicPartition) -> Bool { true }

  func consume(timeoutMilliseconds: Int32) -> RecordBatch? {
    guard isAssigned, !waiting.isEmpty else { return nil }
    lastRead = clock.monotonic()
    defer { waiting = [] }
    return RecordBatch(copying: waiting)
  }

  func commit(_ next: [TopicPartition: Offset]) {}

  func watermarkOffsets(of partition: TopicPartition) -> WatermarkOffsets { WatermarkOffsets(low: 0, high: next) }

  func cleanupPolicy() -> CleanupPolicy { .known("delete") }

  func hasTransactions(in partition: TopicPartition, from first: Offset, to next: Offset) -> Bool { false }
}
