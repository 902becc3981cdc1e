import Dataflow
import Events
import ProcessingTestSupport
import Testing

@testable import Processing

@Suite struct OpenEpochTests {
  private func counts(_ consumed: Int, dead: Int = 0) -> RunCounts {
    var counts = RunCounts(aggregateCount: 1)
    counts.consumed = consumed
    counts.dead = dead
    counts.aggregates[0].aggregated = consumed - dead
    return counts
  }

  private func open(_ next: Offset) -> OpenEpoch {
    var epoch = OpenEpoch(aggregateCount: 1)
    epoch.assign(PartitionClaim(partition: 3, next: next, epoch: 7, watermark: nil), now: 0)
    return epoch
  }

  @Test("an advance covers what was read since the last one: records and gaps")
  func advance() {
    var epoch = open(100)
    epoch.record(3, counts(10, dead: 1))
    epoch.record(OffsetGap(partition: 3, first: 110, next: 115))
    epoch.record(3, counts(5))
    #expect(epoch.unsealedOffsets == 20)
    let advances = epoch.seal(now: 1) { _ in 42 }
    #expect(epoch.unsealedOffsets == 0)
    #expect(
      advances == [
        PartitionAdvance(
          partition: 3, epoch: 7, expected: 100, next: 120, segment: 100, missing: 5, counts: counts(15, dead: 1),
          watermark: 42)
      ])
    epoch.record(3, counts(1))
    let next = epoch.seal(now: 2) { _ in 42 }
    #expect(next.map(\.expected) == [120])
    #expect(next.map(\.next) == [121])
    #expect(next.map(\.segment) == [100])
    #expect(next.map(\.missing) == [0])
  }

  @Test("a partition without records is advanced only when its watermark moved")
  func watermarkOnly() {
    var epoch = open(5)
    #expect(epoch.seal(now: 0) { _ in nil }.isEmpty)
    #expect(epoch.seal(now: 0) { _ in 9 }.map(\.next) == [5])
    #expect(epoch.seal(now: 0) { _ in 9 }.isEmpty)
  }

  @Test("a partition that falls silent or wakes up is advanced, that others need not wait for it")
  mutating func idleness() {
    var epoch = open(5)
    #expect(epoch.seal(now: 0, watermark: { _ in nil }, isIdle: { _ in true }).map(\.isIdle) == [true])
    #expect(epoch.seal(now: 0, watermark: { _ in nil }, isIdle: { _ in true }).isEmpty)
    #expect(epoch.seal(now: 0, watermark: { _ in nil }, isIdle: { _ in false }).map(\.isIdle) == [false])
  }

  @Test("after a minute a new ledger segment begins at the sealed position")
  func segments() {
    var epoch = open(0)
    epoch.record(3, counts(4))
    #expect(epoch.seal(now: 59_999_999) { _ in nil }.map(\.segment) == [0])
    epoch.record(3, counts(4))
    #expect(epoch.seal(now: 60_000_000) { _ in nil }.map(\.segment) == [4])
    epoch.record(3, counts(4))
    #expect(epoch.seal(now: 60_000_001) { _ in nil }.map(\.segment) == [4])
  }
}
