import Avro
import Events

/// What a column holds in one row, copied out of the batch.
enum Cell: Hashable, Sendable, CustomStringConvertible {
  case null
  case boolean(Bool)
  case integer(Int64)
  case decimal(Int128)
  /// Bits, so that NaN equals itself.
  case double(UInt64)
  case bytes([UInt8])

  static func real(_ value: Double) -> Cell { .double(value.bitPattern) }
  static func text(_ text: String) -> Cell { .bytes(Array(text.utf8)) }

  var description: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .decimal(let value): "\(value)"
    case .double(let bits): "\(Double(bitPattern: bits))"
    case .bytes(let bytes): "\"\(String(decoding: bytes, as: UTF8.self))\" (\(bytes.count))"
    }
  }
}

/// The outcome for one record: its cells, or why there are none.
enum Outcome: Hashable, Sendable {
  case row([Cell])
  case failure(EventErrorCode, String)

  var code: EventErrorCode? {
    if case .failure(let code, _) = self { code } else { nil }
  }

  var message: String? {
    if case .failure(_, let message) = self { message } else { nil }
  }
}

/// Decodes payloads through the public interface.
struct Decoding {
  var reader: String
  var files: [(name: String, text: String)] = []
  var confluentIDs: String?
  /// Paths with dots; nil for all leaf columns.
  var columns: [String]?
  var framing = Framing.auto

  func specs(_ schema: AvroSchema) throws -> [ColumnSpec] {
    guard let columns else { return schema.leafColumns().map(\.spec) }
    return try columns.map { try schema.column(at: $0.split(separator: ".").map(String.init)).spec }
  }

  func decoder() throws -> AvroDecoder {
    let schema = try AvroSchema(parsing: reader)
    return try AvroDecoder(
      reader: schema, schemas: SchemaSet(files: files, confluentIDs: confluentIDs), columns: specs(schema),
      framing: framing)
  }

  func outcomes(_ payloads: [[UInt8]?]) throws -> [Outcome] {
    let decoder = try decoder()
    let batch = EventBatch(specs: decoder.columns, capacity: payloads.count)
    let records = RecordBatch(copying: payloads)
    // Twice: nothing of an earlier batch may be left.
    decoder.decode(records.records, into: batch)
    decoder.decode(records.records, into: batch)
    return (0..<payloads.count).map { row in
      if let failure = batch.failures.first(where: { $0.row == row }) {
        return .failure(failure.code, failure.message)
      }
      return .row(batch.columns.map { cell($0, row) })
    }
  }
}

private func cell(_ column: Column, _ row: Int) -> Cell {
  if column.validity[row] == 0 { return .null }
  switch column.type.physical {
  case .boolean: return .boolean(column.booleans[row] == 1)
  case .integer: return .integer(column.integers[row])
  case .decimal: return .decimal(column.decimals[row])
  case .double: return .real(column.doubles[row])
  case .text: return .bytes(Array(column.texts[row].bytes))
  }
}

/// The schema of a record with one field, `x`.
func recordOfX(_ type: String, attributes: String = "", name: String = "R") -> String {
  "{\"type\":\"record\",\"name\":\"\(name)\",\"fields\":[{\"name\":\"x\",\"type\":\(type)\(attributes)}]}"
}

/// A fixed-seed generator (PCG's linear congruence, high bits).
struct SeededGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func bits() -> UInt64 {
    var result: UInt64 = 0
    for _ in 0..<2 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      result = result << 32 | state >> 32
    }
    return result
  }

  /// Below `bound`.
  mutating func below(_ bound: Int) -> Int { Int(bits() % UInt64(bound)) }
}

/// A zigzag varint.
func varint(_ value: Int64) -> [UInt8] {
  var bits = UInt64(bitPattern: value << 1 ^ value >> 63)
  var bytes: [UInt8] = []
  while bits >= 0x80 {
    bytes.append(UInt8(bits & 0x7F) | 0x80)
    bits >>= 7
  }
  return bytes + [UInt8(bits)]
}

func encoded(_ text: String) -> [UInt8] { varint(Int64(text.utf8.count)) + Array(text.utf8) }
