import Downloads
import Events
import Replay
import Requests
import Testing

/// The log of a real server, 10,000 requests, which does not come with the project.
private let realLog = readFile(projectRoot + "/../shared/data/access_log/access.log")

@Suite struct RealAccessLogTests {
  @Test(
    "10,000 real requests become 10,000 events whose totals equal those of the words of each line",
    .enabled(if: realLog != nil, "../shared/data/access_log/access.log is not there"))
  func totals() throws {
    let bytes = try #require(realLog)
    let mapping = AccessLogMapping()
    var splitter = LineSplitter()
    var events: [KeptEvent] = []
    var refused = 0
    var cutShort = 0
    func take(_ line: LineSplitter.Line) {
      guard case .text(let text) = line, let parsed = try? AccessLogLine(parsing: text) else {
        refused += 1
        return
      }
      cutShort += parsed.isCutShort ? 1 : 0
      events.append(KeptEvent(mapping.event(parsed, source: text, number: UInt64(events.count + 1))))
    }
    bytes.withUnsafeBufferPointer { splitter.feed($0, take) }
    splitter.finish(take)

    // Independent of the parser: what stands where when a line is split at its spaces.
    let words = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { $0.split(separator: " ") }
    #expect(events.count == 10_000 && words.count == 10_000)
    #expect(refused == 0)
    // Its user agent has no closing quote.
    #expect(cutShort == 1)
    #expect(Set(events.map(\.eventID)).count == 10_000)
    #expect(
      counts(events.map(\.contentID)) == counts(words.map { String($0[6].prefix { $0 != "?" }) }))
    #expect(counts(events.map(\.userID)) == counts(words.map { String($0[0]) }))
    #expect(counts(events.map(\.status)) == counts(words.map { Int($0[8]) ?? 0 >= 400 ? "failed" : "success" }))
    #expect(counts(events.compactMap(\.errorCode)) == counts(words.map { "http_\($0[8])" }.filter { $0 >= "http_4" }))
    let total = words.reduce(0) { $0 + (Int($1[9]) ?? 0) }
    #expect(events.reduce(0) { $0 + Int(($1.sizeGB * 1e9).rounded()) } == total)
    #expect(events.allSatisfy { (1_431_820_800_000..<1_432_166_400_000).contains($0.timestampMilliseconds) })
    #expect(Set(events.map(\.region)) == ["ARIN", "RIPE", "APNIC", "LACNIC", "AFRINIC"])
    #expect(Set(events.map(\.deviceType)).count > 8)
  }

  private func counts(_ values: [String]) -> [String: Int] {
    values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }
}
