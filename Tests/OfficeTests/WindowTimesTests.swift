import Plan
import Testing

@testable import Office

/// Windows are counted from 2000-01-01T00:00:00Z; times here too, in minutes.
@Suite struct WindowTimesTests {
  private let minute: Int64 = 60_000_000

  private func windows(_ window: WindowAssigner, after earlier: Int64, until time: Int64) -> [String] {
    WindowTimes(window).windows(
      endingAfter: WindowAssigner.origin + earlier, until: WindowAssigner.origin + time, atMost: 100
    ).map { "\(($0.lowerBound - WindowAssigner.origin) / minute)-\(($0.upperBound - WindowAssigner.origin) / minute)" }
  }

  @Test("a window closes when its end is reached, and once")
  func tumbling() {
    let window = WindowAssigner.tumble(sizeMicroseconds: 5 * minute)
    #expect(windows(window, after: 0, until: 5 * minute - 1) == [])
    #expect(windows(window, after: 0, until: 5 * minute) == ["0-5"])
    #expect(windows(window, after: 5 * minute - 1, until: 5 * minute) == ["0-5"])
    #expect(windows(window, after: 5 * minute, until: 10 * minute - 1) == [])
    #expect(windows(window, after: 7 * minute, until: 20 * minute) == ["5-10", "10-15", "15-20"])
    #expect(windows(window, after: 9 * minute, until: 3 * minute) == [])
  }

  @Test("windows that overlap close one after the other")
  func hopping() {
    let window = WindowAssigner.hop(slideMicroseconds: minute, sizeMicroseconds: 3 * minute)
    #expect(windows(window, after: 0, until: 2 * minute) == ["-2-1", "-1-2"])
    #expect(WindowTimes(window).mayClose(after: WindowAssigner.origin, until: WindowAssigner.origin + minute))
    #expect(!WindowTimes(window).mayClose(after: WindowAssigner.origin, until: WindowAssigner.origin + minute - 1))
  }

  @Test("sessions may end at any time, and days of a zone when they do")
  func others() {
    let session = WindowAssigner.session(gapMicroseconds: minute, maximumMicroseconds: 10 * minute)
    #expect(WindowTimes(session).mayClose(after: 5, until: 6))
    #expect(!WindowTimes(session).mayClose(after: 6, until: 6))
    #expect(windows(session, after: 0, until: 100 * minute) == [])
  }
}
