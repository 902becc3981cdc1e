import Donations
import Synthesis
import Testing

@Suite struct DonationSynthesizerTests {
  private struct Event: Equatable {
    var id: String
    var stream: String
    var activity: StreamActivity
    var time: Int64
    var user: String
    var viewers: Int32
    var message: String?
    var amount: Double?

    init(_ event: DonationEvent) {
      id = event.eventID.description
      stream = event.streamID.description
      activity = event.activity
      time = event.timestampMilliseconds
      user = event.userID.description
      viewers = event.viewers
      message = event.message?.description
      amount = event.amount
    }
  }

  private static let day: Int64 = 86_400_000

  private func events(
    seed: UInt64 = 7, count: Int = 50_000, span: Int64 = day, incidents: [String] = []
  ) throws -> [Event] {
    let run = SynthesisRun(
      seed: seed, incidents: try incidents.map { try IncidentSpec(parsing: $0, target: "stream", effect: "effect") },
      beginningMilliseconds: newYear)
    let synthesizer = try DonationSynthesizer(run: run)
    return (0..<count).map { index in
      let turn = newYear + Int64(index) * span / Int64(count)
      return Event(synthesizer.event(UInt64(index), timestampMilliseconds: turn))
    }
  }

  @Test("the same seed and times give the same events, another seed gives others")
  func determinism() throws {
    let first = try events(count: 1000)
    #expect(try events(count: 1000) == first)
    #expect(try events(seed: 8, count: 1000) != first)
  }

  @Test("most of the events are views, some are messages, a few are donations, and only those have an amount")
  func shares() throws {
    let events = try events()
    func share(_ activity: StreamActivity) -> Double { Double(events.count { $0.activity == activity }) / 50_000 }
    #expect((0.027...0.033).contains(share(.donation)))
    #expect((0.32...0.36).contains(share(.chat)))
    #expect(events.allSatisfy { ($0.amount != nil) == ($0.activity == .donation) && $0.viewers > 0 })
    #expect(events.allSatisfy { ($0.message != nil) == ($0.activity == .chat) || $0.activity == .donation })
    let amounts = events.compactMap(\.amount)
    #expect(amounts.allSatisfy { $0 * 4 == ($0 * 4).rounded() && (1...500).contains($0) })
    #expect(Set(events.map(\.id)).count == 50_000 && events.allSatisfy { $0.user.hasPrefix("user_") })
  }

  @Test("a few streams have most of the events and viewers, each most of them in its evening")
  func skew() throws {
    var counts = [String: Int]()
    let events = try events()
    for event in events { counts[event.stream, default: 0] += 1 }
    #expect(counts.count == 50 && (counts["stream_001"] ?? 0) > 10 * (counts["stream_050"] ?? 0))
    let first = events.filter { $0.stream == "stream_001" }
    func viewers(hour: Int64) -> Double {
      let seen = first.filter { ($0.time - newYear) / 3_600_000 == hour }.map { Double($0.viewers) }
      return seen.reduce(0, +) / Double(max(1, seen.count))
    }
    #expect(viewers(hour: 20) > 4 * viewers(hour: 4))
  }

  @Test("a raid brings a stream viewers and events, which leave by and by; all other events stay what they are")
  func raid() throws {
    let hour: Int64 = 3_600_000
    let usual = try events(span: 2 * hour)
    let struck = try events(span: 2 * hour, incidents: ["stream_020:+30m:1h:raid=20"])
    let changed = zip(usual, struck).filter { $0 != $1 }
    #expect(
      changed.allSatisfy {
        $1.stream == "stream_020" && (newYear + hour / 2..<newYear + hour * 3 / 2).contains($1.time)
      })
    func count(_ events: [Event], minute: Int64) -> Int {
      events.count { $0.stream == "stream_020" && ($0.time - newYear) / 600_000 == minute / 10 }
    }
    #expect(count(struck, minute: 30) > 6 * count(usual, minute: 30))
    #expect(count(struck, minute: 30) > 3 * count(struck, minute: 70))
    let raided = struck.filter { $0.stream == "stream_020" }
    let (early, before) = (raided.first { $0.time > newYear + hour / 2 }, raided.first)
    #expect((early?.viewers ?? 0) > 10 * (before?.viewers ?? 0))
  }

  @Test("a spike brings a stream donations")
  func spike() throws {
    let struck = try events(incidents: ["stream_001:+0s:1d:spike=10"])
    let (first, others) = (struck.filter { $0.stream == "stream_001" }, struck.filter { $0.stream != "stream_001" })
    func share(_ events: [Event]) -> Double {
      Double(events.count { $0.activity == .donation }) / Double(events.count)
    }
    #expect((0.27...0.33).contains(share(first)) && (0.027...0.033).contains(share(others)))
  }

  @Test("an incident that cannot be is refused with what there is")
  func refused() throws {
    let error = #expect(throws: SettingError.self) { _ = try events(count: 1, incidents: ["stream_51:+1s:1s:raid"]) }
    #expect(error?.description == "there is no stream “stream_51” for an incident; there are stream_001 to stream_050")
  }
}
