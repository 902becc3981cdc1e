import HTTPServer
import HTTPTestClient
import Testing

/// Heads of every size and shape: what is too much is said so, and no request stays without an answer.
@Suite struct HeadSizeTests {
  private static func repeated(_ item: String, _ bytes: Int) -> String {
    String(repeating: item, count: bytes / item.utf8.count)
  }

  /// A request with so many bytes of one kind, and what it gets when they are too many for it.
  private static let shapes: [(name: String, refusal: Int, text: @Sendable (Int) -> String)] = [
    ("query items", 414, { "GET /x?\(repeated("a&", $0)) HTTP/1.1\r\nHost: h\r\n\r\n" }),
    ("query items with values", 414, { "GET /x?\(repeated("name=value&", $0)) HTTP/1.1\r\nHost: h\r\n\r\n" }),
    ("a path", 414, { "GET /\(repeated("p", $0)) HTTP/1.1\r\nHost: h\r\n\r\n" }),
    ("headers", 431, { "GET /x HTTP/1.1\r\nHost: h\r\n\(repeated("a:\r\n", $0))\r\n" }),
    ("a header", 431, { "GET /x HTTP/1.1\r\nHost: h\r\nA: \(repeated("v", $0))\r\n\r\n" }),
    ("cookies", 431, { "GET /x HTTP/1.1\r\nHost: h\r\nCookie: \(repeated("a=1; ", $0))b=2\r\n\r\n" }),
    ("a cookie", 431, { "GET /x HTTP/1.1\r\nHost: h\r\nCookie: a=\(repeated("v", $0))\r\n\r\n" }),
  ]

  @Test(
    "a head of any size is answered, on a new connection and on one that has had a request",
    arguments: shapes.indices, [false, true])
  func sizes(shape: Int, isFurther: Bool) throws {
    let (name, refusal, text) = Self.shapes[shape]
    let server = try HTTPServer(configuration: HTTPConfiguration()) { request, responder in
      responder.complete(HTTPResponse(text: "\(request.query.count)"))
    }
    for size in [500, 2_000, 7_500, 8_300, 16_000, 24_000, 26_000, 31_000, 40_000, 100_000] {
      let client = try HTTPTestClient(port: server.port, keeping: server)
      if isFurther { #expect(try client.get("/x").status == 200) }
      client.send(text(size))
      let status = try client.answer().status
      #expect(status == 200 || status == refusal, "\(size) bytes of \(name)")
      // What fits is never refused for the number of its items.
      if refusal == 414 { #expect((status == 200) == (size < 8_192)) }
      if size >= 26_000 { #expect(status == refusal) }
      if status == 200 { #expect(try client.get("/x").status == 200) }
    }
  }
}
