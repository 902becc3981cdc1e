import Dataflow
import Testing

/// Event and wall-clock times in seconds for readability; out-of-orderness 5 s, idle timeout 10 s.
@Suite struct WatermarkTrackerTests {
  private var tracker = WatermarkTracker(
    outOfOrdernessMicroseconds: 5_000_000, idleTimeoutMicroseconds: 10_000_000, maxAheadMicroseconds: 60_000_000)

  /// - Parameter wall: the wall clock; without it, far ahead of all events.
  @discardableResult
  private mutating func observe(_ partition: Int32, event: Int64, now: Int64, wall: Int64 = 1_000_000) -> Bool {
    tracker.observe(partition, maxEventTime: event * 1_000_000, now: now * 1_000_000, wall: wall * 1_000_000)
  }

  private mutating func advance(_ now: Int64) -> Int64? {
    tracker.advance(now: now * 1_000_000).map { $0 / 1_000_000 }
  }

  @Test("it is the latest event less the out-of-orderness, and never goes back")
  mutating func onePartition() {
    tracker.assign(0, watermark: nil, now: 0, wall: .max)
    #expect(advance(0) == nil)
    observe(0, event: 100, now: 1)
    #expect(advance(1) == 95)
    observe(0, event: 90, now: 2)
    #expect(advance(2) == 95)
  }

  @Test("a partition that has events which cannot be read yet is not silent, however long it takes")
  mutating func stayActive() {
    tracker.assign(0, watermark: nil, now: 0, wall: .max)
    tracker.assign(1, watermark: nil, now: 0, wall: .max)
    observe(0, event: 50, now: 1)
    observe(1, event: 100, now: 1)
    #expect(advance(1) == 45)
    for now in stride(from: Int64(5), through: 60, by: 5) {
      observe(1, event: 100 + now, now: now)
      tracker.stayActive(0, now: now * 1_000_000)
      #expect(advance(now) == 45)
      #expect(!tracker.isIdle(0))
    }
    observe(0, event: 200, now: 61)
    #expect(advance(61) == 155)
  }

  @Test("the slowest active partition holds it back")
  mutating func minimum() {
    tracker.assign(0, watermark: nil, now: 0, wall: .max)
    tracker.assign(1, watermark: nil, now: 0, wall: .max)
    observe(0, event: 100, now: 1)
    #expect(advance(1) == nil)
    observe(1, event: 50, now: 2)
    #expect(advance(2) == 45)
    observe(1, event: 120, now: 3)
    #expect(advance(3) == 95)
  }

  @Test("an idle partition leaves the minimum and goes along; coming back it does not turn time back")
  mutating func idle() {
    tracker.assign(0, watermark: nil, now: 0, wall: .max)
    tracker.assign(1, watermark: nil, now: 0, wall: .max)
    observe(0, event: 100, now: 9)
    observe(1, event: 50, now: 9)
    observe(0, event: 200, now: 18)
    #expect(advance(18) == 45)
    #expect(advance(19) == 195)
    #expect(tracker.stored(1) == 195_000_000)
    observe(1, event: 60, now: 20)
    #expect(advance(20) == 195)
    // Nor does what is stored, which readers compute with.
    #expect(tracker.stored(1) == 195_000_000)
  }

  @Test("in total silence it goes on with the wall clock, until the next event")
  mutating func silence() {
    tracker.assign(0, watermark: nil, now: 0, wall: .max)
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
    tracker.assign(0, watermark: 95_000_000, now: 0, wall: .max)
    #expect(advance(0) == 95)
    #expect(advance(11) == 95)
    #expect(advance(21) == 105)
  }

  @Test("time in which nothing could be read is no silence")
  mutating func skipped() {
    tracker.assign(0, watermark: nil, now: 0, wall: .max)
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
    tracker.assign(0, watermark: nil, now: 0, wall: .max)
    tracker.assign(1, watermark: nil, now: 0, wall: .max)
    observe(0, event: 100, now: 1)
    #expect(advance(1) == nil)
    tracker.release(1)
    #expect(advance(1) == 95)
  }

  @Test("an event of a fast clock carries it a minute ahead of the wall clock, and honest ones go on from there")
  mutating func fastClock() {
    tracker.assign(0, watermark: nil, now: 0, wall: 1_000_000_000)
    #expect(!observe(0, event: 1_000, now: 1, wall: 1_000))
    #expect(advance(1) == 995)
    #expect(observe(0, event: 1_000 + 82_800, now: 2, wall: 1_001))
    #expect(advance(2) == 1_061)
    #expect(!observe(0, event: 1_030, now: 32, wall: 1_031))
    #expect(advance(32) == 1_061)
    #expect(!observe(0, event: 1_100, now: 101, wall: 1_100))
    #expect(advance(101) == 1_095)
  }

  @Test("an idle partition is not dragged further ahead of the clock than the others")
  mutating func fastClockBesideSilence() {
    tracker.assign(0, watermark: nil, now: 0, wall: 1_000_000_000)
    tracker.assign(1, watermark: nil, now: 0, wall: 1_000_000_000)
    observe(0, event: 1_000, now: 0, wall: 1_000)
    observe(1, event: 1_000, now: 0, wall: 1_000)
    observe(0, event: 90_000, now: 12, wall: 1_012)
    #expect(advance(12) == 1_072)
    #expect(tracker.stored(1) == 1_072_000_000)
    #expect(advance(22) == 1_072)
    #expect(advance(32) == 1_082)
  }

  @Test("a stored watermark that a wrong clock has carried off is taken back")
  mutating func restoredFromTheFuture() {
    tracker.assign(0, watermark: 90_000_000_000, now: 0, wall: 1_000_000_000)
    #expect(advance(0) == 1_060)
    #expect(tracker.stored(0) == 1_060_000_000)
  }

  @Test("events that are all ahead alike carry it no further than the bound, and time with them")
  mutating func allAhead() {
    tracker.assign(0, watermark: nil, now: 0, wall: 1_000_000_000)
    for second in Int64(0)..<30 {
      #expect(observe(0, event: 1_000 + second + 120, now: second, wall: 1_000 + second))
      #expect(advance(second) == 1_060 + second)
    }
  }
}
