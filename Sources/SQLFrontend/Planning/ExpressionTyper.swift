import Events
import Functions
import Plan
import SQLQuoting

/// Resolves names and types of an expression by Postgres' rules and makes its implicit casts explicit.
struct ExpressionTyper {
  enum Evaluator {
    /// The engine, event by event.
    case engine
    /// Postgres, in a generated column over a row of results. What can fail is refused there: it would make every
    /// upsert of the row fail.
    case generatedColumn
  }

  let source: SourceText
  let evaluator: Evaluator
  /// What a name means. The location is for its errors.
  let column: (_ path: [String], _ location: Int) throws(DefinitionError) -> Expression
  /// What a function call means.
  let call: (_ call: SyntaxCall, _ location: Int) throws(DefinitionError) -> Expression

  /// The expression; a constant without a type of its own becomes `type`, or text.
  func expression(_ syntax: SyntaxExpression, as type: SQLType = .text) throws(DefinitionError) -> Expression {
    try resolve(operand(syntax), as: type)
  }

  /// A condition. `place` is what messages call it: `WHERE`, `FILTER`, `AND`.
  func condition(_ syntax: SyntaxExpression, of place: String) throws(DefinitionError) -> Expression {
    let operand = try operand(syntax)
    let expression = try resolve(operand, as: .boolean)
    guard expression.type == .boolean else {
      let written = if case .column(let path) = syntax.kind { quotedPath(path) } else { "…" }
      throw source.error(
        at: operand.location, "\(place) wants a condition (boolean), not \(expression.type.sqlName)",
        hint: "compare it with something: \(written) = …")
    }
    return expression
  }

  func operand(_ syntax: SyntaxExpression) throws(DefinitionError) -> Operand {
    switch syntax.kind {
    case .string(let text): return Operand(value: .quoted(text), location: syntax.location)
    case .null: return Operand(value: .null, location: syntax.location)
    case .collate(let inner, let collation): return try collate(inner, collation, at: syntax.location)
    case .cast(let inner, let type) where type.name == "interval":
      guard case .string(let text) = inner.kind else {
        throw source.error(
          at: type.location, "the type interval is not supported", hint: SQLType.hint(forUnknown: type.name))
      }
      return Operand(value: .interval(text), location: syntax.location)
    case .call(let call) where Self.isFunction(call.name):
      guard !call.isStar, call.filter == nil else {
        throw source.error(
          at: syntax.location, "\(call.name) is no aggregate: it takes neither * nor FILTER",
          hint: "write \(call.name)(…), with CASE WHEN … inside for some of the events")
      }
      return try self.call(call.name, of: try operands(call.arguments), at: syntax.location)
    case .operation(let name, let operands):
      return try call(name, of: try self.operands(operands), at: syntax.location)
    case .arithmetic(let symbol, let left, let right):
      return try arithmetic(symbol, left, right, at: syntax.location)
    case .coalesce(let operands):
      let values = try self.operands(operands)
      let expression = try bounded(
        .coalesce(try unified(values, by: "COALESCE", at: syntax.location)), at: syntax.location)
      return Operand(
        value: .typed(expression), location: syntax.location,
        isByteCollated: expression.type == .text && values.contains(where: \.isByteCollated))
    case .cast(let inner, let type):
      let operand = try operand(inner)
      let expression = try cast(operand, to: type, at: syntax.location)
      return Operand(
        value: .typed(expression), location: syntax.location,
        isByteCollated: expression.type == .text && operand.isByteCollated)
    default: return Operand(value: .typed(try typed(syntax)), location: syntax.location)
    }
  }

  /// Whether a call may name it: the catalogue has operators, too.
  private static func isFunction(_ name: String) -> Bool {
    switch ScalarFunction.named(name).first?.notation {
    case .call, .extract: true
    default: false
    }
  }

  func operands(_ syntax: [SyntaxExpression]) throws(DefinitionError) -> [Operand] {
    var operands: [Operand] = []
    for each in syntax { operands.append(try operand(each)) }
    return operands
  }

  private func typed(_ syntax: SyntaxExpression) throws(DefinitionError) -> Expression {
    let location = syntax.location
    switch syntax.kind {
    case .column(let path): return try column(path, location)
    case .integer(let value): return .literal(.integer(Int64(value), .integer))
    case .decimal(let text): return .literal(try number(text, at: location))
    case .boolean(let value): return .literal(.boolean(value))
    case .string, .null, .collate, .operation, .arithmetic, .coalesce, .cast:
      return try resolve(operand(syntax), as: .text)
    case .call(let syntaxCall) where Self.isFunction(syntaxCall.name):
      return try resolve(operand(syntax), as: .text)
    case .call(let syntaxCall): return try call(syntaxCall, location)
    case .negate(let operand): return try negate(operand, at: location)
    case .comparison(let symbol, let left, let right):
      guard let comparison = ComparisonOperator(rawValue: symbol) else {
        throw source.error(at: location, "the operator \(symbol) is not supported")
      }
      return try compare(comparison, try operand(left), try operand(right), at: location)
    case .between(let operand, let low, let high, let isNegated):
      return try bounded(try between(operand, low, high, isNegated: isNegated, at: location), at: location)
    case .oneOf(let operand, let values, let isNegated):
      return try bounded(try oneOf(operand, values, isNegated: isNegated, at: location), at: location)
    case .distinct(let left, let right, let isNegated):
      return try bounded(try distinct(left, right, isNegated: isNegated, at: location), at: location)
    case .nullIf(let left, let right): return try bounded(try nullIf(left, right, at: location), at: location)
    case .and(let operands): return try bounded(.and(try conditions(operands, of: "AND")), at: location)
    case .or(let operands): return try bounded(.or(try conditions(operands, of: "OR")), at: location)
    case .not(let operand): return .not(try condition(operand, of: "NOT"))
    case .isNull(let operand, let isNegated):
      let test = Expression.isNull(try expression(operand))
      return isNegated ? .not(test) : test
    case .isBoolean(let operand, let value, let isNegated):
      let condition = try condition(operand, of: value ? "IS TRUE" : "IS FALSE")
      let test = Expression.isTrue(value ? condition : .not(condition))
      return isNegated ? .not(test) : test
    case .caseWhen(let subject, let branches, let otherwise):
      return try bounded(try caseWhen(subject, branches, otherwise, at: location), at: location)
    case .array:
      throw source.error(
        at: location, "an array is not supported here", hint: "write a list of values as IN (…) or = ANY (ARRAY[…])")
    case .refused(let error): throw error
    }
  }

  private func conditions(_ operands: [SyntaxExpression], of place: String) throws(DefinitionError) -> [Expression] {
    var conditions: [Expression] = []
    for operand in operands { conditions.append(try condition(operand, of: place)) }
    return conditions
  }

  private func collate(_ inner: SyntaxExpression, _ collation: String, at location: Int) throws(DefinitionError)
    -> Operand
  {
    var operand = try operand(inner)
    guard ["C", "POSIX", "ucs_basic"].contains(collation) else {
      throw source.error(
        at: location, "collation \"\(collation)\" is not supported: text compares by bytes", hint: "write COLLATE \"C\""
      )
    }
    if let type = operand.type, type != .text {
      throw source.error(at: location, "COLLATE is for text, not for \(type.sqlName)")
    }
    operand.isByteCollated = true
    return operand
  }

  private func number(_ text: String, at location: Int) throws(DefinitionError) -> Literal {
    if let value = Int32(text) { return .integer(Int64(value), .integer) }
    if let value = Int64(text) { return .integer(value, .bigint) }
    guard let value = DecimalText(text) else {
      throw source.error(
        at: location, "the number has too many digits", hint: "write it as text with a cast: '…'::double precision")
    }
    return .numeric(unscaled: value.unscaled, scale: value.scale)
  }

  /// The operand as an expression; a constant without a type becomes `type`.
  func resolve(_ operand: Operand, as type: SQLType) throws(DefinitionError) -> Expression {
    switch operand.value {
    case .typed(let expression): return expression
    case .null: return .literal(.null(type))
    case .interval(let text) where type == .interval, .quoted(let text) where type == .interval:
      return try interval(text, at: operand.location)
    case .quotient:
      throw source.error(
        at: operand.location, "/ of numeric and numeric is not supported for events", hint: ScalarFunction.quotientHint)
    case .interval:
      throw source.error(
        at: operand.location, "an INTERVAL is no \(type.sqlName)",
        hint: "add it to a time, compare it with an interval, or write its seconds: extract(epoch FROM …)")
    case .quoted(let text):
      guard let literal = Literal(parsing: text, as: type) else {
        throw source.error(
          at: operand.location, "not a valid \(type.sqlName)", hint: Self.form(of: type))
      }
      return .literal(literal)
    }
  }

  /// A constant interval as a value.
  private func interval(_ text: String, at location: Int) throws(DefinitionError) -> Expression {
    try resolve(
      try call(
        ScalarFunction.intervalConstant, of: [Operand(value: .interval(text), location: location)], at: location),
      as: .interval)
  }

  private static func form(of type: SQLType) -> String? {
    switch type {
    case .timestamptz: "write '2024-02-29 13:45:00+00'"
    case .timestamp: "write '2024-02-29 13:45:00'"
    case .date: "write '2024-02-29'"
    case .time: "write '13:45:00'"
    case .boolean: "write true or false"
    case .uuid: "write its 36 characters"
    case .bytea: "constants of bytea are not supported"
    default: nil
    }
  }
}
