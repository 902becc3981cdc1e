import Glibc
import Observability
import Testing

@Suite struct ObservationTests {
  static let samples: [Observation] = [
    .started(command: "up", version: "1"),
    .settingIgnored(text: "t"),
    .definitionsLoaded(streams: 1, aggregates: 3, endpoints: 6, alerts: 1, workers: 2),
    .definitionRejected(file: "a.sql", line: 1, column: 2, message: "m", hint: "h"),
    .listening(url: "u"), .ready(url: "u"), .childEnded(name: "postgres", status: "exit status 1"),
    .shutdownStarted(reason: "SIGINT"), .shutdownFinished(seconds: 0.1), .failed(reason: "r"),
    .collectorDown(reason: "r"), .collectorUp,
    .databaseUp(server: "s"), .replicaUp(server: "s"), .replicaDown(reason: "r"),
    .databaseDown(reason: "r", sqlstate: "57P01"),
    .retentionRemoved(table: "t", rows: 2),
    .referenceLoaded(table: "t", rows: 2, bytes: 3, seconds: 0.1), .referenceRefused(table: "t", reason: "r"),
    .brokerUp(server: "s"), .brokerDown(reason: "r"), .partitionsAssigned(topic: "t", partitions: [2, 0, 1]),
    .partitionsRevoked(topic: "t", partitions: [0]), .partitionsLost(topic: "t", partitions: [1]),
    .flushCommitted(stream: "s", events: 10, rows: 3, filtered: 1, late: 2, dead: 1, seconds: 0.01),
    .fenced(topic: "t", reason: "r"), .workAbandoned(reason: "r"), .watchFailed(reason: "r"),
    .rereading(topic: "t", partition: 0, from: 5), .readerRoleMissing(reason: "r"), .brokerFault(reason: "r"),
    .brokerLog(facility: "f", message: "m"),
    .gapFound(topic: "t", partition: 0, first: 5, last: 9, reason: "compaction"),
    .partitionHeld(topic: "t", partition: 0, reason: "r"), .topicUnusable(topic: "t", reason: "r"),
    .schemaAwaited(topic: "t", partition: 0, offset: 5, id: 7), .schemaLearnt(id: 7),
    .schemaRefused(id: 7, reason: "r"), .registryDown(reason: "r"), .registryUp(server: "s"),
    .topicUsable(topic: "t"), .recordsRejected(topic: "t", reason: "r"), .recordsTaken(topic: "t"),
    .eventsAhead(topic: "t", partition: 0, seconds: 80_000),
    .recordsExpired(topic: "t", partition: 0, first: 5, last: 6), .repeatsDropped(topic: "t", partition: 0, count: 3),
    .deadLettersWritten(stream: "s", codes: ["EMPTY": 1]),
    .deadLettersForwarded(topic: "t", count: 2), .forwardingFailed(reason: "r"),
    .deadLetterUnforwardable(id: 7, reason: "r"),
    .alertRaised(alert: "HIGH_ERROR_RATE", severity: "WARNING", key: #"{"k": "r"}"#, message: "m"),
    .notificationsDelivered(target: "t", count: 2), .deliveryFailed(target: "t", reason: "r", isNews: true),
    .notificationsGivenUp(target: "t", count: 1, reason: "r"), .incidentsEscalated(target: "t", count: 1),
    .deliveryWaits(reason: "r"),
    .requestServed(method: "GET", route: "/api", status: 200, seconds: 0.001),
    .processorAbsent(reason: "r"), .processorPresent, .sourceSilent(topic: "t", reason: "r"), .sourceHeard(topic: "t"),
    .certificateTaken(file: "f"), .certificateRefused(reason: "r"),
    .connectionsStrained(late: 1, full: 2, displaced: 3),
    .requestFailed(method: "GET", route: "/api", status: 503, seconds: 0.1, reason: "r", identity: "i"),
  ]

  @Test("every observation has a message of its own and no key twice")
  func messages() {
    #expect(Set(Self.samples.map { $0.log.message.description }).count == Self.samples.count)
    for sample in Self.samples {
      let keys = sample.log.fields.map(\.key)
      #expect(Set(keys).count == keys.count, "\(sample)")
    }
  }

  @Test("an observation is logged with its fields")
  func logs() throws {
    let lines = try logged(.text) { logger in
      Observer(logger: logger).observe(.partitionsAssigned(topic: "downloads", partitions: [2, 0, 1]))
    }
    #expect(lines == ["2026-01-31T12:34:56.000789Z INFO    partitions assigned topic=downloads partitions=[0,1,2]"])
  }

  @Test("partition 0 alone does not read as none")
  func partitionZero() throws {
    for change in [
      Observation.partitionsAssigned(topic: "t", partitions: [0]), .partitionsRevoked(topic: "t", partitions: [0]),
      .partitionsLost(topic: "t", partitions: [0]),
    ] {
      let lines = try logged(.text) { Observer(logger: $0).observe(change) }
      #expect(lines.first?.hasSuffix("topic=t partitions=[0]") == true, "\(lines)")
    }
  }

  @Test("dead letters are counted by code, the commonest first")
  func deadLetters() throws {
    let lines = try logged(.text) { logger in
      Observer(logger: logger).observe(
        .deadLettersWritten(stream: "s", codes: ["TRUNCATED": 2, "MALFORMED": 5, "EMPTY": 2]))
    }
    #expect(lines.first?.hasSuffix("stream=s count=9 codes=\"5 MALFORMED, 2 EMPTY, 2 TRUNCATED\"") == true, "\(lines)")
  }

  @Test("observations are counted")
  func metrics() throws {
    let registry = MetricsRegistry()
    _ = try logged(.json) { logger in
      let observer = Observer(logger: logger, registry: registry)
      observer.exposeAlerts(["NEVER_RAISED"])
      for sample in Self.samples { observer.observe(sample) }
    }
    let text = registry.render()
    let expected = [
      "streampulse_events_total{stream=\"s\",outcome=\"consumed\"} 10",
      "streampulse_events_total{stream=\"s\",outcome=\"late\"} 2", "streampulse_upserted_rows_total{stream=\"s\"} 3",
      "streampulse_assigned_partitions 2", "streampulse_lost_partitions_total 1",
      "streampulse_database_failures_total 1",
      "streampulse_missing_records_total 5", "streampulse_partition_holds_total 1",
      "streampulse_expired_records_total 2",
      "streampulse_flush_seconds_count 1", "streampulse_requests_total{route=\"/api\",status=\"200\"} 1",
      "streampulse_alerts_total{alert=\"HIGH_ERROR_RATE\",severity=\"WARNING\"} 1",
      "streampulse_alerts_total{alert=\"NEVER_RAISED\",severity=\"CRITICAL\"} 0",
    ]
    for line in expected { #expect(text.contains(line + "\n"), "\(line) is missing in:\n\(text)") }
  }
}
