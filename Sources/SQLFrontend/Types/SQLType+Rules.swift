import Events

extension SQLType {
  /// What a cast may name. Ours are the types that the engine computes with.
  static func named(_ name: String) -> SQLType? {
    switch name {
    case "bool", "boolean": .boolean
    case "int4", "int", "integer": .integer
    case "int8", "bigint": .bigint
    case "numeric", "decimal": .numeric(scale: 0)
    case "float8": .doublePrecision
    case "text": .text
    case "timestamptz": .timestamptz
    case "timestamp": .timestamp
    case "date": .date
    case "time": .time
    case "uuid": .uuid
    default: nil
    }
  }

  /// What to write in place of a type that we do not compute with.
  static func hint(forUnknown name: String) -> String {
    switch name {
    case "int2", "smallint": "write integer"
    case "float4", "real": "write double precision"
    case "varchar", "bpchar", "char", "name": "write text"
    case "interval": "an interval is a constant, INTERVAL '1 minute', or the difference of two times"
    default:
      "types are boolean, integer, bigint, numeric, double precision, text, timestamptz, timestamp, date, time, uuid"
    }
  }

  var isNumeric: Bool {
    if case .numeric = self { true } else { false }
  }

  /// The place in integer → bigint → numeric → double precision; nil for what is no number.
  var numberRank: Int? {
    switch self {
    case .integer: 0
    case .bigint: 1
    case .numeric: 2
    case .doublePrecision: 3
    default: nil
    }
  }

  var isNumber: Bool { numberRank != nil }

  /// Whether it is a number or a time, of which there are a least and a greatest.
  var isOrdered: Bool {
    switch self {
    case .integer, .bigint, .numeric, .doublePrecision, .timestamptz, .timestamp, .date, .time: true
    case .boolean, .text, .interval, .bytea, .uuid, .jsonb, .bits, .array: false
    }
  }

  /// Whether `<` and `>` order its values; those of text, if it says by which collation.
  var isComparable: Bool {
    switch self {
    case .boolean, .uuid, .bytea, .text, .interval: true
    default: isOrdered
    }
  }

  /// Whether the engine can cast an event's value of this type to `target`.
  func canCast(to target: SQLType) -> Bool {
    if self == target { return true }
    switch (self, target) {
    // A numeric column has a fixed number of places, which nothing gives that is made at run time.
    case (.integer, .numeric(scale: 0)), (.bigint, .numeric(scale: 0)): return true
    case (_, .numeric): return false
    case (.boolean, .text), (.uuid, .text), (.jsonb, .text): return true
    case (_, .text): return isNumber
    case (.boolean, .integer), (.integer, .boolean): return true
    case (.text, .integer), (.text, .bigint), (.text, .doublePrecision), (.text, .boolean): return true
    case (.timestamptz, .timestamp), (.timestamptz, .date), (.timestamp, .timestamptz), (.timestamp, .date),
      (.date, .timestamptz), (.date, .timestamp):
      return true
    default: return isNumber && target.isNumber
    }
  }

  /// Whether a generated column may cast it: it must never fail, or every upsert of the row would, and it must not
  /// depend on a setting.
  func canCastInGeneratedColumn(to target: SQLType) -> Bool {
    if let rank = numberRank, let targetRank = target.numberRank { return rank <= targetRank }
    switch (self, target) {
    case (.boolean, .text), (.integer, .text), (.bigint, .text), (.numeric, .text), (.doublePrecision, .text):
      return true
    default: return self == target
    }
  }
}
