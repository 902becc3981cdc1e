import Dataflow
import Testing

/// Event and wall-clock times in seconds for readability; out-of-orderness 5 s, idle timeout 10 s.
@Suite struct WatermarkTrackerTests {
  private var tracker = WatermarkTracker(outOfOrdernessMicroseconds: 5_000_000, idleTimeoutMicroseconds: 10_000_000)

  private mutating func observe(_ partition: Int32, event: Int64, now: Int64) {
    tracker.observe(partition, maxEventTime: event * 1_000_000, now: now * 1_000_000)
  }

  private mutating func advance(_ now: Int64) -> Int64? {
    tracker.advance(now: now * 1_000_000).map { $0 / 1_000_000 }
  }

  @Test("it is the latest event less the out-of-orderness, and never goes back")
  mutating func onePartition() {
    tracker.assign(0, watermark: nil, now: 0)
    #expect(advance(0) == nil)
    observe(0, event: 100, now: 1)
    #expect(advance(1) == 95)
    observe(0, event: 90, now: 2)
    #expect(advance(2) == 95)
  }

  @Test("the slowest active partition holds it back")
  mutating func minimum() {
    tracker.assign(0, watermark: nil, now: 0)
    tracker.assign(1, watermark: nil, now: 0)
    observe(0, event: 100, now: 1)
    #expect(advance(1) == nil)
    observe(1, event: 50, now: 2)
    #expect(advance(2) == 45)
    observe(1, event: 120, now: 3)
    #expect(advance(3) == 95)
  }

  @Test("an idle partition leaves the minimum and goes along; coming back it does not turn time back")
  mutating func idle() {
    tracker.assign(0, watermark: nil, now: 0)
    tracker.assign(1, watermark: nil, now: 0)
    observe(0, event: 100, now: 9)
    observe(1, event: 50, now: 9)
    observe(0, event: 200, now: 18)
    #expect(advance(18) == 45)
    #expect(advance(19) == 195)
    #expect(tracker.stored(1) == 195_000_000)
    observe(1, event: 60, now: 20)
    #expect(advance(20) == 195)
    #expect(tracker.stored(1) == 55_000_000)
  }

  @Test("in total silence it goes on with the wall clock, until the next event")
  mutating func silence() {
    tracker.assign(0, watermark: nil, now: 0)
    observe(0, event: 100, now: 0)
    #expect(advance(9) == 95)
    #expect(advance(10) == 95)
    #expect(advance(40) == 125)
    observe(0, event: 110, now: 41)
    #expect(advance(41) == 125)
    observe(0, event: 200, now: 42)
    #expect(advance(42) == 195)
  }

  @Test("a stored watermark is where a partition goes on")
  mutating func restored() {
    tracker.assign(0, watermark: 95_000_000, now: 0)
    #expect(advance(0) == 95)
    #expect(advance(11) == 95)
    #expect(advance(21) == 105)
  }

  @Test("time in which nothing could be read is no silence")
  mutating func skipped() {
    tracker.assign(0, watermark: nil, now: 0)
    observe(0, event: 100, now: 0)
    tracker.skip(60_000_000)
    #expect(advance(60) == 95)
    #expect(advance(69) == 95)
    #expect(!tracker.isIdle(0))
    #expect(advance(70) == 95)
    #expect(tracker.isIdle(0))
    #expect(advance(75) == 100)
    tracker.skip(60_000_000)
    #expect(advance(135) == 100)
    #expect(advance(136) == 101)
  }

  @Test("a partition that is released no longer holds it back")
  mutating func released() {
    tracker.assign(0, watermark: nil, now: 0)
    tracker.assign(1, watermark: nil, now: 0)
    observe(0, event: 100, now: 1)
    #expect(advance(1) == nil)
    tracker.release(1)
    #expect(advance(1) == 95)
  }
}
