import Events
import Plan

/// Calls of aggregate functions: whether their arguments are what the functions take.
extension ResultPlanner {
  /// A call with what its function makes of it.
  struct ShapedCall {
    var shape: AggregateShape
    var argument: Expression?
    var second: Expression?
    var filter: Expression?
  }

  func shape(of call: SyntaxCall, at location: Int) throws(DefinitionError) -> ShapedCall {
    guard let function = AggregateFunction.named(call.name) else {
      throw source.error(
        at: location, "there is no function \(call.name)", hint: AggregateFunction.hint(forUnknown: call.name))
    }
    let filter: Expression? =
      if let condition = call.filter { try typer.condition(condition, of: "FILTER") } else { nil }
    if call.isStar, call.name == "count", let shape = function.shape(.bigint, .none) {
      return ShapedCall(shape: shape, argument: nil, filter: filter)
    }
    switch function.form {
    case .pair: return try pair(function, call, filter, at: location)
    case .fraction: return try percentile(function, call, filter, at: location)
    case .ordered: return try mode(function, call, filter, at: location)
    case .timed: return try timed(function, call, filter, at: location)
    case .limited: return try limited(function, call, filter, at: location)
    case .bounded: return try bounded(function, call, filter, at: location)
    case .value: break
    }
    guard !call.isStar, call.arguments.count == 1 else {
      throw source.error(
        at: location, "\(call.name) takes one argument: \(function.takes)", hint: "write \(call.name)(x)")
    }
    let (argument, shape) = try value(call.arguments[0], of: function, at: location)
    return ShapedCall(shape: shape, argument: argument, filter: filter)
  }

  /// The value that a function is about.
  func value(
    _ syntax: SyntaxExpression, of function: AggregateFunction, _ constants: AggregateFunction.Constants = .none,
    at location: Int
  ) throws(DefinitionError) -> (argument: Expression, shape: AggregateShape) {
    let operand = try typer.operand(syntax)
    let argument = try typer.resolve(operand, as: .text)
    let shape = try shape(function, argument.type, constants, at: location)
    if function.ordersArguments, argument.type == .text, !operand.isByteCollated {
      let collated = "\(source.itemText(at: syntax.location)) COLLATE \"C\""
      throw source.error(
        at: location, "\(function.name) of text needs COLLATE \"C\": text is ordered by bytes here",
        hint: function.isOrderedSet
          ? "write \(function.name)() WITHIN GROUP (ORDER BY \(collated))" : "write \(function.name)(\(collated))")
    }
    return (argument, shape)
  }

  private func shape(
    _ function: AggregateFunction, _ type: SQLType, _ constants: AggregateFunction.Constants = .none, at location: Int
  ) throws(DefinitionError) -> AggregateShape {
    guard let shape = function.shape(type, constants) else {
      throw source.error(
        at: location, "\(function.name) takes \(function.takes), not \(type.sqlName)",
        hint: AggregateFunction.hint(forArgument: type, of: function.name))
    }
    return shape
  }

  /// A function of two numbers counts the events that have both.
  private func pair(
    _ function: AggregateFunction, _ call: SyntaxCall, _ filter: Expression?, at location: Int
  ) throws(DefinitionError) -> ShapedCall {
    guard !call.isStar, call.arguments.count == 2 else {
      throw source.error(
        at: location, "\(call.name) takes two arguments, both numbers", hint: "write \(call.name)(y, x)")
    }
    var values: [Expression] = []
    var shape: AggregateShape?
    for argument in call.arguments {
      let value = try typer.resolve(try typer.operand(argument), as: .doublePrecision)
      shape = try self.shape(function, value.type, at: argument.location)
      values.append(value.asDouble)
    }
    guard let shape else {
      throw source.error(
        at: location, "\(call.name) takes two arguments, both numbers", hint: "write \(call.name)(y, x)")
    }
    var condition = filter
    if values.contains(where: { $0.isNullable(columns.specs) }) {
      // A comparison is NULL when one of the two is. It evaluates both, as Postgres does wherever FILTER is true.
      condition = self.filter(filter, having: .comparison(.equal, values[0], values[1]))
    }
    return ShapedCall(shape: shape, argument: values[0], second: values[1], filter: condition)
  }

  /// A filter that is also false where a value is NULL. The value is evaluated where the filter is true, and only there:
  /// beside a NULL, AND would look at it.
  func filter(_ filter: Expression?, having value: Expression) -> Expression {
    let isThere = Expression.not(.isNull(value))
    guard let filter else { return isThere }
    return .and([filter.isNullable(columns.specs) ? .isTrue(filter) : filter, isThere])
  }

  private func percentile(
    _ function: AggregateFunction, _ call: SyntaxCall, _ filter: Expression?, at location: Int
  ) throws(DefinitionError) -> ShapedCall {
    let form = "write \(call.name)(0.95) WITHIN GROUP (ORDER BY …)"
    guard let order = call.order else {
      throw source.error(at: location, "\(call.name) needs WITHIN GROUP", hint: form)
    }
    guard call.arguments.count == 1, let argument = call.arguments.first else {
      throw source.error(at: location, "the fraction of \(call.name) is a constant between 0 and 1", hint: form)
    }
    let constants: AggregateFunction.Constants
    if case .array(let elements) = argument.kind {
      guard (1...Self.mostFractions).contains(elements.count) else {
        throw source.error(
          at: argument.location, "\(call.name) takes 1 to \(Self.mostFractions) fractions",
          hint: "write \(call.name)(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY …)")
      }
      var fractions: [Double] = []
      for element in elements { fractions.append(try fraction(element, of: call.name, form)) }
      constants = .fractions(fractions)
    } else {
      constants = .fraction(try fraction(argument, of: call.name, form))
    }
    let value = try typer.resolve(try typer.operand(order), as: .doublePrecision)
    let shape = try shape(function, value.type, constants, at: order.location)
    return ShapedCall(shape: shape, argument: value.asDouble, filter: filter)
  }
}

extension ResultPlanner {
  /// An array of more results would be no row to read.
  private static let mostFractions = 100

  private func fraction(
    _ syntax: SyntaxExpression, of name: String, _ form: String
  ) throws(DefinitionError) -> Double {
    guard let value = syntax.number.flatMap(Double.init), (0...1).contains(value) else {
      throw source.error(
        at: syntax.location, "the fraction of \(name) is a constant between 0 and 1", hint: form)
    }
    return value
  }
}

extension Expression {
  /// The same number as a double.
  fileprivate var asDouble: Expression { type == .doublePrecision ? self : .cast(self, to: .doublePrecision) }
}
