import Events
import Kafka
import Postgres

/// Why a processor cannot go on.
public enum PipelineError: Error, CustomStringConvertible {
  case kafka(KafkaError)
  case postgres(PostgresError)
  /// The partition's log ends before the position that Postgres holds.
  case logTruncated(cluster: String, topic: String, partition: Int32, end: Offset, position: Offset)
  /// A definition, a schema or the database's version does not fit; the text says what and where.
  case definition(String)
  case `internal`(String)

  public var description: String {
    switch self {
    case .kafka(let error): "Kafka: \(error.description)"
    case .postgres(let error): "Postgres: \(error.description)"
    case .logTruncated(let cluster, let topic, let partition, let end, let position):
      """
      partition \(partition) of \(topic) ends at offset \(end), but everything up to \(position) is already counted: \
      the topic was truncated or made anew. Nothing is read until you say how to go on; to begin again at its start: \
      SELECT pulse.begin_again('\(cluster)', '\(topic)', \(partition)). See "A truncated log" in docs/exactly-once.md
      """
    case .definition(let text), .internal(let text): text
    }
  }

  /// Whether a new worker may succeed without anybody changing anything.
  public var isTransient: Bool {
    switch self {
    case .kafka(let error): !error.isMisconfiguration
    case .postgres: true
    case .logTruncated, .definition, .internal: false
    }
  }
}
