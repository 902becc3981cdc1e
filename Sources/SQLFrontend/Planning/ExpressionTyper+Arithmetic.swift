import Events
import Plan

extension ExpressionTyper {
  func negate(_ syntax: SyntaxExpression, at location: Int) throws(DefinitionError) -> Expression {
    let operand = try expression(syntax)
    if operand.type == .interval {
      return try resolve(
        try call("-", of: [Operand(value: .typed(operand), location: location)], at: location), as: .interval)
    }
    guard operand.type.isNumber else {
      throw source.error(at: location, "- does not take \(operand.type.sqlName)")
    }
    if operand.type.isNumeric, evaluator == .engine {
      if case .literal(.numeric(let unscaled, let scale)) = operand {
        return .literal(.numeric(unscaled: -unscaled, scale: scale))
      }
      let negated = try call("-", of: [Operand(value: .typed(operand), location: location)], at: location)
      return try resolve(negated, as: operand.type)
    }
    return .negate(operand)
  }

  func arithmetic(_ symbol: String, _ left: SyntaxExpression, _ right: SyntaxExpression, at location: Int)
    throws(DefinitionError) -> Operand
  {
    guard let operation = ArithmeticOperator(rawValue: symbol) else {
      throw source.error(at: location, "the operator \(symbol) is not supported")
    }
    let operands = [try operand(left), try operand(right)]
    if isOfCatalogue(operands) {
      try refuseZero(operation, operands[1], at: location)
      if operation == .divide, operands.compactMap(\.type).allSatisfy(\.isNumber),
        !operands.contains(where: { if case .interval = $0.value { true } else { false } })
      {
        return try quotient(operands, at: location)
      }
      return try call(symbol, of: operands, at: location)
    }
    let expression = try machineArithmetic(operation, operands, divisor: right, at: location)
    return Operand(value: .typed(expression), location: location)
  }

  /// Whether the catalogue of functions has the operator: numeric, and all that is no number.
  private func isOfCatalogue(_ operands: [Operand]) -> Bool {
    if operands.contains(where: { if case .interval = $0.value { true } else { false } }) { return true }
    let types = operands.compactMap(\.type)
    if types.contains(where: { [.timestamptz, .timestamp, .date, .time, .interval, .jsonb].contains($0) }) {
      return true
    }
    return evaluator == .engine && types.contains(where: \.isNumeric) && types.allSatisfy { $0.isNumber }
      && !types.contains(.doublePrecision)
  }

  private func refuseZero(_ operation: ArithmeticOperator, _ divisor: Operand, at location: Int)
    throws(DefinitionError)
  {
    guard operation == .divide || operation == .modulo, case .typed(.literal(let literal)) = divisor.value,
      literal.isZero
    else { return }
    throw source.error(at: location, "division by zero")
  }

  /// Of integer, bigint and double precision; over results of numeric, too.
  private func machineArithmetic(
    _ operation: ArithmeticOperator, _ operands: [Operand], divisor right: SyntaxExpression, at location: Int
  ) throws(DefinitionError) -> Expression {
    let symbol = operation.rawValue
    if let type = operands.compactMap(\.type).first(where: { !$0.isNumber }) {
      throw source.error(
        at: location, "\(symbol) does not take \(type.sqlName)", hint: "cast it to a number")
    }
    let expressions = try unified(operands, by: symbol, at: location)
    let type = expressions[0].type
    guard type.isNumber else { throw source.error(at: location, "\(symbol) does not take \(type.sqlName)") }
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
      try refuseZero(operation, Operand(value: .typed(expressions[1]), location: location), at: location)
      if evaluator == .generatedColumn, !Self.isNeverZero(right) {
        throw source.error(
          at: location, "the divisor can be zero, which would make every update of the row fail",
          hint: "write NULLIF(…, 0) around the divisor: the result is then NULL")
      }
    }
    return .arithmetic(operation, expressions[0], expressions[1])
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
