import Events
import Functions
import Plan
import SQLQuoting

extension Expression {
  /// The expression in Postgres' syntax. `column` supplies what a column is called.
  public func sql(_ column: (Int) -> String) -> String {
    switch self {
    case .column(let index, _): column(index)
    case .literal(let literal): literal.sql
    case .unnested(let element): quotedIdentifier(element.name)
    case .arithmetic(let operation, let left, let right):
      "\(left.sqlOperand(column)) \(operation.rawValue) \(right.sqlOperand(column))"
    case .negate(let operand): "- \(operand.sqlOperand(column))"
    case .comparison(let comparison, let left, let right):
      "\(left.sqlOperand(column, isByteCollated: left.type == .text && comparison.isOrder)) "
        + "\(comparison.rawValue) \(right.sqlOperand(column))"
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
    case .call(let function, let arguments, _): function.sql(arguments, column)
    case .lookup(let value, _): "\(quotedIdentifier(value.alias)).\(quotedIdentifier(value.name))"
    }
  }

  /// In parentheses where it is more than one term.
  fileprivate func sqlOperand(_ column: (Int) -> String, isByteCollated: Bool = false) -> String {
    if isByteCollated { return "(\(sqlOperand(column)) COLLATE \"C\")" }
    let text = sql(column)
    return switch self {
    case .column(let index, _) where quotedIdentifierOrTerm(column(index)): text
    case .cast, .coalesce, .lookup, .unnested: text
    case .call(let function, _, _) where function.notation != .infix && function.notation != .quantified: text
    case .literal(let literal) where !literal.isNegative: text
    default: "(\(text))"
    }
  }

  /// What stands for a column may be an expression itself, such as a mean over its parts.
  private func quotedIdentifierOrTerm(_ text: String) -> Bool {
    !text.contains(" ")
  }
}

extension ComparisonOperator {
  /// Whether it asks for the order of its operands, which of text is the collation's.
  fileprivate var isOrder: Bool { self != .equal && self != .notEqual }
}

extension ScalarFunction {
  /// A call. Where the collation counts, it stands on the first text.
  fileprivate func sql(_ arguments: [Expression], _ column: (Int) -> String) -> String {
    func argument(_ position: Int) -> String {
      let argument = arguments[position]
      if case .interval? = parameter(at: position) { return "INTERVAL \(argument.sql(column))" }
      let isCollated = writesByteCollation && position == 0
      return notation == .call && !isCollated
        ? argument.sql(column) : argument.sqlOperand(column, isByteCollated: isCollated)
    }
    switch notation {
    case .call:
      // The keyword has its own notation: position(part IN text).
      let name = name == "position" ? "strpos" : name
      return "\(name)(\(arguments.indices.map(argument).joined(separator: ", ")))"
    case .constant: return argument(0)
    case .quotient where name == "/ ::numeric":
      return "(\(argument(0)) / \(argument(1)))::numeric(\(argument(2)), \(argument(3)))"
    case .quotient:
      return "\(name.dropFirst(2))(\(argument(0)) / \(argument(1)), \(argument(2)))"
    case .infix where arguments.count == 1: return "\(name) \(argument(0))"
    case .infix: return "\(argument(0)) \(name) \(argument(1))"
    case .quantified: return "\(argument(0)) \(name) (\(arguments[1].sql(column)))"
    case .subscripted: return "\(argument(0))[\(arguments[1].sql(column))]"
    case .cast: return "\(argument(0))\(name)(\(argument(1)), \(argument(2)))"
    case .extract:
      if case .literal(.text(let field, _)) = arguments[0] { return "extract(\(field) FROM \(argument(1)))" }
      return "extract(NULL FROM \(argument(1)))"
    }
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
    case .zone(let zone): quotedLiteral(zone.name)
    case .text(let text, let type): "\(quotedLiteral(text))::\(type.sqlName)"
    }
  }

  /// A constant array of them.
  static func arraySQL(_ literals: [Literal]) -> String { "ARRAY[\(literals.map(\.sql).joined(separator: ", "))]" }

  fileprivate var isNegative: Bool {
    switch self {
    case .integer(let value, .integer): value < 0
    case .numeric(let unscaled, _): unscaled < 0
    default: false
    }
  }
}
