import Access
import HTTPServer
import Plan
import Synchronization
import Threads

/// `/api/stream`: WebSockets on which clients subscribe to what the other routes answer, and to alerts.
final class SocketRoute: Sendable {
  private struct State {
    var sessions: [ObjectIdentifier: SocketSession] = [:]
    var isStopped = false
  }

  /// The alerts' key.
  let alerts: AnswerKey
  let subscriptions: Subscriptions
  let maximumSubscriptions: Int
  private let routes: [DataRoute]
  private let indices: RouteTable<Int>
  private let places: StreamPlaces
  private let common: CommonHeaders
  let access: AccessPolicy
  private let options: WebSocketOptions
  private let state = Mutex(State())

  /// - Parameter routes: with that of the alerts at the end, which has no path of its own.
  init(
    routes: [DataRoute], subscriptions: Subscriptions, places: StreamPlaces, common: CommonHeaders,
    configuration: StatsAPIConfiguration
  ) {
    self.routes = routes
    self.subscriptions = subscriptions
    self.places = places
    self.common = common
    var indices = RouteTable<Int>()
    for (index, route) in routes.dropLast().enumerated() {
      switch route {
      case .endpoint(let endpoint, _):
        if !endpoint.isWrite, !endpoint.isAdministrative { indices.add("GET", endpoint.path, index) }
      case .relation(let relation): indices.add("GET", relation.path, index)
      }
    }
    self.indices = indices
    alerts = AnswerKey(route: routes.count - 1, arguments: [])
    access = configuration.access
    maximumSubscriptions = configuration.maximumSubscriptions
    var options = configuration.sockets
    options.pingMilliseconds = Int64(configuration.heartbeatIntervalMilliseconds)
    self.options = options
  }

  // MARK: Sockets

  /// Answers a handshake. A client without a token, where one is needed, has to show it in its first message: a browser's
  /// script cannot set headers.
  func open(_ reply: Reply) {
    let request = reply.request
    let authorization = request.header("Authorization")
    let refusal = access.refusal(authorization, from: request.remoteAddress)
    if let refusal, refusal != .missing { return reply.send(Problems.refused(refusal)) }
    guard common.admitsSocket(request) else { return reply.send(Problems.foreignOrigin()) }
    let handshake: WebSocketHandshake
    let place: StreamPlaces.Place
    do throws(WebSocketHandshake.Refusal) {
      handshake = try WebSocketHandshake(request)
    } catch {
      return reply.send(error.response)
    }
    do throws(StreamRefusal) {
      guard !isStopped else { throw StreamRefusal(Problems.stopping()) }
      place = try places.take(request.remoteAddress)
    } catch {
      return reply.send(error.response)
    }
    let address = request.remoteAddress
    reply.upgrade(handshake, options: options) { socket in
      let session = SocketSession(
        socket, self, from: address, authorization: authorization, isAuthorized: refusal == nil, place)
      self.keep(session)
      return session
    }
  }

  /// Closes all sockets. They are told to come back: another version of the definitions may be there to answer them.
  func stop() {
    let sessions = state.withLock { state in
      state.isStopped = true
      defer { state.sessions = [:] }
      return Array(state.sessions.values)
    }
    for session in sessions { session.socket.close(.restart) }
  }

  /// A session has ended.
  func forget(_ session: SocketSession, _ keys: [AnswerKey]) {
    state.withLock { _ = $0.sessions.removeValue(forKey: ObjectIdentifier(session)) }
    subscriptions.sweep(keys)
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } }

  private func keep(_ session: SocketSession) {
    let isKept = state.withLock { state in
      guard !state.isStopped else { return false }
      state.sessions[ObjectIdentifier(session)] = session
      return true
    }
    if !isKept { session.socket.close(.restart) }
  }

  // MARK: What sessions ask

  /// What a target asks for, as it would be in a request.
  func key(of target: String) throws(ProblemError) -> AnswerKey {
    let parsed = Array(target.utf8).withUnsafeBufferPointer { RequestTarget($0) }
    guard let parsed else {
      throw ProblemError(
        Problem(status: 400, title: "Malformed endpoint", detail: "write a path with its query: /api/stats/realtime"))
    }
    let segments = RequestTarget.pathSegments(Array(target.utf8))
    guard let found = indices.find(path: parsed.path, segments: segments), let index = found.entry[.get] else {
      throw ProblemError(
        Problem(status: 404, title: "Not found", detail: "there is no endpoint at \(parsed.path.prefix(256))"))
    }
    do throws(ArgumentError) {
      let format = try FormatParameter(of: parsed.query, routes[index].parameters)
      guard format.form ?? .json == .json else {
        throw ArgumentError.unfit(FormatParameter.parameter, reason: "on a socket results are JSON")
      }
      return AnswerKey(route: index, arguments: try routes[index].arguments(for: format.query, path: found.values))
    } catch {
      throw ProblemError(error.problem)
    }
  }
}

extension WebSocketClose {
  /// Section 7.4.1's registry: the service restarts.
  static let restart = WebSocketClose(1012, "the definitions have changed, or the server stops; connect again")
}

extension EndpointPlan {
  /// What who subscribes to alerts gets: the newest of them, whole, newest first.
  static let latestAlerts: EndpointPlan = {
    var select = FileText()
    select.append(
      "SELECT * FROM alerts ORDER BY created_at DESC, id DESC LIMIT 100", at: FilePlace(path: "", line: 1, column: 1))
    return EndpointPlan(
      method: "GET", path: PathTemplate(literals: ["alerts"]), summary: "The latest alerts", parameters: [],
      returns: .rows, meta: [], select: select, reads: ["alerts"])
  }()
}
