import Downloads
import Testing

/// The demo's load judged as the shipped alert judges it, with the time injected.
@Suite struct DemoLoadTests {
  private struct Window: Hashable {
    var region: String
    /// Minutes since 1970.
    var minute: Int64
  }

  private struct Count {
    var total = 0
    var failed = 0
    /// Whether the alert would have come, had the run ended at any of its downloads.
    var wasAlerted = false

    var isAlerted: Bool { total >= 5 && Double(failed) / Double(total) > 0.10 }

    mutating func add(_ event: DownloadEvent) {
      total += 1
      if event.status == .failed { failed += 1 }
      wasAlerted = wasAlerted || isAlerted
    }
  }

  /// From 17 seconds before a minute's end on.
  private static let beginning = newYear + 43_000

  private static func settings(seed: UInt64) -> SynthesisSettings {
    SynthesisSettings(seed: seed, errorRate: DemoLoad.errorRate, beginningMilliseconds: beginning)
  }

  /// The windows of a run, and the incidents that were staged in it.
  private static func run(
    seed: UInt64, eventsPerSecond: Int64, seconds: Int64, stages: Bool
  ) throws -> (windows: [Window: Count], incidents: [Incident]) {
    let load = try DemoLoad(settings: settings(seed: seed))
    // By the address of its name, which the load keeps.
    var counts: [UnsafePointer<UInt8>: [Int64: Count]] = [:]
    var names: [UnsafePointer<UInt8>: String] = [:]
    var incidents: [Incident] = []
    for index in 0..<UInt64(eventsPerSecond * seconds) {
      let time = beginning + Int64(index) * 1000 / eventsPerSecond
      if stages, let incident = try load.stageIncident(by: time) { incidents.append(incident) }
      let event = load.event(index, timestampMilliseconds: time)
      counts[event.region.start, default: [:]][event.timestampMilliseconds / 60_000, default: Count()].add(event)
      if names[event.region.start] == nil { names[event.region.start] = event.region.description }
    }
    var windows: [Window: Count] = [:]
    for (key, minutes) in counts {
      for (minute, count) in minutes { windows[Window(region: names[key] ?? "", minute: minute)] = count }
    }
    return (windows, incidents)
  }

  @Test("the shipped alert is the one that is judged by here")
  func shippedAlert() throws {
    let text = String(decoding: try #require(readFile(projectRoot + "/sql/alerts/high_error_rate.sql")), as: UTF8.self)
    #expect(text.contains("-- detector: threshold above WARNING 0.10, CRITICAL 0.15\n-- min_samples: 5\n"))
  }

  @Test(
    "normal traffic gives no alert, in a day and wherever a run may end",
    arguments: [(1, 10, 86_400), (2, 100, 4 * 3600), (3, 1, 86_400), (4, 1000, 300)] as [(UInt64, Int64, Int64)])
  func normal(seed: UInt64, eventsPerSecond: Int64, seconds: Int64) throws {
    let (windows, _) = try Self.run(seed: seed, eventsPerSecond: eventsPerSecond, seconds: seconds, stages: false)
    let alerted = windows.filter { $0.value.wasAlerted }
    #expect(alerted.isEmpty, "\(alerted.prefix(3))")
    let (failed, total) = windows.values.reduce((0, 0)) { ($0.0 + $1.failed, $0.1 + $1.total) }
    // It is not calm because nothing fails.
    if eventsPerSecond >= 100 { #expect((0.01...0.03).contains(Double(failed) / Double(total))) }
    #expect(failed > 0)
  }

  @Test("without the limit on failures the same traffic would give alerts")
  func whatTheLimitDoes() throws {
    let synthesizer = try DownloadSynthesizer(settings: Self.settings(seed: 1))
    var windows: [Window: Count] = [:]
    for index in 0..<UInt64(36_000) {
      let event = synthesizer.event(index, timestampMilliseconds: Self.beginning + Int64(index) * 100)
      windows[Window(region: event.region.description, minute: event.timestampMilliseconds / 60_000), default: Count()]
        .add(event)
    }
    #expect(windows.values.contains { $0.isAlerted })
  }

  @Test(
    "with incidents there is an alert for each of them, in its region and minutes, and no other",
    arguments: [(5, 10, 43_200), (6, 100, 1800)] as [(UInt64, Int64, Int64)])
  func incidents(seed: UInt64, eventsPerSecond: Int64, seconds: Int64) throws {
    let (windows, incidents) = try Self.run(
      seed: seed, eventsPerSecond: eventsPerSecond, seconds: seconds, stages: true)
    #expect(abs(Int64(incidents.count) - seconds / 600) <= 1)
    let spans = incidents.map { ($0.region, $0.span(beginning: 0)) }
    func touches(_ window: Window, _ span: Range<Int64>) -> Bool {
      span.overlaps(window.minute * 60_000..<(window.minute + 1) * 60_000)
    }
    let alerted = windows.filter { $0.value.isAlerted }.map(\.key)
    for window in alerted {
      #expect(spans.contains { $0.0 == window.region && touches(window, $0.1) }, "\(window)")
    }
    for (region, span) in spans where span.upperBound <= Self.beginning + seconds * 1000 {
      #expect(alerted.contains { $0.region == region && touches($0, span) }, "\(region) \(span)")
    }
    #expect(
      windows.filter { $0.value.wasAlerted && !$0.value.isAlerted }.allSatisfy { window in
        spans.contains { $0.0 == window.key.region && touches(window.key, $0.1) }
      })
  }

  @Test("the first incident comes within two minutes, the others about every ten, never twice in the same region")
  func schedule() {
    let regions = ["A", "B", "C", "D", "E", "F", "G", "H", "I"]
    let schedule = IncidentSchedule(regions: regions, beginningMilliseconds: newYear)
    let incidents = (0..<200).map(schedule.incident)
    #expect(incidents == (0..<200).map(IncidentSchedule(regions: regions, beginningMilliseconds: newYear).incident))
    let spans = incidents.map { $0.span(beginning: 0) }
    #expect(spans[0].lowerBound >= newYear && spans[0].upperBound <= newYear + 150_000)
    for (earlier, later) in zip(spans, spans.dropFirst()) {
      #expect((420_000...780_000).contains(later.lowerBound - earlier.lowerBound))
    }
    #expect(spans.allSatisfy { (60_000...120_000).contains($0.upperBound - $0.lowerBound) })
    #expect(zip(incidents, incidents.dropFirst()).allSatisfy { $0.region != $1.region })
    #expect(Set(incidents.map(\.region)).count == 8)
    for count in 1...9 {
      let few = IncidentSchedule(regions: Array(regions.prefix(count)), beginningMilliseconds: newYear)
      #expect(Set((0..<200).map { few.incident($0).region }).count == min(count, 8))
    }
  }

  @Test("incidents that a sleeping machine missed are not made up for")
  func sleep() throws {
    let load = try DemoLoad(settings: Self.settings(seed: 9))
    #expect(try load.stageIncident(by: Self.beginning) == nil)
    let day: Int64 = 86_400_000
    var staged: [Incident] = []
    for second in 0..<Int64(900) {
      if let incident = try load.stageIncident(by: Self.beginning + day + second * 1000) { staged.append(incident) }
    }
    #expect((1...2).contains(staged.count))
    #expect(staged.allSatisfy { $0.span(beginning: 0).upperBound > Self.beginning + day })
  }

  @Test("an announcement says how long, how much and where")
  func announcement() {
    let incident = Incident(
      region: "JP-Tokyo", start: .at(milliseconds: newYear), durationMilliseconds: 60_000, errorRate: 0.6)
    #expect(incident.announcement == "for 60 s, 60 % of the downloads in JP-Tokyo fail")
  }

  @Test("--demo announces what it stages, with the time of day")
  func command() throws {
    let run = try GeneratorRun([
      "--demo", "--dry-run", "--count", "3000", "--rate", "max", "--start", "2026-01-01T00:00:00Z", "--event-rate",
      "100",
    ])
    #expect(run.exitStatus == 0)
    #expect(run.lines.count { $0.contains("staged: for ") } == 1)
    #expect(run.output.contains("00:00:20Z staged: for "))
    #expect(run.output.contains(" % of the downloads in JP-Tokyo fail"))
  }
}
