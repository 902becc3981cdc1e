import HTTPServer
import Observability
import Synchronization
import TestThreads
import Testing
import Threads
import Tracing

@testable import TraceExport

/// A collector that answers as it is told to, by the number of the request; nil: it gives no answer.
private final class Collector: Sendable {
  private final class Seen: Sendable {
    let bodies = Monitor<[[UInt8]]>([])
    let unanswered = Mutex<[HTTPResponder]>([])
    let headers = Mutex<[String?]>([])
  }

  private let server: HTTPServer
  private let seen = Seen()

  init(_ answer: @escaping @Sendable (Int) -> HTTPResponse?) throws {
    let seen = seen
    server = try HTTPServer(configuration: HTTPConfiguration()) { request, responder in
      seen.headers.withLock { $0.append(request.header("x-token")) }
      let number = seen.bodies.update { bodies in
        bodies.append(request.body)
        return bodies.count
      }
      if let response = answer(number) {
        responder.complete(response)
      } else {
        seen.unanswered.withLock { $0.append(responder) }
      }
    }
  }

  deinit { server.stop(graceMilliseconds: 0) }

  var address: String { "http://127.0.0.1:\(server.port)/v1/traces" }
  var headers: [String?] { seen.headers.withLock { $0 } }

  func wait(for count: Int) -> Bool {
    seen.bodies.wait(timeoutMilliseconds: 20_000) { $0.count >= count ? true : nil } ?? false
  }

  var count: Int { seen.bodies.read { $0.count } }
}

private let context = TraceContext(traceID: TraceID(high: 1, low: 2), spanID: SpanID(3), isSampled: true)

private func span(_ name: String = "x") -> Span { Span(name, .internal, context, start: 1, end: 2) }

/// An exporter at work.
private final class Running {
  let exporter: TraceExporter
  private let thread: WorkerThread

  /// - Parameter delayMilliseconds: by default so long that portions are full.
  init(_ address: String, capacity: Int = 100, portion: Int = 10, delayMilliseconds: Int = 60_000) throws {
    var settings = TraceExportSettings(
      address: address, headers: [("x-token", "s3cret")], request: TraceRequest(resource: [], version: "1"))
    (settings.capacity, settings.portion, settings.delayMilliseconds) = (capacity, portion, delayMilliseconds)
    let log = Log()
    let exporter = TraceExporter(settings) { observation in
      log.said.withLock { $0.append(observation.log.message.description) }
    }
    self.log = log
    self.exporter = exporter
    thread = try WorkerThread(name: "exporter") { exporter.run() }
  }

  final class Log: Sendable { let said = Mutex<[String]>([]) }
  let log: Log

  /// How long the end took, in milliseconds.
  func stop() -> Int64 {
    let started = Clock.monotonic()
    exporter.stop()
    thread.join()
    return (Clock.monotonic() - started) / 1000
  }
}

@Suite(.blocking) struct TraceExporterTests {
  @Test("spans arrive in portions with the headers of the settings, and the end sends what waits")
  func exports() throws {
    let collector = try Collector { _ in HTTPResponse(text: "") }
    let running = try Running(collector.address)
    for _ in 0..<25 { running.exporter.take(span()) }
    #expect(collector.wait(for: 2))
    running.exporter.take(span())
    _ = running.stop()
    #expect(running.exporter.figures == .init(waiting: 0, exported: 26, dropped: 0, refused: 0))
    #expect(collector.headers.allSatisfy { $0 == "s3cret" })
  }

  @Test("beyond the queue's bound spans are dropped and counted, and whoever ends one never waits")
  func bound() {
    let queue = SpanQueue(capacity: 5, portion: 2)
    for index in 0..<8 { queue.offer(span("\(index)")) }
    #expect(queue.count == 5 && queue.dropped == 3)
    #expect(queue.next(delayMilliseconds: 0).map(\.name) == ["0", "1"])
    queue.offer(span("8"))
    queue.end()
    #expect(queue.next(delayMilliseconds: 0).map(\.name) == ["2", "3"])
    #expect(queue.next(delayMilliseconds: 0).map(\.name) == ["4", "8"])
    #expect(queue.next(delayMilliseconds: 0).isEmpty)
  }

  @Test("a collector that hangs delays nobody: spans are dropped, and the end comes within its second")
  func hanging() throws {
    let collector = try Collector { _ in nil }
    let running = try Running(collector.address, capacity: 20, delayMilliseconds: 0)
    running.exporter.take(span())
    #expect(collector.wait(for: 1))
    let started = Clock.monotonic()
    for _ in 0..<10_000 { running.exporter.take(span()) }
    #expect(Clock.monotonic() - started < 1_000_000)
    #expect(running.exporter.figures.dropped == 10_000 - 20)
    // libcurl looks once a second whether it is to stop, and the farewell has a second.
    #expect(running.stop() < 5_000)
    #expect(running.exporter.figures == .init(waiting: 0, exported: 0, dropped: 10_001, refused: 0))
  }

  @Test("nobody listens: that is said once, without an end of the process being held up")
  func dead() throws {
    let collector = try Collector { _ in HTTPResponse(text: "") }
    let address = collector.address.replacing("127.0.0.1", with: "127.0.0.2")
    let running = try Running(address, delayMilliseconds: 10)
    for _ in 0..<30 { running.exporter.take(span()) }
    while running.log.said.withLock({ $0.isEmpty }) { _ = Monitor(0).wait(timeoutMilliseconds: 5) { _ in nil as Int? } }
    #expect(running.stop() < 3_000)
    #expect(running.log.said.withLock { $0 } == ["the collector of traces does not take spans"])
  }

  @Test(
    "answers of OTLP's list are tried again, and that spans are taken again is said", arguments: [429, 502, 503, 504])
  func retried(status: Int) throws {
    let collector = try Collector { $0 == 1 ? HTTPResponse(status: status, text: "") : HTTPResponse(text: "") }
    let running = try Running(collector.address, portion: 1)
    running.exporter.take(span())
    #expect(collector.wait(for: 2))
    while running.exporter.figures.exported == 0 { _ = Monitor(0).wait(timeoutMilliseconds: 5) { _ in nil as Int? } }
    _ = running.stop()
    #expect(collector.count == 2)
    #expect(running.exporter.figures.exported == 1)
    #expect(running.log.said.withLock { $0.last } == "the collector of traces takes spans again")
  }

  @Test("any other refusal is final, and what a collector does not want is counted")
  func refused() throws {
    let collector = try Collector { number in
      number == 1
        ? HTTPResponse(status: 400, text: "")
        : HTTPResponse(contentType: "application/x-protobuf", bytes: [0x0A, 0x02, 0x08, 0x02])
    }
    let running = try Running(collector.address, portion: 3)
    for _ in 0..<3 { running.exporter.take(span()) }
    #expect(collector.wait(for: 1))
    for _ in 0..<3 { running.exporter.take(span()) }
    #expect(collector.wait(for: 2))
    _ = running.stop()
    #expect(running.exporter.figures == .init(waiting: 0, exported: 1, dropped: 3, refused: 2))
  }

  @Test("waits double with jitter, respect what the collector asks for, and end")
  func waits() {
    var random = SystemRandomNumberGenerator()
    var waits: [ClosedRange<Int>] = [500...1_000, 1_000...2_000, 2_000...4_000, 4_000...8_000]
    for failures in 1...4 {
      let wait = ExportRetry.wait(failures: failures, retryAfterSeconds: 0, using: &random)
      #expect(wait.map(waits.removeFirst().contains) == true)
    }
    #expect(ExportRetry.wait(failures: 5, retryAfterSeconds: 0, using: &random) == nil)
    #expect(ExportRetry.wait(failures: 1, retryAfterSeconds: 7, using: &random) == 7_000)
    #expect(ExportRetry.wait(failures: 1, retryAfterSeconds: 86_400, using: &random) == 30_000)
    #expect([429, 502, 503, 504].allSatisfy(ExportRetry.isRetryable))
    #expect([400, 401, 404, 408, 413, 500, 501].allSatisfy { !ExportRetry.isRetryable($0) })
  }
}
