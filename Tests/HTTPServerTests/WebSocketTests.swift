import HTTPServer
import HTTPTestClient
import Synchronization
import Testing

/// Says back what it hears.
private final class Echo: WebSocketOwner {
  private let socket: WebSocket
  private let events: SocketEvents

  init(_ socket: WebSocket, _ events: SocketEvents) {
    self.socket = socket
    self.events = events
  }

  func received(_ message: [UInt8]) {
    switch String(decoding: message, as: UTF8.self) {
    case "leave": socket.close(WebSocketClose(4000, "as you wish"))
    case "flood": events.flood(socket)
    default: socket.send(text: message)
    }
  }

  func closed() { events.closed.open() }
}

private final class SocketEvents: Sendable {
  let closed = Latch()
  let flooded = Latch()

  /// Sends until the client, which reads nothing, is dropped.
  func flood(_ socket: WebSocket) {
    onThread {
      let message = [UInt8](repeating: 0x61, count: 32 * 1024)
      while socket.send(text: message) {}
      self.flooded.open()
    }
  }
}

private final class EchoServer: Sendable {
  private let events = SocketEvents()
  private let server: HTTPServer

  var port: UInt16 { server.port }
  var openSockets: Int { server.openSockets }
  var closed: Latch { events.closed }
  var flooded: Latch { events.flooded }

  init(_ configure: (inout WebSocketOptions) -> Void = { _ in }, http: HTTPConfiguration = HTTPConfiguration()) throws {
    var options = WebSocketOptions()
    configure(&options)
    server = try HTTPServer(configuration: http) { [events, options] request, responder in
      do throws(WebSocketHandshake.Refusal) {
        let handshake = try WebSocketHandshake(request)
        responder.upgrade(handshake, headers: [HTTPHeader("X-Test", "1")], options: options) { Echo($0, events) }
      } catch {
        responder.complete(error.response)
      }
    }
  }

  func stop() { server.stop(graceMilliseconds: 5_000) }

  func client(receiveBufferBytes: Int32? = nil) throws -> HTTPTestClient {
    let client = try HTTPTestClient(port: port, keeping: self, receiveBufferBytes: receiveBufferBytes)
    #expect(try client.upgrade("/").status == 101)
    return client
  }

  deinit { stop() }
}

@Suite struct WebSocketTests {
  @Test("a connection becomes a socket whose messages arrive whole, in both directions and in order")
  func echo() throws {
    let server = try EchoServer()
    let client = try HTTPTestClient(port: server.port, keeping: server)
    let head = try client.upgrade("/")
    #expect(head.status == 101)
    #expect(head.header("Upgrade") == "websocket")
    #expect(head.header("Connection")?.lowercased() == "upgrade")
    #expect(head.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    #expect(head.header("X-Test") == "1")
    for number in 1...100 { client.say("message \(number)") }
    for number in 1...100 { #expect(try client.message() == "message \(number)") }
    client.send(HTTPTestClient.frame(9, Array("still there?".utf8)))
    #expect(try client.nextFrame() == TestFrame(opcode: 10, payload: Array("still there?".utf8)))
    #expect(server.openSockets == 1)
  }

  @Test("what a client sends along with its handshake is not lost")
  func together() throws {
    let server = try EchoServer()
    let client = try HTTPTestClient(port: server.port, keeping: server)
    let lines = [
      "GET / HTTP/1.1", "Host: localhost", "Upgrade: WebSocket", "Connection: keep-alive, Upgrade",
      "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", "",
    ]
    client.send(Array(lines.joined(separator: "\r\n").utf8) + HTTPTestClient.frame(1, Array("early".utf8)))
    #expect(try client.head().status == 101)
    #expect(try client.message() == "early")
  }

  @Test(
    "a request that is no handshake is answered as one",
    arguments: [
      (["Upgrade": "h2c"], 426), (["Connection": "keep-alive"], 426), (["Sec-WebSocket-Version": "8"], 426),
      (["Sec-WebSocket-Key": "short"], 400), (["Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=!"], 400),
    ] as [([String: String], Int)])
  func refused(headers: [String: String], status: Int) throws {
    let server = try EchoServer()
    let client = try HTTPTestClient(port: server.port, keeping: server)
    let answer = try client.upgrade("/", headers: headers)
    #expect(answer.status == status)
    if status == 426 { #expect(answer.header("Upgrade") == "websocket") }
  }

  @Test("either side closes, and the other one answers")
  func closing() throws {
    let server = try EchoServer()
    let first = try server.client()
    first.send(HTTPTestClient.frame(8, [0x03, 0xe8] + Array("bye".utf8)))
    #expect(try first.nextFrame() == TestFrame(opcode: 8, payload: [0x03, 0xe8] + Array("bye".utf8)))
    #expect(first.isAtEnd())
    #expect(server.closed.wait())

    let second = try server.client()
    second.say("leave")
    let close = try second.nextFrame()
    #expect(close.closeCode == 4000)
    second.send(HTTPTestClient.frame(8, close.payload))
    #expect(second.isAtEnd())
    #expect(server.closed.wait())
    #expect(server.openSockets == 0)
  }

  @Test("what breaks the protocol is answered with why, and the connection ends")
  func malformed() throws {
    let server = try EchoServer()
    for (bytes, code) in [([0x81, 0x01, 0x61], 1002), ([0x81, 0xff, 0, 0, 0, 0, 0x10, 0, 0, 0], 1009)]
      as [([UInt8], UInt16)]
    {
      let client = try server.client()
      client.send(bytes)
      #expect(try client.nextFrame().closeCode == code)
      // Without an answer to the close frame it ends all the same.
      #expect(client.isAtEnd())
      #expect(server.closed.wait())
    }
  }

  @Test("a client that does not read is dropped, and little of what it missed is held for it")
  func slow() throws {
    let server = try EchoServer { $0.maximumPendingBytes = 64 * 1024 }
    let client = try server.client(receiveBufferBytes: 4096)
    client.say("flood")
    #expect(server.flooded.wait())
    #expect(server.closed.wait())
    #expect(server.openSockets == 0)
  }

  @Test("a client that takes nothing of what waits for it is dropped after a time")
  func stalled() throws {
    let server = try EchoServer {
      $0.maximumPendingBytes = 1 << 30
      $0.maximumMessageBytes = 8 << 20
      $0.stallMilliseconds = 100
    }
    let client = try server.client(receiveBufferBytes: 4096)
    client.say(String(repeating: "x", count: 8 << 20))
    #expect(server.closed.wait())
  }

  @Test("a client of which nothing is heard is asked, and taken for gone")
  func halfOpen() throws {
    let server = try EchoServer { $0.pingMilliseconds = 1_500 }
    let client = try server.client()
    client.say("here")
    #expect(try client.message() == "here")
    #expect(try client.nextFrame().opcode == 9)
    // It does not answer.
    #expect(server.closed.wait())
  }

  @Test("a client that never says anything is asked to leave")
  func silent() throws {
    let server = try EchoServer { $0.firstMessageMilliseconds = 0 }
    let client = try server.client()
    #expect(try client.nextFrame().closeCode == 1008)
    #expect(client.isAtEnd())
  }

  @Test("a stop tells the clients, and waits for no one for long")
  func stop() throws {
    let server = try EchoServer()
    let clients = try (0..<20).map { _ in try server.client() }
    for client in clients { client.say("hello") }
    for client in clients { #expect(try client.message() == "hello") }
    server.stop()
    for client in clients { #expect(try client.nextFrame().closeCode == 1001) }
    #expect(server.openSockets == 0)
  }

  @Test("sockets take none of the places of requests, and none of them is idle")
  func places() throws {
    var http = HTTPConfiguration()
    http.maximumConnections = 2
    http.maximumConnectionsPerAddress = 2
    let server = try EchoServer(http: http)
    let clients = try (0..<10).map { _ in try server.client() }
    // A place of a request is free, and taking it closes no socket.
    let client = try HTTPTestClient(port: server.port, keeping: server)
    for _ in 0..<5 { #expect(try client.get("/").status == 426) }
    for client in clients { client.say("still here") }
    for client in clients { #expect(try client.message() == "still here") }
  }
}
