/// The Postgres type of a column, a key, a measure or an expression.
///
/// Only what the engine can compute with; how Avro types map to it is `AvroSchema.sqlType`'s business.
public enum SQLType: Hashable, Sendable {
  case boolean
  /// `integer`: 32 bits. Stored widened to 64 bits; arithmetic checks the 32-bit range.
  case integer
  /// `bigint`: 64 bits.
  case bigint
  /// `numeric` with a fixed number of decimal places: the unscaled value as a 128-bit integer.
  case numeric(scale: Int)
  case doublePrecision
  case text
  case bytea
  /// Microseconds since 1970-01-01T00:00:00Z.
  case timestamptz
  /// Microseconds since 1970-01-01T00:00:00 in no time zone.
  case timestamp
  /// Days since 1970-01-01.
  case date
  /// Microseconds since midnight.
  case time
  /// Months, days and microseconds: of expressions alone, never of a column or a stored result.
  case interval
  case uuid
  /// A JSON document as text: maps, arrays, records and unions of several types.
  case jsonb
  /// `bit varying`, as bytes: of stored states alone, never of an event.
  case bits
  /// An array of one dimension: of an event as `ArrayView` has it, of results and stored states as Postgres writes it.
  case array(ArrayElement)

  /// How values of this type lie in a `Column`.
  public var physical: PhysicalType {
    switch self {
    case .boolean: .boolean
    case .integer, .bigint, .timestamptz, .timestamp, .date, .time: .integer
    case .numeric, .interval: .decimal
    case .doublePrecision: .double
    case .text, .bytea, .uuid, .jsonb, .bits, .array: .text
    }
  }

  /// The type's name in SQL, as in `CREATE TABLE`.
  public var sqlName: String {
    switch self {
    case .boolean: "boolean"
    case .integer: "integer"
    case .bigint: "bigint"
    case .numeric: "numeric"
    case .doublePrecision: "double precision"
    case .text: "text"
    case .bytea: "bytea"
    case .timestamptz: "timestamp with time zone"
    case .timestamp: "timestamp without time zone"
    case .date: "date"
    case .time: "time without time zone"
    case .interval: "interval"
    case .uuid: "uuid"
    case .jsonb: "jsonb"
    case .bits: "bit varying"
    case .array(let element): "\(element.type.sqlName)[]"
    }
  }
}

extension SQLType {
  /// Decimal places.
  public var scale: Int {
    if case .numeric(let scale) = self { return scale }
    return 0
  }

  /// The type as people write it in a definition, without modifiers.
  public var shortName: String {
    switch self {
    case .timestamptz: "timestamptz"
    case .timestamp: "timestamp"
    case .time: "time"
    case .array(let element): "\(element.type.shortName)[]"
    default: sqlName
    }
  }
}

/// The element type of a column's buffer.
public enum PhysicalType: Sendable {
  /// `UInt8`, 0 or 1.
  case boolean
  /// `Int64`.
  case integer
  /// `Int128`, unscaled.
  case decimal
  /// `Double`.
  case double
  /// `TextView`: text, bytes, the canonical 36 characters of a uuid, a JSON document, or an array.
  case text

  /// Bytes of a value.
  public var width: Int {
    switch self {
    case .boolean: MemoryLayout<UInt8>.stride
    case .integer: MemoryLayout<Int64>.stride
    case .decimal: MemoryLayout<Int128>.stride
    case .double: MemoryLayout<Double>.stride
    case .text: MemoryLayout<TextView>.stride
    }
  }
}
