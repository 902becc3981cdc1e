import Synchronization

/// The metrics of the process, and their text for Prometheus.
///
/// Instruments are looked up once and kept by whoever counts; only looking up and rendering take the lock. Names are
/// `streampulse_<noun>_<unit>`, and `process_…` what every program has; counters end in `_total`.
public final class MetricsRegistry: Sendable {
  /// Label values that one metric may have; what comes later is counted under the value "other".
  public static let maximumSeries = 500

  private enum Instrument: Sendable {
    case counter(Counter)
    case gauge(Gauge)
    case histogram(Histogram)
    case computed(@Sendable () -> Double)
  }

  private struct Family: Sendable {
    var type: String
    var help: String
    var series: [(labels: [MetricLabel], instrument: Instrument)] = []
  }

  private let families = Mutex<[String: Family]>([:])

  public init() {}

  public func counter(_ name: String, help: String, labels: [MetricLabel] = []) -> Counter {
    precondition(name.hasSuffix("_total"), "the name of a counter ends in _total")
    let found = instrument(name, type: "counter", help: help, labels: labels) { .counter(Counter()) }
    guard case .counter(let counter) = found else { return Counter() }
    return counter
  }

  /// A counter that somebody else counts; asked for like a computed gauge.
  public func counter(
    _ name: String, help: String, labels: [MetricLabel] = [], value: @escaping @Sendable () -> Double
  ) {
    precondition(name.hasSuffix("_total"), "the name of a counter ends in _total")
    _ = instrument(name, type: "counter", help: help, labels: labels) { .computed(value) }
  }

  public func gauge(_ name: String, help: String, labels: [MetricLabel] = []) -> Gauge {
    let found = instrument(name, type: "gauge", help: help, labels: labels) { .gauge(Gauge()) }
    guard case .gauge(let gauge) = found else { return Gauge() }
    return gauge
  }

  /// A gauge whose value is asked for when the metrics are rendered, on the renderer's thread; it must not block.
  public func gauge(
    _ name: String, help: String, labels: [MetricLabel] = [], value: @escaping @Sendable () -> Double
  ) {
    _ = instrument(name, type: "gauge", help: help, labels: labels) { .computed(value) }
  }

  public func histogram(
    _ name: String, help: String, bounds: [Double] = Histogram.secondsBounds, labels: [MetricLabel] = []
  ) -> Histogram {
    let found = instrument(name, type: "histogram", help: help, labels: labels) {
      .histogram(Histogram(bounds: bounds))
    }
    guard case .histogram(let histogram) = found else { return Histogram(bounds: bounds) }
    return histogram
  }

  private func instrument(
    _ name: String, type: String, help: String, labels: [MetricLabel], make: () -> Instrument
  ) -> Instrument {
    precondition(isMetricName(name), "\(name) is no name for a metric")
    return families.withLock { families in
      var family = families[name] ?? Family(type: type, help: help)
      precondition(family.type == type, "\(name) is already a \(family.type)")
      var labels = labels
      if family.series.count >= Self.maximumSeries, !family.series.contains(where: { $0.labels == labels }) {
        labels = labels.map { MetricLabel($0.name, "other") }
      }
      if let known = family.series.first(where: { $0.labels == labels }) { return known.instrument }
      let instrument = make()
      family.series.append((labels, instrument))
      families[name] = family
      return instrument
    }
  }

  /// The names of all metrics, sorted.
  public var names: [String] { families.withLock { $0.keys.sorted() } }

  /// All metrics in Prometheus' text format (version 0.0.4).
  public func render() -> String {
    // A computed gauge may itself use the registry, so none is asked with the lock held.
    let snapshot = families.withLock { $0 }
    var text = ""
    for (name, family) in snapshot.sorted(by: { $0.key < $1.key }) {
      text += "# HELP \(name) \(escapeHelp(family.help))\n# TYPE \(name) \(family.type)\n"
      for (labels, instrument) in family.series {
        switch instrument {
        case .counter(let counter): text += "\(name)\(render(labels)) \(counter.value)\n"
        case .gauge(let gauge): text += "\(name)\(render(labels)) \(render(gauge.value))\n"
        case .computed(let value): text += "\(name)\(render(labels)) \(render(value()))\n"
        case .histogram(let histogram): text += render(histogram, name: name, labels: labels)
        }
      }
    }
    return text
  }

  private func render(_ histogram: Histogram, name: String, labels: [MetricLabel]) -> String {
    var text = ""
    var cumulative: Int64 = 0
    for (bound, count) in zip(histogram.bounds + [.infinity], histogram.counts) {
      cumulative += count
      text += "\(name)_bucket\(render(labels + [MetricLabel("le", render(bound))])) \(cumulative)\n"
    }
    // The count is the last bucket even when values arrive meanwhile.
    return text + "\(name)_sum\(render(labels)) \(render(histogram.sum))\n"
      + "\(name)_count\(render(labels)) \(cumulative)\n"
  }

  private func render(_ labels: [MetricLabel]) -> String {
    guard !labels.isEmpty else { return "" }
    return "{" + labels.map { "\($0.name)=\"\(escapeLabel($0.value))\"" }.joined(separator: ",") + "}"
  }

  private func render(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
    return "\(value)"
  }
}

/// A label of a metric. Values come from a small set that is known beforehand: routes, not paths.
public struct MetricLabel: Hashable, Sendable {
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

private func isMetricName(_ name: String) -> Bool {
  // What Prometheus' own clients tell of every process has a name of its own.
  (name.hasPrefix("streampulse_") || name.hasPrefix("process_"))
    && name.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || $0 == UInt8(ascii: "_")
    }
}

private func escapeHelp(_ text: String) -> String {
  text.reduce(into: "") { $0 += $1 == "\\" ? "\\\\" : $1.isNewline ? "\\n" : String($1) }
}

private func escapeLabel(_ text: String) -> String {
  text.reduce(into: "") { $0 += $1 == "\\" ? "\\\\" : $1 == "\"" ? "\\\"" : $1.isNewline ? "\\n" : String($1) }
}
