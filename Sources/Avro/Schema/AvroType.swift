import JSON

/// The name of a record, an enum or a fixed.
struct AvroName: Hashable, Sendable {
  /// With the namespace, e.g. "streampulse.DownloadEvent".
  var full: String

  init(full: String) {
    self.full = full
  }

  /// - Parameter namespace: what `text` is relative to unless it has a namespace of its own.
  init(_ text: String, in namespace: String?) {
    full = text.contains(".") ? text : namespace.map { "\($0).\(text)" } ?? text
  }

  /// Without the namespace.
  var simple: Substring {
    full.lastIndex(of: ".").map { full[full.index(after: $0)...] } ?? full[...]
  }

  /// What simple names inside the type's definition are relative to.
  var namespace: String? {
    full.lastIndex(of: ".").map { String(full[..<$0]) }
  }
}

/// An annotation that gives the encoded type another meaning.
enum LogicalType: Hashable, Sendable {
  case decimal(precision: Int, scale: Int)
  case uuid
  case date
  case timeMillis
  case timeMicros
  case timestampMillis
  case timestampMicros
  case localTimestampMillis
  case localTimestampMicros
  case duration
}

struct AvroField: Sendable {
  enum Order: String, Sendable { case ascending, descending, ignore }

  var name: String
  var aliases: [String]
  var doc: String?
  var type: Int
  var defaultValue: JSONValue?
  var order: Order
  var place: SchemaOrigin
  /// A `logicalType` beside the type, not in it.
  var misplacedLogicalType: String?
}

/// A node of a schema. Types refer to each other by their index in `AvroSchema.types`, so that a type can contain
/// itself.
struct AvroType: Sendable {
  enum Shape: Sendable {
    case null
    case boolean
    case int
    case long
    case float
    case double
    case bytes
    case string
    case fixed(size: Int)
    case enumeration(symbols: [String], defaultSymbol: String?)
    case record([AvroField])
    case array(items: Int)
    case map(values: Int)
    case union([Int])
  }

  var shape: Shape
  /// Only records, enums and fixeds have one.
  var name: AvroName?
  var aliases: [AvroName] = []
  var doc: String?
  var logical: LogicalType?

  var isNull: Bool {
    if case .null = shape { true } else { false }
  }

  var isRecord: Bool {
    if case .record = shape { true } else { false }
  }

  /// The type in words, for messages.
  var summary: String {
    let base =
      switch shape {
      case .null: "null"
      case .boolean: "boolean"
      case .int: "int"
      case .long: "long"
      case .float: "float"
      case .double: "double"
      case .bytes: "bytes"
      case .string: "string"
      case .fixed(let size): "fixed(\(size)) \(name?.full ?? "")"
      case .enumeration: "enum \(name?.full ?? "")"
      case .record: "record \(name?.full ?? "")"
      case .array: "array"
      case .map: "map"
      case .union: "union"
      }
    switch logical {
    case .decimal(let precision, let scale): return "decimal(\(precision),\(scale)) as \(base)"
    case .uuid: return "uuid as \(base)"
    case .date: return "date as \(base)"
    case .timeMillis: return "time-millis as \(base)"
    case .timeMicros: return "time-micros as \(base)"
    case .timestampMillis: return "timestamp-millis as \(base)"
    case .timestampMicros: return "timestamp-micros as \(base)"
    case .localTimestampMillis: return "local-timestamp-millis as \(base)"
    case .localTimestampMicros: return "local-timestamp-micros as \(base)"
    case .duration: return "duration as \(base)"
    case nil: return base
    }
  }
}
