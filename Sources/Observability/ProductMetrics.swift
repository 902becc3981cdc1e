/// What observations count.
struct ProductMetrics: Sendable {
  private let registry: MetricsRegistry
  private let databaseFailures: Counter
  private let brokerFailures: Counter
  private let assignedPartitions: Gauge
  private let lostPartitions: Counter
  private let flushSeconds: Histogram
  private let abandoned: Counter
  private let fences: Counter
  private let repeats: Counter
  private let missing: Counter
  private let expired: Counter
  private let removedRows: Counter
  private let holds: Counter
  private let schemaWaits: Counter
  private let registryFailures: Counter
  private let referenceFailures: Counter
  private let forwardedLetters: Counter
  private let escalations: Counter
  private let requests: RequestInstruments

  init(_ registry: MetricsRegistry) {
    self.registry = registry
    requests = RequestInstruments(registry)
    databaseFailures = registry.counter("streampulse_database_failures_total", help: "Times that Postgres went away.")
    brokerFailures = registry.counter("streampulse_broker_failures_total", help: "Times that Kafka went away.")
    assignedPartitions = registry.gauge("streampulse_assigned_partitions", help: "Partitions that this process reads.")
    lostPartitions = registry.counter(
      "streampulse_lost_partitions_total", help: "Partitions taken away without notice.")
    flushSeconds = registry.histogram(
      "streampulse_flush_seconds", help: "Duration of the transactions that store results.")
    abandoned = registry.counter(
      "streampulse_abandoned_work_total", help: "Times that uncommitted work was given up and read again.")
    fences = registry.counter(
      "streampulse_fences_total", help: "Transactions refused because another instance owns the partition.")
    repeats = registry.counter("streampulse_repeated_records_total", help: "Records that came again and were dropped.")
    missing = registry.counter("streampulse_missing_records_total", help: "Offsets that the log does not hold.")
    expired = registry.counter(
      "streampulse_expired_records_total", help: "Records that the broker deleted before they were read.")
    schemaWaits = registry.counter(
      "streampulse_schema_waits_total", help: "Times that a partition waited for a schema of the registry.")
    registryFailures = registry.counter(
      "streampulse_registry_failures_total", help: "Times that the schema registry went away.")
    referenceFailures = registry.counter(
      "streampulse_reference_failures_total", help: "Times that a table of reference data was found unusable.")
    holds = registry.counter(
      "streampulse_partition_holds_total", help: "Times that a partition was held for an operator to decide.")
    forwardedLetters = registry.counter(
      "streampulse_forwarded_dead_letters_total", help: "Copies of dead letters that the brokers acknowledged.")
    escalations = registry.counter(
      "streampulse_escalations_total",
      help: "Incidents that another target was told of because nobody acknowledged them.")
    removedRows = registry.counter("streampulse_removed_rows_total", help: "Rows removed because of their age.")
  }

  /// A rate needs the 0 before the first.
  func expect(alerts names: [String]) {
    for name in names { for severity in ["INFO", "WARNING", "CRITICAL"] { _ = alerts(name, severity) } }
  }

  func count(_ observation: Observation) {
    switch observation {
    case .traced(_, let observation): count(observation)
    case .databaseDown: databaseFailures.add()
    case .brokerDown: brokerFailures.add()
    case .partitionsAssigned(_, let partitions): assignedPartitions.add(Double(partitions.count))
    case .partitionsRevoked(_, let partitions): assignedPartitions.add(-Double(partitions.count))
    // Its worker ends, which revokes them.
    case .partitionsLost(_, let partitions): lostPartitions.add(Int64(partitions.count))
    case .flushCommitted(let stream, let events, let rows, let filtered, let late, let dead, let seconds):
      flushSeconds.record(seconds)
      eventCounter(stream, "consumed").add(Int64(events))
      eventCounter(stream, "filtered").add(Int64(filtered))
      eventCounter(stream, "late").add(Int64(late))
      eventCounter(stream, "dead").add(Int64(dead))
      upserts(stream).add(Int64(rows))
    case .partitionHeld: holds.add()
    case .schemaAwaited: schemaWaits.add()
    case .registryDown: registryFailures.add()
    case .referenceRefused: referenceFailures.add()
    case .fenced: fences.add()
    case .workAbandoned: abandoned.add()
    case .repeatsDropped(_, _, let count): repeats.add(Int64(count))
    case .gapFound(_, _, let first, let last, _): missing.add(last - first + 1)
    case .recordsExpired(_, _, let first, let last): expired.add(last - first + 1)
    case .deadLettersForwarded(_, let count): forwardedLetters.add(Int64(count))
    case .retentionRemoved(_, let rows): removedRows.add(Int64(rows))
    case .alertRaised(let alert, let severity, _, _): alerts(alert, severity).add()
    case .notificationsDelivered(let target, let count): notifications(target, "delivered").add(Int64(count))
    case .deliveryFailed(let target, _, _): notifications(target, "failed").add()
    case .notificationsGivenUp(let target, let count, _): notifications(target, "given_up").add(Int64(count))
    case .incidentsEscalated(_, let count): escalations.add(Int64(count))
    case .requestServed(_, let route, let status, let seconds),
      .requestFailed(_, let route, let status, let seconds, _, _):
      let instruments = requests[route, status]
      instruments.requests.add()
      instruments.seconds.record(seconds)
    case .databaseUp, .replicaUp, .replicaDown, .brokerUp, .registryUp, .referenceLoaded, .schemaLearnt, .schemaRefused,
      .started, .eventsAhead,
      .definitionsLoaded, .definitionRejected, .formerDefinitions, .definitionsTaken, .definitionsRefused, .listening,
      .ready,
      .childEnded,
      .shutdownStarted, .shutdownFinished, .failed, .readerRoleMissing, .projectNotice, .settingIgnored,
      .tableAbandoned,
      .brokerFault, .brokerLog, .rereading, .watchFailed, .alertResolved, .deadLettersWritten, .forwardingFailed,
      .deadLetterUnforwardable, .deliveryWaits, .certificateTaken, .certificateRefused, .connectionsStrained,
      .processorAbsent, .processorPresent, .collectorDown, .collectorUp,
      .sourceSilent, .sourceHeard, .topicUnusable, .topicUsable, .recordsRejected, .recordsTaken:
      break
    }
  }

  // Looked up per observation, which is once per batch, never per event.
  private func eventCounter(_ stream: String, _ outcome: String) -> Counter {
    registry.counter(
      "streampulse_events_total", help: "Events of committed transactions, by what became of them.",
      labels: [MetricLabel("stream", stream), MetricLabel("outcome", outcome)])
  }

  private func upserts(_ stream: String) -> Counter {
    registry.counter(
      "streampulse_upserted_rows_total", help: "Rows inserted or updated by committed transactions.",
      labels: [MetricLabel("stream", stream)])
  }

  private func notifications(_ target: String, _ outcome: String) -> Counter {
    registry.counter(
      "streampulse_notifications_total", help: "Notifications, by target and what became of them at each attempt.",
      labels: [MetricLabel("target", target), MetricLabel("outcome", outcome)])
  }

  private func alerts(_ alert: String, _ severity: String) -> Counter {
    registry.counter(
      "streampulse_alerts_total", help: "Alerts raised, by what the alert is called and its severity.",
      labels: [MetricLabel("alert", alert), MetricLabel("severity", severity)])
  }
}
