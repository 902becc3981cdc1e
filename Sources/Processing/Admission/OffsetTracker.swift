import Dataflow
import Events

/// A range of offsets that the broker does not have.
public struct OffsetGap: Sendable, Hashable {
  public var partition: TopicPartition
  /// The first offset that is missing.
  public var first: Offset
  /// The offset at which the log goes on.
  public var next: Offset

  public init(partition: TopicPartition, first: Offset, next: Offset) {
    self.partition = partition
    self.first = first
    self.next = next
  }
}

/// Checks every record's offset against the expected one: delivery is not trusted.
///
/// Lower is a repeat and dropped. Higher is a gap, and is re-read from the expected offset before it is believed:
/// the source may have lost records on their way, while those that compaction, transaction markers or retention took
/// are missing the second time as well. The repeat right before the expected offset must be the record that was counted
/// there: another one shows that the log was replaced.
public struct OffsetTracker: Sendable {
  private struct Position {
    var expected: Offset
    /// The re-read for a gap at `expected` has been asked for.
    var hasReread = false
    /// Records are dropped until the re-read delivers: they were under way before it.
    var awaitsReread = false
    /// Of the record before `expected`; nil when unknown.
    var last: RecordFingerprint?
    /// The record before `expected` has been asked for, to be compared, and is no repeat.
    var awaitsLast = false
  }

  /// What `admit` found.
  public struct Admission: Sendable, Equatable {
    /// Of all records of the batch.
    let topic: String
    /// How many records remain, at the front of the buffer.
    public var count = 0
    /// The remaining records by partition, in order.
    public var runs: [PartitionRun] = []
    /// Partitions to be read again, from these offsets; nothing of them has been admitted beyond that.
    public var rereads: [TopicPartition: Offset] = [:]
    /// Gaps that are still there after the re-read.
    public var gaps: [OffsetGap] = []
    /// Dropped records that came before, by partition.
    public var repeats: [TopicPartition: Int] = [:]
    /// Partitions whose last counted record is another one now, with its offset.
    public var replaced: [TopicPartition: Offset] = [:]
    /// Records of partitions that are not assigned (any more).
    public var strays = 0

    init(topic: String) {
      self.topic = topic
    }
  }

  private var positions: [TopicPartition: Position] = [:]

  public init() {}

  /// Expects `next` as the next record of the partition.
  /// - Parameter last: of the record before it, which the source is asked for, too, if it still has it.
  public mutating func assign(_ partition: TopicPartition, next: Offset, last: RecordFingerprint? = nil) {
    positions[partition] = Position(expected: next, last: last, awaitsLast: last != nil)
  }

  public mutating func release(_ partition: TopicPartition) {
    positions[partition] = nil
  }

  public mutating func releaseAll() {
    positions.removeAll()
  }

  /// Takes back what was admitted from this offset on: it is expected again, once a re-read has started.
  ///
  /// - Parameter last: of the record before it; nil when unknown.
  public mutating func rewind(_ partition: TopicPartition, to offset: Offset, last: RecordFingerprint?) {
    guard positions[partition] != nil else { return }
    positions[partition] = Position(expected: offset, awaitsReread: true, last: last)
  }

  /// The source has been told to read the partition again; what it delivers from now on counts.
  public mutating func rereadStarted(_ partition: TopicPartition) {
    positions[partition]?.awaitsReread = false
  }

  /// The next offset expected of each partition.
  public var expected: [TopicPartition: Offset] { positions.mapValues(\.expected) }

  /// Of the record before the next expected one; nil when unknown.
  public func last(_ partition: TopicPartition) -> RecordFingerprint? { positions[partition]?.last }

  /// Keeps the records that continue their partitions, compacted to the front of `records`, which are of one topic.
  public mutating func admit(_ records: UnsafeMutableBufferPointer<Record>, topic: String) -> Admission {
    var admission = Admission(topic: topic)
    var index = 0
    while index < records.count {
      let partition = TopicPartition(topic: topic, partition: records[index].partition)
      var end = index + 1
      while end < records.count, records[end].partition == partition.partition { end += 1 }
      if positions[partition] == nil {
        admission.strays += end - index
      } else {
        admit(records, index..<end, partition, &admission)
      }
      index = end
    }
    return admission
  }

  private mutating func admit(
    _ records: UnsafeMutableBufferPointer<Record>, _ range: Range<Int>, _ partition: TopicPartition,
    _ admission: inout Admission
  ) {
    guard var position = positions[partition] else { return }
    defer { positions[partition] = position }
    let start = admission.count
    for index in range {
      let offset = records[index].offset
      if position.awaitsReread || admission.replaced[partition] != nil {
        admission.strays += 1
        continue
      }
      if offset < position.expected {
        if offset == position.expected - 1 {
          let last = admission.count > start ? RecordFingerprint(records[admission.count - 1]) : position.last
          if let last, last != RecordFingerprint(records[index]) {
            admission.replaced[partition] = offset
          }
          if position.awaitsLast {
            position.awaitsLast = false
            continue
          }
        }
        admission.repeats[partition, default: 0] += 1
        continue
      }
      position.awaitsLast = false
      if offset > position.expected {
        guard position.hasReread else {
          position.hasReread = true
          position.awaitsReread = true
          admission.rereads[partition] = position.expected
          admission.strays += 1
          continue
        }
        admission.gaps.append(OffsetGap(partition: partition, first: position.expected, next: offset))
      }
      position.hasReread = false
      position.expected = offset + 1
      if admission.count != index { records[admission.count] = records[index] }
      admission.count += 1
    }
    guard admission.count > start else { return }
    position.last = RecordFingerprint(records[admission.count - 1])
    if let last = admission.runs.last, last.partition == partition.partition {
      admission.runs[admission.runs.count - 1].rows = last.rows.lowerBound..<admission.count
    } else {
      admission.runs.append(PartitionRun(partition: partition.partition, rows: start..<admission.count))
    }
  }

  /// Lets partitions go and takes what `admit` has just kept of them out again.
  public mutating func withdraw(
    _ partitions: Set<TopicPartition>, from admission: inout Admission, _ records: UnsafeMutableBufferPointer<Record>
  ) {
    for partition in partitions { release(partition) }
    let count = admission.runs.cut(
      Dictionary(uniqueKeysWithValues: partitions.map { ($0.partition, 0) }), records)
    admission.strays += admission.count - count
    admission.count = count
    admission.rereads = admission.rereads.filter { !partitions.contains($0.key) }
  }
}
