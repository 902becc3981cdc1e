import Dataflow
import Events
import JSON
import Postgres

extension PostgresArray {
  /// A column of a delta in Postgres' binary array format.
  init(_ column: DeltaColumn) {
    self.init(Self.element(column.type), capacityHint: column.count)
    for row in 0..<column.count {
      if column.isNull(row) {
        appendNull()
        continue
      }
      switch column.values {
      case .booleans(let values): append(values[row] == 1)
      case .integers(let values): append(values[row])
      case .decimals(let values): append(unscaled: values[row], scale: column.type.scale)
      case .doubles(let values): append(values[row])
      case .texts(let bytes, let ends):
        bytes.withUnsafeBufferPointer { buffer in
          append(bytes: UnsafeBufferPointer(rebasing: buffer[(row == 0 ? 0 : ends[row - 1])..<ends[row]]))
        }
      }
    }
  }

  /// The array's element for values of that type.
  static func element(_ type: SQLType) -> PostgresElement {
    switch type {
    case .boolean: .boolean
    case .integer: .integer
    case .bigint: .bigint
    case .numeric: .numeric
    case .doublePrecision: .doublePrecision
    case .text: .text
    case .bytea: .bytea
    case .timestamptz: .timestamptz
    case .timestamp: .timestamp
    case .date: .date
    case .time: .time
    case .uuid: .uuid
    case .jsonb: .jsonb
    }
  }
}

extension WindowDelta {
  /// The parameters of `ResultTable.upsertStatement`.
  var upsertParameters: [PostgresParameter] {
    var starts = PostgresArray(.timestamptz, capacityHint: rowCount)
    for start in windowStarts { starts.append(start) }
    return [.array(starts)] + (keys + accumulators).map { .array(PostgresArray($0)) }
  }
}

extension SQLType {
  /// Decimal places.
  var scale: Int {
    if case .numeric(let scale) = self { return scale }
    return 0
  }
}

extension DeadLetter {
  /// nil when there is none, or none that Postgres could store: it is the producer's own number, seconds or nanoseconds
  /// by mistake.
  var timestampMicroseconds: Int64? {
    let (time, overflow) = timestampMilliseconds.multipliedReportingOverflow(by: 1000)
    return overflow || time < 0 || time == .max ? nil : time
  }

  /// The headers as the column `headers` has them: `[{"name": …, "value": hexadecimal or null}]`.
  var headersJSON: String {
    JSONValue.array(
      headers.map { header in
        let value = header.value.map { JSONValue.string($0.map(hexadecimal).joined()) } ?? .null
        return .object([JSONMember("name", .string(storable(header.name))), JSONMember("value", value)])
      }
    ).text
  }
}

/// Text from outside as Postgres takes it: a zero byte, which it refuses, is shown as U+FFFD.
func storable(_ text: String) -> String {
  guard text.utf8.contains(0) else { return text }
  return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
}

private func hexadecimal(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 16)
  return digits.count == 1 ? "0" + digits : digits
}
