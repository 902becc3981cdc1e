import Threads
import Tracing

/// A request as a span: of the caller's trace where its headers name one.
struct RequestTrace: Sendable {
  let context: TraceContext
  private let tracer: Tracer
  private let parent: TraceContext?
  /// Microseconds since 1970 UTC.
  private let start: Int64

  /// - Parameter header: the value of `traceparent`; nil: there is none.
  init(_ tracer: Tracer, header: String?) {
    self.tracer = tracer
    parent = header.flatMap { TraceContext($0) }
    context = tracer.begin(under: parent)
    start = context.isSampled ? Clock.wall() : 0
  }

  /// The answer is ready, or the beginning of one that goes on.
  func end(_ observation: RequestObservation) {
    guard context.isSampled else { return }
    var attributes: [SpanAttribute] = [.init(.method, observation.method), .init(.status, observation.status)]
    // What is no route has no name of its own: a client's paths are without number.
    let isRoute = observation.route.hasPrefix("/")
    if isRoute { attributes.append(.init(.route, observation.route)) }
    if let isCached = observation.isCached { attributes.append(.init(.isCached, isCached)) }
    if let identity = observation.identity { attributes.append(.init(.requestID, identity)) }
    // A client's own mistake is none of the server's.
    let isFault = observation.status >= 500
    if isFault { attributes.append(.init(.errorType, String(observation.status))) }
    var span = Span(
      isRoute ? "\(observation.method) \(observation.route)" : observation.method, .server, context,
      parent: parent?.spanID, start: start, end: Clock.wall(), attributes: attributes,
      failure: isFault ? "answered \(observation.status)" : nil)
    span.isParentRemote = parent != nil
    tracer.end(span)
  }
}
