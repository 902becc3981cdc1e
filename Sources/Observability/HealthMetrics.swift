/// What the health report says of one stream.
public struct StreamFigures: Sendable {
  /// In one word.
  public var state: String
  /// nil when there is no event.
  public var newestEventAgeSeconds: Double?
  /// nil when nothing was ever committed.
  public var lastCommitAgeSeconds: Double?

  public init(state: String, newestEventAgeSeconds: Double?, lastCommitAgeSeconds: Double?) {
    self.state = state
    self.newestEventAgeSeconds = newestEventAgeSeconds
    self.lastCommitAgeSeconds = lastCommitAgeSeconds
  }
}

/// What the health report and the metrics both tell.
public struct HealthFigures: Sendable {
  public var isDatabaseUp: Bool
  public var isBrokerUp: Bool
  /// Of each stream, the records of its topic that are not in the tables yet; nil when unknown.
  public var lagRecords: [String: Int?]

  /// By their names.
  public var streams: [String: StreamFigures]

  /// Dead letters that are still to be forwarded; nil when unknown.
  public var outboxLetters: Int?

  public init(
    isDatabaseUp: Bool, isBrokerUp: Bool, lagRecords: [String: Int?], streams: [String: StreamFigures] = [:],
    outboxLetters: Int? = nil
  ) {
    self.streams = streams
    self.outboxLetters = outboxLetters
    self.isDatabaseUp = isDatabaseUp
    self.isBrokerUp = isBrokerUp
    self.lagRecords = lagRecords
  }
}

extension Observer {
  /// Makes the health's figures metrics. They are asked for at each rendering, on the renderer's thread: `figures` must
  /// not block.
  ///
  /// - Parameter states: all that a stream may be in.
  public func exposeHealth(
    streams: [String], states: [String], _ figures: @escaping @Sendable () -> HealthFigures
  ) {
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
      registry.gauge(
        "streampulse_newest_event_age_seconds", help: "Time since the stream's newest event happened.",
        labels: [MetricLabel("stream", stream)]
      ) { figures().streams[stream]?.newestEventAgeSeconds ?? .nan }
      registry.gauge(
        "streampulse_last_commit_age_seconds", help: "Time since the stream's last transaction.",
        labels: [MetricLabel("stream", stream)]
      ) { figures().streams[stream]?.lastCommitAgeSeconds ?? .nan }
      for state in states {
        registry.gauge(
          "streampulse_processor_state", help: "1 for the state that the health report says the stream is in.",
          labels: [MetricLabel("stream", stream), MetricLabel("state", state)]
        ) { figures().streams[stream]?.state == state ? 1 : 0 }
      }
    }
    registry.gauge("streampulse_outbox_dead_letters", help: "Dead letters that are still to be forwarded.") {
      figures().outboxLetters.map(Double.init) ?? .nan
    }
  }
}
