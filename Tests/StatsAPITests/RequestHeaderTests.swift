import HTTPTestClient
import StatsAPI
import Testing

@testable import enum StatsAPI.Representation
@testable import enum StatsAPI.ResponseTime
@testable import struct StatsAPI.WeightedNames

@Suite struct RequestHeaderTests {
  @Test(
    "the form of an answer is what Accept weighs most, and JSON where it says nothing",
    arguments: [
      (nil, .json), ("", .json), ("*/*", .json), ("text/*", .csv), ("application/*", .json),
      ("text/event-stream", .eventStream), ("TEXT/Event-Stream", .eventStream),
      ("text/event-stream;q=0", .json), ("text/event-stream;q=0, */*", .json), ("*/*, text/event-stream;q=0", .json),
      ("text/event-stream; charset=utf-8", .eventStream), ("text/event-stream, */*;q=0.1", .eventStream),
      ("application/json;q=0.5, text/event-stream", .eventStream),
      ("application/json, text/event-stream;q=0.999", .json), ("application/json, text/event-stream", .eventStream),
      ("text/*, application/*", .json), ("application/json;q=0, */*", .csv), ("text/csv", .csv),
      ("application/x-ndjson", .jsonLines),
      ("application/jsonl, */*;q=0.5", .jsonLines), ("text/html", .json),
      ("application/json;q=0", .json),
      ("text/event-stream;q=x", .eventStream), (" ,, text/event-stream ;q=1.0 ,", .eventStream),
      (#"application/json;a=", text/event-stream;q=1""#, .json), ("x-text/event-stream", .json),
    ] as [(String?, Representation)])
  func accept(header: String?, form: Representation) {
    #expect(Representation(accept: header) == form)
  }

  @Test("a stream is opened only for those who want one, from the cache as well")
  func refusedStream() throws {
    let client = try Fixture(result: "{}").client()
    for _ in 0..<2 {
      for accept in ["text/event-stream;q=0", "application/json", "*/*"] {
        let answer = try client.get("/api/stats/realtime", headers: ["Accept": accept])
        #expect(answer.header("Content-Type") == "application/json")
      }
    }
    client.request("/api/stats/realtime", headers: ["accept": "Text/Event-Stream"])
    #expect(try client.head().header("Content-Type") == "text/event-stream")
  }

  @Test(
    "weights are thousandths",
    arguments: [("gzip", 1000), ("GZIP;q=0.25", 250), ("gzip; Q=0", 0), ("gzip;q=2", 1000), ("br", nil)])
  func weights(header: String, weight: Int?) {
    #expect(WeightedNames(header)["gzip"] == weight)
  }

  @Test(
    "a request is called what it is called already, as long as that is a name",
    arguments: [
      ("abc-123_4.5~6", true), (String(repeating: "x", count: 128), true), (String(repeating: "x", count: 129), false),
      ("a b", false), ("a\"b", false), ("ä", false), ("<script>", false),
    ], ["/api/stats/realtime", "/health", "/nothing", "/api/stats/trending?minutes=0"])
  func identity(row: (given: String, isKept: Bool), target: String) throws {
    let client = try Fixture().client()
    for _ in 0..<2 {
      let answer = try client.get(target, headers: ["X-Request-ID": row.given])
      let identity = try #require(answer.header("X-Request-ID"))
      #expect((identity == row.given) == row.isKept)
      #expect(row.isKept || identity.count == 32)
    }
  }

  @Test("answers say how long they took, and whether they came from memory")
  func time() throws {
    let client = try Fixture().client()
    let first = try client.get("/api/stats/realtime")
    #expect(first.header("Server-Timing")?.hasPrefix("cache;desc=\"miss\", total;dur=") == true)
    #expect(first.header("X-Process-Time").flatMap { Double($0) } != nil)
    let second = try client.get("/api/stats/realtime")
    #expect(second.header("Server-Timing") == "cache;desc=\"hit\"")
    #expect(second.header("X-Process-Time") == "0.0000")
    #expect(try client.get("/health").header("Server-Timing")?.hasPrefix("total;dur=") == true)
  }

  @Test(
    "times are rounded to tenths of a millisecond",
    arguments: [
      (0, "0.0", "0.0000"), (49_999, "0.0", "0.0000"), (50_000, "0.1", "0.0001"), (1_234_567_890, "1234.6", "1.2346"),
    ])
  func rounding(nanoseconds: Int64, milliseconds: String, seconds: String) {
    let headers = ResponseTime.headers(nanoseconds: nanoseconds, isCached: nil)
    #expect(headers.map(\.value) == ["total;dur=\(milliseconds)", seconds])
  }

  @Test("the log's name of a failed request is that of its answer")
  func observedIdentity() throws {
    let fixture = try Fixture()
    fixture.setResult(.failure(.timeout))
    let answer = try fixture.get("/api/stats/realtime")
    #expect(fixture.observations.last?.identity == answer.header("X-Request-ID"))
  }
}
