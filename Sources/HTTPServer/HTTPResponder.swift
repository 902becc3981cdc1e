import CMicrohttpd

/// The right to answer one request, once, from any thread. Released without an answer, it answers 500.
public final class HTTPResponder: Sendable {
  private let exchange: Exchange
  private let core: ServerCore
  private let isHEAD: Bool

  init(exchange: Exchange, core: ServerCore, isHEAD: Bool) {
    self.exchange = exchange
    self.core = core
    self.isHEAD = isHEAD
  }

  deinit { _ = exchange.answer(.response(core.standard.failed)) }

  /// Sends the answer. False: the request was answered before, or the server stopped waiting for it.
  @discardableResult
  public func complete(_ response: HTTPResponse) -> Bool {
    complete(PreparedResponse(response) ?? core.standard.failed)
  }

  /// The same with an answer that is shared between requests.
  @discardableResult
  public func complete(_ response: PreparedResponse) -> Bool { exchange.answer(.response(response)) }

  /// Begins an answer of unknown length (chunked in HTTP/1.1). The stream is closed from the beginning when the request
  /// has an answer already, or is a HEAD request, to which only the head is sent.
  public func stream(status: Int = 200, headers: [HTTPHeader]) -> HTTPStream {
    let channel = StreamChannel(connection: exchange.connection, capacity: core.configuration.streamBufferBytes)
    if isHEAD {
      // libmicrohttpd 0.9.75 would send the last chunk of a chunked body also to HEAD.
      channel.finish()
      complete(HTTPResponse(status: status, headers: headers))
    } else if let head = PreparedResponse(status: status, headers: headers, channel: channel) {
      if !exchange.answer(.stream(head, channel)) { channel.finish() }
    } else {
      channel.finish()
      complete(core.standard.failed)
    }
    return HTTPStream(channel: channel)
  }

  /// Goes on with WebSocket's frames, unless the request has an answer already or the server is about to stop.
  ///
  /// - Parameter opened: gives the socket's owner; called on the thread of all sockets.
  public func upgrade(
    _ handshake: WebSocketHandshake, headers: [HTTPHeader], options: WebSocketOptions,
    opened: @escaping @Sendable (WebSocket) -> any WebSocketOwner
  ) {
    guard let head = PreparedResponse(upgrade: handshake, headers: headers, core) else {
      complete(core.standard.failed)
      return
    }
    _ = exchange.answer(.upgrade(head, PendingSocket(options: options, opened: opened)))
  }
}
