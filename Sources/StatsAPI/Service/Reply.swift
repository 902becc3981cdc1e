import HTTPServer
import Threads

/// One request and the way its answer takes: adds the common headers, and tells what became of it.
struct Reply: Sendable {
  let request: HTTPRequest
  let responder: HTTPResponder
  let route: String
  let specialOrigin: String?
  private let common: CommonHeaders
  private let startedAt: Int64
  private let observe: (@Sendable (RequestObservation) -> Void)?

  init(
    request: HTTPRequest, responder: HTTPResponder, route: String, common: CommonHeaders,
    observe: (@Sendable (RequestObservation) -> Void)?
  ) {
    self.request = request
    self.responder = responder
    self.route = route
    self.common = common
    self.observe = observe
    specialOrigin = common.specialOrigin(of: request)
    startedAt = observe == nil ? 0 : Clock.monotonicNanoseconds()
  }

  func send(_ response: HTTPResponse, isCached: Bool? = nil, failure: QueryFailure? = nil) {
    var response = response
    response.headers += common.headers(for: specialOrigin)
    responder.complete(response)
    report(status: response.status, isCached: isCached, failure: failure)
  }

  /// Sends an answer that has the common headers already, which is possible only without a special origin.
  func send(prepared response: PreparedResponse, isCached: Bool? = nil) {
    responder.complete(response)
    report(status: response.status, isCached: isCached, failure: nil)
  }

  func send(_ failure: QueryFailure) { send(failure.response, failure: failure) }

  /// The result, or only that it has not changed.
  func send(_ answer: EndpointAnswer, isCached: Bool) {
    let isModified = request.header("If-None-Match").map { !answer.tag.matches(ifNoneMatch: $0) } ?? true
    if specialOrigin == nil, let prepared = isModified ? answer.prepared : answer.preparedNotModified {
      send(prepared: prepared, isCached: isCached)
    } else if isModified {
      send(
        HTTPResponse(contentType: "application/json", bytes: answer.body, headers: answer.headers), isCached: isCached)
    } else {
      send(HTTPResponse(status: 304, headers: answer.headers), isCached: isCached)
    }
  }

  func stream() -> HTTPStream {
    let headers = [
      HTTPHeader("Content-Type", "text/event-stream"), HTTPHeader("Cache-Control", "no-store"),
      HTTPHeader("Vary", common.vary("Accept")),
      // nginx would otherwise hold events back until a buffer is full.
      HTTPHeader("X-Accel-Buffering", "no"),
    ]
    let stream = responder.stream(headers: headers + common.headers(for: specialOrigin))
    report(status: 200, isCached: nil, failure: nil)
    return stream
  }

  /// Methods are free text: a client's own must not become labels of metrics.
  private var methodName: String {
    if case .other = request.method { return "OTHER" }
    return request.method.description
  }

  private func report(status: Int, isCached: Bool?, failure: QueryFailure?) {
    guard let observe else { return }
    observe(
      RequestObservation(
        route: route, status: status, method: methodName,
        seconds: Double(Clock.monotonicNanoseconds() - startedAt) / 1e9, isCached: isCached, failure: failure))
  }
}
