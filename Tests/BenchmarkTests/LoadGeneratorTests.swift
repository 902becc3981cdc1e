import HTTPServer
import Testing

@testable import Benchmark

/// The clients against a real server.
@Suite struct LoadGeneratorTests {
  private let body = Array("the same every time".utf8)

  private func server(_ answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse) throws -> HTTPServer {
    try HTTPServer(configuration: HTTPConfiguration()) { request, responder in responder.complete(answer(request)) }
  }

  @Test func `All connections are kept and asked again and again`() throws {
    let body = body
    let server = try server { _ in HTTPResponse(contentType: "text/plain", bytes: body) }
    defer { server.stop() }
    let result = try LoadGenerator(port: server.port, target: "/", connections: 8, beginning: body).run(seconds: 0.2)
    // More than each connection's first request.
    #expect(result.requestsPerSecond * 0.2 > 8)
    #expect(result.p50 <= result.p99)
  }

  @Test func `Another answer than the expected one is no figure`() throws {
    let server = try server { _ in HTTPResponse(text: "something else") }
    defer { server.stop() }
    let load = LoadGenerator(port: server.port, target: "/", connections: 2, beginning: body)
    #expect(throws: BenchmarkError.self) { try load.run(seconds: 1) }
  }

  @Test func `An error is no figure`() throws {
    let body = body
    let server = try server { _ in HTTPResponse(status: 503, body: .bytes(body)) }
    defer { server.stop() }
    let load = LoadGenerator(port: server.port, target: "/", connections: 2, beginning: body)
    #expect(throws: BenchmarkError.self) { try load.run(seconds: 1) }
  }

  @Test func `An answer that comes in pieces is put together`() throws {
    let long = [UInt8](repeating: 0x78, count: 300_000)
    let server = try server { _ in HTTPResponse(contentType: "text/plain", bytes: long) }
    defer { server.stop() }
    let connection = try HTTPConnection(port: server.port)
    for _ in 0..<3 { #expect(try connection.get("/") == long) }
  }
}
