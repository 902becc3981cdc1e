import Events

/// A stream as its definition declares it: what to read and how.
public struct StreamDefinition: Hashable, Sendable {
  /// What a record's payload is.
  public enum Format: String, Hashable, Sendable, CaseIterable {
    case avro
    /// One JSON document (RFC 8259), an object.
    case json
    /// One line of CSV (RFC 4180), without a header.
    case csv
  }

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

  /// Where the reader schema of an Avro stream is found.
  public enum SchemaSource: Hashable, Sendable {
    /// A file inside the project's `schemas/`, or one type of it: `event.avsc#Name`.
    case file(String)
    /// The latest version of a subject in the schema registry.
    case subject(String)

    /// What stands before a subject's name in definitions and messages.
    public static let subjectPrefix = "registry:"
  }

  /// How lines of CSV are written.
  public struct CSV: Hashable, Sendable {
    /// One byte of ASCII, no quote and no line break.
    public var delimiter: UInt8
    /// An unquoted field of these characters is NULL.
    public var null: String

    public init(delimiter: UInt8 = UInt8(ascii: ","), null: String = "") {
      self.delimiter = delimiter
      self.null = null
    }
  }

  public var name: String
  public var topic: String
  public var format: Format
  /// The reader schema; nil for formats whose columns are declared.
  public var schema: SchemaSource?
  /// The declared columns, in the order of the definition: all of a JSON or CSV stream. An Avro stream has its columns from
  /// the schema, and declares those that the schema does not say enough of.
  public var columns: [DeclaredColumn]
  public var csv: CSV
  /// Path of the field that carries event time; `["kafka", "timestamp"]` is the record's own.
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
  /// At most one event in this time and partition is kept in `event_log`; nil: none is.
  public var sampleIntervalMicroseconds: Int64?
  /// For how long.
  public var sampleKeepMicroseconds: Int64

  /// What `sampleKeepMicroseconds` is when nobody says otherwise: 7 days.
  public static let defaultSampleKeepMicroseconds: Int64 = 7 * 86_400_000_000

  public init(
    name: String, topic: String, format: Format, schema: SchemaSource? = nil, columns: [DeclaredColumn] = [],
    csv: CSV = CSV(), eventTime: [String], outOfOrdernessMicroseconds: Int64, idleTimeoutMicroseconds: Int64,
    maxAheadMicroseconds: Int64, maxWatermarkAheadMicroseconds: Int64 = 60_000_000, deadLetterTopic: String?,
    framing: Framing = .automatic, sampleIntervalMicroseconds: Int64? = nil,
    sampleKeepMicroseconds: Int64 = Self.defaultSampleKeepMicroseconds
  ) {
    self.name = name
    self.topic = topic
    self.format = format
    self.schema = schema
    self.columns = columns
    self.csv = csv
    self.eventTime = eventTime
    self.outOfOrdernessMicroseconds = outOfOrdernessMicroseconds
    self.idleTimeoutMicroseconds = idleTimeoutMicroseconds
    self.maxAheadMicroseconds = maxAheadMicroseconds
    self.maxWatermarkAheadMicroseconds = maxWatermarkAheadMicroseconds
    self.deadLetterTopic = deadLetterTopic
    self.framing = framing
    self.sampleIntervalMicroseconds = sampleIntervalMicroseconds
    self.sampleKeepMicroseconds = sampleKeepMicroseconds
  }

  /// The reader schema's file in `schemas/`; nil when it is none.
  public var schemaFile: String? {
    if case .file(let name) = schema { name } else { nil }
  }
}
