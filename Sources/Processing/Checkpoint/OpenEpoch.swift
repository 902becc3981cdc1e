import Dataflow
import Events

/// The positions between two checkpoints: what has been read since the last one was sealed.
///
/// Pure bookkeeping: the worker tells it what was admitted and what became of it, and seals it into the advances of a
/// checkpoint. Invariant: for every partition `next - sealed` = consumed + missing.
struct OpenEpoch {
  private struct Partition {
    var claim: PartitionClaim
    /// Up to here the records belong to sealed checkpoints.
    var sealed: Offset
    var next: Offset
    var missing: Int64 = 0
    var counts: RunCounts
    var segment: Offset
    var segmentOpened: Int64
    var last: RecordFingerprint?
    var storedWatermark: Int64?
    var storedIdle = false
  }

  /// A ledger segment is extended for this long (microseconds), then a new one begins.
  private static let segmentAge: Int64 = 60_000_000

  private let aggregateCount: Int
  private var partitions: [TopicPartition: Partition] = [:]

  init(aggregateCount: Int) {
    self.aggregateCount = aggregateCount
  }

  var assigned: [TopicPartition] { partitions.keys.sorted() }

  /// Positions up to which everything is part of a sealed checkpoint.
  var sealedPositions: [TopicPartition: Offset] { partitions.mapValues(\.sealed) }

  /// Offsets that were read since the last checkpoint was sealed, those that do not exist included.
  var unsealedOffsets: Int64 { partitions.values.reduce(0) { $0 + $1.next - $1.sealed } }

  /// Of the record before the partition's position; nil when unknown.
  func last(_ partition: TopicPartition) -> RecordFingerprint? { partitions[partition]?.last }

  /// - Parameter now: monotonic, in microseconds.
  mutating func assign(_ claim: PartitionClaim, now: Int64) {
    partitions[claim.partition] = Partition(
      claim: claim, sealed: claim.next, next: claim.next, counts: RunCounts(aggregateCount: aggregateCount),
      segment: claim.next, segmentOpened: now, last: claim.last, storedWatermark: claim.watermark)
  }

  mutating func release(_ partition: TopicPartition) {
    partitions[partition] = nil
  }

  mutating func releaseAll() {
    partitions.removeAll()
  }

  mutating func record(_ gap: OffsetGap) {
    partitions[gap.partition]?.missing += gap.next - gap.first
    partitions[gap.partition]?.next += gap.next - gap.first
  }

  /// Counts a run of records of the partition.
  /// - Parameter last: of the run's last record.
  mutating func record(_ partition: TopicPartition, _ counts: RunCounts, last: RecordFingerprint? = nil) {
    guard var state = partitions[partition] else { return }
    state.next += Int64(counts.consumed)
    state.counts.add(counts)
    state.last = last
    partitions[partition] = state
  }

  /// Closes the epoch: the advances of all partitions that moved, or whose watermark did, or that are held: theirs only
  /// ask whether the position is still ours.
  ///
  /// - Parameters:
  ///   - watermark: what to store for a partition.
  ///   - isIdle: whether it is silent.
  ///   - isHeld: whether it waits for an operator.
  mutating func seal(
    now: Int64, watermark: (TopicPartition) -> Int64?, isIdle: (TopicPartition) -> Bool = { _ in false },
    isHeld: (TopicPartition) -> Bool = { _ in false }
  ) -> [PartitionAdvance] {
    var advances: [PartitionAdvance] = []
    for key in assigned {
      guard var partition = partitions[key] else { continue }
      let current = watermark(key)
      let idle = isIdle(key)
      guard
        partition.next != partition.sealed || current != partition.storedWatermark || idle != partition.storedIdle
          || isHeld(key)
      else { continue }
      if now - partition.segmentOpened >= OpenEpoch.segmentAge {
        partition.segment = partition.sealed
        partition.segmentOpened = now
      }
      advances.append(
        PartitionAdvance(
          partition: key, epoch: partition.claim.epoch, expected: partition.sealed, next: partition.next,
          segment: partition.segment, missing: partition.missing, counts: partition.counts, watermark: current,
          isIdle: idle, last: partition.last))
      partition.sealed = partition.next
      partition.missing = 0
      partition.counts = RunCounts(aggregateCount: aggregateCount)
      partition.storedWatermark = current
      partition.storedIdle = idle
      partitions[key] = partition
    }
    return advances
  }
}

extension RunCounts {
  mutating func add(_ other: RunCounts) {
    consumed += other.consumed
    dead += other.dead
    for index in aggregates.indices { aggregates[index].add(other.aggregates[index]) }
    maxEventTime = [maxEventTime, other.maxEventTime].compactMap { $0 }.max()
  }
}
