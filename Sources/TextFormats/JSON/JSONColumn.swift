import Events
import Plan

/// What a declared column takes, without its name: plain memory for the loops.
struct JSONColumn {
  /// Its place in the batch.
  let index: Int
  let type: SQLType
  let isNullable: Bool
  let isCoerced: Bool
  /// What numbers of a time count.
  let unit: DeclaredColumn.EpochUnit?
  /// `numeric(p, s)`
  let precision: Int
  let scale: Int
  /// `varchar(n)`
  let maximumCharacters: Int

  /// Stands where there is no column.
  static let none = JSONColumn(index: 0, DeclaredColumn(name: "", type: .text, isNullable: false))

  init(index: Int, _ declared: DeclaredColumn) {
    self.index = index
    type = declared.type
    isNullable = declared.isNullable
    isCoerced = declared.isCoerced
    unit = declared.unit
    precision = min(declared.precision ?? ValueText.maximumPrecision, ValueText.maximumPrecision)
    if case .numeric(let places) = declared.type { scale = places } else { scale = 0 }
    maximumCharacters = declared.maximumCharacters ?? .max
  }

  /// Whether it takes numbers, be it for a time.
  var isNumeric: Bool {
    switch type {
    case .integer, .bigint, .numeric, .doublePrecision: true
    case .timestamptz, .timestamp, .date, .time: unit != nil
    default: false
    }
  }

  /// What it takes, for messages: `a bigint`, `a varchar(40)`, `a number of milliseconds`.
  var wanted: String {
    if case .array(let element) = type { return "an array of \(element.type.shortName)" }
    if let unit { return "a number of \(unit.rawValue)" }
    return switch type {
    case .integer: "an integer"
    case .numeric: "a numeric(\(precision),\(scale))"
    case .text where maximumCharacters < .max: "a varchar(\(maximumCharacters))"
    case .timestamptz: "a timestamptz"
    case .timestamp: "a timestamp"
    case .time: "a time"
    default: "a \(type.sqlName)"
    }
  }
}
