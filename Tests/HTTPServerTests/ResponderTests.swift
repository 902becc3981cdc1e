import Glibc
import HTTPServer
import HTTPTestClient
import Synchronization
import Testing

@Suite struct ResponderTests {
  @Test("a request that waits for its answer holds up no other connection")
  func slowAnswer() throws {
    let slow = Mutex<[HTTPResponder]>([])
    let arrived = Latch()
    var configuration = HTTPConfiguration()
    configuration.threads = 2
    let server = try HTTPServer(configuration: configuration) { request, responder in
      if request.path == "/slow" {
        slow.withLock { $0.append(responder) }
        arrived.open()
      } else {
        responder.complete(HTTPResponse(text: "fast"))
      }
    }
    // More waiting requests than threads, so that each event loop has some.
    let waiting = try (0..<8).map { _ in try HTTPTestClient(port: server.port, keeping: server) }
    for client in waiting { client.request("/slow") }
    for _ in waiting { #expect(arrived.wait()) }
    for _ in 0..<8 { #expect(try HTTPTestClient(port: server.port, keeping: server).get("/fast").text == "fast") }
    for responder in slow.withLock({ $0 }) { #expect(responder.complete(HTTPResponse(text: "at last"))) }
    for client in waiting { #expect(try client.answer().text == "at last") }
  }

  @Test("answers may come from any thread, in any order, on kept connections")
  func otherThreads() throws {
    let server = try HTTPServer(configuration: HTTPConfiguration()) { request, responder in
      if request.query.first?.value == "now" {
        responder.complete(HTTPResponse(text: request.path))
      } else {
        onThread { responder.complete(HTTPResponse(text: request.path)) }
      }
    }
    let done = Latch()
    let wrong = Mutex<[String]>([])
    let port = server.port
    for thread in 0..<8 {
      onThread {
        do {
          let client = try HTTPTestClient(port: port)
          for number in 0..<200 {
            let text = try client.get("/\(thread)/\(number)?when=\(number % 3 == 0 ? "now" : "later")").text
            if text != "/\(thread)/\(number)" { wrong.withLock { $0.append(text) } }
          }
        } catch {
          wrong.withLock { $0.append("\(error)") }
        }
        done.open()
      }
    }
    for _ in 0..<8 { #expect(done.wait()) }
    #expect(wrong.withLock { $0 } == [])
  }

  @Test("only the first answer counts")
  func answeredTwice() throws {
    let results = Mutex<[Bool]>([])
    let server = try HTTPServer(configuration: HTTPConfiguration()) { _, responder in
      let first = responder.complete(HTTPResponse(text: "first"))
      let second = responder.complete(HTTPResponse(text: "second"))
      let stream = responder.stream(headers: [])
      results.withLock { $0 = [first, second, stream.send([1])] }
    }
    #expect(try HTTPTestClient(port: server.port, keeping: server).get("/").text == "first")
    #expect(results.withLock { $0 } == [true, false, false])
  }

  @Test("a responder that is dropped answers 500", arguments: [true, false])
  func dropped(later: Bool) throws {
    let server = try HTTPServer(configuration: HTTPConfiguration()) { _, responder in
      if later { onThread { withExtendedLifetime(responder) {} } }
    }
    let client = try HTTPTestClient(port: server.port, keeping: server)
    #expect(try client.get("/").status == 500)
    #expect(try client.get("/").header("Content-Type") == "application/problem+json")
  }

  @Test("a header that would break the head is answered with 500 instead")
  func headerInjection() throws {
    let server = try HTTPServer(configuration: HTTPConfiguration()) { _, responder in
      responder.complete(HTTPResponse(text: "x", headers: [HTTPHeader("X-A", "b\r\nX-Injected: c")]))
    }
    let answer = try HTTPTestClient(port: server.port, keeping: server).get("/")
    #expect(answer.status == 500)
    #expect(answer.header("X-Injected") == nil)
  }

  @Test("a prepared answer is sent again and again")
  func prepared() throws {
    let prepared = try #require(
      PreparedResponse(HTTPResponse(status: 203, text: "constant", headers: [HTTPHeader("ETag", "\"1\"")])))
    let server = try HTTPServer(configuration: HTTPConfiguration()) { _, responder in responder.complete(prepared) }
    let client = try HTTPTestClient(port: server.port, keeping: server)
    for _ in 0..<100 {
      let answer = try client.get("/")
      #expect(answer.status == 203)
      #expect(answer.text == "constant")
      #expect(answer.header("ETag") == "\"1\"")
    }
  }

  @Test("a file is sent whole, and more than once")
  func file() throws {
    var template = Array("/tmp/streampulse-http-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    unlink(template)
    let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    #expect(write(descriptor, content, content.count) == content.count)
    let file = OpenFile(descriptor: descriptor, size: content.count)
    let server = try HTTPServer(configuration: HTTPConfiguration()) { _, responder in
      responder.complete(HTTPResponse(status: 200, body: .file(file)))
    }
    let client = try HTTPTestClient(port: server.port, keeping: server)
    #expect(try client.get("/").body == content)
    #expect(try client.get("/").body == content)
  }

  @Test("a problem is JSON, whatever the detail holds")
  func problem() {
    let problem = Problem(
      status: 400, title: "Invalid \"x\"", detail: "line\n\u{1}\\é",
      extensions: [
        .init("minimum", .integer(-1)), .init("allowed", .texts(["a", "b"])), .init("again", .boolean(true)),
      ])
    let expected =
      #"{"type":"about:blank","title":"Invalid \"x\"","status":400,"detail":"line\u000a\u0001\\é","#
      + #""minimum":-1,"allowed":["a","b"],"again":true}"#
    #expect(String(decoding: problem.json, as: UTF8.self) == expected)
  }
}
