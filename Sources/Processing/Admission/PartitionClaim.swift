import Events

/// A partition as Postgres handed it over: where to begin, and the epoch that proves ownership.
public struct PartitionClaim: Sendable, Equatable {
  public var partition: TopicPartition
  public var next: Offset
  public var epoch: Int64
  /// Microseconds since 1970.
  public var watermark: Int64?
  /// Of the record before `next`; nil when unknown.
  public var last: RecordFingerprint?

  public init(partition: TopicPartition, next: Offset, epoch: Int64, watermark: Int64?, last: RecordFingerprint? = nil)
  {
    self.partition = partition
    self.next = next
    self.epoch = epoch
    self.watermark = watermark
    self.last = last
  }
}
