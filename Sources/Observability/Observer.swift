/// Where observations go: the log and the metrics. Any number of threads may use it.
public final class Observer: Sendable {
  public let logger: Logger
  public let registry: MetricsRegistry
  private let metrics: ProductMetrics

  public init(logger: Logger, registry: MetricsRegistry = MetricsRegistry()) {
    self.logger = logger
    self.registry = registry
    metrics = ProductMetrics(registry)
  }

  public func observe(_ observation: Observation) {
    metrics.count(observation)
    // Too frequent to put a line together that nobody wants.
    if case .requestServed = observation, !logger.isEnabled(.debug) { return }
    let (level, message, fields) = observation.log
    logger.log(level, message, fields)
  }
}
