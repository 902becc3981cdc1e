import Events
import Plan

/// Calls of aggregate functions that are told more than a value: an order, a number, bounds.
extension ResultPlanner {
  /// More results would be no row to read, and of more than the state has none are known.
  private static let mostResults = 100
  /// A group has a count for each.
  private static let mostBounds = 100

  /// The most frequent value.
  func mode(
    _ function: AggregateFunction, _ call: SyntaxCall, _ filter: Expression?, at location: Int
  ) throws(DefinitionError) -> ShapedCall {
    guard let order = call.order, !call.isStar, call.arguments.isEmpty else {
      throw source.error(
        at: location, "\(call.name) takes its values from WITHIN GROUP",
        hint: "write \(call.name)() WITHIN GROUP (ORDER BY …)")
    }
    let (argument, shape) = try value(order, of: function, at: order.location)
    return ShapedCall(shape: shape, argument: argument, filter: filter)
  }

  /// The value of the earliest or the latest event. Events without one take no part.
  func timed(
    _ function: AggregateFunction, _ call: SyntaxCall, _ filter: Expression?, at location: Int
  ) throws(DefinitionError) -> ShapedCall {
    guard !call.isStar, call.arguments.count == 1, let time = columns.use(columns.stream.eventTime) else {
      throw source.error(
        at: location, "\(call.name) takes one argument: \(function.takes)", hint: "it goes by the stream's event time")
    }
    let (argument, shape) = try value(call.arguments[0], of: function, at: location)
    return ShapedCall(
      shape: shape, argument: argument, second: .column(time, .timestamptz),
      filter: argument.isNullable(columns.specs) ? self.filter(filter, having: argument) : filter)
  }

  /// The most frequent values, at most so many.
  func limited(
    _ function: AggregateFunction, _ call: SyntaxCall, _ filter: Expression?, at location: Int
  ) throws(DefinitionError) -> ShapedCall {
    let form = "write \(call.name)(…, 10)"
    guard !call.isStar, call.arguments.count == 2 else {
      throw source.error(
        at: location, "\(call.name) takes two arguments: \(function.takes), and how many results", hint: form)
    }
    guard case .integer(let limit) = call.arguments[1].kind, (1...Self.mostResults).contains(Int(limit)) else {
      throw source.error(
        at: call.arguments[1].location, "how many results \(call.name) has is a constant from 1 to \(Self.mostResults)",
        hint: form)
    }
    let (argument, shape) = try value(call.arguments[0], of: function, .limit(Int(limit)), at: location)
    return ShapedCall(shape: shape, argument: argument, filter: filter)
  }

  /// How many values lie between bounds.
  func bounded(
    _ function: AggregateFunction, _ call: SyntaxCall, _ filter: Expression?, at location: Int
  ) throws(DefinitionError) -> ShapedCall {
    let form = "write \(call.name)(…, ARRAY[10, 100, 1000])"
    guard !call.isStar, call.arguments.count == 2 else {
      throw source.error(
        at: location, "\(call.name) takes two arguments: \(function.takes), and an array of bounds", hint: form)
    }
    let syntax = call.arguments[1]
    guard case .array(let elements) = syntax.kind, (1...Self.mostBounds).contains(elements.count) else {
      throw source.error(
        at: syntax.location, "the bounds of \(call.name) are an array of 1 to \(Self.mostBounds) constants", hint: form)
    }
    var bounds: [Literal] = []
    var previous: DecimalText?
    for element in elements {
      guard let text = element.number, let bound = DecimalText(text) else {
        throw source.error(at: element.location, "a bound of \(call.name) is a constant number", hint: form)
      }
      if let previous, !previous.isLess(than: bound) {
        throw source.error(
          at: element.location, "the bounds of \(call.name) are ascending", hint: "write each once, the least first")
      }
      previous = bound
      bounds.append(
        bound.scale == 0 && Int32(exactly: bound.unscaled) != nil
          ? .integer(Int64(bound.unscaled), .integer) : .numeric(unscaled: bound.unscaled, scale: bound.scale))
    }
    let (argument, shape) = try value(call.arguments[0], of: function, .bounds(bounds), at: location)
    return ShapedCall(shape: shape, argument: argument, filter: filter)
  }
}

extension DecimalText {
  /// False also where the numbers have too many digits to be compared.
  fileprivate func isLess(than other: DecimalText) -> Bool {
    let places = max(scale, other.scale)
    guard let left = rescaled(to: places), let right = other.rescaled(to: places) else { return false }
    return left.unscaled < right.unscaled
  }
}

extension SyntaxExpression {
  /// The text of a constant number; nil for what is none.
  var number: String? {
    switch kind {
    case .integer(let value): String(value)
    case .decimal(let text): text
    case .negate(let operand): operand.number.map { $0.hasPrefix("-") ? String($0.dropFirst()) : "-" + $0 }
    default: nil
    }
  }
}
