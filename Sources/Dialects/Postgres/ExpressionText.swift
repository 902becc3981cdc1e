import Events
import Plan
import SQLQuoting

extension Expression {
  /// The expression in Postgres' syntax. `column` supplies what a column is called.
  public func sql(_ column: (Int) -> String) -> String {
    switch self {
    case .column(let index, _): column(index)
    case .literal(let literal): literal.sql
    case .arithmetic(let operation, let left, let right):
      "\(left.sqlOperand(column)) \(operation.rawValue) \(right.sqlOperand(column))"
    case .negate(let operand): "- \(operand.sqlOperand(column))"
    case .comparison(let comparison, let left, let right):
      "\(left.sqlOperand(column)) \(comparison.rawValue) \(right.sqlOperand(column))"
    case .and(let operands): operands.map { $0.sqlOperand(column) }.joined(separator: " AND ")
    case .or(let operands): operands.map { $0.sqlOperand(column) }.joined(separator: " OR ")
    case .not(let operand): "NOT \(operand.sqlOperand(column))"
    case .isNull(let operand): "\(operand.sqlOperand(column)) IS NULL"
    case .isTrue(let operand): "\(operand.sqlOperand(column)) IS TRUE"
    case .caseWhen(let branches, let otherwise):
      "CASE "
        + branches.map { "WHEN \($0.condition.sql(column)) THEN \($0.value.sql(column)) " }.joined()
        + "ELSE \(otherwise.sql(column)) END"
    case .coalesce(let operands): "COALESCE(\(operands.map { $0.sql(column) }.joined(separator: ", ")))"
    case .cast(let operand, let type): "\(operand.sqlOperand(column))::\(type.sqlName)"
    }
  }

  /// In parentheses where it is more than one term.
  private func sqlOperand(_ column: (Int) -> String) -> String {
    let text = sql(column)
    return switch self {
    case .column(let index, _) where quotedIdentifierOrTerm(column(index)): text
    case .cast, .coalesce: text
    case .literal(let literal) where !literal.isNegative: text
    default: "(\(text))"
    }
  }

  /// What stands for a column may be an expression itself, such as a mean over its parts.
  private func quotedIdentifierOrTerm(_ text: String) -> Bool {
    !text.contains(" ")
  }
}

extension Literal {
  /// The constant in Postgres' syntax, with its type where that is not plain from the text.
  var sql: String {
    switch self {
    case .null(let type): "NULL::\(type.sqlName)"
    case .boolean(let value): value ? "true" : "false"
    case .integer(let value, .integer): String(value)
    case .integer(let value, .bigint): value < 0 ? "(\(value))::bigint" : "\(value)::bigint"
    case .integer(let value, .date): "DATE '\(DateTimeText.date(days: value))'"
    case .integer(let value, .time): "TIME '\(DateTimeText.time(microseconds: value))'"
    case .integer(let value, .timestamp): "TIMESTAMP '\(DateTimeText.timestamp(microseconds: value))'"
    case .integer(let value, _): "TIMESTAMPTZ '\(DateTimeText.timestamp(microseconds: value))+00'"
    case .numeric(let unscaled, let scale): DecimalText(unscaled: unscaled, scale: scale).text
    case .double(let value): "'\(value)'::double precision"
    case .text(let text, .text): quotedLiteral(text)
    case .text(let text, let type): "\(quotedLiteral(text))::\(type.sqlName)"
    }
  }

  fileprivate var isNegative: Bool {
    switch self {
    case .integer(let value, .integer): value < 0
    case .numeric(let unscaled, _): unscaled < 0
    default: false
    }
  }
}
