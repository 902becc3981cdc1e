extension Observation {
  /// What goes into the log: the message is constant, so that it can be searched for.
  public var log: (level: LogLevel, message: StaticString, fields: [LogField]) {
    switch self {
    case .started(let command, let version):
      (.info, "started", [.init(.command, command), .init(.version, version)])
    case .definitionsLoaded(let streams, let aggregates, let endpoints, let alerts, let workers):
      (
        .info, "definitions loaded",
        [
          .init(.streams, streams), .init(.aggregates, aggregates), .init(.endpoints, endpoints),
          .init(.alerts, alerts), .init(.workers, workers),
        ]
      )
    case .definitionRejected(let file, let line, let column, let message, let hint):
      (
        .error, "definition rejected",
        [.init(.file, file), .init(.line, line), .init(.column, column), .init(.reason, message)]
          + optional(.hint, hint)
      )
    case .formerDefinitions(let version):
      (.notice, "the folder's definitions were replaced, those in force are taken", [.init(.version, version)])
    case .definitionsTaken(let version): (.notice, "definitions taken over", [.init(.version, version)])
    case .definitionsRefused(let version, let reason):
      (
        .error, "the definitions in force cannot be taken over",
        [.init(.version, version), .init(.reason, reason)]
      )
    case .listening(let url): (.info, "listening", [.init(.url, url)])
    case .ready(let url): (.notice, "ready", [.init(.url, url)])
    case .childEnded(let name, let status):
      (.error, "child process ended", [.init(.command, name), .init(.status, status)])
    case .shutdownStarted(let reason): (.info, "shutting down", [.init(.reason, reason)])
    case .shutdownFinished(let seconds): (.info, "shut down", [.init(.seconds, seconds)])
    case .failed(let reason): (.error, "failed", [.init(.reason, reason)])
    case .traced(let id, let observation):
      add(.init(.trace, id), to: observation.log)

    case .collectorDown(let reason):
      (.warning, "the collector of traces does not take spans", [.init(.reason, reason)])
    case .collectorUp: (.info, "the collector of traces takes spans again", [])

    case .databaseUp(let server): (.info, "database up", [.init(.server, server)])
    case .databaseDown(let reason, let sqlstate):
      (.warning, "database down", [.init(.reason, reason)] + optional(.sqlstate, sqlstate))
    case .replicaUp(let server): (.info, "the read replica answers queries", [.init(.server, server)])
    case .replicaDown(let reason):
      (.warning, "the read replica is away, the primary answers queries", [.init(.reason, reason)])
    case .referenceLoaded(let table, let rows, let bytes, let seconds):
      (
        .info, "reference data loaded",
        [.init(.table, table), .init(.rows, rows), .init(.bytes, bytes), .init(.seconds, seconds)]
      )
    case .referenceRefused(let table, let reason):
      (.warning, "reference data cannot be used", [.init(.table, table), .init(.reason, reason)])
    case .retentionRemoved(let table, let rows):
      (.info, "old rows removed", [.init(.table, table), .init(.rows, rows)])

    case .projectNotice(let text): (.notice, "project", [.init(.reason, text)])
    case .settingIgnored(let text): (.warning, "setting ignored", [.init(.reason, text)])
    case .tableAbandoned(let table):
      (
        .warning, "a table has no definition any more, see Upgrading definitions in docs/operations.md",
        [.init(.table, table)]
      )
    case .readerRoleMissing(let reason):
      (.warning, "the reader role cannot be made, the API reads with its own user", [.init(.reason, reason)])

    case .brokerUp(let server): (.info, "broker up", [.init(.server, server)])
    case .brokerDown(let reason): (.warning, "broker down", [.init(.reason, reason)])
    case .brokerFault(let reason): (.warning, "broker fault", [.init(.reason, reason)])
    case .brokerLog(let facility, let message):
      (.warning, "librdkafka", [.init(.code, facility), .init(.reason, message)])
    case .partitionsAssigned(let topic, let partitions):
      (.info, "partitions assigned", [.init(.topic, topic), .init(.partitions, list(partitions))])
    case .partitionsRevoked(let topic, let partitions):
      (.info, "partitions revoked", [.init(.topic, topic), .init(.partitions, list(partitions))])
    case .partitionsLost(let topic, let partitions):
      (.warning, "partitions lost", [.init(.topic, topic), .init(.partitions, list(partitions))])

    case .flushCommitted(let stream, let events, let rows, _, _, _, let seconds):
      (
        .debug, "flush committed",
        [.init(.stream, stream), .init(.events, events), .init(.rows, rows), .init(.seconds, seconds)]
      )
    case .eventsAhead(let topic, let partition, let seconds):
      (
        .warning, "events ahead of the clock do not carry the watermark along",
        position(topic, partition) + [.init(.seconds, seconds)]
      )
    case .fenced(let topic, let reason):
      (.warning, "fenced by another instance", [.init(.topic, topic), .init(.reason, reason)])
    case .gapFound(let topic, let partition, let first, let last, let reason):
      (
        .warning, "offsets missing",
        position(topic, partition) + [.init(.first, first), .init(.last, last), .init(.reason, reason)]
      )
    case .recordsExpired(let topic, let partition, let first, let last):
      (
        .error, "records were gone before they were read",
        position(topic, partition) + [.init(.first, first), .init(.last, last)]
      )
    case .rereading(let topic, let partition, let offset):
      (.notice, "re-reading a gap", position(topic, partition) + [.init(.offset, offset)])
    case .schemaAwaited(let topic, let partition, let offset, let id):
      (
        .info, "partition waits for a schema",
        position(topic, partition) + [.init(.offset, offset), .init(.schema, Int(id))]
      )
    case .schemaLearnt(let id): (.info, "schema learnt", [.init(.schema, Int(id))])
    case .schemaRefused(let id, let reason):
      (.warning, "schema refused", [.init(.schema, Int(id)), .init(.reason, reason)])
    case .registryDown(let reason): (.warning, "schema registry down", [.init(.reason, reason)])
    case .registryUp(let server): (.info, "schema registry up", [.init(.server, server)])
    case .partitionHeld(let topic, let partition, let reason):
      (.error, "partition held", position(topic, partition) + [.init(.reason, reason)])
    case .topicUnusable(let topic, let reason):
      (.warning, "topic cannot be read", [.init(.topic, topic), .init(.reason, reason)])
    case .topicUsable(let topic): (.info, "topic can be read again", [.init(.topic, topic)])
    case .recordsRejected(let topic, let reason):
      (.warning, "nearly all records are dead letters", [.init(.topic, topic), .init(.reason, reason)])
    case .recordsTaken(let topic): (.info, "records are taken again", [.init(.topic, topic)])
    case .processorAbsent(let reason): (.warning, "no processor", [.init(.reason, reason)])
    case .processorPresent: (.info, "a processor is there again", [])
    case .sourceSilent(let topic, let reason):
      (.warning, "no events come", [.init(.topic, topic), .init(.reason, reason)])
    case .sourceHeard(let topic): (.info, "events come again", [.init(.topic, topic)])
    case .workAbandoned(let reason): (.warning, "uncommitted work given up, reading it again", [.init(.reason, reason)])
    case .watchFailed(let reason): (.warning, "alerts and retention wait", [.init(.reason, reason)])
    case .repeatsDropped(let topic, let partition, let count):
      (.info, "repeated records dropped", position(topic, partition) + [.init(.count, count)])
    case .deadLettersWritten(let stream, let codes):
      (
        .warning, "dead letters written",
        [.init(.stream, stream), .init(.count, codes.values.reduce(0, +)), .init(.codes, list(codes))]
      )
    case .deadLettersForwarded(let topic, let count):
      (.info, "dead letters forwarded", [.init(.topic, topic), .init(.count, count)])
    case .forwardingFailed(let reason):
      (.warning, "dead letters wait to be forwarded", [.init(.reason, reason)])
    case .deadLetterUnforwardable(let id, let reason):
      (.warning, "a dead letter cannot be forwarded", [.init(.letter, id), .init(.reason, reason)])
    case .alertRaised(let alert, let severity, let key, let message):
      (
        .notice, "alert raised",
        [.init(.alert, alert), .init(.severity, severity), .init(.key, key), .init(.reason, message)]
      )
    case .alertResolved(let alert, let key):
      (.notice, "alert resolved", [.init(.alert, alert), .init(.key, key)])

    case .notificationsDelivered(let target, let count):
      (.info, "notifications delivered", [.init(.target, target), .init(.count, count)])
    case .deliveryFailed(let target, let reason, let isNews):
      (
        isNews ? .warning : .debug, "a target does not take notifications",
        [.init(.target, target), .init(.reason, reason)]
      )
    case .notificationsGivenUp(let target, let count, let reason):
      (
        .error, "notifications given up",
        [.init(.target, target), .init(.count, count), .init(.reason, reason)]
      )
    case .incidentsEscalated(let target, let count):
      (.notice, "unacknowledged incidents escalated", [.init(.target, target), .init(.count, count)])
    case .deliveryWaits(let reason): (.warning, "notifications wait to be delivered", [.init(.reason, reason)])

    case .certificateTaken(let file): (.notice, "certificate taken", [.init(.file, file)])
    case .certificateRefused(let reason):
      (.error, "certificate refused, the one from before stays in use", [.init(.reason, reason)])
    case .connectionsStrained(let late, let full, let displaced):
      (
        .warning, "connections closed under strain",
        [.init(.late, late), .init(.full, full), .init(.displaced, displaced)]
      )
    case .requestServed(let method, let route, let status, let seconds):
      (
        .debug, "request served",
        [.init(.method, method), .init(.route, route), .init(.status, status), .init(.seconds, seconds)]
      )
    case .requestFailed(let method, let route, let status, _, let reason, let identity):
      (
        .warning, "request failed",
        [.init(.method, method), .init(.route, route), .init(.status, status), .init(.reason, reason)]
          + optional(.request, identity)
      )
    }
  }
}

private func add(
  _ field: LogField, to log: (level: LogLevel, message: StaticString, fields: [LogField])
) -> (level: LogLevel, message: StaticString, fields: [LogField]) {
  (log.level, log.message, log.fields + [field])
}

private func optional(_ key: LogKey, _ value: String?) -> [LogField] {
  value.map { [LogField(key, $0)] } ?? []
}

private func position(_ topic: String, _ partition: Int32) -> [LogField] {
  [LogField(.topic, topic), LogField(.partition, partition)]
}

/// `5 MALFORMED, 2 EMPTY`
private func list(_ codes: [String: Int]) -> String {
  codes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
}

private func list(_ partitions: [Int32]) -> String {
  // In brackets: partition 0 alone must not read as a count.
  "[" + partitions.sorted().map(String.init).joined(separator: ",") + "]"
}
