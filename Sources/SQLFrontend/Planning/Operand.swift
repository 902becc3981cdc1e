import Events
import Plan

/// An expression whose type may still depend on what it meets: a quoted text and NULL take the other side's type.
struct Operand {
  enum Value {
    case typed(Expression)
    case quoted(String)
    case null
    /// A constant INTERVAL, which is only another operand's: of a time's, or of a function's.
    case interval(String)
    /// Of two numerics, which is no value before somebody says how many places it has.
    case quotient(Expression, Expression)
  }

  var value: Value
  /// Byte offset for errors.
  var location: Int
  /// COLLATE "C" stands on it.
  var isByteCollated = false

  /// The type as messages name it; nil when it takes that of the other side.
  var type: SQLType? {
    if case .typed(let expression) = value { expression.type } else { nil }
  }
}

extension Expression {
  /// Whether it can be NULL, given which columns can.
  func isNullable(_ columns: [ColumnSpec]) -> Bool {
    isNullable { columns[$0].isNullable }
  }
}
