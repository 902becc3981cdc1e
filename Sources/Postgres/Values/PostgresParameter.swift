/// A value for `$1`, `$2`, … of a statement. All but `untyped` travel in binary with their type.
public enum PostgresParameter: Sendable {
  /// NULL of whatever type the statement makes of it.
  case null
  /// Text whose type the server infers from the statement, as it does for a quoted literal.
  case untyped(String)
  case text(String)
  case bigint(Int64)
  case doublePrecision(Double)
  case boolean(Bool)
  case bytea([UInt8])
  /// A JSON document; the server checks it.
  case jsonb(String)
  /// Microseconds since 1970 UTC; the least and the greatest `Int64` are `-infinity` and `infinity`.
  case timestamptz(microseconds: Int64)
  case array(PostgresArray)

  /// The type's OID; 0: the server infers it.
  var oid: UInt32 {
    switch self {
    case .null, .untyped: 0
    case .text: PostgresElement.text.oid
    case .bigint: PostgresElement.bigint.oid
    case .doublePrecision: PostgresElement.doublePrecision.oid
    case .boolean: PostgresElement.boolean.oid
    case .bytea: PostgresElement.bytea.oid
    case .jsonb: PostgresElement.jsonb.oid
    case .timestamptz: PostgresElement.timestamptz.oid
    case .array(let array): array.element.arrayOID
    }
  }

  var isBinary: Bool { if case .untyped = self { false } else { true } }

  /// Appends the wire form; false for NULL. Text-format values end in a NUL, which libpq wants.
  func encode(to buffer: inout [UInt8]) -> Bool {
    switch self {
    case .null: return false
    case .untyped(let text):
      buffer += text.utf8
      buffer.append(0)
    case .text(let text): buffer += text.utf8
    case .bigint(let value): buffer.appendBigEndian(value)
    case .doublePrecision(let value): buffer.appendBigEndian(value.bitPattern)
    case .boolean(let value): buffer.append(value ? 1 : 0)
    case .bytea(let bytes): buffer += bytes
    case .jsonb(let text):
      buffer.append(jsonbVersion)
      buffer += text.utf8
    case .timestamptz(let microseconds): buffer.appendBigEndian(postgresTimestamp(microseconds))
    case .array(let array): array.encode(to: &buffer)
    }
    return true
  }
}

/// A statement with its parameters, for `PostgresConnection.pipeline`.
public struct PostgresStatement: Sendable {
  enum Source: Sendable {
    case sql(String)
    case prepared(String)
  }

  let source: Source
  var parameters: [PostgresParameter]

  /// One SQL statement.
  public init(_ sql: String, _ parameters: [PostgresParameter] = []) {
    source = .sql(sql)
    self.parameters = parameters
  }

  /// A statement that `PostgresConnection.prepare` made on the same connection.
  public init(prepared name: String, _ parameters: [PostgresParameter] = []) {
    source = .prepared(name)
    self.parameters = parameters
  }
}

/// The wire forms of parameters as libpq wants them, in one buffer.
struct EncodedParameters {
  private var buffer: [UInt8] = []
  private var offsets: [Int?] = []
  private var types: [UInt32] = []
  private var lengths: [Int32] = []
  private var formats: [Int32] = []

  init(_ parameters: [PostgresParameter]) {
    for parameter in parameters {
      let start = buffer.count
      let hasValue = parameter.encode(to: &buffer)
      offsets.append(hasValue ? start : nil)
      types.append(parameter.oid)
      lengths.append(Int32(clamping: buffer.count - start))
      formats.append(parameter.isBinary ? 1 : 0)
    }
    // An address for empty values at the end.
    buffer.append(0)
  }

  /// Calls `body` with count, types, values, lengths and formats, valid for the time of the call.
  func withPointers<Value>(
    _ body: (Int32, [UInt32], [UnsafePointer<CChar>?], [Int32], [Int32]) -> Value
  ) -> Value {
    buffer.withUnsafeBytes { bytes in
      let base = bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self)
      return body(Int32(offsets.count), types, offsets.map { $0.map { base + $0 } }, lengths, formats)
    }
  }
}
