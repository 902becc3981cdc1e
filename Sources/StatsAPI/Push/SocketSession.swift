import Access
import HTTPServer
import Synchronization

/// One WebSocket's client: who it is and what it has subscribed to.
final class SocketSession: WebSocketOwner {
  /// One of a client's subscriptions. Another of the same id is another one.
  struct Subscription: Hashable, Sendable {
    let id: String
    let key: AnswerKey
    fileprivate let serial: Int
  }

  private struct State {
    /// As in a request's header; nil: the client has shown no token.
    var authorization: String?
    /// nil until it is known whether it may ask anything.
    var isAuthorized: Bool
    var subscriptions: [String: Subscription] = [:]
    var nextSerial = 0
  }

  let socket: WebSocket
  private let route: SocketRoute
  private let address: RemoteAddress
  private let place: StreamPlaces.Place
  private let state: Mutex<State>

  /// - Parameters:
  ///   - authorization: with which the handshake was allowed.
  ///   - isAuthorized: it was; otherwise the first message is a token.
  init(
    _ socket: WebSocket, _ route: SocketRoute, from address: RemoteAddress, authorization: String?, isAuthorized: Bool,
    _ place: StreamPlaces.Place
  ) {
    self.socket = socket
    self.route = route
    self.address = address
    self.place = place
    state = Mutex(State(authorization: authorization, isAuthorized: isAuthorized))
  }

  // MARK: The client

  func received(_ message: [UInt8]) {
    do throws(SocketRequest.Fault) {
      switch try SocketRequest(message) {
      case .token(let secret): authorize(secret)
      case .subscribe(let id, let endpoint, let position):
        subscribe(id, known: position) { () throws(ProblemError) in try self.route.key(of: endpoint) }
      case .subscribeToAlerts(let id, let position):
        subscribe(id, known: position) { () throws(ProblemError) in self.route.alerts }
      case .unsubscribe(let id): unsubscribe(id)
      }
    } catch {
      guard isAuthorized else { return socket.close(.policy("the first message is a token")) }
      let problem = Problem(status: 400, title: "Malformed message", detail: error.detail)
      socket.send(text: SocketMessage.error(error.id, problem, hasEnded: error.id.map { !has($0) } ?? false))
    }
  }

  func closed() {
    let keys = state.withLock { state in
      defer { state.subscriptions = [:] }
      return state.subscriptions.values.map(\.key)
    }
    route.forget(self, keys)
  }

  private var isAuthorized: Bool { state.withLock { $0.isAuthorized } }

  private func authorize(_ secret: String) {
    let authorization = "Bearer " + secret
    if let refusal = route.access.refusal(authorization, from: address) {
      socket.send(text: SocketMessage.error(nil, Problems.problem(of: refusal), hasEnded: false))
      if case .tooOften = refusal, isAuthorized { return }
      return socket.close(.policy("the token is refused"))
    }
    state.withLock { state in
      state.authorization = authorization
      state.isAuthorized = true
    }
    socket.send(text: SocketMessage.authorized)
  }

  private func subscribe(
    _ id: String, known: ResultPosition?, to key: () throws(ProblemError) -> AnswerKey
  ) {
    let (isAuthorized, authorization) = state.withLock { ($0.isAuthorized, $0.authorization) }
    guard isAuthorized else {
      socket.send(text: SocketMessage.error(id, Problems.problem(of: .missing), hasEnded: true))
      return socket.close(.policy("the first message is a token"))
    }
    do throws(ProblemError) {
      // As a request of its own: it counts, and the token may have expired.
      if let refusal = route.access.refusal(authorization, from: address) {
        throw ProblemError(Problems.problem(of: refusal))
      }
      let subscription = try add(id, try key())
      route.subscriptions.open(subscription, of: self, known: known)
    } catch {
      socket.send(text: SocketMessage.error(id, error.problem, hasEnded: !has(id)))
    }
  }

  private func add(_ id: String, _ key: AnswerKey) throws(ProblemError) -> Subscription {
    let maximum = route.maximumSubscriptions
    let added = state.withLock { state -> Result<Subscription, ProblemError> in
      guard state.subscriptions[id] == nil else {
        return .failure(
          ProblemError(
            Problem(status: 409, title: "Id in use", detail: "unsubscribe first, or take another id for the second")))
      }
      guard state.subscriptions.count < maximum else {
        return .failure(
          ProblemError(
            Problem(
              status: 429, title: "Too many subscriptions",
              detail: "a socket may have \(maximum) subscriptions at most",
              extensions: [.init("maximum", .integer(maximum))])))
      }
      state.nextSerial += 1
      let subscription = Subscription(id: id, key: key, serial: state.nextSerial)
      state.subscriptions[id] = subscription
      return .success(subscription)
    }
    return try added.get()
  }

  private func unsubscribe(_ id: String) {
    guard let ended = state.withLock({ $0.subscriptions.removeValue(forKey: id) }) else {
      let problem = Problem(status: 404, title: "Not subscribed", detail: "there is no subscription of that id")
      socket.send(text: SocketMessage.error(id, problem, hasEnded: true))
      return
    }
    route.subscriptions.sweep([ended.key])
    socket.send(text: SocketMessage.ended(id))
  }

  private func has(_ id: String) -> Bool { state.withLock { $0.subscriptions[id] != nil } }

  // MARK: Results, on any thread

  /// Whether somebody still listens.
  func has(_ subscription: Subscription) -> Bool {
    !socket.isClosed && state.withLock { $0.subscriptions[subscription.id] == subscription }
  }

  /// Sends what a subscription begins with. False: it has ended meanwhile.
  func begin(_ subscription: Subscription, with answer: EndpointAnswer, known: ResultPosition?) -> Bool {
    guard has(subscription) else { return false }
    let hasIt = known?.isSameResult(as: answer.position) ?? false
    return socket.send(text: SocketMessage.result(subscription.id, answer.position, hasIt ? nil : answer.body))
  }

  /// There is nothing to begin with.
  func refuse(_ subscription: Subscription, _ problem: Problem) {
    let isHere = state.withLock { state in
      guard state.subscriptions[subscription.id] == subscription else { return false }
      state.subscriptions[subscription.id] = nil
      return true
    }
    if isHere { socket.send(text: SocketMessage.error(subscription.id, problem, hasEnded: true)) }
  }

  func send(_ answer: EndpointAnswer, for subscription: Subscription) -> Bool {
    has(subscription) && socket.send(text: SocketMessage.result(subscription.id, answer.position, answer.body))
  }

  func send(_ failure: QueryFailure, for subscription: Subscription) -> Bool {
    has(subscription)
      && socket.send(text: SocketMessage.error(subscription.id, failure.problem, hasEnded: false))
  }
}

/// What is wrong with a request on a socket.
struct ProblemError: Error {
  let problem: Problem

  init(_ problem: Problem) {
    self.problem = problem
  }
}
