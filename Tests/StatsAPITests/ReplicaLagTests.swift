import Testing

@testable import StatsAPI

/// ```
/// seconds    0     1     2     3
/// primary  100   200   200   300
/// ```
@Suite struct ReplicaLagTests {
  private static func lag(atSecond second: Int64 = 4, replayed: Int64) -> Double? {
    var lag = ReplicaLag()
    for (second, position) in [(0, 100), (1, 200), (2, 200), (3, 300)] as [(Int64, Int64)] {
      lag.saw(primary: position, at: second * 1_000_000)
    }
    return lag.seconds(replayed: replayed, now: second * 1_000_000)
  }

  @Test(arguments: [
    // It has all there is, however long ago that was written.
    (Int64(300), 0.0), (301, 0),
    // It was last as far as the primary before second 3, and 1.
    (299, 1), (200, 1), (199, 3), (100, 3),
    // Behind all that is remembered.
    (50, 4),
  ])
  func itIsTheTimeSinceThePrimaryWentFurther(_ replayed: Int64, _ seconds: Double) {
    #expect(Self.lag(replayed: replayed) == seconds)
  }

  @Test func itGrowsWhileTheReplicaStandsStillAndEndsWhenItHasCaughtUp() {
    var lag = ReplicaLag()
    #expect(lag.seconds(replayed: 5, now: 0) == nil)
    lag.saw(primary: 100, at: 0)
    lag.saw(primary: 200, at: 1_000_000)
    #expect(lag.seconds(replayed: 100, now: 2_000_000) == 1)
    #expect(lag.seconds(replayed: 100, now: 9_000_000) == 8)
    #expect(lag.seconds(replayed: 200, now: 10_000_000) == 0)
    lag.saw(primary: 300, at: 20_000_000)
    #expect(lag.seconds(replayed: 200, now: 20_500_000) == 0.5)
  }

  @Test func whatIsRememberedIsBounded() {
    var lag = ReplicaLag()
    for second in 0..<100_000 as Range<Int64> { lag.saw(primary: second, at: second * 1_000_000) }
    // At least as old as what is remembered.
    #expect((lag.seconds(replayed: 0, now: 100_000_000_000) ?? 0) > 1_000)
    #expect(lag.seconds(replayed: 99_000, now: 100_000_000_000) == 999)
  }
}
