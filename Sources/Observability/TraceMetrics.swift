/// What has become of the spans of traces.
public struct TraceFigures: Sendable {
  public var waiting: Int
  public var exported: Int64
  public var dropped: Int64
  public var refused: Int64

  public init(waiting: Int, exported: Int64, dropped: Int64, refused: Int64) {
    self.waiting = waiting
    self.exported = exported
    self.dropped = dropped
    self.refused = refused
  }
}

extension Observer {
  /// Makes what becomes of spans metrics. `figures` must not block.
  public func exposeTraces(_ figures: @escaping @Sendable () -> TraceFigures) {
    registry.gauge("streampulse_waiting_spans", help: "Spans of traces that wait to be sent to the collector.") {
      Double(figures().waiting)
    }
    let outcomes: [(String, @Sendable (TraceFigures) -> Int64)] = [
      ("exported", { $0.exported }), ("dropped", { $0.dropped }), ("refused", { $0.refused }),
    ]
    for (outcome, count) in outcomes {
      registry.counter(
        "streampulse_spans_total", help: "Spans of traces, by what became of them.",
        labels: [MetricLabel("outcome", outcome)]
      ) { Double(count(figures())) }
    }
  }
}
