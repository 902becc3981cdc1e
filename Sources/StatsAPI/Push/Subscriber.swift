import HTTPServer

/// Whom a result goes to: an event stream, or one of the subscriptions of a WebSocket.
struct Subscriber: Sendable {
  enum Outlet: Sendable {
    case events(HTTPStream, StreamPlaces.Place)
    case socket(SocketSession, SocketSession.Subscription)
  }

  let outlet: Outlet
  /// Of the result that the client has; another one is sent only if it differs.
  var tag: EntityTag?
  /// A result was left out because the client is slow.
  var isBehind = false

  /// False: it has gone.
  func send(_ answer: EndpointAnswer) -> Bool {
    switch outlet {
    case .events(let stream, _): stream.send(EventMessage.message(answer.body, id: answer.position.text))
    case .socket(let session, let subscription): session.send(answer, for: subscription)
    }
  }

  func send(_ failure: QueryFailure) -> Bool {
    switch outlet {
    case .events(let stream, _): stream.send(EventMessage.message(failure.problem.json, event: "problem"))
    case .socket(let session, let subscription): session.send(failure, for: subscription)
    }
  }

  /// Sockets have pings of their own.
  func sendHeartbeat() -> Bool {
    switch outlet {
    case .events(let stream, _): stream.send(EventMessage.heartbeat)
    case .socket: !isClosed
    }
  }

  var isClosed: Bool {
    switch outlet {
    case .events(let stream, _): stream.isClosed
    case .socket(let session, let subscription): !session.has(subscription)
    }
  }

  /// What the client has not taken yet, in bytes.
  var pendingByteCount: Int {
    switch outlet {
    case .events(let stream, _): stream.pendingByteCount
    case .socket(let session, _): session.socket.pendingByteCount
    }
  }
}
