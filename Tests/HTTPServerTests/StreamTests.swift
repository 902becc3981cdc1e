import HTTPServer
import HTTPTestClient
import Synchronization
import Testing

/// A server whose every answer is a stream, and the streams in the order of their requests.
private final class StreamServer: Sendable {
  let server: HTTPServer
  private let streams: Channel

  private final class Channel: Sendable {
    let opened = Mutex<[HTTPStream]>([])
    let latch = Latch()
  }

  init(_ configuration: HTTPConfiguration = HTTPConfiguration()) throws {
    let streams = Channel()
    self.streams = streams
    server = try HTTPServer(configuration: configuration) { _, responder in
      let stream = responder.stream(headers: [HTTPHeader("Content-Type", "text/event-stream")])
      streams.opened.withLock { $0.append(stream) }
      streams.latch.open()
    }
  }

  func next() -> HTTPStream? {
    streams.latch.wait() ? streams.opened.withLock { $0.removeFirst() } : nil
  }
}

@Suite struct StreamTests {
  @Test("what is sent arrives at once, in order, until the stream is closed")
  func delivers() throws {
    let server = try StreamServer()
    let client = try HTTPTestClient(port: server.server.port, keeping: server)
    client.request("/")
    let stream = try #require(server.next())
    #expect(try client.head().header("Content-Type") == "text/event-stream")
    for number in 0..<100 {
      #expect(stream.send(Array("data: \(number)\n\n".utf8)))
      #expect(try client.chunks(through: "\n\n") == "data: \(number)\n\n")
    }
    stream.send(Array("end".utf8))
    stream.close()
    #expect(try client.chunk().map { String(decoding: $0, as: UTF8.self) } == "end")
    #expect(try client.chunk() == nil)
    #expect(!stream.send([0]))
    client.request("/again")
    #expect(server.next() != nil)
  }

  @Test("a stream that is released ends its answer")
  func released() throws {
    let server = try StreamServer()
    let client = try HTTPTestClient(port: server.server.port, keeping: server)
    client.request("/")
    do { _ = try #require(server.next()) }
    #expect(try client.answer().body.isEmpty)
  }

  @Test("a message larger than a connection's memory arrives whole")
  func largeMessage() throws {
    let server = try StreamServer()
    let client = try HTTPTestClient(port: server.server.port, keeping: server)
    client.request("/")
    let stream = try #require(server.next())
    let message = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 2) }
    #expect(stream.send(message))
    stream.close()
    #expect(try client.answer().body == message)
  }

  @Test("a client that does not read loses its stream instead of filling memory")
  func slowClient() throws {
    var configuration = HTTPConfiguration()
    configuration.streamBufferBytes = 256 * 1024
    let server = try StreamServer(configuration)
    let client = try HTTPTestClient(port: server.server.port, keeping: server, receiveBufferBytes: 4096)
    client.request("/")
    let stream = try #require(server.next())
    let message = [UInt8](repeating: 1, count: 64 * 1024)
    var sent = 0
    // The kernel's buffers hold some megabytes at most.
    while stream.send(message), sent < 1000 {
      sent += 1
      #expect(stream.pendingByteCount <= 256 * 1024)
    }
    #expect(sent < 1000)
    #expect(stream.isClosed)
    withExtendedLifetime(client) {}
  }

  @Test("a client that leaves is noticed by a later send")
  func clientLeaves() throws {
    let server = try StreamServer()
    var stream: HTTPStream?
    do {
      let client = try HTTPTestClient(port: server.server.port, keeping: server)
      client.request("/")
      stream = server.next()
      _ = try client.head()
    }
    let left = try #require(stream)
    // The first send meets a closed socket, whose reset the next one meets; how many fit before is up to the kernel.
    var sends = 0
    while left.send(Array("x".utf8)), sends < 4_000_000 { sends += 1 }
    #expect(left.isClosed)
  }

  @Test("HEAD of a stream is a head only, and the connection lives on")
  func head() throws {
    let server = try StreamServer()
    let client = try HTTPTestClient(port: server.server.port, keeping: server)
    for _ in 0..<2 {
      #expect(try client.get("/", method: "HEAD").header("Content-Type") == "text/event-stream")
      #expect(try #require(server.next()).isClosed)
    }
  }
}
