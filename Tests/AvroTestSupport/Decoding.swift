import Avro
import Events
import JSON

/// What a column holds in one row, copied out of the batch.
package enum Cell: Hashable, Sendable, CustomStringConvertible {
  case null
  case boolean(Bool)
  case integer(Int64)
  case decimal(Int128)
  /// Bits, so that NaN equals itself.
  case double(UInt64)
  case bytes([UInt8])
  case array([Cell])

  package static func real(_ value: Double) -> Cell { .double(value.bitPattern) }
  package static func text(_ text: String) -> Cell { .bytes(Array(text.utf8)) }

  package var description: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .decimal(let value): "\(value)"
    case .double(let bits): "\(Double(bitPattern: bits))"
    case .array(let cells): "\(cells)"
    case .bytes(let bytes): "\"\(String(decoding: bytes, as: UTF8.self))\" (\(bytes.count))"
    }
  }
}

/// The outcome for one record: its cells, or why there are none.
package enum Outcome: Hashable, Sendable {
  case row([Cell])
  case failure(EventErrorCode, String)

  package var code: EventErrorCode? {
    if case .failure(let code, _) = self { code } else { nil }
  }

  package var message: String? {
    if case .failure(_, let message) = self { message } else { nil }
  }

  /// The same with JSON rewritten, because it may escape the same text in several ways.
  package var normalized: Outcome {
    guard case .row(let cells) = self else { return self }
    return .row(
      cells.map { cell in
        guard case .bytes(let bytes) = cell, let json = try? JSONValue(parsing: bytes) else { return cell }
        return .text(json.text)
      })
  }
}

/// Decodes payloads through the public interface.
package struct Decoding {
  package var reader: String
  package var files: [(name: String, text: String)] = []
  package var confluentIDs: String?
  /// Paths with dots; nil for all leaf columns.
  package var columns: [String]?
  package var framing = Framing.auto

  package init(
    reader: String, files: [(name: String, text: String)] = [], confluentIDs: String? = nil, columns: [String]? = nil,
    framing: Framing = .auto
  ) {
    self.reader = reader
    self.files = files
    self.confluentIDs = confluentIDs
    self.columns = columns
    self.framing = framing
  }

  package func specs(_ schema: AvroSchema) throws -> [ColumnSpec] {
    guard let columns else { return schema.leafColumns().map(\.spec) }
    return try columns.map { try schema.column(at: $0.split(separator: ".").map(String.init)).spec }
  }

  package func decoder() throws -> AvroDecoder {
    let schema = try AvroSchema(parsing: reader)
    return try AvroDecoder(
      reader: schema, schemas: SchemaSet(files: files, confluentIDs: confluentIDs), columns: specs(schema),
      framing: framing)
  }

  package func outcomes(_ payloads: [[UInt8]?]) throws -> [Outcome] {
    try decoder().outcomes(payloads)
  }
}

extension AvroDecoder {
  /// Decodes the payloads as one batch, twice: nothing of an earlier batch may be left.
  package func outcomes(_ payloads: [[UInt8]?]) -> [Outcome] {
    let batch = EventBatch(specs: columns.map(\.spec), capacity: payloads.count)
    _ = outcomes(payloads, in: batch)
    return outcomes(payloads, in: batch)
  }

  /// Decodes the payloads into a batch that has room for them.
  package func outcomes(_ payloads: [[UInt8]?], in batch: EventBatch) -> [Outcome] {
    let records = RecordBatch(copying: payloads)
    decode(records.records, into: batch)
    return batch.outcomes
  }
}

extension EventBatch {
  /// What became of each record; read while the payloads are there.
  package var outcomes: [Outcome] {
    var outcomes = (0..<count).map { row in Outcome.row(columns.map { cell($0, row) }) }
    for failure in failures { outcomes[failure.row] = .failure(failure.code, failure.message) }
    return outcomes
  }
}

private func cell(_ column: Column, _ row: Int) -> Cell {
  if column.validity[row] == 0 { return .null }
  if let element = column.type.element {
    let value = Column(type: element.type, isNullable: true, capacity: 1)
    defer { value.deallocate() }
    let array = ArrayView(column.texts[row], of: element)
    return .array(
      (0..<array.count).map { index in
        array.copy(index..<index + 1, to: value, at: 0)
        return cell(value, 0)
      })
  }
  switch column.type.physical {
  case .boolean: return .boolean(column.booleans[row] == 1)
  case .integer: return .integer(column.integers[row])
  case .decimal: return .decimal(column.decimals[row])
  case .double: return .real(column.doubles[row])
  case .text: return .bytes(Array(column.texts[row].bytes))
  }
}

/// The schema of a record with one field, `x`.
package func recordOfX(_ type: String, attributes: String = "", name: String = "R") -> String {
  "{\"type\":\"record\",\"name\":\"\(name)\",\"fields\":[{\"name\":\"x\",\"type\":\(type)\(attributes)}]}"
}

/// A zigzag varint.
package func varint(_ value: Int64) -> [UInt8] {
  var bits = UInt64(bitPattern: value << 1 ^ value >> 63)
  var bytes: [UInt8] = []
  while bits >= 0x80 {
    bytes.append(UInt8(bits & 0x7F) | 0x80)
    bits >>= 7
  }
  return bytes + [UInt8(bits)]
}

package func encoded(_ text: String) -> [UInt8] { varint(Int64(text.utf8.count)) + Array(text.utf8) }
