import Dataflow
import Events
import Testing

@testable import Processing
@testable import ProcessingTestSupport

/// Records are drawn as partition:offset.
@Suite struct OffsetTrackerTests {
  /// The caller deallocates them.
  private func records(_ drawn: [(Int32, Offset)]) -> UnsafeMutableBufferPointer<Record> {
    let records = UnsafeMutableBufferPointer<Record>.allocate(capacity: drawn.count)
    for (index, (partition, offset)) in drawn.enumerated() {
      records.initializeElement(
        at: index,
        to: Record(
          payload: nil, payloadCount: 0, offset: offset, timestampMilliseconds: offset, partition: partition))
    }
    return records
  }

  private func admit(_ tracker: inout OffsetTracker, _ drawn: [(Int32, Offset)]) -> (
    OffsetTracker.Admission, kept: [String]
  ) {
    let records = records(drawn)
    defer { records.deallocate() }
    let admission = tracker.admit(records, topic: Bench.topic)
    return (admission, records.prefix(admission.count).map { "\($0.partition):\($0.offset)" })
  }

  private func tracker(_ starts: [TopicPartition: Offset]) -> OffsetTracker {
    var tracker = OffsetTracker()
    for (partition, next) in starts { tracker.assign(partition, next: next) }
    return tracker
  }

  @Test("records in sequence are kept, and runs name the partitions in order")
  func inSequence() {
    var tracker = tracker([0: 5, 1: 0])
    let (admission, kept) = admit(&tracker, [(0, 5), (0, 6), (1, 0), (0, 7)])
    #expect(kept == ["0:5", "0:6", "1:0", "0:7"])
    #expect(
      admission.runs == [
        PartitionRun(partition: 0, rows: 0..<2), PartitionRun(partition: 1, rows: 2..<3),
        PartitionRun(partition: 0, rows: 3..<4),
      ])
    #expect(tracker.expected == [0: 8, 1: 1])
  }

  @Test("repeats are dropped and what follows is compacted")
  func repeats() {
    var tracker = tracker([0: 5])
    let (admission, kept) = admit(&tracker, [(0, 3), (0, 4), (0, 5), (0, 5), (0, 6)])
    #expect(kept == ["0:5", "0:6"])
    #expect(admission.repeats == [0: 3])
    #expect(admission.runs == [PartitionRun(partition: 0, rows: 0..<2)])
    // Now the last record is known, and a repeat of a later one is not compared with it.
    let (next, keptNext) = admit(&tracker, [(0, 6), (0, 7), (0, 8), (0, 8), (0, 9)])
    #expect(keptNext == ["0:7", "0:8", "0:9"])
    #expect(next.replaced.isEmpty)
    #expect(next.repeats == [0: 2])
  }

  @Test("records of a partition that is not assigned are strays")
  func strays() {
    var tracker = tracker([0: 0])
    let (admission, kept) = admit(&tracker, [(1, 0), (0, 0), (1, 1)])
    #expect(kept == ["0:0"])
    #expect(admission.strays == 2)
  }

  @Test("a gap is re-read before it is believed")
  func gapReread() {
    var tracker = tracker([0: 5])
    let (first, keptFirst) = admit(&tracker, [(0, 5), (0, 8), (0, 9)])
    #expect(keptFirst == ["0:5"])
    #expect(first.rereads == [0: 6])
    #expect(first.gaps.isEmpty)
    tracker.rereadStarted(0)
    let (second, keptSecond) = admit(&tracker, [(0, 6), (0, 7), (0, 8)])
    #expect(keptSecond == ["0:6", "0:7", "0:8"])
    #expect(second.gaps.isEmpty)
    #expect(second.rereads.isEmpty)
  }

  @Test("records under way before the re-read do not pass for its answer")
  func staleAfterReread() {
    var tracker = tracker([0: 5])
    _ = admit(&tracker, [(0, 8)])
    let (stale, kept) = admit(&tracker, [(0, 9), (0, 10)])
    #expect(kept.isEmpty)
    #expect(stale.gaps.isEmpty)
    #expect(tracker.expected == [0: 5])
  }

  @Test("a gap that is still there after the re-read is reported from where to where")
  func believedGap() {
    var tracker = tracker([0: 5])
    _ = admit(&tracker, [(0, 8)])
    tracker.rereadStarted(0)
    let (admission, kept) = admit(&tracker, [(0, 8), (0, 9)])
    #expect(kept == ["0:8", "0:9"])
    #expect(admission.gaps == [OffsetGap(partition: 0, first: 5, next: 8)])
    let (next, _) = admit(&tracker, [(0, 12)])
    #expect(next.rereads == [0: 10])
  }

  @Test("the record before the position is compared, and is no repeat")
  func sameLog() {
    var tracker = OffsetTracker()
    let last = RecordFingerprint(Record(payload: nil, payloadCount: 0, offset: 4, timestampMilliseconds: 4))
    tracker.assign(0, next: 5, last: last)
    let (admission, kept) = admit(&tracker, [(0, 4), (0, 5)])
    #expect(kept == ["0:5"])
    #expect(admission.replaced.isEmpty)
    #expect(admission.repeats.isEmpty)
  }

  @Test("another record before the position is a replaced log, of which nothing is kept")
  func replacedLog() {
    var tracker = OffsetTracker()
    tracker.assign(0, next: 5, last: RecordFingerprint(rawValue: 1))
    let (admission, kept) = admit(&tracker, [(0, 4), (0, 5)])
    #expect(kept.isEmpty)
    #expect(admission.replaced == [0: 4])
  }

  @Test("a log that begins again while it is read is recognised by the last record that was counted")
  func replacedWhileRead() {
    var tracker = OffsetTracker()
    tracker.assign(0, next: 5, last: RecordFingerprint(rawValue: 1))
    let (admission, kept) = admit(&tracker, [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (0, 5)])
    #expect(kept.isEmpty)
    #expect(admission.repeats == [0: 4])
    #expect(admission.replaced == [0: 4])
  }

  @Test("where the record before the position is gone, what there is counts")
  func unknownLog() {
    var tracker = OffsetTracker()
    tracker.assign(0, next: 5, last: RecordFingerprint(rawValue: 1))
    let (admission, kept) = admit(&tracker, [(0, 5), (0, 6)])
    #expect(kept == ["0:5", "0:6"])
    #expect(admission.replaced.isEmpty)
    #expect(
      tracker.last(0)
        == RecordFingerprint(Record(payload: nil, payloadCount: 0, offset: 6, timestampMilliseconds: 6)))
  }

  @Test("what was kept of a partition can be taken out again")
  func withdraw() {
    var tracker = tracker([0: 0, 1: 0])
    let drawn: [(Int32, Offset)] = [(1, 0), (0, 0), (1, 1), (0, 1), (1, 2)]
    let records = records(drawn)
    defer { records.deallocate() }
    var admission = tracker.admit(records, topic: Bench.topic)
    tracker.withdraw([0], from: &admission, records)
    #expect(records.prefix(admission.count).map(\.offset) == [0, 1, 2])
    #expect(records.prefix(admission.count).allSatisfy { $0.partition == 1 })
    #expect(admission.runs == [PartitionRun(partition: 1, rows: 0..<3)])
    #expect(tracker.expected == [1: 3])
  }
}
