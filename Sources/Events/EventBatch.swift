/// One column of an `EventBatch`: a value and a validity byte per row.
///
/// A handle to memory that its maker owns and deallocates; copying it copies pointers.
public struct Column {
  public let type: SQLType
  /// When false, `validity` is 1 in every row and decoders need not write it.
  public let isNullable: Bool
  @usableFromInline let values: UnsafeMutableRawPointer
  /// 1: the row has a value; 0: NULL. The value of a NULL is unspecified, but a text is `.empty`: it may be read.
  public let validity: UnsafeMutablePointer<UInt8>

  /// Allocates memory for `capacity` rows, all of them zero or empty and present.
  public init(type: SQLType, isNullable: Bool, capacity: Int) {
    self.type = type
    self.isNullable = isNullable
    let byteCount = type.physical.width * capacity
    values = .allocate(byteCount: byteCount, alignment: 16)
    values.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    if case .text = type.physical {
      values.assumingMemoryBound(to: TextView.self).initialize(repeating: .empty, count: capacity)
    }
    validity = .allocate(capacity: capacity)
    validity.initialize(repeating: 1, count: capacity)
  }

  public func deallocate() {
    values.deallocate()
    validity.deallocate()
  }

  /// Makes the row zero or empty; its validity stays.
  func clear(_ row: Int) {
    switch type.physical {
    case .boolean: booleans[row] = 0
    case .integer: integers[row] = 0
    case .decimal: decimals[row] = 0
    case .double: doubles[row] = 0
    case .text: texts[row] = .empty
    }
  }

  @inlinable public var booleans: UnsafeMutablePointer<UInt8> { values.assumingMemoryBound(to: UInt8.self) }
  @inlinable public var integers: UnsafeMutablePointer<Int64> { values.assumingMemoryBound(to: Int64.self) }
  @inlinable public var decimals: UnsafeMutablePointer<Int128> { values.assumingMemoryBound(to: Int128.self) }
  @inlinable public var doubles: UnsafeMutablePointer<Double> { values.assumingMemoryBound(to: Double.self) }
  @inlinable public var texts: UnsafeMutablePointer<TextView> { values.assumingMemoryBound(to: TextView.self) }
}

/// Why a record became a dead letter. The raw value is the stable code that users see.
public enum EventErrorCode: String, Sendable, CaseIterable {
  /// The record has no payload.
  case tombstone = "TOMBSTONE"
  /// The record has a payload of zero bytes.
  case empty = "EMPTY"
  /// The payload ends in the middle of a value.
  case truncated = "TRUNCATED"
  /// Bytes are left after the last field.
  case trailingBytes = "TRAILING_BYTES"
  /// The payload is not what the writer's schema says.
  case malformed = "MALFORMED"
  /// The framing names a schema that is not among the project's schemas.
  case unknownSchema = "UNKNOWN_SCHEMA"
  /// The writer's schema is known but a value cannot be resolved to the reader's.
  case unresolvable = "UNRESOLVABLE"
  /// A number does not fit its type.
  case outOfRange = "NUMERIC_VALUE_OUT_OF_RANGE"
  /// A value is missing, or NULL, where its column is declared NOT NULL.
  case missingValue = "NOT_NULL_VIOLATION"
  /// A value of another kind than its column: a text where a number is declared.
  case wrongType = "DATATYPE_MISMATCH"
  /// A text has more characters than its column's `varchar(n)`.
  case tooLong = "STRING_DATA_RIGHT_TRUNCATION"
  case divisionByZero = "DIVISION_BY_ZERO"
  /// A logarithm of zero or of a negative number.
  case invalidLogarithm = "INVALID_ARGUMENT_FOR_LOGARITHM"
  /// A root of a negative number, or a power that is no real number.
  case invalidPower = "INVALID_ARGUMENT_FOR_POWER_FUNCTION"
  /// A count of buckets that is not above zero, or bounds that are none.
  case invalidWidthBucket = "INVALID_ARGUMENT_FOR_WIDTH_BUCKET_FUNCTION"
  /// A piece of a text of less than no characters.
  case substringError = "SUBSTRING_ERROR"
  /// A function does not take that value: the part 0 of a text.
  case invalidParameter = "INVALID_PARAMETER_VALUE"
  /// A LIKE pattern ends with its escape character.
  case invalidEscapeSequence = "INVALID_ESCAPE_SEQUENCE"
  /// A text would become longer than the engine, or Postgres, makes one.
  case limitExceeded = "PROGRAM_LIMIT_EXCEEDED"
  /// A date or a time is beyond what Postgres, or the engine, can hold of its type.
  case timeOutOfRange = "DATETIME_FIELD_OVERFLOW"
  /// A cast met text that is not of the target type.
  case invalidText = "INVALID_TEXT_REPRESENTATION"
  /// Text for a key or a measure is not UTF-8, or holds a zero byte, which Postgres cannot store.
  case invalidUTF8 = "CHARACTER_NOT_IN_REPERTOIRE"
  /// A JSON text was asked for that holds U+0000, which Postgres cannot store in `jsonb`.
  case untranslatable = "UNTRANSLATABLE_CHARACTER"
  /// The keys of a row are together too long for a Postgres index entry.
  case keyTooLong = "KEY_TOO_LONG"
  /// The event time is NULL, or out of the range of `timestamptz`.
  case invalidEventTime = "INVALID_EVENT_TIME"
  /// The event time is further ahead of the clock than the stream allows.
  case futureEventTime = "FUTURE_EVENT_TIME"
  /// The event is good, but its window is older than one aggregate still takes.
  case late = "LATE"
}

/// A row that could not be processed, and why.
public struct EventFailure: Sendable {
  /// The row, and thereby the record.
  public var row: Int
  public var code: EventErrorCode
  /// One line for a person, with the field or expression where that is known.
  public var message: String

  public init(row: Int, code: EventErrorCode, message: String) {
    self.row = row
    self.code = code
    self.message = message
  }
}

/// What a column of an `EventBatch` holds.
public struct ColumnSpec: Hashable, Sendable {
  /// The field's path from the record's root, e.g. `["device", "model"]`.
  public var path: [String]
  public var type: SQLType
  public var isNullable: Bool

  public init(path: [String], type: SQLType, isNullable: Bool) {
    self.path = path
    self.type = type
    self.isNullable = isNullable
  }
}

/// The columns of a batch of decoded events: row `i` belongs to record `i` of the `RecordBatch` it was decoded from.
///
/// Made once and reused for every batch; owned by the worker thread. Texts point into the record batch, the decode plan
/// or `arena`, so the event batch must not be read after the record batch is released.
public final class EventBatch {
  /// Rows of a slice of many records: all that is kept for each of them while it is processed then fits the second-level
  /// cache.
  public static let sliceCapacity = 2_048

  /// At most this many rows.
  public let capacity: Int
  public let specs: [ColumnSpec]
  public let columns: [Column]
  /// 1: the row is a good event. 0: it failed (see `failures`) and its columns are zero or empty.
  public let live: UnsafeMutablePointer<UInt8>
  public private(set) var count = 0
  public private(set) var failures: [EventFailure] = []
  public var arena = TextArena()

  public init(specs: [ColumnSpec], capacity: Int) {
    self.capacity = capacity
    self.specs = specs
    columns = specs.map { Column(type: $0.type, isNullable: $0.isNullable, capacity: capacity) }
    live = .allocate(capacity: capacity)
    live.initialize(repeating: 1, count: capacity)
  }

  deinit {
    for column in columns { column.deallocate() }
    live.deallocate()
  }

  /// Payload bytes of a slice of many records, about, for the same reason: long records come in shorter slices.
  public static let slicePayloadBytes = 416 << 10
  /// So many records tell how long all are.
  private static let sampledRecords = 16

  /// Cuts records into slices that each fit the batch, in order.
  public func slices(of records: UnsafeMutableBufferPointer<Record>) -> [Range<Int>] {
    var (sampled, bytes) = (0, 0)
    for index in stride(from: 0, to: records.count, by: max(1, records.count / EventBatch.sampledRecords)) {
      bytes += records[index].payloadBytes.count
      sampled += 1
    }
    let rows = min(capacity, max(1, EventBatch.slicePayloadBytes * sampled / max(1, bytes)))
    return stride(from: 0, to: records.count, by: rows).map { $0..<min($0 + rows, records.count) }
  }

  /// Makes it a batch of `count` live rows whose columns are to be written.
  public func reset(count: Int) {
    precondition(count <= capacity, "a batch larger than its columns")
    self.count = count
    live.update(repeating: 1, count: count)
    failures.removeAll(keepingCapacity: true)
    arena.reset()
  }

  /// Takes `row` out of the batch and makes its columns zero or empty, so that nothing of an earlier batch is left to
  /// be read. The first failure of a row is the one that counts.
  public func fail(_ row: Int, _ code: EventErrorCode, _ message: String) {
    guard live[row] == 1 else { return }
    live[row] = 0
    for column in columns { column.clear(row) }
    failures.append(EventFailure(row: row, code: code, message: message))
  }
}
