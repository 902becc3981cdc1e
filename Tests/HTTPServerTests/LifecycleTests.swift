import HTTPServer
import HTTPTestClient
import Synchronization
import Testing

@Suite struct LifecycleTests {
  @Test("a port in use is named in the error")
  func portInUse() throws {
    let server = try HTTPServer(configuration: HTTPConfiguration()) { _, _ in }
    var configuration = HTTPConfiguration()
    configuration.port = server.port
    let error = #expect(throws: HTTPServerError.self) { try HTTPServer(configuration: configuration) { _, _ in } }
    #expect(error == .addressInUse(host: "127.0.0.1", port: server.port))
    #expect(error?.description == "127.0.0.1:\(server.port) is already in use by another process")
  }

  @Test(
    "a host that is no address of this machine is refused",
    arguments: [
      ("192.0.2.1", HTTPServerError.addressNotAvailable(host: "192.0.2.1", port: 0)),
      ("not an address", .invalidHost("not an address")),
    ])
  func badHost(host: String, expected: HTTPServerError) {
    var configuration = HTTPConfiguration()
    configuration.host = host
    #expect(throws: expected) { try HTTPServer(configuration: configuration) { _, _ in } }
  }

  @Test("a stopped server's port is free at once, and its idle connections are closed")
  func restart() throws {
    let first = try HTTPServer(configuration: HTTPConfiguration()) { $1.complete(HTTPResponse(text: "1")) }
    let client = try HTTPTestClient(port: first.port)
    #expect(try client.get("/").text == "1")
    first.stop()
    first.stop()
    #expect(client.isAtEnd())
    var configuration = HTTPConfiguration()
    configuration.port = first.port
    let second = try HTTPServer(configuration: configuration) { $1.complete(HTTPResponse(text: "2")) }
    #expect(try HTTPTestClient(port: second.port).get("/").text == "2")
  }

  @Test("a stop waits for the requests in flight and refuses new ones")
  func graceful() throws {
    let waiting = Mutex<HTTPResponder?>(nil)
    let arrived = Latch()
    let server = try HTTPServer(configuration: HTTPConfiguration()) { request, responder in
      if request.path == "/warm" {
        _ = responder.complete(HTTPResponse(text: "warm"))
        return
      }
      waiting.withLock { $0 = responder }
      arrived.open()
    }
    let port = server.port
    let client = try HTTPTestClient(port: port)
    let other = try HTTPTestClient(port: port)
    #expect(try other.get("/warm").status == 200)
    client.request("/slow")
    #expect(arrived.wait())

    let stopped = Latch()
    onThread {
      server.stop(graceMilliseconds: 10_000)
      stopped.open()
    }
    // A kept connection is answered normally until the stop has begun, then 503 and the end.
    var answer = try other.get("/warm")
    while answer.status == 200 { answer = try other.get("/warm") }
    #expect(answer.status == 503)
    #expect(answer.header("Retry-After") == "1")
    #expect(other.isAtEnd())

    let responder = waiting.withLock { $0.take() }
    #expect(responder?.complete(HTTPResponse(text: "finished")) == true)
    #expect(try client.answer().text == "finished")
    #expect(stopped.wait())
    #expect(throws: HTTPTestClient.Failure.self) { try HTTPTestClient(port: port) }
  }

  @Test("a stop answers 503 to what is not ready in time, and ends streams")
  func impatient() throws {
    let kept = Mutex<([HTTPResponder], [HTTPStream])>(([], []))
    let arrived = Latch()
    let server = try HTTPServer(configuration: HTTPConfiguration()) { request, responder in
      kept.withLock {
        if request.path == "/stream" {
          $0.1.append(responder.stream(headers: []))
        } else {
          $0.0.append(responder)
        }
      }
      arrived.open()
    }
    let clients = try (0..<6).map { _ in try HTTPTestClient(port: server.port, keeping: server) }
    let streaming = try HTTPTestClient(port: server.port, keeping: server)
    for client in clients { client.request("/") }
    streaming.request("/stream")
    for _ in 0...clients.count { #expect(arrived.wait()) }
    #expect(try streaming.head().status == 200)
    server.stop(graceMilliseconds: 50)
    for client in clients { #expect(try client.answer().status == 503) }
    #expect(try streaming.chunk() == nil)
    kept.withLock {
      for responder in $0.0 { #expect(!responder.complete(HTTPResponse(text: "too late"))) }
      for stream in $0.1 { #expect(!stream.send([1])) }
    }
  }

  @Test("stopping under load loses no connection's state", arguments: 0..<5)
  func underLoad(round: Int) throws {
    let server = try HTTPServer(configuration: HTTPConfiguration()) { request, responder in
      switch request.path {
      case "/stream":
        let stream = responder.stream(headers: [])
        onThread { for _ in 0..<20 { stream.send([65]) } }
      default: onThread { responder.complete(HTTPResponse(text: "x")) }
      }
    }
    let started = Latch()
    let ended = Latch()
    let port = server.port
    for number in 0..<6 {
      onThread {
        started.open()
        // Until the server refuses: whatever happens in between must not bring the process down.
        while let client = try? HTTPTestClient(port: port) {
          while let answer = try? client.get(number % 2 == 0 ? "/stream" : "/"), answer.status == 200 {}
        }
        ended.open()
      }
    }
    for _ in 0..<6 { #expect(started.wait()) }
    server.stop(graceMilliseconds: round * 10)
    for _ in 0..<6 { #expect(ended.wait()) }
  }
}
