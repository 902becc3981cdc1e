import Glibc
import HTTPClient
import HTTPServer
import Synchronization
import Testing
import Threads

private final class Server: Sendable {
  private final class Unanswered: Sendable {
    let requests = Mutex<[HTTPResponder]>([])
  }

  let server: HTTPServer
  private let unanswered = Unanswered()

  /// Answers with what arrived, or does what the path says.
  init() throws {
    let unanswered = unanswered
    server = try HTTPServer(configuration: HTTPConfiguration()) { request, responder in
      switch request.path {
      case "/echo":
        let lines = [
          request.method.description, request.header("authorization") ?? "-", request.header("x-test") ?? "-",
          String(decoding: request.body, as: UTF8.self),
        ]
        responder.complete(HTTPResponse(text: lines.joined(separator: "\n")))
      case "/elsewhere":
        responder.complete(
          HTTPResponse(status: 302, headers: [HTTPHeader("Location", "http://127.0.0.1:9/x?secret=1")]))
      case "/long": responder.complete(HTTPResponse(text: String(repeating: "x", count: 100_000)))
      case "/never": unanswered.requests.withLock { $0.append(responder) }
      default: responder.complete(HTTPResponse(status: 404, text: "nothing here"))
      }
    }
  }

  deinit { server.stop(graceMilliseconds: 0) }

  /// Whether a request has come that stays without an answer; for other threads.
  var askedWithoutAnswer: @Sendable () -> Bool {
    let unanswered = unanswered
    return { unanswered.requests.withLock { !$0.isEmpty } }
  }

  func address(_ path: String) -> String { "http://127.0.0.1:\(server.port)\(path)" }
}

private func text(_ reply: HTTPReply) -> String { String(decoding: reply.body, as: UTF8.self) }

@Suite struct HTTPClientTests {
  @Test("a request's headers arrive, and the answer has its status, kind and body")
  func get() throws {
    let server = try Server()
    let client = try HTTPClient()
    let reply = try client.get(server.address("/echo"), headers: [("X-Test", "yes")])
    #expect(text(reply) == "GET\n-\nyes\n")
    #expect(reply.status == 200 && reply.isSuccess)
    #expect(reply.contentType == "text/plain; charset=utf-8")
    let missing = try client.get(server.address("/none"))
    #expect(missing.status == 404 && !missing.isSuccess && text(missing) == "nothing here")
  }

  @Test("a body is posted whole, also one of no bytes", arguments: [0, 1, 60_000])
  func post(count: Int) throws {
    let server = try Server()
    let client = try HTTPClient()
    let body = [UInt8](repeating: UInt8(ascii: "b"), count: count)
    let reply = try client.post(server.address("/echo"), body: body, headers: [("Content-Type", "text/plain")])
    #expect(text(reply) == "POST\n-\n-\n" + String(repeating: "b", count: count))
    // What was posted is not left for the next request.
    #expect(text(try client.get(server.address("/echo"))) == "GET\n-\n-\n")
  }

  @Test("user and password, or a token, go along from the first request on")
  func authorization() throws {
    let server = try Server()
    let basic = try HTTPClient(
      HTTPClientSettings(authorization: .basic(user: "aladdin", password: "open sesame")))
    #expect(text(try basic.get(server.address("/echo"))) == "GET\nBasic YWxhZGRpbjpvcGVuIHNlc2FtZQ==\n-\n")
    let bearer = try HTTPClient(HTTPClientSettings(authorization: .bearer(token: "t0ken")))
    #expect(text(try bearer.get(server.address("/echo"))) == "GET\nBearer t0ken\n-\n")
  }

  @Test("no way of printing the settings shows a secret")
  func secrets() {
    for authorization in [HTTPAuthorization.basic(user: "u", password: "hunter2"), .bearer(token: "hunter2")] {
      let settings = HTTPClientSettings(authorization: authorization)
      var dumped = ""
      dump(settings, to: &dumped)
      #expect(!(dumped + "\(settings)" + String(reflecting: settings)).contains("hunter2"))
    }
  }

  @Test("a redirection is told and not followed")
  func redirection() throws {
    let server = try Server()
    let reply = try HTTPClient().get(server.address("/elsewhere"))
    #expect(reply.status == 302)
    #expect(reply.location == "http://127.0.0.1:9/x?secret=1")
  }

  @Test("an answer that is longer than allowed is an error, and the client goes on")
  func tooLarge() throws {
    let server = try Server()
    var settings = HTTPClientSettings()
    settings.maximumBodyBytes = 99_999
    let client = try HTTPClient(settings)
    let error = #expect(throws: HTTPClientError.self) { try client.get(server.address("/long")) }
    #expect(error?.kind == .tooLarge && error?.isRetryable == false)
    #expect(error?.description == "the answer has more than 99999 bytes")
    #expect(try client.get(server.address("/echo")).status == 200)
    settings.maximumBodyBytes = 100_000
    #expect(try HTTPClient(settings).get(server.address("/long")).body.count == 100_000)
  }

  @Test("a server that says nothing is given up when the time is over, and a retry can help")
  func timeout() throws {
    let server = try Server()
    var settings = HTTPClientSettings()
    settings.timeoutMilliseconds = 100
    let client = try HTTPClient(settings)
    let error = #expect(throws: HTTPClientError.self) { try client.get(server.address("/never")) }
    #expect(error?.kind == .timeout && error?.isRetryable == true)
    #expect(try client.get(server.address("/echo")).status == 200)
  }

  @Test("another thread gives a request up, and all that follow")
  func cancel() throws {
    let server = try Server()
    let client = try HTTPClient()
    let canceller = client.canceller
    let isAsked = server.askedWithoutAnswer
    let thread = try WorkerThread(name: "canceller") {
      while !isAsked() { sched_yield() }
      canceller.cancel()
    }
    let started = Clock.monotonic()
    var error = #expect(throws: HTTPClientError.self) { try client.get(server.address("/never")) }
    #expect(error?.kind == .cancelled && error?.isRetryable == false)
    #expect(Clock.monotonic() - started < 5_000_000)
    thread.join()
    error = #expect(throws: HTTPClientError.self) { try client.get(server.address("/echo")) }
    #expect(error?.kind == .cancelled)
  }

  @Test("a server that is not there is an error that a retry can help")
  func unreachable() throws {
    let client = try HTTPClient()
    let port = try { try Server().server.port }()
    let refused = #expect(throws: HTTPClientError.self) { try client.get("http://127.0.0.1:\(port)/") }
    #expect(refused?.kind == .connection && refused?.isRetryable == true)
    #expect(refused?.description.contains("127.0.0.1 port \(port)") == true)
    let unnamed = #expect(throws: HTTPClientError.self) { try client.get("http://nowhere.invalid/") }
    #expect(unnamed?.kind == .connection)
  }

  /// Lives as long as the process: libmicrohttpd (0.9.75) crashes when it is stopped while it refuses what is no HTTP.
  private static let plain = Result { try Server() }

  @Test("a server without TLS is not taken for one with it, and a retry does not help")
  func noTLS() throws {
    let server = try Self.plain.get()
    let address = "https://127.0.0.1:\(server.server.port)/echo"
    let error = #expect(throws: HTTPClientError.self) { try HTTPClient().get(address) }
    #expect(error?.kind == .certificate && error?.isRetryable == false)
    let missing = #expect(throws: HTTPClientError.self) {
      try HTTPClient(HTTPClientSettings(caFile: "/nowhere/ca.pem")).get(address)
    }
    #expect(missing?.kind == .settings && missing?.description.contains("/nowhere/ca.pem") == true)
  }

  @Test(
    "an address that is none of HTTP, or carries a user, is refused without being repeated",
    arguments: ["ftp://127.0.0.1/", "file:///etc/passwd", "http://u:hunter2@127.0.0.1/", "no address", "http://", ""])
  func addresses(address: String) throws {
    let error = #expect(throws: HTTPClientError.self) { try HTTPClient().get(address) }
    #expect(error?.kind == .address && error?.isRetryable == false)
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test("what would become another header is refused")
  func injection() throws {
    for authorization in [
      HTTPAuthorization.bearer(token: "a\r\nX-Test: yes"), .bearer(token: ""), .basic(user: "a:b", password: "c"),
      .basic(user: "a", password: "b\n"),
    ] {
      let error = #expect(throws: HTTPClientError.self) {
        try HTTPClient(HTTPClientSettings(authorization: authorization))
      }
      #expect(error?.kind == .settings)
    }
    let error = #expect(throws: HTTPClientError.self) {
      try HTTPClient().get("http://127.0.0.1:1/", headers: [("X", "a\r\nY: b")])
    }
    #expect(error?.kind == .settings)
  }
}
