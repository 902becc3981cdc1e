import CMicrohttpd
import Glibc
import Synchronization
import Threads

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
  private let intake: Intake
  /// nil: plain HTTP.
  private let tls: TLSFront?
  private let intakeThread = Mutex<WorkerThread?>(nil)

  /// Binds, listens and answers from now on.
  ///
  /// - Parameters:
  ///   - identity: what TLS is spoken with; nil: plain HTTP.
  ///   - recall: asked first.
  ///   - report: told every ten seconds at most what had to be done to connections since it was told last. Called on a
  ///     thread of the server's: it must not block.
  public init(
    configuration: HTTPConfiguration, identity: TLSIdentity? = nil, recall: Recall? = nil,
    report: (@Sendable (HTTPStrain) -> Void)? = nil,
    handler: @escaping Handler
  ) throws(HTTPServerError) {
    guard let standard = StandardResponses(configuration) else { throw .notStarted }
    core = ServerCore(configuration: configuration, standard: standard, recall: recall, handler: handler)
    let listening = try ListeningSocket(host: configuration.host, port: configuration.port)
    port = listening.port
    let table = core.connections
    let counted = StrainCount()
    // Behind TLS, a connection has three descriptors: the client's socket, and a pair between it and the event loop.
    let each = identity == nil ? 1 : 3
    let maximumWaiting =
      DescriptorLimit.raised(
        for: each * (configuration.maximumConnections + configuration.maximumStreams),
        upTo: each * configuration.maximumWaitingConnections) / each
    let listener = listening.release()
    var tls: TLSFront?
    if let identity {
      tls = try TLSFront(
        listener: listener, identity: identity, configuration: configuration, maximumHandshakes: maximumWaiting,
        counted: counted)
    }
    let intake = try Intake(
      listener: tls == nil ? listener : -1, configuration: configuration, table: table, maximumWaiting: maximumWaiting,
      counted: counted, report: report)
    (self.intake, self.tls) = (intake, tls)
    var options = streampulse_http_options(
      threads: UInt32(clamping: configuration.threads),
      // The table keeps to the bound; this one only must not be in the way, in whichever loop connections end up.
      connection_limit: UInt32(
        clamping: (configuration.maximumConnections + configuration.maximumStreams + 1024)
          * max(1, configuration.threads)),
      idle_timeout_seconds: UInt32(clamping: configuration.idleTimeoutSeconds),
      connection_memory_bytes: configuration.connectionMemoryBytes,
      context: Unmanaged.passUnretained(core).toOpaque(), on_request: requestAdvanced, on_target: requestBegan,
      on_completed: requestCompleted, on_connection: connectionChanged)
    guard let handle = streampulse_http_start(&options) else { throw .notStarted }
    let started = Daemon(handle: handle)
    daemon = Mutex(started)
    do throws(ThreadError) {
      let thread = try WorkerThread(name: "http intake") {
        intake.run { MHD_add_connection(started.handle, $0, $1, $2) == MHD_YES }
      }
      intakeThread.withLock { $0 = thread }
      try tls?.start { intake.take($0, $1) }
    } catch {
      tls?.closeEntrance()
      intake.stop()
      intakeThread.withLock { $0.take() }?.join()
      tls?.stop()
      MHD_stop_daemon(started.handle)
      daemon.withLock { $0 = nil }
      throw .notStarted
    }
  }

  /// Takes another identity for connections that come from now on; without effect where plain HTTP is spoken.
  public func use(_ identity: TLSIdentity) { tls?.use(identity) }

  /// When the certificate ends that is in use, in seconds since 1970; nil where plain HTTP is spoken.
  public var certificateExpiry: Int64? { tls?.expiry }

  /// Connections that have sent a request and are open.
  public var openConnections: Int { core.connections.count }

  /// WebSockets that are open.
  public var openSockets: Int { core.socketCount }

  /// Connections whose first request has not arrived yet.
  public var waitingConnections: Int { intake.waitingConnections }

  /// What had to be done to connections since the start.
  public var strain: HTTPStrain { intake.strain }

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
    core.refuseNewRequests()
    core.closeStreams()
    _ = core.inFlight.waitUntilNone(milliseconds: graceMilliseconds)
    // No connection comes any more, and none is on its way to the daemon.
    tls?.closeEntrance()
    intake.stop()
    intakeThread.withLock { $0.take() }?.join()
    core.drain()
    core.stopSockets()
    _ = core.inFlight.waitUntilNone(milliseconds: Self.flushMilliseconds)
    // With a suspended connection this would abort; `drain` has seen to it that there is none.
    MHD_stop_daemon(daemon.handle)
    tls?.stop()
  }
}
