import Synthesis
import Testing

@Suite struct DailyRhythmTests {
  private static let day: Int64 = 86_400_000

  @Test("the factors of a day have a mean of 1, and zones shift them", arguments: [DailyRhythm.leisure, .commute])
  func mean(rhythm: DailyRhythm) {
    let factors = (0..<1440).map { rhythm.factor(at: newYear + Int64($0) * 60_000) }
    #expect(abs(factors.reduce(0, +) / 1440 - 1) < 1e-9)
    #expect(factors.allSatisfy { $0 > 0 && $0 <= rhythm.peak })
    #expect(rhythm.factor(at: newYear, zoneHours: 5) == rhythm.factor(at: newYear + 5 * 3_600_000))
    #expect(rhythm.factor(at: -1, zoneHours: 0) == rhythm.factor(at: Self.day - 1))
  }

  @Test("in a rhythm a day has as many events as without, most of them in the evening")
  func timeline() {
    let rate = 0.5
    let timeline = EventTimeline.rate(rate, from: newYear, rhythm: .leisure)
    let times = (0..<86_400).map { timeline.milliseconds(of: $0, now: 0) - newYear }
    #expect(times[0] == 0 && zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(abs(times[43_200] - Self.day) <= 2000 && times[86_399] < 2 * Self.day)
    func count(hour: Int64) -> Int { times.count { $0 / 3_600_000 == hour } }
    #expect(count(hour: 20) > 6 * count(hour: 4))
    #expect(abs(Double(count(hour: 20)) / 1800 - DailyRhythm.leisure.factor(at: newYear + 73_800_000)) < 0.05)
  }

  @Test("a span in a rhythm begins and ends where it should")
  func span() {
    let timeline = EventTimeline.over(span: 7_200_000, count: 1000, from: newYear + 5000, rhythm: .commute)
    #expect(abs(timeline.milliseconds(of: 0, now: 0) - newYear - 5000) <= 1)
    #expect(abs(timeline.milliseconds(of: 1000, now: 0) - newYear - 7_205_000) <= 1)
  }

  @Test("a rate that changes counts from then on; what was due stays due")
  func pacer() {
    let second: Int64 = 1_000_000_000
    var pacer = Pacer(rate: 100, now: 0)
    pacer.change(rate: 80, now: second / 2)
    #expect(pacer.due(now: second / 2, limit: 1000) == 50)
    pacer.didSend(50)
    #expect(pacer.due(now: second * 3 / 2, limit: 1000) == 80)
  }
}
