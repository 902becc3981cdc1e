import CMicrohttpd
import Glibc
import Synchronization

/// An HTTP/1.1 server that knows no route. It listens from `init` to `stop`.
public final class HTTPServer: Sendable {
  /// Answers a request, now or later. Called on an event loop's thread, whose other connections wait until it returns:
  /// it must not block.
  public typealias Handler = @Sendable (HTTPRequest, HTTPResponder) -> Void
  /// Answers a GET request that is known by the bytes of its target; nil leaves it to the handler. Called like the
  /// handler. A request answered so costs about half of what decoding it and making a responder cost.
  public typealias Recall = @Sendable (borrowing RequestHead) -> PreparedResponse?

  /// libmicrohttpd's daemon. Unchecked: the pointer is constant, and libmicrohttpd's functions on it used here are
  /// called one after the other, by whoever takes it out of the mutex.
  private struct Daemon: @unchecked Sendable {
    let handle: OpaquePointer
  }

  /// How long answers that are ready may take to reach their clients after the requests' own time is over.
  private static let flushMilliseconds = 1_000

  /// The port that is bound, also when the configuration asked for any.
  public let port: UInt16
  private let core: ServerCore
  private let daemon: Mutex<Daemon?>

  /// Binds, listens and answers from now on.
  ///
  /// - Parameter recall: asked first.
  public init(
    configuration: HTTPConfiguration, recall: Recall? = nil, handler: @escaping Handler
  ) throws(HTTPServerError) {
    guard let standard = StandardResponses(maximumBodyBytes: configuration.maximumBodyBytes) else { throw .notStarted }
    core = ServerCore(configuration: configuration, standard: standard, recall: recall, handler: handler)
    let listening = try ListeningSocket(host: configuration.host, port: configuration.port)
    port = listening.port
    let descriptor = listening.release()
    var options = streampulse_http_options(
      listen_socket: descriptor, threads: UInt32(clamping: configuration.threads),
      connection_limit: UInt32(clamping: configuration.maximumConnections),
      idle_timeout_seconds: UInt32(clamping: configuration.idleTimeoutSeconds),
      connection_memory_bytes: configuration.connectionMemoryBytes,
      context: Unmanaged.passUnretained(core).toOpaque(), on_request: requestAdvanced, on_target: requestBegan,
      on_completed: requestCompleted)
    guard let handle = streampulse_http_start(&options) else {
      close(descriptor)
      throw .notStarted
    }
    daemon = Mutex(Daemon(handle: handle))
  }

  deinit { stop(graceMilliseconds: 0) }

  /// Fails as `init` would when nobody can listen there now.
  public static func checkAddress(host: String, port: UInt16) throws(HTTPServerError) {
    _ = try ListeningSocket(host: host, port: port)
  }

  /// Answers 503 to new requests at once, ends streams, gives the requests in flight `graceMilliseconds` to be answered,
  /// answers 503 to those left, and closes all connections and the port. Blocks until then; once stopped it does
  /// nothing. Must not be called from the handler.
  public func stop(graceMilliseconds: Int = 5_000) {
    guard let daemon = daemon.withLock({ $0.take() }) else { return }
    // Not MHD_quiesce_daemon, which races with a busy worker of the pool for the removal of the listening socket from
    // the worker's epoll set, and aborts the process when it loses (0.9.75).
    core.refuseNewRequests()
    core.closeStreams()
    _ = core.inFlight.waitUntilNone(milliseconds: graceMilliseconds)
    core.drain()
    _ = core.inFlight.waitUntilNone(milliseconds: Self.flushMilliseconds)
    // With a suspended connection this would abort; `drain` has seen to it that there is none.
    MHD_stop_daemon(daemon.handle)
  }
}
