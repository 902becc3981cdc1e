import Kafka
import Postgres
import Storage

/// Why something cannot go on that works with a topic and a database.
public enum PipelineError: Error, CustomStringConvertible {
  case kafka(KafkaError)
  case postgres(PostgresError)
  /// A definition, a schema or the database's version does not fit; the text says what and where.
  case definition(String)
  /// Other definitions are in force by now than those that this works with; the text says which.
  case superseded(String)
  /// Another process has joined the consumer group as this instance, and has its partitions by now.
  case displaced(instance: String?)
  case `internal`(String)

  /// What a step that may fail in several ways has failed with.
  package init(_ error: any Error) {
    switch error {
    case let error as PipelineError: self = error
    case let error as KafkaError: self = .kafka(error)
    case StorageError.postgres(let error): self = .postgres(error)
    case StorageError.definition(let text): self = .definition(text)
    case let error as PostgresError: self = .postgres(error)
    default: self = .internal("\(error)")
    }
  }

  public var description: String {
    switch self {
    case .kafka(let error): "Kafka: \(error.description)"
    case .postgres(let error): "Postgres: \(error.description)"
    case .displaced(let instance):
      """
      another process has taken the place of \(instance ?? "this one") in the consumer group: each process needs a \
      KAFKA_INSTANCE_ID of its own
      """
    case .definition(let text), .superseded(let text), .internal(let text): text
    }
  }

  /// Whether a new worker may succeed without anybody changing anything.
  public var isTransient: Bool {
    switch self {
    case .kafka(let error): !error.isMisconfiguration
    case .postgres: true
    case .definition, .superseded, .displaced, .internal: false
    }
  }
}
