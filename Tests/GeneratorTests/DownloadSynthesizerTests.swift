import Downloads
import EventEncoding
import Synthesis
import Testing

@Suite struct DownloadSynthesizerTests {
  private func settings(
    seed: UInt64 = 7, titles: Int = 250, regions: Int = 24, outOfOrder: OutOfOrder? = nil, incidents: [Incident] = []
  ) -> SynthesisSettings {
    SynthesisSettings(
      seed: seed, titles: titles, regions: regions, outOfOrder: outOfOrder, incidents: incidents,
      beginningMilliseconds: newYear)
  }

  /// The Avro bytes of a run, one event after the other.
  private func bytes(seed: UInt64) throws -> [UInt8] {
    let synthesizer = try DownloadSynthesizer(settings: settings(seed: seed))
    let encoder = try DownloadEncoder(schemaJSON: try eventSchema())
    var bytes: [UInt8] = []
    for index in 0..<2000 as Range<UInt64> {
      bytes += try encoder.encode(synthesizer.event(index, timestampMilliseconds: newYear + Int64(index)))
    }
    return bytes
  }

  @Test("the same seed and times give the same bytes, another seed gives others")
  func determinism() throws {
    let first = try bytes(seed: 42)
    #expect(try bytes(seed: 42) == first)
    #expect(try bytes(seed: 43) != first)
  }

  @Test("an event does not depend on those before it")
  func independence() throws {
    let events = try makeEvents(settings(), count: 100)
    let alone = try DownloadSynthesizer(settings: settings())
    #expect(KeptEvent(alone.event(73, timestampMilliseconds: newYear + 730)) == events[73])
  }

  @Test("event ids are distinct version 4 UUIDs")
  func eventIDs() throws {
    let events = try makeEvents(settings(), count: 50_000)
    #expect(Set(events.map(\.eventID)).count == events.count)
    for event in events.prefix(1000) {
      let groups = event.eventID.split(separator: "-")
      #expect(groups.map(\.count) == [8, 4, 4, 4, 12])
      #expect(groups[2].hasPrefix("4") && "89ab".contains(groups[3].prefix(1)))
      #expect(event.eventID.allSatisfy { $0 == "-" || ($0.isHexDigit && !$0.isUppercase) })
    }
  }

  @Test("100,000 events have the shares that are promised")
  func shares() throws {
    let events = try makeEvents(settings(), count: 100_000)
    func share(_ matches: (KeptEvent) -> Bool) -> Double { Double(events.count(where: matches)) / 100_000 }
    #expect((0.07...0.09).contains(share { $0.status == "failed" }))
    #expect((0.003...0.007).contains(share { $0.status == "cancelled" }))
    #expect(events.allSatisfy { ($0.errorCode != nil) == ($0.status == "failed") })
    #expect(Set(events.compactMap(\.errorCode)).count >= 5)
    #expect(Set(events.map(\.region)).count == 24)
    #expect(Set(events.map { $0.deviceType + "/" + $0.osVersion }).count == 12)
    #expect(Set(events.map(\.contentID)).count == 250)
    #expect(Set(events.map(\.title)).count >= 200)
    #expect(Set(events.map(\.contentType)) == ["movie", "tv_show", "music", "app", "book"])
    #expect(events.allSatisfy { $0.durationSeconds >= 1 && $0.speedMbps > 0 && $0.sizeGB > 0 })
  }

  @Test("most regions fail little, some are degraded and a few critical, as the dashboard judges them")
  func regionalFailures() throws {
    var outcomes: [String: (all: Int, successes: Int)] = [:]
    for event in try makeEvents(settings(), count: 200_000) {
      outcomes[event.region, default: (0, 0)].all += 1
      if event.status == "success" { outcomes[event.region, default: (0, 0)].successes += 1 }
    }
    let rates = outcomes.mapValues { Double($0.successes) / Double($0.all) }
    let degraded = rates.filter { (0.90..<0.95).contains($0.value) }.keys
    let critical = rates.filter { $0.value < 0.90 }.keys
    #expect(Set(critical) == ["UK-London", "IN-Mumbai", "BR-SaoPaulo"])
    #expect(Set(degraded) == ["DE-Berlin", "AU-Sydney", "ES-Madrid", "IT-Milan"])
  }

  @Test(
    "of all downloads together the asked share fails, whatever the regions",
    arguments: [(1, 0.08), (2, 0.08), (60, 0.08), (24, 0), (24, 0.5), (24, 0.9), (24, 1)])
  func errorRate(regions: Int, share: Double) throws {
    var settings = settings(regions: regions)
    settings.errorRate = share
    let failed = try makeEvents(settings, count: 50_000).count { $0.status == "failed" }
    #expect(abs(Double(failed) / 50_000 - share) <= (share == 0 || share == 1 ? 0 : 0.01))
  }

  @Test("titles follow Zipf's law: the second is half as popular as the first, the tenth a tenth")
  func skew() throws {
    var downloads: [String: Int] = [:]
    for event in try makeEvents(settings(), count: 100_000) { downloads[event.contentID, default: 0] += 1 }
    let ranked = downloads.values.sorted(by: >)
    // 1 / (1 + 1/2 + … + 1/250) is 16.4 %.
    #expect((0.155...0.175).contains(Double(ranked[0]) / 100_000))
    #expect((0.45...0.55).contains(Double(ranked[1]) / Double(ranked[0])))
    #expect((0.08...0.12).contains(Double(ranked[9]) / Double(ranked[0])))
  }

  @Test("2 % of the downloads run at a tenth of the speed that they would have")
  func slowShare() throws {
    let usual = try makeEvents(settings(), count: 50_000)
    var withoutSlow = settings()
    withoutSlow.slowShare = 0
    let fast = try makeEvents(withoutSlow, count: 50_000)
    let slower = zip(usual, fast).filter { $0.speedMbps < $1.speedMbps }
    #expect((0.017...0.023).contains(Double(slower.count) / 50_000))
    #expect(slower.allSatisfy { $0.speedMbps <= $1.speedMbps / 9 })
  }

  @Test("a user has one region and one device")
  func users() throws {
    var homes: [String: Set<String>] = [:]
    for event in try makeEvents(settings(), count: 200_000) {
      homes[event.userID, default: []].insert("\(event.region) \(event.deviceType) \(event.osVersion)")
    }
    #expect(homes.values.allSatisfy { $0.count == 1 })
    #expect(homes.count > 80_000)
  }

  @Test("a title has one size and one type")
  func titles() throws {
    var kinds: [String: Set<String>] = [:]
    for event in try makeEvents(settings(), count: 50_000) {
      kinds[event.contentID, default: []].insert("\(event.title) \(event.contentType) \(event.sizeGB)")
    }
    #expect(kinds.values.allSatisfy { $0.count == 1 })
  }

  @Test("sums of sizes and speeds are exact in any order")
  func exactSums() throws {
    let events = try makeEvents(settings(), count: 100_000)
    #expect(events.reduce(0) { $0 + $1.sizeGB } == events.reversed().reduce(0) { $0 + $1.sizeGB })
    #expect(events.reduce(0) { $0 + $1.speedMbps } == events.reversed().reduce(0) { $0 + $1.speedMbps })
  }

  @Test("a catalogue of any size has distinct ids and titles", arguments: [1, 200, 1000, 20_000])
  func catalogue(size: Int) throws {
    let synthesizer = try DownloadSynthesizer(settings: settings(titles: size))
    #expect(Set(synthesizer.catalogue.all.map(\.contentID.description)).count == size)
    #expect(Set(synthesizer.catalogue.all.map(\.title.description)).count == size)
  }

  @Test("more regions than there are names for still have distinct names", arguments: [1, 20, 60, 61, 1000])
  func regions(count: Int) throws {
    let synthesizer = try DownloadSynthesizer(settings: settings(regions: count))
    #expect(Set(synthesizer.regions.all.map(\.name.description)).count == count)
  }

  @Test("an incident changes only what fails in its region and time")
  func incident() throws {
    let incident = Incident(
      region: "JP-Tokyo", start: .afterBeginning(milliseconds: 300_000), durationMilliseconds: 200_000, errorRate: 0.7)
    let quiet = try makeEvents(settings(), count: 100_000)
    let troubled = try makeEvents(settings(incidents: [incident]), count: 100_000)
    var inside: [KeptEvent] = []
    var changedOutside = 0
    for (before, after) in zip(quiet, troubled) {
      let isInside =
        after.region == "JP-Tokyo" && (newYear + 300_000..<newYear + 500_000).contains(after.timestampMilliseconds)
      if isInside { inside.append(after) } else if before != after { changedOutside += 1 }
    }
    #expect(changedOutside == 0)
    #expect(inside.count > 500)
    let failed = Double(inside.count { $0.status == "failed" }) / Double(inside.count)
    #expect((0.65...0.75).contains(failed))
  }

  @Test("an incident in a region that is not there is refused, with the regions that are")
  func unknownRegion() {
    let incident = Incident(region: "Atlantis", start: .at(milliseconds: 0), durationMilliseconds: 1, errorRate: 1)
    let error = #expect(throws: SettingError.self) {
      _ = try DownloadSynthesizer(settings: settings(regions: 2, incidents: [incident]))
    }
    #expect(
      error?.description == "there is no region “Atlantis” for an incident; there are US-California, US-NewYork")
  }

  @Test("out of order: the promised share of events is stamped up to the maximum earlier")
  func outOfOrder() throws {
    let events = try makeEvents(
      settings(outOfOrder: OutOfOrder(share: 0.1, maxSeconds: 20)), count: 50_000, step: 1000)
    let lateness = events.enumerated().map { newYear + Int64($0.offset) * 1000 - $0.element.timestampMilliseconds }
    #expect((0.09...0.11).contains(Double(lateness.count { $0 > 0 }) / 50_000))
    #expect(lateness.allSatisfy { (0...20_000).contains($0) })
    #expect(lateness.contains { $0 > 19_000 })
  }
}
