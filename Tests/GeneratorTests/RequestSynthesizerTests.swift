import Requests
import Synthesis
import Testing

@Suite struct RequestSynthesizerTests {
  /// A request that owns its texts.
  private struct Request: Equatable {
    var time: Int64
    var client: String
    var method: String
    var path: String
    var status: Int32
    var bytes: Int64

    init(_ event: RequestEvent) {
      time = event.timestampMilliseconds
      client = event.client.description
      method = event.method.description
      path = event.path.description
      status = event.status
      bytes = event.bytes
    }
  }

  private static let day: Int64 = 86_400_000

  private func run(seed: UInt64 = 7, incidents: [String] = []) throws -> SynthesisRun {
    SynthesisRun(
      seed: seed, outOfOrder: nil,
      incidents: try incidents.map { try IncidentSpec(parsing: $0, target: "path", effect: "effect") },
      beginningMilliseconds: newYear)
  }

  /// `count` turns spread over a day.
  private func requests(_ run: SynthesisRun, count: Int = 20_000) throws -> [Request] {
    let synthesizer = try RequestSynthesizer(run: run)
    return (0..<count).map { index in
      let turn = newYear + Int64(index) * Self.day / Int64(count)
      return Request(synthesizer.event(UInt64(index), timestampMilliseconds: turn))
    }
  }

  @Test("the same seed and times give the same requests, another seed gives others, and each stands for itself")
  func determinism() throws {
    let first = try requests(try run(), count: 1000)
    #expect(try requests(try run(), count: 1000) == first)
    #expect(try requests(try run(seed: 8), count: 1000) != first)
    let alone = try RequestSynthesizer(run: try run())
    #expect(Request(alone.event(73, timestampMilliseconds: newYear + 73 * Self.day / 1000)) == first[73])
  }

  @Test("requests are those of a site: most are answered, a few pages lead, clients are addresses of a private network")
  func distributions() throws {
    let requests = try requests(try run())
    let answered = requests.count { $0.status == 200 || $0.status == 304 }
    #expect((19_600...19_950).contains(answered))
    #expect(requests.allSatisfy { [200, 304, 404, 503].contains($0.status) && $0.bytes >= 0 })
    #expect(requests.allSatisfy { $0.client.hasPrefix("10.0.") && $0.client.split(separator: ".").count == 4 })
    #expect((900...2_000).contains(Set(requests.map(\.client)).count))
    let home = requests.count { $0.path == "/" }
    #expect((2_400...3_200).contains(home))
  }

  @Test("in an outage a path fails, in a flood one client asks for nothing else, and all others stay as they are")
  func incidents() throws {
    let usual = try requests(try run())
    let outage = try requests(try run(incidents: ["/api/search:+0s:24h:fail=50%"]))
    let searches = outage.filter { $0.path == "/api/search" }
    #expect((0.4...0.6).contains(Double(searches.count { $0.status == 503 }) / Double(searches.count)))
    #expect(zip(usual, outage).allSatisfy { $0 == $1 || $1.path == "/api/search" })

    let flood = try requests(try run(incidents: ["/:+0s:24h:flood=4"]))
    let attacker = flood.filter { $0.client == "203.0.113.7" }
    #expect((0.77...0.83).contains(Double(attacker.count) / Double(flood.count)))
    #expect(attacker.allSatisfy { $0.path == "/" || $0.status == 404 })
    #expect(zip(usual, flood).allSatisfy { $0 == $1 || $1.client == "203.0.113.7" })
  }

  @Test("a path that the site does not have and an effect that there is not are refused")
  func wrongIncidents() throws {
    #expect(
      throws: SettingError(
        "there is no path “/nowhere” for an incident; there are /, /static/site.css, /static/site.js and others")
    ) {
      try RequestSynthesizer(run: try run(incidents: ["/nowhere:+0s:1h:fail"]))
    }
    #expect(throws: SettingError("“vanish” is no effect of an incident: write fail[=SHARE] or flood[=FACTOR]")) {
      try RequestSynthesizer(run: try run(incidents: ["/:+0s:1h:vanish"]))
    }
  }
}
