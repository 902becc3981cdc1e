import HTTPTestClient
import StatsAPI
import Testing

@testable import struct StatsAPI.KnownTargets

@Suite struct KnownTargetsTests {
  private var targets = KnownTargets<Int>(maximumTargets: 2, maximumBytes: 4)

  @Test("a target is known by its bytes")
  mutating func bytes() {
    targets.insert([1, 2], 12)
    #expect(targets[[1, 2]] == 12)
    #expect(targets[[2, 1]] == nil)
    #expect(targets[[1, 2, 0]] == nil)
  }

  @Test("long targets are not kept, and when there are too many all are forgotten")
  mutating func bounds() {
    targets.insert([1, 2, 3, 4, 5], 0)
    #expect(targets.count == 0)
    targets.insert([1], 1)
    targets.insert([2], 2)
    targets.insert([1], 1)
    #expect(targets.count == 2)
    targets.insert([3], 3)
    #expect(targets.count == 1)
    #expect(targets[[3]] == 3)
  }

  @Test("a target that was refused is refused again")
  func refused() throws {
    let client = try Fixture().client()
    for _ in 0..<3 { #expect(try client.get("/api/stats/trending?limit=0").status == 400) }
  }

  @Test("a known target is no answer to a request for something else")
  func somethingElse() throws {
    let fixture = try Fixture(result: "1") { $0.allowedOrigins = .list(["https://a.example"]) }
    let target = "/api/stats/realtime"
    let client = try fixture.client()
    let tag = try #require(try client.get(target).header("ETag"))
    #expect(try client.get(target).header("Access-Control-Allow-Origin") == nil)
    #expect(try client.get(target, headers: ["If-None-Match": tag]).status == 304)
    let crossOrigin = try client.get(target, headers: ["Origin": "https://a.example"])
    #expect(crossOrigin.header("Access-Control-Allow-Origin") == "https://a.example")
    let head = try client.get(target, method: "HEAD")
    #expect(head.status == 200 && head.text.isEmpty)
    let stream = try fixture.client()
    stream.request(target, headers: ["Accept": "application/json, text/event-stream"])
    #expect(try stream.head().header("Content-Type") == "text/event-stream")
  }

  @Test("a known target whose result is too old is asked for again, and every answer is observed")
  func expiry() throws {
    let fixture = try Fixture(result: "1")
    let client = try fixture.client()
    for milliseconds: Int64 in [0, 0, 1999, 1, 0] {
      fixture.advance(milliseconds: milliseconds)
      #expect(try client.get("/api/stats/trending?minutes=05").text == "1")
    }
    #expect(fixture.observations.map(\.isCached) == [false, true, true, false, true])
    #expect(Set(fixture.observations.map(\.route)) == ["/api/stats/trending"])
  }
}
