import HTTPServer
import HTTPTestClient
import Testing

/// Answers with what it understood of the request.
private func echo(_ request: HTTPRequest, _ responder: HTTPResponder) {
  let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
  let lines = [
    request.method.description, request.path, query, request.header("x-test") ?? "-",
    String(decoding: request.body, as: UTF8.self), request.remoteAddress.description,
  ]
  responder.complete(HTTPResponse(text: lines.joined(separator: "\n")))
}

private func echoServer(_ change: (inout HTTPConfiguration) -> Void = { _ in }) throws -> HTTPServer {
  var configuration = HTTPConfiguration()
  change(&configuration)
  return try HTTPServer(configuration: configuration, handler: echo)
}

@Suite struct RequestTests {
  @Test("method, path, query, headers, body and remote address arrive decoded")
  func arrives() throws {
    let server = try echoServer()
    let client = try HTTPTestClient(port: server.port, keeping: server)
    client.send(
      "POST /a%20b/%C3%A9?x=1&x=2&y=a+b%26c&z HTTP/1.1\r\nHost: h\r\nX-TEST: yes\r\nContent-Length: 5\r\n\r\nhello")
    let answer = try client.answer()
    #expect(answer.status == 200)
    #expect(answer.text == "POST\n/a b/é\nx=1|x=2|y=a b&c|z=\nyes\nhello\n127.0.0.1")
    #expect(answer.header("Content-Type") == "text/plain; charset=utf-8")
  }

  @Test(
    "the path of a target is what the standards say",
    arguments: [
      ("/", "/"), ("/a/../b", "/a/../b"), ("/%2e%2e/x", "/../x"), ("/a+b", "/a+b"), ("//x", "//x"),
      ("http://other/p?q=1", "/p"), ("http://other", "/"), ("/?a=b", "/"),
    ])
  func path(target: String, path: String) throws {
    let server = try echoServer()
    let answer = try HTTPTestClient(port: server.port, keeping: server).get(target)
    #expect(answer.text.split(separator: "\n", omittingEmptySubsequences: false)[1] == path)
  }

  @Test(
    "a target that cannot be decoded is a 400 problem, and the connection lives on",
    arguments: [
      "/%zz", "/%4", "/%", "/a?b=%g0", "/a?%zz=1", "/%00", "/%ff", "/%c3%28", "nonsense",
    ])
  func badTarget(target: String) throws {
    let server = try echoServer()
    let client = try HTTPTestClient(port: server.port, keeping: server)
    let answer = try client.get(target)
    #expect(answer.status == 400)
    #expect(answer.header("Content-Type") == "application/problem+json")
    #expect(answer.text.contains("\"status\":400"))
    #expect(try client.get("/fine").status == 200)
  }

  @Test("several requests use one connection, one after the other and pipelined")
  func keepAlive() throws {
    let server = try echoServer()
    let client = try HTTPTestClient(port: server.port, keeping: server)
    for number in 0..<20 {
      let answer = try client.get("/\(number)")
      #expect(answer.text.contains("/\(number)\n"))
      #expect(answer.header("Connection") == nil)
    }
    for number in 0..<20 { client.request("/pipelined/\(number)") }
    for number in 0..<20 { #expect(try client.answer().text.contains("/pipelined/\(number)\n")) }
  }

  @Test("headers beyond the connection's memory are refused with 431")
  func headersTooLarge() throws {
    let server = try echoServer { $0.connectionMemoryBytes = 8 * 1024 }
    let client = try HTTPTestClient(port: server.port, keeping: server)
    let answer = try client.get("/", headers: ["X-Long": String(repeating: "x", count: 16 * 1024)])
    #expect(answer.status == 431)
    #expect(try HTTPTestClient(port: server.port, keeping: server).get("/").status == 200)
  }

  @Test("a body that is announced too large is refused with 413 before it is read")
  func bodyTooLarge() throws {
    let server = try echoServer { $0.maximumBodyBytes = 1000 }
    let client = try HTTPTestClient(port: server.port, keeping: server)
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n")
    let answer = try client.answer()
    #expect(answer.status == 413)
    #expect(answer.text.contains("\"maximum\":1000"))
    #expect(client.isAtEnd())
  }

  @Test("a chunked body is counted as it arrives", arguments: [(1000, 200), (1001, 413)])
  func chunkedBody(count: Int, status: Int) throws {
    let server = try echoServer { $0.maximumBodyBytes = 1000 }
    let client = try HTTPTestClient(port: server.port, keeping: server)
    client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.send("\(String(count - 100, radix: 16))\r\n\(String(repeating: "a", count: count - 100))\r\n")
    client.send("64\r\n\(String(repeating: "b", count: 100))\r\n0\r\n\r\n")
    let answer = try client.answer()
    #expect(answer.status == status)
    #expect(
      (answer.text.contains(String(repeating: "a", count: 900) + String(repeating: "b", count: 100))) == (status == 200)
    )
  }

  @Test("HEAD gets GET's head without the body")
  func head() throws {
    let server = try echoServer()
    let client = try HTTPTestClient(port: server.port, keeping: server)
    let head = try client.get("/", method: "HEAD")
    #expect(head.status == 200)
    #expect(head.body.isEmpty)
    #expect(head.header("Content-Length") == "\("HEAD\n/\n\n-\n\n127.0.0.1".utf8.count)")
    #expect(try client.get("/").status == 200)
  }

  @Test("a request without the Host header is refused")
  func noHost() throws {
    let server = try echoServer()
    let client = try HTTPTestClient(port: server.port, keeping: server)
    client.send("GET / HTTP/1.1\r\n\r\n")
    #expect(try client.answer().status == 400)
  }
}
