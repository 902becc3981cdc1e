/// Begins traces and takes spans that are over. Any number of threads may use it.
///
/// Where tracing is off there is none, and nobody measures anything.
public final class Tracer: Sendable {
  public let sampler: Sampler
  private let random: @Sendable () -> UInt64
  private let take: @Sendable (Span) -> Void

  /// - Parameters:
  ///   - random: 64 random bits.
  ///   - take: gets every recorded span, on the thread that ended it; must not block.
  public init(
    _ sampler: Sampler, random: @escaping @Sendable () -> UInt64, take: @escaping @Sendable (Span) -> Void
  ) {
    self.sampler = sampler
    self.random = random
    self.take = take
  }

  /// A span of its own: of the caller's trace, or the first of a new one.
  public func begin(under parent: TraceContext? = nil) -> TraceContext {
    let trace = parent?.traceID ?? TraceID(high: random(), low: bits())
    return TraceContext(
      traceID: trace, spanID: SpanID(bits()), isSampled: sampler.samples(trace, under: parent))
  }

  /// A span within one of this process's, which has decided whether it is recorded.
  public func child(of parent: TraceContext) -> TraceContext {
    TraceContext(traceID: parent.traceID, spanID: SpanID(bits()), isSampled: parent.isSampled)
  }

  /// Takes a span, unless its trace is not recorded.
  public func end(_ span: Span) {
    if span.context.isSampled { take(span) }
  }

  /// Zero is no name.
  private func bits() -> UInt64 { max(1, random()) }
}
