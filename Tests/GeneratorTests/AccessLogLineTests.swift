import Events
import Requests
import Testing

@Suite struct AccessLogLineTests {
  private struct Parsed: Equatable {
    var client = "192.0.2.1"
    /// 17/May/2015:10:05:03 +0000
    var time: Int64 = 1_431_857_103_000
    var method = "GET"
    var path = "/a.png"
    var status = 200
    var bytes: Int64 = 1234
    var userAgent = "curl/7"
    var isCutShort = false
  }

  private func parse(_ text: String) throws -> Parsed {
    try parse(Array(text.utf8))
  }

  private func parse(_ bytes: [UInt8]) throws -> Parsed {
    try bytes.withUnsafeBufferPointer { bytes in
      let line = try AccessLogLine(parsing: bytes)
      return Parsed(
        client: line.client.description, time: line.timestampMilliseconds, method: line.method.description,
        path: line.path.description, status: line.status, bytes: line.bytes, userAgent: line.userAgent.description,
        isCutShort: line.isCutShort)
    }
  }

  @Test("combined format")
  func combined() throws {
    #expect(
      try parse(
        #"192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET /a.png HTTP/1.1" 200 1234 "http://x/" "curl/7""#)
        == Parsed())
  }

  @Test("common format has no referrer and no user agent")
  func common() throws {
    #expect(
      try parse(#"192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET /a.png HTTP/1.1" 200 1234"#)
        == Parsed(userAgent: ""))
  }

  @Test("the query is cut off, and nothing else of the path", arguments: ["?x=1", "?x=1?y=2 z", "?"])
  func query(query: String) throws {
    #expect(try parse(line(request: "GET /a.png\(query) HTTP/1.1")) == Parsed())
  }

  @Test(
    "requests of many kinds give their path",
    arguments: [
      ("GET / HTTP/1.0", "GET", "/"), ("HEAD /x%20y HTTP/2.0", "HEAD", "/x%20y"), ("GET /old", "GET", "/old"),
      ("OPTIONS * HTTP/1.1", "OPTIONS", "*"), (#"GET /say\"hi\" HTTP/1.1"#, "GET", #"/say\"hi\""#),
      ("GET /two words HTTP/1.1", "GET", "/two words"), ("GET http://host:80/p/q HTTP/1.1", "GET", "/p/q"),
      ("M-SEARCH /s HTTP/1.1", "M-SEARCH", "/s"), (#"GET /end\\ HTTP/1.1"#, "GET", #"/end\\"#),
      ("GET /grün HTTP/1.1", "GET", "/grün"), ("GET /a#b HTTP/1.1", "GET", "/a#b"),
    ])
  func request(request: String, method: String, path: String) throws {
    #expect(try parse(line(request: request)) == Parsed(method: method, path: path))
  }

  @Test("a size of - is 0")
  func noBytes() throws {
    #expect(
      try parse(#"192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET /a.png HTTP/1.1" 304 - "-" "-""#)
        == Parsed(status: 304, bytes: 0, userAgent: ""))
  }

  @Test(
    "the client is an IPv4 or IPv6 address or a host name, its user may have spaces in the name",
    arguments: [
      ("2001:db8::1 - -", "2001:db8::1"), ("crawl.example.org - -", "crawl.example.org"),
      ("192.0.2.1 - frank miller", "192.0.2.1"), ("192.0.2.1 ident frank", "192.0.2.1"),
      ("192.0.2.1 - [x", "192.0.2.1"),
    ])
  func client(front: String, client: String) throws {
    // A user that begins with a bracket cannot be told from the time.
    if front.hasSuffix("[x") {
      #expect(throws: AccessLogError.noClient) { try parse(front + rest) }
    } else {
      #expect(try parse(front + rest) == Parsed(client: client))
    }
  }

  @Test(
    "addresses of all forms are clients, also after a byte order mark",
    arguments: [
      "::1", "::", "-", "fe80::a00:27ff:abcd:abc%enp0s8", "::ffff:192.0.2.1", "2001:DB8::A", "unix:", "localhost",
      "host_1.example", "xn--bcher-kva.example", "***.example",
    ])
  func forms(client: String) throws {
    #expect(try parse(client + " - -" + rest) == Parsed(client: client))
    #expect(try parse("\u{feff}" + client + " - frank" + rest) == Parsed(client: client))
  }

  @Test(
    "a virtual host, a port, or a list of addresses before identity and user is not taken for the client",
    arguments: [
      "www.example.org:443 192.0.2.1 - -", "www.example.org:443 crawl.example.org - frank",
      "www.example.org 192.0.2.1 - -",
      "www.example.org 2001:db8::1 - -", "www.example.org crawl.example.org - -", "192.0.2.7 192.0.2.1 - frank miller",
      "192.0.2.7, 192.0.2.1 - -", "192.0.2.7,192.0.2.1 - -", "192.0.2.7, 192.0.2.6, 192.0.2.1 - -",
      "2001:db8::1, 192.0.2.1 - -", "192.0.2.1:51234 - -", "[2001:db8::1]:51234 - -", "localhost:80 - -",
      "-, 192.0.2.1 - -",
    ])
  func notTheClient(front: String) {
    #expect(throws: AccessLogError.badClient) { try parse(front + rest) }
  }

  @Test(
    "the zone is taken into account",
    arguments: [
      ("17/May/2015:10:05:03 +0000", 0), ("17/May/2015:12:05:03 +0200", 0), ("17/May/2015:04:35:03 -0530", 0),
      ("18/May/2015:00:00:00 +1355", 0 - 3), ("29/Feb/2016:10:05:03 +0000", 24_883_200),
    ] as [(String, Int64)])
  func time(time: String, secondsLater: Int64) throws {
    #expect(try parse(line(time: time)).time == Parsed().time + secondsLater * 1000)
  }

  @Test("escaped quotes stay inside the user agent")
  func escapedQuotes() throws {
    #expect(
      try parse(line(tail: #" "http://x/?q=\"y\"" "an \"agent\" \\""#)) == Parsed(userAgent: #"an \"agent\" \\"#))
  }

  @Test("what a server adds after the user agent is left out", arguments: [" ", #" "-""#, #" "203.0.113.9" 0.003"#])
  func further(tail: String) throws {
    #expect(try parse(line(tail: #" "-" "curl/7""# + tail)) == Parsed())
  }

  @Test("a line cut short in its user agent is used as far as it goes, and says so")
  func cutShort() throws {
    #expect(
      try parse(line(tail: #" "-" "Mozilla/5.0 (comp"#)) == Parsed(userAgent: "Mozilla/5.0 (comp", isCutShort: true))
    #expect(try parse(line(tail: #" "http://x"#)) == Parsed(userAgent: "", isCutShort: true))
    #expect(try parse(line(tail: #" "-" "x\"#)) == Parsed(userAgent: #"x\"#, isCutShort: true))
  }

  @Test(
    "what cannot be parsed is said for each kind",
    arguments: [
      ("", .empty), ("word", .noClient), (" - - [x] ", .noClient),
      ("192.0.2.1 [17/May/2015:10:05:03 +0000]", .noClient),
      ("192.0.2.1 - - no time", .noClient), (line(time: "17/Mai/2015:10:05:03 +0000"), .badTime),
      (line(time: "31/Feb/2015:10:05:03 +0000"), .badTime), (line(time: "17/May/2015:24:05:03 +0000"), .badTime),
      (line(time: "17/May/2015:10:05:03"), .badTime), (line(time: "17/May/2015:10:05:03 +0000 "), .badTime),
      (line(time: "17/May/0000:10:05:03 +0000"), .badTime), (line(time: "17/May/15:10:05:03 +0000"), .badTime),
      (line(time: "17/May/2015:10:05:03 UTC"), .badTime),
      ("192.0.2.1 - - [17/May/2015:10:05:03 +0000", .badTime),
      ("192.0.2.1 - - [17/May/2015:10:05:03 +0000]", .noRequest),
      (#"192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET /a.png HT"#, .noRequest),
      ("192.0.2.1 - - [17/May/2015:10:05:03 +0000] GET /a.png 200 1", .noRequest),
      (line(request: "-"), .badRequest), (line(request: ""), .badRequest),
      (line(request: #"\x16\x03\x01"#), .badRequest),
      (line(request: "GET"), .badRequest), (line(request: "GET ?x"), .badRequest),
      (line(request: "GET http://host HTTP/1.1"), .badRequest), (line(request: "get /a HTTP/1.1"), .badRequest),
      (line(numbers: "abc 1"), .badStatus), (line(numbers: "99 1"), .badStatus), (line(numbers: "600 1"), .badStatus),
      (line(numbers: "- 1"), .badStatus), (line(numbers: "-200 1"), .badStatus),
      (line(numbers: "99999999999999999999 1"), .badStatus), (line(numbers: "200"), .badBytes),
      (line(numbers: "200 1k"), .badBytes),
      (line(numbers: "200 -1"), .badBytes), (line(numbers: "200 9999999999999999999"), .badBytes),
      (line(tail: " x"), .trailing), (line(tail: #" "-" x"#), .trailing), (line(tail: #" "-" x "y""#), .trailing),
      (line(tail: #" "-"x"#), .trailing), (line(request: "GET /\u{0} HTTP/1.1"), .notUTF8),
    ] as [(String, AccessLogError)])
  func refused(text: String, error: AccessLogError) {
    #expect(throws: error) { try parse(text) }
  }

  @Test("a path that is not UTF-8 is refused")
  func notUTF8() {
    var bytes = Array(line(request: "GET /~ HTTP/1.1").utf8)
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "~") { bytes[index] = 0xfc }
    #expect(throws: AccessLogError.notUTF8) { try parse(bytes) }
  }
}

private let rest = #" [17/May/2015:10:05:03 +0000] "GET /a.png HTTP/1.1" 200 1234 "-" "curl/7""#

private func line(
  time: String = "17/May/2015:10:05:03 +0000", request: String = "GET /a.png HTTP/1.1", numbers: String = "200 1234",
  tail: String = #" "-" "curl/7""#
) -> String {
  "192.0.2.1 - - [\(time)] \"\(request)\" \(numbers)\(tail)"
}
