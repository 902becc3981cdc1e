import HTTPTestClient
import SQLFrontend
import StatsAPI
import Testing

@testable import enum StatsAPI.ContentCoding

/// Longer than what is left as it is.
private let long =
  #"{"data":["# + repeatElement(#"{"name":"Oslo","n":1}"#, count: 200).joined(separator: ",") + #"],"count":200}"#

/// gzip's first bytes (RFC 1952, section 2.3.1).
private func isGzip(_ answer: HTTPTestClient.Answer) -> Bool {
  answer.header("Content-Encoding") == "gzip" && answer.body.starts(with: [0x1f, 0x8b, 8])
}

@Suite struct FormTests {
  @Test(
    "rows are given as CSV and as lines",
    arguments: [
      (
        #"{"data":[{"a":1,"b":"x"},{"a":null,"b":""}],"count":2}"#, "a,b\r\n1,x\r\n,\"\"\r\n",
        "{\"a\":1,\"b\":\"x\"}\n{\"a\":null,\"b\":\"\"}\n"
      ),
      (
        #"{"data":[{"a, b":"x \"y\"","c":[1,{"d":2}],"e":true,"f":1.50}],"count":1}"#,
        "\"a, b\",c,e,f\r\n\"x \"\"y\"\"\",\"[1,{\"\"d\"\":2}]\",true,1.50\r\n",
        #"{"a, b":"x \"y\"","c":[1,{"d":2}],"e":true,"f":1.50}"# + "\n"
      ),
      (#"{"data":[{"a":"line\nbreak"}],"count":1}"#, "a\r\n\"line\nbreak\"\r\n", "{\"a\":\"line\\nbreak\"}\n"),
      (#"{"data":[],"count":0,"window_minutes":5}"#, "", ""),
    ])
  func forms(json: String, csv: String, lines: String) throws {
    let fixture = try Fixture(result: json)
    let client = try fixture.client()
    // The second time from the cache.
    for _ in 0..<2 {
      let table = try client.get("/api/stats/trending?format=csv")
      #expect(table.text == csv)
      #expect(table.header("Content-Type") == "text/csv; charset=utf-8; header=present")
      #expect(try client.get("/api/stats/trending", headers: ["Accept": "text/csv"]).text == csv)
      #expect(try client.get("/api/stats/trending?format=JSONL").text == lines)
      #expect(try client.get("/api/stats/trending", headers: ["Accept": "application/x-ndjson"]).text == lines)
      #expect(try client.get("/api/stats/trending?format=json", headers: ["Accept": "text/csv"]).text == json)
      #expect(try client.get("/api/stats/trending").text == json)
    }
    #expect(fixture.queryCount == 1)
  }

  @Test("one object is one line")
  func object() throws {
    let fixture = try Fixture(result: #"{"n":1,"m":"x"}"#)
    #expect(try fixture.get("/api/stats/realtime?format=csv").text == "n,m\r\n1,x\r\n")
    #expect(try fixture.get("/api/stats/realtime?format=jsonl").text == "{\"n\":1,\"m\":\"x\"}\n")
  }

  @Test("an endpoint's own parameter of that name is its own")
  func ownFormat() throws {
    let endpoint = try parseEndpoint(
      SourceFile(
        path: "x.sql",
        text: "-- name: GET /x\n-- summary: S.\n-- param: format text\n-- returns: object\nSELECT :format AS n"))
    let fixture = try Fixture(result: "{\"n\":1}", endpoints: [endpoint])
    #expect(try fixture.get("/x?format=csv").text == "{\"n\":1}")
  }

  @Test("forms and codings have tags of their own, and each is known again")
  func tags() throws {
    let fixture = try Fixture(result: long)
    let client = try fixture.client()
    let headers = [[:], ["Accept": "text/csv"], ["Accept": "application/x-ndjson"]].flatMap {
      [$0, $0.merging(["Accept-Encoding": "gzip"]) { $1 }]
    }
    var tags: Set<String> = []
    for _ in 0..<2 {
      for header in headers {
        let answer = try client.get("/api/stats/trending", headers: header)
        let tag = try #require(answer.header("ETag"))
        tags.insert(tag)
        #expect(isGzip(answer) == (header["Accept-Encoding"] != nil))
        #expect(answer.header("Vary") == "Accept, Accept-Encoding")
        let known = try client.get("/api/stats/trending", headers: header.merging(["If-None-Match": tag]) { $1 })
        #expect(known.status == 304)
        #expect(known.header("ETag") == tag)
        #expect(known.header("Content-Encoding") == nil)
      }
    }
    #expect(tags.count == headers.count)
    #expect(fixture.queryCount == 1)
  }

  @Test(
    "gzip and zstd are for those who accept them, and for what is long",
    arguments: [
      (nil, nil), ("gzip", "gzip"), ("deflate, gzip;q=1.0, *;q=0.5", "gzip"), ("gzip, deflate, br, zstd", "zstd"),
      ("*", "zstd"), ("GZIP", "gzip"), ("gzip;q=0", nil), ("gzip;q=0, *", "zstd"), ("br", nil), ("identity", nil),
      ("identity;q=1, gzip;q=0.5", nil), ("", nil), ("x-gzip", "gzip"), ("zstd;q=0.5, gzip", "gzip"),
      ("zstd;q=0, *", "gzip"), ("gzip, zstd;q=1", "zstd"),
    ] as [(String?, String?)])
  func accepted(header: String?, coding: String?) throws {
    let headers = header.map { ["Accept-Encoding": $0] } ?? [:]
    let client = try Fixture(result: long).client()
    for _ in 0..<3 {
      let answer = try client.get("/api/stats/trending", headers: headers)
      #expect(answer.header("Content-Encoding") == coding)
      let first = [nil: Array(long.utf8.prefix(3)), "gzip": [0x1f, 0x8b, 8], "zstd": [0x28, 0xb5, 0x2f]][coding]
      #expect(answer.body.starts(with: first ?? []))
      #expect(coding != nil || answer.text == long)
    }
    let short = try Fixture(result: "{}").get("/api/stats/trending", headers: headers)
    #expect(short.header("Content-Encoding") == nil)
    let description = try client.get("/openapi.json", headers: headers)
    #expect(description.header("Content-Encoding") == coding)
    #expect(description.header("Vary") == "Accept-Encoding")
  }

  @Test("HEAD has the length of what GET would send")
  func head() throws {
    let client = try Fixture(result: long).client()
    let get = try client.get("/api/stats/trending", headers: ["Accept-Encoding": "gzip"])
    let head = try client.get("/api/stats/trending", method: "HEAD", headers: ["Accept-Encoding": "gzip"])
    #expect(head.header("Content-Length") == "\(get.body.count)")
    #expect(get.body.count < long.utf8.count / 5)
  }

  @Test(
    "what does not shrink is not tried",
    arguments: [
      ("text/html; charset=utf-8", true), ("application/json", true), ("application/problem+json", true),
      ("image/svg+xml", true), ("image/png", false), ("font/woff2", false), ("text/event-stream", false),
      ("application/octet-stream", false),
    ])
  func types(type: String, isWorthwhile: Bool) {
    #expect(ContentCoding.isWorthwhile(contentType: type) == isWorthwhile)
  }
}
