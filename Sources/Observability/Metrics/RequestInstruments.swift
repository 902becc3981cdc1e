import Synchronization

/// What counts requests, looked up once for each route and status: requests come by the hundred thousand a second, and
/// a look-up in the registry costs as much as all the rest of a cached answer.
final class RequestInstruments: Sendable {
  struct Pair: Sendable {
    let requests: Counter
    let seconds: Histogram
  }

  private struct Key: Hashable {
    var route: String
    var status: Int
  }

  private let registry: MetricsRegistry
  private let known = Mutex<[Key: Pair]>([:])

  init(_ registry: MetricsRegistry) { self.registry = registry }

  /// Routes and statuses are few, as the registry's labels have to be; beyond its bound nothing is kept.
  subscript(route: String, status: Int) -> Pair {
    let key = Key(route: route, status: status)
    if let pair = known.withLock({ $0[key] }) { return pair }
    let pair = Pair(
      requests: registry.counter(
        "streampulse_requests_total", help: "HTTP requests answered.",
        labels: [MetricLabel("route", route), MetricLabel("status", String(status))]),
      seconds: registry.histogram(
        "streampulse_request_seconds", help: "Time from a request's last byte to the answer.",
        labels: [MetricLabel("route", route)]))
    known.withLock { if $0.count < MetricsRegistry.maximumSeries { $0[key] = pair } }
    return pair
  }
}
