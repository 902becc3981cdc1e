import HTTPClient
import Observability
import Synchronization
import Threads
import Tracing

/// Where spans are sent, and with what.
public struct TraceExportSettings: Sendable {
  /// With its path.
  public var address: String
  /// Beside the ones that OTLP has. Their values are secrets.
  public var headers: [(name: String, value: String)]
  /// Of a request as a whole.
  public var timeoutMilliseconds: Int
  /// A PEM file of the authorities that the collector's certificate is checked against; nil: those of the system.
  public var caFile: String?
  public var request: TraceRequest
  /// Spans that wait; what comes beyond them is dropped.
  public var capacity = 4_096
  /// Spans of a request, at most.
  public var portion = 512
  /// How long the first of a portion waits for others.
  public var delayMilliseconds = 1_000

  public init(
    address: String, headers: [(name: String, value: String)] = [], timeoutMilliseconds: Int = 10_000,
    caFile: String? = nil, request: TraceRequest
  ) {
    self.address = address
    self.headers = headers
    self.timeoutMilliseconds = timeoutMilliseconds
    self.caFile = caFile
    self.request = request
  }
}

/// Sends spans to a collector by OTLP over HTTP, on a thread of its own.
///
/// Those who end spans only put them into a bounded queue: a collector that is slow or gone costs spans and never time.
public final class TraceExporter: Sendable {
  /// What the end may take: what waits then is sent once.
  private static let farewellMilliseconds = 1_000
  private static let contentType = (name: "Content-Type", value: "application/x-protobuf")

  /// Of the spans since the start.
  public struct Figures: Sendable, Equatable {
    public var waiting = 0
    public var exported: Int64 = 0
    /// There was no room for them, or the collector did not take them in time.
    public var dropped: Int64 = 0
    /// The collector said that it does not want them.
    public var refused: Int64 = 0
  }

  private let settings: TraceExportSettings
  private let observe: @Sendable (Observation) -> Void
  private let queue: SpanQueue
  private let tally = Mutex(Figures())
  /// Of the request under way.
  private let canceller = Mutex<HTTPCanceller?>(nil)

  public init(_ settings: TraceExportSettings, observe: @escaping @Sendable (Observation) -> Void) {
    self.settings = settings
    self.observe = observe
    queue = SpanQueue(capacity: settings.capacity, portion: settings.portion)
  }

  /// Takes a span that is over. Never waits.
  public func take(_ span: Span) { queue.offer(span) }

  public var figures: Figures {
    var figures = tally.withLock { $0 }
    figures.waiting = queue.count
    figures.dropped += queue.dropped
    return figures
  }

  /// Sends until `stop`. Blocks the calling thread.
  public func run() {
    var client: HTTPClient?
    var hasProblem = false
    while true {
      let spans = queue.next(delayMilliseconds: settings.delayMilliseconds)
      if spans.isEmpty { return }
      if queue.isEnding { return takeLeave(spans) }
      do throws(HTTPClientError) {
        if client == nil { client = try makeClient(timeoutMilliseconds: settings.timeoutMilliseconds) }
        guard let client else { return }
        if let unsent = try send(spans, client, &hasProblem) { return takeLeave(unsent) }
      } catch {
        // The settings cannot be used: nor can they later.
        giveUp(spans.count, error.description, &hasProblem)
      }
    }
  }

  /// Ends `run`, which sends what waits once more; a collector that hangs gets a second for that.
  public func stop() {
    queue.end()
    canceller.withLock { $0 }?.cancel()
  }

  private func makeClient(timeoutMilliseconds: Int) throws(HTTPClientError) -> HTTPClient {
    var http = HTTPClientSettings(caFile: settings.caFile)
    http.timeoutMilliseconds = timeoutMilliseconds
    http.connectTimeoutMilliseconds = min(http.connectTimeoutMilliseconds, timeoutMilliseconds)
    http.maximumBodyBytes = 64 << 10
    return try HTTPClient(http)
  }

  private func post(_ spans: [Span], _ client: HTTPClient) throws(HTTPClientError) -> HTTPReply {
    try client.post(
      settings.address, body: settings.request.encode(spans), headers: settings.headers + [Self.contentType])
  }

  /// Sends spans until they are taken or given up. Returns them when the end is asked for first.
  private func send(
    _ spans: [Span], _ client: HTTPClient, _ hasProblem: inout Bool
  ) throws(HTTPClientError) -> [Span]? {
    canceller.withLock { $0 = client.canceller }
    var generator = SystemRandomNumberGenerator()
    var failures = 0
    while true {
      // Whoever asked before the canceller was there has cancelled nothing.
      if queue.isEnding { return spans }
      var retryAfterSeconds = 0
      let reason: String
      do throws(HTTPClientError) {
        let reply = try post(spans, client)
        if reply.isSuccess {
          note(spans.count, reply)
          if hasProblem { observe(.collectorUp) }
          hasProblem = false
          return nil
        }
        reason = "the collector answers \(reply.status)"
        guard ExportRetry.isRetryable(reply.status) else {
          giveUp(spans.count, reason, &hasProblem)
          return nil
        }
        retryAfterSeconds = reply.retryAfterSeconds
      } catch {
        if error.kind == .cancelled { return spans }
        guard error.isRetryable else { throw error }
        reason = error.description
      }
      failures += 1
      say(reason, &hasProblem)
      guard
        let wait = ExportRetry.wait(failures: failures, retryAfterSeconds: retryAfterSeconds, using: &generator)
      else {
        giveUp(spans.count, reason, &hasProblem)
        return nil
      }
      if queue.waitForEnd(milliseconds: wait) { return spans }
    }
  }

  private func note(_ count: Int, _ reply: HTTPReply) {
    let refused = min(count, TraceRequest.refused(in: reply.body))
    tally.withLock { tally in
      tally.exported += Int64(count - refused)
      tally.refused += Int64(refused)
    }
  }

  private func giveUp(_ count: Int, _ reason: String, _ hasProblem: inout Bool) {
    tally.withLock { $0.dropped += Int64(count) }
    say(reason, &hasProblem)
  }

  /// Once, until spans are taken again.
  private func say(_ reason: String, _ hasProblem: inout Bool) {
    if !hasProblem { observe(.collectorDown(reason: reason)) }
    hasProblem = true
  }

  /// One attempt for all that is left, by a client that nobody has cancelled.
  private func takeLeave(_ first: [Span]) {
    var spans = first
    while true {
      let more = queue.next(delayMilliseconds: 0)
      if more.isEmpty { break }
      spans += more
    }
    let reply = try? post(spans, makeClient(timeoutMilliseconds: Self.farewellMilliseconds))
    if let reply, reply.isSuccess {
      note(spans.count, reply)
    } else {
      tally.withLock { $0.dropped += Int64(spans.count) }
    }
  }
}
