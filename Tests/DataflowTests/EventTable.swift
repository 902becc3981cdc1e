import Events
import Plan

/// A value of a test event, typed by its column.
enum Value: Equatable, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
  case null
  case integer(Int64)
  case decimal(Int128)
  case double(Double)
  case text(String)
  case boolean(Bool)

  init(integerLiteral value: Int64) { self = .integer(value) }
  init(stringLiteral value: String) { self = .text(value) }
  init(floatLiteral value: Double) { self = .double(value) }
  init(booleanLiteral value: Bool) { self = .boolean(value) }
  init(nilLiteral: ()) { self = .null }
}

extension Column {
  func write(_ value: Value, _ row: Int, _ arena: inout TextArena) {
    validity[row] = value == .null ? 0 : 1
    switch value {
    case .null: if type.physical == .text { texts[row] = .empty }
    case .integer(let integer):
      if type.physical == .double { doubles[row] = Double(integer) } else { integers[row] = integer }
    case .decimal(let decimal): decimals[row] = decimal
    case .double(let double): doubles[row] = double
    case .text(let text): texts[row] = arena.append(text)
    case .boolean(let boolean): booleans[row] = boolean ? 1 : 0
    }
  }

  func read(_ row: Int) -> Value {
    guard validity[row] == 1 else { return .null }
    return switch type.physical {
    case .boolean: .boolean(booleans[row] == 1)
    case .integer: .integer(integers[row])
    case .decimal: .decimal(decimals[row])
    case .double: .double(doubles[row])
    case .text: .text(texts[row].description)
    }
  }
}

extension EventBatch {
  /// Fills the batch with these rows, as a decoder would.
  func fill(_ rows: [[Value]]) {
    reset(count: rows.count)
    for (row, values) in rows.enumerated() {
      for (column, value) in zip(columns, values) { column.write(value, row, &arena) }
    }
  }
}
