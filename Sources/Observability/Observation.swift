/// Everything that the product says about itself, at most once per batch or change of state.
///
/// A new thing to say is a new case here, with its line in `Observation+Log.swift` and, if it counts something, in
/// `ProductMetrics`. Texts never contain secrets or the contents of events.
public enum Observation: Sendable {
  // The process.
  case started(command: String, version: String)
  /// `workers` are those of all streams in this process.
  case definitionsLoaded(streams: Int, aggregates: Int, endpoints: Int, alerts: Int, workers: Int)
  /// The folder's definitions have been in force once; those that are now run instead.
  case formerDefinitions(version: Int)
  /// Others have come into force, and the process goes on with them.
  case definitionsTaken(version: Int)
  /// Others have come into force that cannot be used here; the process goes on with what it has, as long as it may.
  case definitionsRefused(version: Int, reason: String)
  /// Something in the project's folder that is accepted and not used.
  case projectNotice(text: String)
  /// A variable of the environment that looks like a setting and is none.
  case settingIgnored(text: String)
  case definitionRejected(file: String, line: Int, column: Int, message: String, hint: String?)
  case listening(url: String)
  case ready(url: String)
  case childEnded(name: String, status: String)
  case shutdownStarted(reason: String)
  case shutdownFinished(seconds: Double)
  case failed(reason: String)
  /// What is observed belongs to a trace, which its line names.
  indirect case traced(id: String, Observation)

  // Traces.
  /// The collector does not take spans; they are tried again, and dropped when there are too many.
  case collectorDown(reason: String)
  case collectorUp

  // Postgres.
  /// Nothing writes to the table any more.
  case tableAbandoned(table: String)
  case databaseUp(server: String)
  case databaseDown(reason: String, sqlstate: String?)
  /// The replica is asked for what the API reads.
  case replicaUp(server: String)
  /// It cannot be, and the primary is.
  case replicaDown(reason: String)
  case retentionRemoved(table: String, rows: Int)
  /// A version of a table of reference data is in memory.
  case referenceLoaded(table: String, rows: Int, bytes: Int, seconds: Double)
  /// A table of reference data cannot be used: the version before goes on being used, or processing waits for the first.
  case referenceRefused(table: String, reason: String)
  /// The API will read with its own user in read-only transactions.
  case readerRoleMissing(reason: String)

  // Kafka.
  case brokerUp(server: String)
  case brokerDown(reason: String)
  /// Something went wrong that librdkafka goes on trying.
  case brokerFault(reason: String)
  /// A line of librdkafka's own log.
  case brokerLog(facility: String, message: String)
  case partitionsAssigned(topic: String, partitions: [Int32])
  case partitionsRevoked(topic: String, partitions: [Int32])
  /// Taken away without notice: what was not committed is discarded.
  case partitionsLost(topic: String, partitions: [Int32])

  // The pipeline.
  /// An event is so far ahead of the clock that it does not carry the watermark along; said once.
  case eventsAhead(topic: String, partition: Int32, seconds: Double)
  /// `latePolicy` events are in `late`; `filtered` ones passed no aggregate's WHERE.
  case flushCommitted(stream: String, events: Int, rows: Int, filtered: Int, late: Int, dead: Int, seconds: Double)
  /// Another instance owns a partition: nothing of the transaction was written.
  case fenced(topic: String, reason: String)
  /// Offsets `first` to `last` were re-read and are not there.
  case gapFound(topic: String, partition: Int32, first: Int64, last: Int64, reason: String)
  /// Records that the broker deleted before they were read.
  case recordsExpired(topic: String, partition: Int32, first: Int64, last: Int64)
  /// A gap is re-read before it is believed.
  case rereading(topic: String, partition: Int32, from: Int64)
  /// Nothing more is read of it until the schema of its next record is known.
  case schemaAwaited(topic: String, partition: Int32, offset: Int64, id: UInt32)
  /// A schema that is none of the project's own has become known.
  case schemaLearnt(id: UInt32)
  /// The registry does not know the id, or has no Avro schema for it: its records are dead letters.
  case schemaRefused(id: UInt32, reason: String)
  /// No schema can be looked up; what needs one waits.
  case registryDown(reason: String)
  case registryUp(server: String)
  /// Nothing more is read of it until an operator says how to go on; the reason says how.
  case partitionHeld(topic: String, partition: Int32, reason: String)
  /// The topic is missing, or cannot be read as a whole.
  case topicUnusable(topic: String, reason: String)
  case topicUsable(topic: String)
  /// Nearly all of the latest records are dead letters. The reason quotes no event.
  case recordsRejected(topic: String, reason: String)
  case recordsTaken(topic: String)
  /// Nobody processes the stream.
  case processorAbsent(reason: String)
  case processorPresent
  /// Its source has sent nothing for long.
  case sourceSilent(topic: String, reason: String)
  case sourceHeard(topic: String)
  /// What was not committed is given up and read again.
  case workAbandoned(reason: String)
  /// Alerts and retention could not be looked at; they are tried again.
  case watchFailed(reason: String)
  case repeatsDropped(topic: String, partition: Int32, count: Int)
  /// How many of each code. The reasons may quote events, so they are only in the table dead_letters.
  case deadLettersWritten(stream: String, codes: [String: Int])
  /// The brokers have acknowledged copies of dead letters.
  case deadLettersForwarded(topic: String, count: Int)
  /// Dead letters stay in the outbox; they are tried again.
  case forwardingFailed(reason: String)
  /// A dead letter that will never be taken as it is, e.g. because it is too large.
  case deadLetterUnforwardable(id: Int64, reason: String)
  /// The key is a JSON object.
  case alertRaised(alert: String, severity: String, key: String, message: String)
  case alertResolved(alert: String, key: String)

  /// A target has taken a message that tells so many notifications.
  case notificationsDelivered(target: String, count: Int)
  /// A target has not taken a message; it is tried again. `isNews` is false until it has taken one.
  case deliveryFailed(target: String, reason: String, isNews: Bool)
  /// They are not tried again.
  case notificationsGivenUp(target: String, count: Int, reason: String)
  /// The target was told of incidents that nobody acknowledged in time.
  case incidentsEscalated(target: String, count: Int)
  /// No notification can be delivered for now; all wait.
  case deliveryWaits(reason: String)

  // The API.
  /// The API's certificate and key were read again, and are used for new connections.
  case certificateTaken(file: String)
  /// They cannot be used; those from before go on being used.
  case certificateRefused(reason: String)
  /// Connections that were closed so that others are answered: requests that came too slowly, answers of 503 because all
  /// connections were in use, and connections without a request that made room for others.
  case connectionsStrained(late: Int, full: Int, displaced: Int)
  case requestServed(method: String, route: String, status: Int, seconds: Double)
  /// The identity is the answer's `X-Request-ID`.
  case requestFailed(
    method: String, route: String, status: Int, seconds: Double, reason: String, identity: String?)
}

extension Observation {
  /// With the trace that it belongs to; nil: to none.
  public func traced(by id: String?) -> Observation {
    id.map { .traced(id: $0, self) } ?? self
  }
}
