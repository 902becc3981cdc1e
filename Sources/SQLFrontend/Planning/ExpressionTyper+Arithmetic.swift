import Events
import Plan

extension ExpressionTyper {
  func negate(_ syntax: SyntaxExpression, at location: Int) throws(DefinitionError) -> Expression {
    let operand = try expression(syntax)
    guard operand.type.isNumber else {
      throw source.error(at: location, "- does not take \(operand.type.sqlName)")
    }
    if operand.type.isNumeric, evaluator == .engine { throw numericArithmetic(at: location) }
    return .negate(operand)
  }

  func arithmetic(_ symbol: String, _ left: SyntaxExpression, _ right: SyntaxExpression, at location: Int)
    throws(DefinitionError) -> Expression
  {
    guard let operation = ArithmeticOperator(rawValue: symbol) else {
      throw source.error(at: location, "the operator \(symbol) is not supported")
    }
    let operands = [try operand(left), try operand(right)]
    if let type = operands.compactMap(\.type).first(where: { !$0.isNumber }) {
      let isTime = [.timestamptz, .timestamp, .date, .time].contains(type)
      throw source.error(
        at: location, "\(symbol) does not take \(type.sqlName)",
        hint: isTime ? "arithmetic with dates and times is not supported yet" : "cast it to a number")
    }
    let expressions = try unified(operands, by: symbol, at: location)
    let type = expressions[0].type
    guard type.isNumber else { throw source.error(at: location, "\(symbol) does not take \(type.sqlName)") }
    if type.isNumeric, evaluator == .engine { throw numericArithmetic(at: location) }
    if operation == .modulo, type == .doublePrecision {
      throw source.error(at: location, "% does not take double precision", hint: "cast to bigint")
    }
    if evaluator == .generatedColumn, operation == .multiply, [.integer, .bigint].contains(type),
      !expressions.contains(where: \.isLiteral)
    {
      throw source.error(
        at: location, "the product can be out of range, which would make every update of the row fail",
        hint: "cast one side to double precision")
    }
    if operation == .divide || operation == .modulo {
      if case .literal(let divisor) = expressions[1], divisor.isZero {
        throw source.error(at: location, "division by zero")
      }
      if evaluator == .generatedColumn, !Self.isNeverZero(right) {
        throw source.error(
          at: location, "the divisor can be zero, which would make every update of the row fail",
          hint: "write NULLIF(…, 0) around the divisor: the result is then NULL")
      }
    }
    return .arithmetic(operation, expressions[0], expressions[1])
  }

  private func numericArithmetic(at location: Int) -> DefinitionError {
    source.error(
      at: location, "arithmetic with numeric is not supported for events", hint: "cast to double precision")
  }

  /// Whether a divisor cannot be zero: `count(*)` of a group (a group has a row), `NULLIF(…, 0)`, a constant.
  private static func isNeverZero(_ divisor: SyntaxExpression) -> Bool {
    switch divisor.kind {
    // The casts that a generated column may do keep what is not zero apart from zero.
    case .cast(let operand, let type):
      return SQLType.named(type.name)?.isNumber == true && isNeverZero(operand)
    case .negate(let operand): return isNeverZero(operand)
    case .call(let call): return call.name == "count" && call.isStar && call.filter == nil
    case .integer(let value): return value != 0
    case .decimal(let text): return (DecimalText(text)?.unscaled ?? 0) != 0
    case .nullIf(_, let value):
      switch value.kind {
      case .integer(let zero): return zero == 0
      case .decimal(let text): return DecimalText(text)?.unscaled == 0
      default: return false
      }
    default: return false
    }
  }
}

extension Expression {
  fileprivate var isLiteral: Bool {
    if case .literal = self { true } else { false }
  }
}

extension Literal {
  /// Whether it is the number 0, in any of the number types.
  fileprivate var isZero: Bool {
    switch self {
    case .integer(let value, _): value == 0
    case .numeric(let unscaled, _): unscaled == 0
    case .double(let value): value == 0
    default: false
    }
  }
}
