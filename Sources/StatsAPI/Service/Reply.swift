import HTTPServer
import Threads
import Tracing

/// One request and the way its answer takes: adds the common headers, and tells what became of it.
struct Reply: Sendable {
  let request: HTTPRequest
  let responder: HTTPResponder
  let route: String
  let specialOrigin: String?
  /// Whether an answer that is the same for many requests may be sent: this one asks for no headers of its own.
  let takesPrepared: Bool
  /// What the client takes packed; nil: nothing.
  let coding: ContentCoding?
  private let common: CommonHeaders
  private let identity: String?
  private let startedAt: Int64
  private let observe: (@Sendable (RequestObservation) -> Void)?
  private let trace: RequestTrace?

  /// - Parameter tracer: nil: nothing is traced.
  init(
    request: HTTPRequest, responder: HTTPResponder, route: String, common: CommonHeaders,
    tracer: Tracer?, observe: (@Sendable (RequestObservation) -> Void)?
  ) {
    trace = tracer.map { RequestTrace($0, header: request.header(TraceContext.header)) }
    self.request = request
    self.responder = responder
    self.route = route
    self.common = common
    self.observe = observe
    specialOrigin = common.specialOrigin(of: request)
    identity = RequestIdentity.given(by: request)
    coding = request.header("Accept-Encoding").flatMap(ContentCoding.init(accept:))
    takesPrepared = specialOrigin == nil && request.header(RequestIdentity.header) == nil
    startedAt = Clock.monotonicNanoseconds()
  }

  func send(_ response: HTTPResponse, isCached: Bool? = nil, failure: QueryFailure? = nil) {
    var response = compressed(response)
    let (nanoseconds, identity) = (elapsedNanoseconds, identity ?? RequestIdentity.make())
    response.headers += common.headers(for: specialOrigin)
    response.headers += ResponseTime.headers(nanoseconds: nanoseconds, isCached: isCached)
    response.headers.append(HTTPHeader(RequestIdentity.header, identity))
    responder.complete(response)
    report(status: response.status, nanoseconds, identity, isCached: isCached, failure: failure)
  }

  /// Sends an answer that has all its headers already; only where `takesPrepared`.
  func send(prepared response: PreparedResponse, isCached: Bool? = nil) {
    responder.complete(response)
    report(status: response.status, elapsedNanoseconds, nil, isCached: isCached, failure: nil)
  }

  func send(_ failure: QueryFailure) {
    // What a client gave is no fault to be logged.
    switch failure {
    case .invalidArgument, .refused, .conflict: send(failure.response)
    default: send(failure.response, failure: failure)
    }
  }

  /// The result in that form, or only that it has not changed.
  func send(_ answer: EndpointAnswer, as form: Representation, isCached: Bool) {
    let content = answer.content(.init(form: form, coding: answer.isLong ? coding : nil))
    let isModified = request.header("If-None-Match").map { !content.tag.matches(ifNoneMatch: $0) } ?? true
    if isCached, takesPrepared, let prepared = isModified ? content.prepared : content.preparedNotModified {
      send(prepared: prepared, isCached: isCached)
    } else if isModified {
      send(
        HTTPResponse(contentType: form.contentType, bytes: content.body, headers: content.headers), isCached: isCached)
    } else {
      let headers = content.headers.filter { $0.name != "Content-Encoding" }
      send(HTTPResponse(status: 304, headers: headers), isCached: isCached)
    }
  }

  /// What is made for one request and long: metrics, the description. Endpoints' results and files come compressed.
  private func compressed(_ response: HTTPResponse) -> HTTPResponse {
    guard case .bytes(let bytes) = response.body, bytes.count > ContentCoding.minimumBytes,
      !response.headers.contains(where: { $0.name == "Vary" }),
      let type = response.headers.first(where: { $0.name == "Content-Type" })?.value,
      ContentCoding.isWorthwhile(contentType: type)
    else { return response }
    var response = response
    response.headers.append(HTTPHeader("Vary", common.vary("Accept-Encoding")))
    guard let coding, let short = coding.packed(bytes) else { return response }
    response.headers.append(HTTPHeader("Content-Encoding", coding.rawValue))
    response.body = .bytes(short)
    return response
  }

  func stream() -> HTTPStream {
    let headers = [
      HTTPHeader("Content-Type", "text/event-stream"), HTTPHeader("Cache-Control", "no-store"),
      HTTPHeader("Vary", common.vary("Accept")),
      // nginx would otherwise hold events back until a buffer is full.
      HTTPHeader("X-Accel-Buffering", "no"),
    ]
    let identity = identity ?? RequestIdentity.make()
    let own = common.headers(for: specialOrigin) + [HTTPHeader(RequestIdentity.header, identity)]
    let stream = responder.stream(headers: headers + own)
    report(status: 200, elapsedNanoseconds, identity, isCached: nil, failure: nil)
    return stream
  }

  /// Goes on as a WebSocket.
  func upgrade(
    _ handshake: WebSocketHandshake, options: WebSocketOptions,
    opened: @escaping @Sendable (WebSocket) -> any WebSocketOwner
  ) {
    let identity = identity ?? RequestIdentity.make()
    responder.upgrade(
      handshake, headers: [HTTPHeader(RequestIdentity.header, identity)], options: options, opened: opened)
    report(status: 101, elapsedNanoseconds, identity, isCached: nil, failure: nil)
  }

  /// Methods are free text: a client's own must not become labels of metrics.
  var methodName: String {
    if case .other = request.method { return "OTHER" }
    return request.method.description
  }

  private var elapsedNanoseconds: Int64 { Clock.monotonicNanoseconds() - startedAt }

  private func report(
    status: Int, _ nanoseconds: Int64, _ identity: String?, isCached: Bool?, failure: QueryFailure?
  ) {
    guard observe != nil || trace != nil else { return }
    let observation = RequestObservation(
      route: route, status: status, method: methodName, seconds: Double(nanoseconds) / 1e9, identity: identity,
      trace: trace?.context.traceID.description, isCached: isCached, failure: failure)
    trace?.end(observation)
    observe?(observation)
  }
}
