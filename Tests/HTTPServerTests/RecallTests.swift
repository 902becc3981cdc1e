import HTTPServer
import HTTPTestClient
import Synchronization
import Testing

/// GET /known is recalled, unless it carries the header X-Other; everything else is handled.
@Suite struct RecallTests {
  private let server: HTTPServer

  init() throws {
    let recalled = try #require(PreparedResponse(HTTPResponse(text: "recalled")))
    server = try HTTPServer(
      configuration: HTTPConfiguration(),
      recall: { head in
        head.target == Array("/known?a=%41".utf8) && head.header("x-other") == nil ? recalled : nil
      },
      handler: { request, responder in
        responder.complete(HTTPResponse(text: "\(request.method) " + String(decoding: request.target, as: UTF8.self)))
      })
  }

  @Test(
    "only a GET request of the known bytes is recalled",
    arguments: [
      ("GET", "/known?a=%41", "recalled"), ("POST", "/known?a=%41", "POST /known?a=%41"),
      ("GET", "/known?a=A", "GET /known?a=A"), ("GET", "/known", "GET /known"),
    ])
  func target(method: String, target: String, expected: String) throws {
    let client = try HTTPTestClient(port: server.port, keeping: server)
    for _ in 0..<2 { #expect(try client.get(target, method: method).text == expected) }
  }

  @Test("what recall leaves goes to the handler, on the same connection")
  func header() throws {
    let client = try HTTPTestClient(port: server.port, keeping: server)
    #expect(try client.get("/known?a=%41").text == "recalled")
    #expect(try client.get("/known?a=%41", headers: ["X-Other": "1"]).text == "GET /known?a=%41")
    #expect(try client.get("/known?a=%41").text == "recalled")
  }
}
