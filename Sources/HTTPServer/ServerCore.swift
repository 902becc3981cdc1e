import CMicrohttpd
import Glibc
import Synchronization

/// What the callbacks need: shared by the server, its event loops and every responder.
final class ServerCore: Sendable {
  /// The exchanges that only an answer can end. Refuses new ones once the server drains.
  private struct Waiting {
    var exchanges: [ObjectIdentifier: Exchange] = [:]
    var isDraining = false
  }

  let configuration: HTTPConfiguration
  let standard: StandardResponses
  let inFlight = InFlight()
  let connections: ConnectionTable
  private let recall: HTTPServer.Recall?
  private let handler: HTTPServer.Handler
  private let isStopping = Atomic<Bool>(false)
  private let waiting = Mutex(Waiting())
  /// Made with the first WebSocket.
  private let sockets = Mutex<WebSocketLoop?>(nil)

  init(
    configuration: HTTPConfiguration, standard: StandardResponses, recall: HTTPServer.Recall?,
    handler: @escaping HTTPServer.Handler
  ) {
    self.configuration = configuration
    connections = ConnectionTable(configuration)
    self.standard = standard
    self.recall = recall
    self.handler = handler
  }

  /// Requests that begin from now on are answered 503.
  func refuseNewRequests() { isStopping.store(true, ordering: .sequentiallyConsistent) }

  /// Ends all streams as they are.
  func closeStreams() {
    for exchange in waiting.withLock({ Array($0.exchanges.values) }) { exchange.closeStream() }
    sockets.withLock { $0 }?.closeAll()
  }

  /// WebSockets that are open.
  var socketCount: Int { sockets.withLock { $0 }?.count ?? 0 }

  /// Ends what is left of the sockets.
  func stopSockets() { sockets.withLock { $0 }?.stop() }

  /// Answers all that still wait; afterwards no connection is suspended, nor will be.
  func drain() {
    let exchanges = waiting.withLock { waiting in
      waiting.isDraining = true
      return Array(waiting.exchanges.values)
    }
    for exchange in exchanges {
      exchange.closeStream()
      _ = exchange.answer(.response(standard.stopping))
    }
  }

  // MARK: - On the connection's thread

  /// One step of a request, as libmicrohttpd's access handler is called: the head, parts of the body, the end, and
  /// again after a resume.
  func step(
    _ exchange: Exchange, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>, upload: UnsafeRawBufferPointer
  ) -> MHD_Result {
    guard exchange.hasHead else {
      exchange.hasHead = true
      if !isStopping.load(ordering: .relaxed) {
        exchange.isInFlight = true
        inFlight.enter()
      }
      if let fault = fault(of: exchange, needsHost: strcmp(version, "HTTP/1.0") != 0),
        let refusal = standard.refusals[fault]
      {
        return queue(refusal, on: exchange)
      }
      // An answer here closes the connection: good for a body that nobody will read, bad for everything else.
      return declaresTooLargeBody(exchange.connection) ? queue(standard.bodyTooLarge, on: exchange) : MHD_YES
    }
    guard upload.isEmpty else { return receive(upload, for: exchange) }
    if !exchange.isHandled {
      exchange.isHandled = true
      exchange.open?.isBusy()
      handle(exchange, method: method)
    }
    if let answer = exchange.takeAnswer() { return send(answer, on: exchange) }
    guard register(exchange) else { return queue(standard.stopping, on: exchange) }
    guard let answer = exchange.takeAnswerOrSuspend() else { return MHD_YES }
    return send(answer, on: exchange)
  }

  /// The request is over, whatever became of it.
  func finish(_ exchange: Exchange) {
    exchange.finish()
    exchange.open?.awaits()
    if exchange.isStreaming, let open = exchange.open { connections.endsStream(open.descriptor) }
    if exchange.isRegistered { waiting.withLock { _ = $0.exchanges.removeValue(forKey: ObjectIdentifier(exchange)) } }
    if exchange.isInFlight { inFlight.leave() }
  }

  private func handle(_ exchange: Exchange, method: UnsafePointer<CChar>) {
    if isStopping.load(ordering: .relaxed) {
      _ = exchange.answer(.response(standard.stopping))
    } else if exchange.discardedBytes > 0 {
      _ = exchange.answer(.response(standard.bodyTooLarge))
    } else if let response = recalled(exchange, method: method) {
      _ = exchange.answer(.response(response))
    } else if let target = RequestTarget(exchange.target) {
      let request = HTTPRequest(
        method: HTTPMethod(method), target: exchange.target, path: target.path, query: target.query,
        body: exchange.body,
        remoteAddress: RemoteAddress(streampulse_http_client_address(exchange.connection)),
        headers: RequestHeaders(of: exchange.connection))
      exchange.body = []
      handler(request, HTTPResponder(exchange: exchange, core: self, isHEAD: request.method == .head))
    } else {
      _ = exchange.answer(.response(standard.badTarget))
    }
  }

  private func recalled(_ exchange: Exchange, method: UnsafePointer<CChar>) -> PreparedResponse? {
    guard let recall, strcmp(method, "GET") == 0 else { return nil }
    return recall(RequestHead(target: exchange.target, connection: exchange.connection))
  }

  private func receive(_ upload: UnsafeRawBufferPointer, for exchange: Exchange) -> MHD_Result {
    if exchange.discardedBytes == 0, exchange.body.count + upload.count <= configuration.maximumBodyBytes {
      exchange.body.append(contentsOf: upload)
      return MHD_YES
    }
    // A chunked body that turns out too large: read to its end, so that the client reads the answer, but not for ever.
    exchange.body = []
    exchange.discardedBytes += upload.count
    return exchange.discardedBytes <= 16 * configuration.maximumBodyBytes ? MHD_YES : MHD_NO
  }

  /// Whatever came on the connection before, each request is held to what the first one was.
  private func fault(of exchange: Exchange, needsHost: Bool) -> HeadFault? {
    if exchange.target.count > configuration.maximumTargetBytes { return .targetTooLong }
    if streampulse_http_header_bytes(exchange.connection) > configuration.maximumHeadBytes { return .headTooLarge }
    return Framing(of: exchange.connection).fault(needsHost: needsHost)
  }

  private func declaresTooLargeBody(_ connection: OpaquePointer) -> Bool {
    guard let text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length") else { return false }
    return Int(String(cString: text)).map { $0 > configuration.maximumBodyBytes } ?? false
  }

  private func register(_ exchange: Exchange) -> Bool {
    waiting.withLock { waiting in
      guard !waiting.isDraining else { return false }
      waiting.exchanges[ObjectIdentifier(exchange)] = exchange
      exchange.isRegistered = true
      return true
    }
  }

  private func send(_ answer: Answer, on exchange: Exchange) -> MHD_Result {
    switch answer {
    case .response(let response): return queue(response, on: exchange)
    case .stream(let head, let channel):
      exchange.streams(through: channel)
      exchange.isStreaming = exchange.open.map { connections.becomesStream($0.descriptor) } ?? false
      if isStopping.load(ordering: .relaxed) || !register(exchange) { channel.close() }
      return queue(head, on: exchange)
    case .upgrade(let head, let pending):
      return queue(prepare(pending, on: exchange) ? head : standard.stopping, on: exchange)
    }
  }

  /// Whether the connection may become a WebSocket, which from then on has its place among the streams.
  private func prepare(_ pending: PendingSocket, on exchange: Exchange) -> Bool {
    guard !isStopping.load(ordering: .relaxed), let open = exchange.open,
      let loop = sockets.withLock({ loop -> WebSocketLoop? in
        if loop == nil { loop = WebSocketLoop() }
        return loop
      }), loop.start()
    else { return false }
    exchange.pendingSocket = pending
    return connections.becomesStream(open.descriptor)
  }

  /// The connection is libmicrohttpd's no more.
  func adopt(
    _ exchange: Exchange, descriptor: Int32, handle: OpaquePointer, received: UnsafeRawBufferPointer
  ) {
    guard let pending = exchange.pendingSocket, let loop = sockets.withLock({ $0 }) else {
      streampulse_http_close_upgraded(handle)
      return
    }
    exchange.pendingSocket = nil
    loop.adopt(
      WebSocket(
        descriptor: descriptor, upgrade: handle, received: Array(received), pending, loop: loop))
  }

  private func queue(_ response: PreparedResponse, on exchange: Exchange) -> MHD_Result {
    MHD_queue_response(exchange.connection, UInt32(clamping: response.status), response.handle)
  }
}
