/// What the health report and the metrics both tell.
public struct HealthFigures: Sendable {
  public var isDatabaseUp: Bool
  public var isBrokerUp: Bool
  /// Of each stream, the records of its topic that are not in the tables yet; nil when unknown.
  public var lagRecords: [String: Int?]

  /// Dead letters that are still to be forwarded; nil when unknown.
  public var outboxLetters: Int?

  public init(isDatabaseUp: Bool, isBrokerUp: Bool, lagRecords: [String: Int?], outboxLetters: Int? = nil) {
    self.outboxLetters = outboxLetters
    self.isDatabaseUp = isDatabaseUp
    self.isBrokerUp = isBrokerUp
    self.lagRecords = lagRecords
  }
}

extension Observer {
  /// Makes the health's figures metrics. They are asked for at each rendering, on the renderer's thread: `figures` must
  /// not block.
  public func exposeHealth(streams: [String], _ figures: @escaping @Sendable () -> HealthFigures) {
    registry.gauge("streampulse_database_up", help: "1 while Postgres can be used.") {
      figures().isDatabaseUp ? 1 : 0
    }
    registry.gauge("streampulse_broker_up", help: "1 while Kafka can be used.") { figures().isBrokerUp ? 1 : 0 }
    for stream in streams {
      registry.gauge(
        "streampulse_lag_records", help: "Records of the stream's topic that are not in the tables yet.",
        labels: [MetricLabel("stream", stream)]
      ) {
        (figures().lagRecords[stream] ?? nil).map(Double.init) ?? .nan
      }
    }
    registry.gauge("streampulse_outbox_dead_letters", help: "Dead letters that are still to be forwarded.") {
      figures().outboxLetters.map(Double.init) ?? .nan
    }
  }
}
