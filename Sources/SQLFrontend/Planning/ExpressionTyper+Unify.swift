import Events
import Plan

extension ExpressionTyper {
  /// The operands in one type: that of all of them, or the widest of the number types among them.
  ///
  /// - Parameter keepsPlaces: whether a numeric's decimal places can be seen in the result, where one value has more of
  ///   them than another in Postgres.
  func unified(
    _ operands: [Operand], by place: String, keepsPlaces: Bool = true, at location: Int
  ) throws(DefinitionError) -> [Expression] {
    let type = try commonType(operands, of: place, at: location)
    var expressions: [Expression] = []
    for operand in operands {
      let expression = try resolve(operand, as: type)
      expressions.append(try convert(expression, to: type, keepsPlaces: keepsPlaces, at: operand.location))
    }
    return expressions
  }

  private func commonType(_ operands: [Operand], of place: String, at location: Int) throws(DefinitionError)
    -> SQLType
  {
    let types = operands.compactMap(\.type)
    if types.contains(where: { $0.element != nil }) {
      throw source.error(
        at: location, "\(place) does not take arrays",
        hint: "take an element, x[1], the number of them, cardinality(x), or a row for each: UNNEST(x) in FROM")
    }
    if types.contains(.jsonb) {
      throw source.error(
        at: location, "\(place) does not take jsonb", hint: "cast it to text, or test it with IS NULL")
    }
    guard let first = types.first else {
      return operands.contains { if case .interval = $0.value { true } else { false } } ? .interval : .text
    }
    guard let other = types.first(where: { $0 != first }) else { return try widened(types, operands) }
    guard first.isNumber, let stranger = types.first(where: { !$0.isNumber }) else {
      if first.isNumber { return try widened(types, operands) }
      throw source.error(
        at: location, "\(place) takes operands of one type, not \(first.sqlName) and \(other.sqlName)",
        hint: Self.hint(for: [first, other], "cast one of them, e.g. …::\(first.sqlName)"))
    }
    throw source.error(
      at: location, "\(place) takes operands of one type, not \(first.sqlName) and \(stranger.sqlName)",
      hint: Self.hint(for: [first, stranger], "cast one of them, e.g. …::\(stranger.sqlName)"))
  }

  private static func hint(for types: [SQLType], _ advice: String) -> String {
    types.contains(.interval)
      ? "compare an interval with INTERVAL '1 hour', or write its seconds: extract(epoch FROM …)" : advice
  }

  private func widened(_ types: [SQLType], _ operands: [Operand]) throws(DefinitionError) -> SQLType {
    guard let widest = types.max(by: { ($0.numberRank ?? 0) < ($1.numberRank ?? 0) }), widest.isNumeric else {
      return types.max { ($0.numberRank ?? 0) < ($1.numberRank ?? 0) } ?? .text
    }
    // Quoted constants have places of their own, as in `price = '1.25'`.
    var scale = 0
    for type in types {
      if case .numeric(let places) = type { scale = max(scale, places) }
    }
    for operand in operands {
      if case .quoted(let text) = operand.value, let value = DecimalText(text) { scale = max(scale, value.scale) }
    }
    return .numeric(scale: scale)
  }

  /// The expression in a wider number type, or as it is.
  private func convert(
    _ expression: Expression, to type: SQLType, keepsPlaces: Bool, at location: Int
  ) throws(DefinitionError) -> Expression {
    if expression.type == type { return expression }
    if case .literal(let literal) = expression, let converted = literal.converted(to: type) {
      return .literal(converted)
    }
    // A generated column's numerics have no fixed number of places.
    if evaluator == .generatedColumn, expression.type.isNumeric, type.isNumeric { return expression }
    guard expression.type.isNumber, type.isNumber else {
      throw source.error(at: location, "\(expression.type.sqlName) is not \(type.sqlName)", hint: "cast it")
    }
    if evaluator == .engine, type.isNumeric, keepsPlaces {
      throw source.error(
        at: location, "\(expression.type.sqlName) cannot be combined with a numeric of more decimal places",
        hint: "cast it to double precision, or write the constant with fewer places")
    }
    return .cast(expression, to: type)
  }

  func compare(_ comparison: ComparisonOperator, _ left: Operand, _ right: Operand, at location: Int)
    throws(DefinitionError) -> Expression
  {
    let operands = try unified([left, right], by: comparison.rawValue, keepsPlaces: false, at: location)
    let type = operands[0].type
    if ![.equal, .notEqual].contains(comparison) {
      if type == .text, !left.isByteCollated, !right.isByteCollated {
        throw source.error(
          at: location, "\(comparison.rawValue) of text needs COLLATE \"C\": text is ordered by bytes here",
          hint: "write \(written(left)) COLLATE \"C\" \(comparison.rawValue) …, "
            + "or compare with = or <>")
      }
      guard type.isComparable else {
        throw source.error(
          at: location, "\(comparison.rawValue) does not take \(type.sqlName)", hint: "compare with = or <>")
      }
    }
    return .comparison(comparison, operands[0], operands[1])
  }

  func between(
    _ operand: SyntaxExpression, _ low: SyntaxExpression, _ high: SyntaxExpression, isNegated: Bool, at location: Int
  ) throws(DefinitionError) -> Expression {
    let value = try self.operand(operand)
    let fromLow = try compare(isNegated ? .less : .greaterOrEqual, value, try self.operand(low), at: location)
    let toHigh = try compare(isNegated ? .greater : .lessOrEqual, value, try self.operand(high), at: location)
    return isNegated ? .or([fromLow, toHigh]) : .and([fromLow, toHigh])
  }

  func oneOf(_ operand: SyntaxExpression, _ values: [SyntaxExpression], isNegated: Bool, at location: Int)
    throws(DefinitionError) -> Expression
  {
    var operands = [try self.operand(operand)]
    for value in values { operands.append(try self.operand(value)) }
    let expressions = try unified(operands, by: "IN", keepsPlaces: false, at: location)
    let comparisons = expressions.dropFirst().map {
      Expression.comparison(isNegated ? .notEqual : .equal, expressions[0], $0)
    }
    if comparisons.count == 1 { return comparisons[0] }
    return isNegated ? .and(comparisons) : .or(comparisons)
  }

  /// IS [NOT] DISTINCT FROM: an equality in which NULL is a value like others.
  func distinct(_ left: SyntaxExpression, _ right: SyntaxExpression, isNegated: Bool, at location: Int)
    throws(DefinitionError) -> Expression
  {
    let operands = try unified(
      [try operand(left), try operand(right)], by: "IS DISTINCT FROM", keepsPlaces: false, at: location)
    let same = Expression.or([
      .and([.isNull(operands[0]), .isNull(operands[1])]),
      .isTrue(.comparison(.equal, operands[0], operands[1])),
    ])
    return isNegated ? same : .not(same)
  }

  func nullIf(_ left: SyntaxExpression, _ right: SyntaxExpression, at location: Int) throws(DefinitionError)
    -> Expression
  {
    let original = try operand(left)
    let operands = try unified([original, try operand(right)], by: "NULLIF", at: location)
    var value = operands[0]
    // Postgres compares integer and bigint without a cast, so the value keeps its type.
    if case .typed(let expression) = original.value, expression.type == .integer, value.type == .bigint {
      value = expression
    }
    let isEqual = Expression.comparison(.equal, operands[0], operands[1])
    return .caseWhen([.init(condition: isEqual, value: .literal(.null(value.type)))], otherwise: value)
  }

  func caseWhen(
    _ subject: SyntaxExpression?, _ branches: [SyntaxBranch], _ otherwise: SyntaxExpression?, at location: Int
  ) throws(DefinitionError) -> Expression {
    var conditions: [Expression] = []
    var values: [Operand] = []
    for branch in branches {
      if let subject {
        let comparison = try compare(
          .equal, try operand(subject), try operand(branch.condition), at: branch.condition.location)
        conditions.append(comparison)
      } else {
        conditions.append(try condition(branch.condition, of: "WHEN"))
      }
      values.append(try operand(branch.value))
    }
    if let otherwise {
      values.append(try operand(otherwise))
    } else {
      values.append(Operand(value: .null, location: location))
    }
    let results = try unified(values, by: "CASE", at: location)
    return .caseWhen(
      zip(conditions, results).map { .init(condition: $0, value: $1) }, otherwise: results[results.count - 1])
  }

  func cast(_ operand: Operand, to name: SyntaxType, at location: Int) throws(DefinitionError) -> Expression {
    guard let type = SQLType.named(name.name) else {
      throw source.error(
        at: name.location, "the type \(name.name) is not supported", hint: SQLType.hint(forUnknown: name.name))
    }
    if !name.modifiers.isEmpty {
      let modifiers = [name.modifiers[0], name.modifiers.count > 1 ? name.modifiers[1] : 0]
      let numbers = modifiers.map { modifier in
        Operand(value: .typed(.literal(.integer(Int64(modifier), .integer))), location: name.location)
      }
      if let parts = quotient(operand) {
        return try resolve(try call("/ ::numeric", of: parts + numbers, at: location), as: type)
      }
      return try resolve(try call("::numeric", of: [operand] + numbers, at: location), as: type)
    }
    let expression = try resolve(operand, as: type)
    // `numeric` without a modifier keeps the places that the value has.
    if expression.type == type || (expression.type.isNumeric && type.isNumeric) { return expression }
    if case .literal(let literal) = expression, let converted = literal.converted(to: type) {
      return .literal(converted)
    }
    switch evaluator {
    case .engine:
      guard expression.type.canCast(to: type) else {
        throw source.error(
          at: location, "\(expression.type.sqlName) cannot be cast to \(type.sqlName)",
          hint: type.isNumeric && expression.type == .doublePrecision
            ? "say how many digits are kept: numeric(12, 2)"
            : type.isNumeric || expression.type.isNumeric ? "cast to double precision" : nil)
      }
    case .generatedColumn:
      guard expression.type.canCastInGeneratedColumn(to: type) else {
        throw source.error(
          at: location, "a result of type \(expression.type.sqlName) cannot be cast to \(type.sqlName)",
          hint: "such a cast can fail, and with it every update of the row; cast in the endpoint that reads it")
      }
    }
    return .cast(expression, to: type)
  }
}
