import Events

/// A stream as its definition declares it: what to read and how.
public struct StreamDefinition: Hashable, Sendable {
  public enum Format: String, Hashable, Sendable, CaseIterable { case avro }

  /// What stands before a record's Avro data.
  public enum Framing: String, Hashable, Sendable, CaseIterable {
    /// Each record's own first bytes decide between the others.
    case automatic = "auto"
    /// Nothing: the reader schema is the writer's.
    case bare
    /// `C3 01` and the schema's CRC-64-AVRO fingerprint.
    case singleObject = "single-object"
    /// A zero byte and the schema's id in four bytes.
    case confluent
  }

  public var name: String
  public var topic: String
  public var format: Format
  /// File name of the reader schema, inside the project's `schemas/`.
  public var schemaFile: String
  /// Path of the field that carries event time.
  public var eventTime: [String]
  /// How much later than a younger event an event of the same partition may arrive and still be in time.
  public var outOfOrdernessMicroseconds: Int64
  /// After this much silence a partition no longer holds the watermark back.
  public var idleTimeoutMicroseconds: Int64
  /// An event further ahead of the clock than this is a dead letter.
  public var maxAheadMicroseconds: Int64
  /// No event carries the watermark further ahead of the clock than this; those beyond wait in their windows.
  public var maxWatermarkAheadMicroseconds: Int64
  public var deadLetterTopic: String?
  public var framing: Framing

  public init(
    name: String, topic: String, format: Format, schemaFile: String, eventTime: [String],
    outOfOrdernessMicroseconds: Int64, idleTimeoutMicroseconds: Int64, maxAheadMicroseconds: Int64,
    maxWatermarkAheadMicroseconds: Int64 = 60_000_000, deadLetterTopic: String?, framing: Framing = .automatic
  ) {
    self.name = name
    self.topic = topic
    self.format = format
    self.schemaFile = schemaFile
    self.eventTime = eventTime
    self.outOfOrdernessMicroseconds = outOfOrdernessMicroseconds
    self.idleTimeoutMicroseconds = idleTimeoutMicroseconds
    self.maxAheadMicroseconds = maxAheadMicroseconds
    self.maxWatermarkAheadMicroseconds = maxWatermarkAheadMicroseconds
    self.deadLetterTopic = deadLetterTopic
    self.framing = framing
  }
}

/// A stream, the columns that its aggregates use, and those aggregates: all that one worker needs.
public struct StreamPlan: Sendable {
  public var definition: StreamDefinition
  /// The columns to decode; `Expression.column` counts into it.
  public var columns: [ColumnSpec]
  /// Which column is the event time.
  public var eventTimeColumn: Int
  public var aggregates: [AggregatePlan]

  public init(
    definition: StreamDefinition, columns: [ColumnSpec], eventTimeColumn: Int, aggregates: [AggregatePlan]
  ) {
    self.definition = definition
    self.columns = columns
    self.eventTimeColumn = eventTimeColumn
    self.aggregates = aggregates
  }
}
