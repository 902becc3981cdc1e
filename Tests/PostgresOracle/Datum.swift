import Events
import Postgres

/// A value of a random event, typed by its column; never NULL.
enum Datum: CustomStringConvertible, Hashable {
  case boolean(Bool)
  case integer(Int64)
  case decimal(Int128, scale: Int)
  case double(Double)
  case text(String)
  case array([Datum?], of: ArrayElement)

  var description: String {
    switch self {
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .decimal(let value, let scale): "\(value)e-\(scale)"
    case .double(let value): "\(value)"
    case .text(let value): "\"\(value.unicodeScalars.map { $0.escaped(asASCII: true) }.joined())\""
    case .array(let elements, _): "[\(elements.map { $0?.description ?? "NULL" }.joined(separator: ", "))]"
    }
  }

  /// The value as Postgres reads it.
  func text(of type: SQLType) -> String {
    switch self {
    case .boolean(let value): return value ? "t" : "f"
    case .decimal(let value, let scale): return "\(value)e-\(scale)"
    case .double(let value): return "\(value)"
    case .text(let text): return text
    case .array(let elements, let element):
      let texts = elements.map { value in
        value.map { "\"\($0.text(of: element.type).replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\"" }
          ?? "NULL"
      }
      return "{\(texts.joined(separator: ","))}"
    case .integer(let value):
      return switch type {
      case .timestamptz: DateTimeText.iso8601(timestamp: value, zone: "Z")
      case .timestamp: DateTimeText.iso8601(timestamp: value, zone: "")
      case .date: DateTimeText.date(days: value)
      case .time: DateTimeText.time(microseconds: value)
      default: "\(value)"
      }
    }
  }

  /// What a column has in a row; nil: NULL, and of an array.
  init?(_ column: Column, _ row: Int) {
    guard column.validity[row] == 1, column.type.element == nil else { return nil }
    switch column.type.physical {
    case .boolean: self = .boolean(column.booleans[row] == 1)
    case .integer: self = .integer(column.integers[row])
    case .decimal: self = .decimal(column.decimals[row], scale: column.type.scale)
    case .double: self = .double(column.doubles[row])
    case .text: self = .text(String(decoding: column.texts[row].bytes, as: UTF8.self))
    }
  }
}

extension Column {
  func write(_ value: Datum, _ row: Int, _ arena: inout TextArena) {
    validity[row] = 1
    switch value {
    case .boolean(let value): booleans[row] = value ? 1 : 0
    case .integer(let value): integers[row] = value
    case .decimal(let value, _): decimals[row] = value
    case .double(let value): doubles[row] = value
    case .text(let value): texts[row] = arena.append(value)
    case .array(let elements, let element):
      let list = ElementList(element)
      for value in elements {
        let number = list.append()
        if let value { list.column.write(value, number, &arena) }
      }
      texts[row] = list.packed(into: &arena)
    }
  }

  /// The value in the form of `SQLType.shown`.
  func shown(_ row: Int) -> String {
    switch type {
    case .boolean: booleans[row] == 1 ? "true" : "false"
    case .doublePrecision: doubles[row].isNaN ? "NaN" : hexadecimal(doubles[row].bitPattern)
    case .timestamptz, .timestamp:
      hexadecimal(UInt64(bitPattern: integers[row] &- 946_684_800_000_000))
    case .date: String(integers[row] - 10_957)
    case .integer, .bigint, .time: String(integers[row])
    case .numeric(let scale): "\(decimals[row])e-\(scale)"
    case .interval: "\(decimals[row].intervalSpan)"
    case .text, .bytea, .uuid, .jsonb, .bits, .array: texts[row].description
    }
  }
}

private func hexadecimal(_ bits: UInt64) -> String {
  let digits = String(bits, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}

extension SQLType {
  /// SQL that shows a value exactly, as `Column.shown` does.
  func shown(_ sql: String) -> String {
    switch self {
    case .doublePrecision: "CASE WHEN \(sql) = 'NaN' THEN 'NaN' ELSE encode(float8send(\(sql)), 'hex') END"
    case .timestamptz: "encode(timestamptz_send(\(sql)), 'hex')"
    case .timestamp: "encode(timestamp_send(\(sql)), 'hex')"
    case .date: "(\(sql) - DATE '2000-01-01')::text"
    case .time: "(extract(epoch FROM \(sql)) * 1000000)::bigint::text"
    default: "(\(sql))::text"
    }
  }

  /// How a value of this type travels to the server.
  var wireElement: PostgresElement {
    switch self {
    case .boolean: .boolean
    case .integer: .integer
    case .bigint: .bigint
    case .numeric: .numeric
    case .doublePrecision: .doublePrecision
    case .timestamptz: .timestamptz
    case .timestamp: .timestamp
    case .date: .date
    case .time: .time
    case .uuid: .uuid
    // As text, since what jsonb refuses is a case of its own.
    case .text, .interval, .bytea, .jsonb, .bits, .array: .text
    }
  }
}

extension PostgresArray {
  mutating func append(_ value: Datum) {
    switch value {
    case .boolean(let value): append(value)
    case .integer(let value): append(value)
    case .decimal(let value, let scale): append(unscaled: value, scale: scale)
    case .double(let value): append(value)
    case .text(let value): append(value)
    case .array(_, let element): append(value.text(of: .array(element)))
    }
  }
}

extension EventErrorCode {
  /// Postgres' code of the same error.
  var sqlstate: String {
    switch self {
    case .outOfRange: "22003"
    case .divisionByZero: "22012"
    case .invalidText: "22P02"
    case .timeOutOfRange: "22008"
    case .untranslatable: "22P05"
    case .invalidLogarithm: "2201E"
    case .invalidPower: "2201F"
    case .invalidWidthBucket: "2201G"
    case .substringError: "22011"
    case .invalidParameter: "22023"
    case .invalidEscapeSequence: "22025"
    case .limitExceeded: "54000"
    default: rawValue
    }
  }
}
