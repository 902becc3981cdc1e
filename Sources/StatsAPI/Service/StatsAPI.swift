import Access
import Dialects
import HTTPServer
import JSON
import Plan
import Threads
import Tracing

/// The product's HTTP interface: a route for each endpoint, aggregate and view, health, metrics, the API's own
/// description, and the files of the web page. `handle` is an `HTTPServer.Handler`, `recall` its `HTTPServer.Recall`.
public final class StatsAPI: Sendable {
  /// What the API gets from the rest of the product.
  public struct Dependencies: Sendable {
    public var execute: QueryExecutor
    /// nil: this server only reads.
    public var write: WriteExecutor?
    /// Writes down what was refused; `completion` says whether it could. nil: nobody does.
    public var record: (@Sendable (_ records: [AuditRecord], _ completion: @escaping @Sendable (Bool) -> Void) -> Void)?
    public var health: HealthProbe
    /// The metrics in Prometheus' text format. Called on an event loop's thread: it must not block.
    public var metrics: @Sendable () -> [UInt8]
    public var dataVersion: DataVersion
    /// Seconds that the replica is behind which answers queries; nil: the primary answers. nil altogether: there is none.
    public var replicaLag: (@Sendable () -> Double?)?
    /// Called after each request, on the thread that answered it.
    public var observe: (@Sendable (RequestObservation) -> Void)?
    public var now: MonotonicClock
    /// nil: nothing is traced.
    public var tracer: Tracer?

    public init(
      execute: @escaping QueryExecutor, write: WriteExecutor? = nil,
      record: (@Sendable (_ records: [AuditRecord], _ completion: @escaping @Sendable (Bool) -> Void) -> Void)? = nil,
      health: @escaping HealthProbe, metrics: @escaping @Sendable () -> [UInt8],
      dataVersion: DataVersion, observe: (@Sendable (RequestObservation) -> Void)? = nil,
      now: @escaping MonotonicClock = systemMonotonicMilliseconds
    ) {
      self.execute = execute
      (self.write, self.record) = (write, record)
      self.health = health
      self.metrics = metrics
      self.dataVersion = dataVersion
      self.observe = observe
      self.now = now
    }
  }

  private enum Route {
    /// Counts into `dataRoutes`.
    case data(Int)
    /// The same, of what changes something.
    case write(Int)
    /// The same, of what only the scope `admin` may read.
    case administration(Int)
    case catalogue
    case health
    case metrics
    case description
    case ping
    case socket
    case version

    /// Whether everybody may ask: a probe must learn that the server lives.
    var isPublic: Bool {
      switch self {
      // A socket's client may say who it is in its first message.
      case .ping, .health, .socket: true
      case .data, .write, .administration, .catalogue, .metrics, .description, .version: false
      }
    }
  }

  private let dataRoutes: [DataRoute]
  private let routes: RouteTable<Route>
  private let common: CommonHeaders
  private let dependencies: Dependencies
  private let answers: EndpointAnswers
  private let places: StreamPlaces
  private let subscriptions: Subscriptions
  private let sockets: SocketRoute
  private let files: StaticFiles
  private let description: [UInt8]
  /// nil: there is none.
  private let catalogue: EndpointAnswer?
  private let version: String
  private let access: AccessPolicy
  /// nil: nobody writes down what was refused.
  private let trail: AuditTrail?
  private let parts = StartedParts()

  /// Ready to handle requests, until `stop`.
  ///
  /// - Parameters:
  ///   - results: what each endpoint gives, as the database says; nil: it was not asked.
  ///   - relations: the aggregates and views to show; nil: this server has no list of them either.
  /// - Throws: when there is no room for the streams' thread.
  public init(
    endpoints: [EndpointPlan], results: [EndpointResult]? = nil, relations: [Relation]? = nil,
    configuration: StatsAPIConfiguration,
    dependencies: Dependencies
  ) throws(ThreadError) {
    self.dependencies = dependencies
    version = configuration.version
    access = configuration.access
    let relationRoutes = (relations ?? []).map(RelationRoute.init)
    let alerts = DataRoute(EndpointPlan.latestAlerts)
    // The alerts, the last, are for subscribers alone.
    dataRoutes = endpoints.map(DataRoute.init) + relationRoutes.map { .relation($0) } + [alerts]
    // What a definition may take comes first, what `EndpointPlan.isBuiltIn` says that none may take comes last.
    var routes = RouteTable<Route>()
    routes.add("GET", "/metrics", .metrics)
    routes.add("GET", "/ping", .ping)
    routes.add("GET", "/version", .version)
    for (index, endpoint) in endpoints.enumerated() {
      routes.add(
        endpoint.method, endpoint.path,
        endpoint.isWrite ? .write(index) : endpoint.isAdministrative ? .administration(index) : .data(index))
    }
    for (index, route) in relationRoutes.enumerated() { routes.add("GET", route.path, .data(endpoints.count + index)) }
    if relations != nil { routes.add("GET", EndpointPlan.aggregatesPath, .catalogue) }
    routes.add("GET", "/health", .health)
    routes.add("GET", "/-/metrics", .metrics)
    routes.add("GET", "/openapi.json", .description)
    routes.add("GET", EndpointPlan.socketPath, .socket)
    self.routes = routes
    common = CommonHeaders(origins: configuration.allowedOrigins)
    answers = EndpointAnswers(
      routes: dataRoutes, configuration: configuration, common: common, dataVersion: dependencies.dataVersion,
      now: dependencies.now, replicaLag: dependencies.replicaLag, execute: dependencies.execute)
    places = StreamPlaces(
      maximum: configuration.maximumStreams, maximumPerAddress: configuration.maximumStreamsPerAddress)
    let readTables = ReadTables(relations ?? [])
    subscriptions = Subscriptions(
      answers: answers, reads: dataRoutes.map(readTables.tables), dataVersion: dependencies.dataVersion, places: places,
      configuration: configuration, now: dependencies.now)
    sockets = SocketRoute(
      routes: dataRoutes, subscriptions: subscriptions, places: places, common: common, configuration: configuration)
    files = StaticFiles(configuration: configuration, common: common)
    description =
      APIDescription(
        endpoints: endpoints, results: results, relations: relations == nil ? nil : relationRoutes,
        needsToken: configuration.access.needsToken
      ).json
    catalogue =
      relations == nil ? nil : Catalogue(relationRoutes, endpoints: endpoints, results: results).answer(common)
    trail = dependencies.record.map { AuditTrail(sink: $0, now: dependencies.now) }
    if let trail { try parts.startThread("audit", stop: { trail.stop() }, run: { trail.run() }) }
    do {
      try subscriptions.start()
    } catch {
      parts.stop()
      throw error
    }
  }

  deinit { stop() }

  /// Event streams and WebSockets that are open or about to be.
  public var openStreams: Int { places.count }

  /// The paths of requests that are to be answered when nothing else is, for `HTTPConfiguration.reservedPaths`.
  public static let vitalPaths: Set<String> = ["/health", "/ping", "/metrics", "/-/metrics"]

  /// Ends the streams. Requests that still come are answered; stop the server first or afterwards.
  public func stop() {
    sockets.stop()
    subscriptions.stop()
    parts.stop()
  }

  /// Answers a request. Never blocks on the database.
  public func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
    let found = routes.find(request)
    // Disk is asked only for what is no route.
    let file = found == nil ? files.file(atURLPath: Self.filePath(request.path)) : nil
    let reply = Reply(
      request: request, responder: responder,
      route: found?.entry.path ?? (file != nil ? "static" : "unknown"), common: common, tracer: dependencies.tracer,
      observe: dependencies.observe)
    guard found != nil || file != nil else { return reply.send(Problems.notFound(path: request.path)) }
    var methods: [String] { found?.entry.methods ?? ["GET", "HEAD", "OPTIONS"] }
    if request.method == .options { return reply.send(common.options(for: reply.specialOrigin, methods: methods)) }
    let route = found?.entry[request.method]
    guard route != nil || (file != nil && [.get, .head].contains(request.method)) else {
      return reply.send(Problems.methodNotAllowed(request.method, allowed: methods))
    }
    if let file { return send(file, reply) }
    if case .write(let index) = route { return write(index, found?.values ?? [], reply) }
    if case .administration(let index) = route { return administer(index, found?.values ?? [], reply) }
    if route?.isPublic == false, let refusal = refusal(of: request) {
      note(refusal, reply)
      return reply.send(Problems.refused(refusal))
    }
    switch route {
    case .data(let index): answer(index, found?.values ?? [], reply)
    case .catalogue: answerCatalogue(reply)
    case .health: answerHealth(reply)
    case .metrics:
      reply.send(
        HTTPResponse(
          contentType: "text/plain; version=0.0.4; charset=utf-8", bytes: dependencies.metrics(), headers: Self.fresh))
    case .description:
      reply.send(HTTPResponse(contentType: "application/json", bytes: description, headers: Self.fresh))
    case .socket: sockets.open(reply)
    case .ping: reply.send(Self.fresh(.object([JSONMember("status", .string("ok"))])))
    case .version:
      let members = [JSONMember("name", .string("StreamPulse")), JSONMember("version", .string(version))]
      reply.send(Self.fresh(.object(members)))
    case .write, .administration, nil: break
    }
  }

  /// The documentation has a path of its own.
  private static func filePath(_ path: String) -> String {
    path == "/docs" || path == "/docs/" ? "/docs.html" : path
  }

  // MARK: Writing and administration

  private func write(_ index: Int, _ path: [String], _ reply: Reply) {
    guard let client = client(of: reply, for: .write) else { return }
    guard let execute = dependencies.write, case .endpoint(let endpoint, let query) = dataRoutes[index] else {
      return reply.send(Problems.isReadOnly)
    }
    let arguments: [String?]
    do throws(BodyError) {
      arguments = try endpoint.arguments(ofWrite: reply.request, path: path, client: client)
    } catch {
      return reply.send(error.problem.response())
    }
    let record = AuditRecord(client, reply.request, endpoint, arguments)
    execute(query, dataRoutes[index].query(arguments).values, record) { result in
      switch result {
      case .success(let json):
        self.answers.forget()
        self.dependencies.dataVersion.notify()
        reply.send(HTTPResponse(contentType: "application/json", bytes: json, headers: Self.fresh))
      case .failure(let failure):
        self.note(client, failure.problem.title, reply)
        reply.send(failure)
      }
    }
  }

  /// Reads what is not for everybody, with the rights of what writes. Nothing of it is kept.
  private func administer(_ index: Int, _ path: [String], _ reply: Reply) {
    guard let client = client(of: reply, for: .admin) else { return }
    let route = dataRoutes[index]
    guard let execute = dependencies.write, case .endpoint(let endpoint, let query) = route else {
      return reply.send(Problems.isReadOnly)
    }
    let format: FormatParameter
    let arguments: [String?]
    do {
      format = try FormatParameter(of: reply.request.query, route.parameters)
      arguments = try route.arguments(for: format.query, path: path)
    } catch {
      return reply.send(error.problem.response())
    }
    let asked = format.form ?? Representation(accept: reply.request.header("Accept"))
    let record = endpoint.isAudited ? AuditRecord(client, reply.request, endpoint, arguments) : nil
    execute(query, route.query(arguments).values, record) { result in
      switch result {
      case .success(let json):
        let headers = Self.fresh + [HTTPHeader("Vary", self.common.vary("Accept", "Accept-Encoding"))]
        let answer = EndpointAnswer(
          body: json, headers: headers, common: self.common.base, hasData: route.hasData,
          nextPage: route.nextPage(after: json, arguments))
        reply.send(answer, as: asked == .eventStream ? .json : asked, isCached: false)
      case .failure(let failure): reply.send(failure)
      }
    }
  }

  /// Who asks for what is not for everybody; nil: it was refused, and answered so.
  private func client(of reply: Reply, for scope: AccessScope) -> String? {
    let request = reply.request
    switch access.judge(request.header("Authorization"), from: request.remoteAddress, for: scope) {
    case .refused(let refusal):
      note(refusal, reply)
      reply.send(Problems.refused(refusal))
      return nil
    case .allowed(client: let name?): return name
    case .allowed(client: nil):
      guard request.isLocalIntent(allowing: reply.specialOrigin != nil) else {
        note("", "not from this machine", reply)
        reply.send(Problems.notLocal(scope))
        return nil
      }
      return "local"
    }
  }

  private func note(_ refusal: AccessPolicy.Refusal, _ reply: Reply) {
    switch refusal {
    case .missing: note("", "no token", reply)
    case .unknown: note("", "wrong token", reply)
    case .beyondScope(let scope, let client): note(client, "no scope \(scope.rawValue)", reply)
    case .tooOften(_, let client): note(client ?? "", "too many requests", reply)
    }
  }

  private func note(_ who: String, _ result: String, _ reply: Reply) {
    trail?.note(
      AuditRecord(
        who: who, origin: reply.request.remoteAddress.description, action: "\(reply.methodName) \(reply.route)",
        result: result))
  }

  private func refusal(of request: HTTPRequest) -> AccessPolicy.Refusal? {
    access.isOpen ? nil : access.refusal(request.header("Authorization"), from: request.remoteAddress)
  }

  /// The answer to a request whose target was asked for before, if the cache has it and nothing in its headers asks for
  /// another; nil leaves it to `handle`. For `HTTPServer.Recall`.
  public func recall(_ head: borrowing RequestHead) -> PreparedResponse? {
    let startedAt = dependencies.observe == nil ? 0 : Clock.monotonicNanoseconds()
    guard let (route, answer) = answers.recall(head.target),
      let prepared = (answer.isLong ? Self.content(of: answer, for: head) : answer.plain).prepared,
      !common.mayBeSpecial(head), !head.hasHeader("If-None-Match"), !head.hasHeader("X-Request-ID"),
      Representation(head) == .json,
      // Last, since it may use up a permit. What is refused here is refused by `handle` once more, and says why.
      access.isOpen || access.refusal(head.header("Authorization"), from: head.remoteAddress) == nil
    else { return nil }
    let trace = dependencies.tracer.map { RequestTrace($0, header: head.header("traceparent")) }
    guard dependencies.observe != nil || trace != nil else { return prepared }
    let observation = RequestObservation(
      route: dataRoutes[route].path, status: prepared.status, method: "GET",
      seconds: Double(Clock.monotonicNanoseconds() - startedAt) / 1e9, identity: nil,
      trace: trace?.context.traceID.description, isCached: true, failure: nil)
    trace?.end(observation)
    dependencies.observe?(observation)
    return prepared
  }

  private static func content(of answer: EndpointAnswer, for head: borrowing RequestHead) -> EndpointAnswer.Content {
    let coding = head.header("Accept-Encoding").flatMap(ContentCoding.init(accept:))
    return answer.content(.init(form: .json, coding: coding))
  }

  private static let fresh = [HTTPHeader("Cache-Control", "no-store")]

  private static func fresh(_ value: JSONValue) -> HTTPResponse {
    var bytes: [UInt8] = []
    value.append(to: &bytes)
    return HTTPResponse(contentType: "application/json", bytes: bytes, headers: fresh)
  }

  /// - Parameter path: what the path gives for parameters in it.
  private func answer(_ index: Int, _ path: [String], _ reply: Reply) {
    let format: FormatParameter
    let arguments: [String?]
    do {
      format = try FormatParameter(of: reply.request.query, dataRoutes[index].parameters)
      arguments = try dataRoutes[index].arguments(for: format.query, path: path)
    } catch {
      return reply.send(error.problem.response())
    }
    let key = AnswerKey(route: index, arguments: arguments)
    // What is recalled is JSON.
    if format.form == nil { answers.remember(reply.request.target, as: key) }
    let form = format.form ?? Representation(accept: reply.request.header("Accept"))
    if form == .eventStream { return subscriptions.open(key, for: reply) }
    let cached = answers.answer(for: key) { result in
      switch result {
      case .success(let answer): reply.send(answer, as: form, isCached: false)
      case .failure(let failure): reply.send(failure)
      }
    }
    if let cached { reply.send(cached, as: form, isCached: true) }
  }

  private func answerCatalogue(_ reply: Reply) {
    guard let catalogue else { return reply.send(Problems.notFound(path: reply.request.path)) }
    do throws(ArgumentError) {
      let format = try FormatParameter(of: reply.request.query, [])
      if let item = format.query.first { throw .unknown(name: item.name, known: [FormatParameter.name]) }
      let asked = format.form ?? Representation(accept: reply.request.header("Accept"))
      // It changes with the definitions and not with the data.
      reply.send(catalogue, as: asked == .eventStream ? .json : asked, isCached: true)
    } catch {
      reply.send(error.problem.response())
    }
  }

  private func answerHealth(_ reply: Reply) {
    let namesServers = reply.request.isFromThisMachine
    dependencies.health { report in
      reply.send(
        HTTPResponse(
          status: report.status == .down ? 503 : 200, contentType: "application/json",
          bytes: report.json(at: Clock.wall(), version: self.version, namesServers: namesServers),
          headers: Self.fresh))
    }
  }

  private func send(_ file: StaticFiles.File, _ reply: Reply) {
    let known = reply.request.header("If-None-Match")
    switch file {
    case .kept(let kept):
      let content = kept.content(reply.coding)
      if let known, content.tag.matches(ifNoneMatch: known) {
        let headers = content.headers.filter { $0.name != "Content-Encoding" }
        reply.send(HTTPResponse(status: 304, headers: headers))
      } else if reply.takesPrepared, let prepared = content.prepared {
        reply.send(prepared: prepared)
      } else {
        reply.send(HTTPResponse(status: 200, headers: content.headers, body: .bytes(content.body)))
      }
    case .open(_, let tag, let headers) where known.map { tag.matches(ifNoneMatch: $0) } == true:
      reply.send(HTTPResponse(status: 304, headers: headers))
    case .open(let open, _, let headers): reply.send(HTTPResponse(status: 200, headers: headers, body: .file(open)))
    }
  }
}
