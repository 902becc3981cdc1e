import Synthesis
import Testing
import Trips

@Suite struct TripSynthesizerTests {
  /// A trip that owns its text.
  private struct Trip: Equatable {
    var id: String
    var region: Int32
    var time: Int64
    var fare: Double
    var seconds: Int32
    var distance: Double

    init(_ event: TripEvent) {
      id = event.tripID.description
      region = event.regionID
      time = event.timestampMilliseconds
      fare = event.fare
      seconds = event.durationSeconds
      distance = event.distance
    }
  }

  private static let day: Int64 = 86_400_000

  private func run(seed: UInt64 = 7, incidents: [String] = [], outOfOrder: OutOfOrder? = nil) throws -> SynthesisRun {
    SynthesisRun(
      seed: seed, outOfOrder: outOfOrder,
      incidents: try incidents.map { try IncidentSpec(parsing: $0, target: "region", effect: "effect") },
      beginningMilliseconds: newYear)
  }

  /// `count` turns spread over a day; nil is a trip that is missing.
  private func trips(_ run: SynthesisRun, count: Int = 50_000, regions: Int = 8) throws -> [Trip?] {
    let synthesizer = try TripSynthesizer(run: run, regions: regions)
    return (0..<count).map { index in
      let turn = newYear + Int64(index) * Self.day / Int64(count)
      return synthesizer.event(UInt64(index), timestampMilliseconds: turn).map(Trip.init)
    }
  }

  @Test("the same seed and times give the same trips, another seed gives others, and each stands for itself")
  func determinism() throws {
    let first = try trips(try run(), count: 1000)
    #expect(try trips(try run(), count: 1000) == first)
    #expect(try trips(try run(seed: 8), count: 1000) != first)
    let alone = try TripSynthesizer(run: try run())
    #expect(alone.event(73, timestampMilliseconds: newYear + 73 * Self.day / 1000).map(Trip.init) == first[73])
  }

  @Test("trips are those of a town: short ones are most, sums are exact, ids are distinct")
  func distributions() throws {
    let trips = try trips(try run()).compactMap(\.self)
    #expect(trips.count == 50_000 && Set(trips.map(\.id)).count == 50_000)
    #expect(trips.allSatisfy { $0.id.hasPrefix("trip_") && $0.id.count == 21 })
    let distances = trips.map(\.distance).sorted()
    #expect(distances[0] >= 1 && distances[49_999] <= 38)
    #expect((8...12).contains(distances[25_000]) && (11...15).contains(distances.reduce(0, +) / 50_000))
    #expect(
      trips.allSatisfy { $0.distance * 8 == ($0.distance * 8).rounded() && $0.fare * 4 == ($0.fare * 4).rounded() })
    #expect(trips.allSatisfy { (200...14_400).contains($0.seconds) && (3...400).contains($0.fare) })
    let mean = trips.map(\.fare).reduce(0, +) / 50_000
    #expect((20...50).contains(mean))
    // Longer trips cost more and take longer.
    let (short, long) = (trips.filter { $0.distance < 5 }, trips.filter { $0.distance > 20 })
    #expect((long.map(\.fare).min() ?? 0) > (short.map(\.fare).reduce(0, +) / Double(short.count)))
    #expect(
      long.reduce(0) { $0 + Int($1.seconds) } / long.count > 3 * short.reduce(0) { $0 + Int($1.seconds) } / short.count)
  }

  @Test("the first regions have most trips")
  func skew() throws {
    var counts = [Int32: Int]()
    for trip in try trips(try run()) { counts[trip?.region ?? 0, default: 0] += 1 }
    #expect(Set(counts.keys) == Set(1...8))
    // 1/3 of 1/3 + … + 1/10 is 23 %.
    #expect((0.20...0.27).contains(Double(counts[1] ?? 0) / 50_000))
    #expect((counts[8] ?? 0) * 2 < counts[1] ?? 0)
  }

  @Test("a region has several times as many trips in its rush hours as at its night, and they take longer")
  func rhythm() throws {
    // The first region's clock is UTC.
    let trips = try trips(try run(), count: 200_000).compactMap(\.self).filter { $0.region == 1 }
    func hour(_ trip: Trip) -> Int64 { (trip.time - newYear) / 3_600_000 }
    let (night, evening) = (trips.filter { hour($0) == 3 }, trips.filter { hour($0) == 18 })
    #expect(evening.count > 4 * night.count && night.count > 50)
    func pace(_ trips: [Trip]) -> Double {
      trips.map { Double($0.seconds - 150) / $0.distance }.reduce(0, +) / Double(trips.count)
    }
    #expect(pace(evening) > 1.2 * pace(night))
  }

  @Test("an incident makes a region's trips vanish; all others are what they are without it")
  func vanish() throws {
    let usual = try trips(try run())
    let struck = try trips(try run(incidents: ["2:+6h:3h:vanish"]))
    let times = newYear + 21_600_000..<newYear + 32_400_000
    #expect(usual.count { $0.map { $0.region == 2 && times.contains($0.time) } == true } > 500)
    for (before, after) in zip(usual, struck) {
      let trip = try #require(before)
      #expect(after == (trip.region == 2 && times.contains(trip.time) ? nil : trip))
    }
    let half = try trips(try run(incidents: ["2:+0s:1d:vanish=50%"]))
    let missing = Double(half.count { $0 == nil }) / Double(usual.count { $0?.region == 2 })
    #expect((0.47...0.53).contains(missing))
  }

  @Test("an incident makes a region's fares surge, and nothing else of its trips")
  func surge() throws {
    let usual = try trips(try run(), count: 10_000).compactMap(\.self)
    let struck = try trips(try run(incidents: ["1:+0s:12h:surge=3"]), count: 10_000).compactMap(\.self)
    for (before, after) in zip(usual, struck) {
      let isStruck = before.region == 1 && before.time < newYear + 43_200_000
      #expect(abs(after.fare - before.fare * (isStruck ? 3 : 1)) <= 0.5)
      var same = after
      same.fare = before.fare
      #expect(same == before)
    }
  }

  @Test(
    "an incident that cannot be is refused with what there is",
    arguments: [
      ("9:+1s:1s:vanish", "there is no region “9” for an incident; there are 1 to 8"),
      ("x:+1s:1s:vanish", "there is no region “x” for an incident; there are 1 to 8"),
      ("1:+1s:1s:explode", "“explode” is no effect of an incident: write vanish[=SHARE] or surge[=FACTOR]"),
      ("1:+1s:1s:vanish=2", "“2” is not a share from 0 to 1 nor a percentage"),
      ("1:+1s:1s:surge=0", "“0” is not a factor from 1.0 to 100.0"),
    ])
  func refused(incident: String, message: String) throws {
    let run = try run(incidents: [incident])
    let error = #expect(throws: SettingError.self) { _ = try TripSynthesizer(run: run) }
    #expect(error?.description == message)
  }

  @Test("out of order: the promised share arrives late")
  func outOfOrder() throws {
    let late = try trips(try run(outOfOrder: OutOfOrder(share: 0.1, maxSeconds: 60)))
    let lateness = late.enumerated().map { newYear + Int64($0.offset) * Self.day / 50_000 - ($0.element?.time ?? 0) }
    #expect((0.09...0.11).contains(Double(lateness.count { $0 > 0 }) / 50_000))
    #expect(lateness.allSatisfy { (0...60_000).contains($0) })
  }
}
