/// Where observations go: the log and the metrics. Any number of threads may use it.
public final class Observer: Sendable {
  public let logger: Logger
  public let registry: MetricsRegistry
  private let metrics: ProductMetrics

  public init(logger: Logger, registry: MetricsRegistry = MetricsRegistry()) {
    self.logger = logger
    self.registry = registry
    metrics = ProductMetrics(registry)
    registry.counter(
      "streampulse_suppressed_log_lines_total", help: "Log lines not written because of too many of their message."
    ) { Double(logger.suppressedLines) }
  }

  /// Makes alerts metrics that have not been raised yet.
  public func exposeAlerts(_ names: [String]) { metrics.expect(alerts: names) }

  /// - Parameter stream: whose it is, where that is not clear: in a project of several streams.
  public func observe(_ observation: Observation, of stream: String? = nil) {
    metrics.count(observation)
    // Too frequent to put a line together that nobody wants.
    if observation.isServedRequest, !logger.isEnabled(.debug) { return }
    var (level, message, fields) = observation.log
    if let stream, !fields.contains(where: { $0.key == .stream }) { fields.insert(.init(.stream, stream), at: 0) }
    logger.log(level, message, fields)
  }
}

extension Observation {
  fileprivate var isServedRequest: Bool {
    switch self {
    case .requestServed: true
    case .traced(_, let observation): observation.isServedRequest
    default: false
    }
  }
}
