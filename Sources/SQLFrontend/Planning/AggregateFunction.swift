import Events
import Plan
import Spelling

/// What an aggregate function keeps and how its result is made of it.
enum AggregateShape {
  /// The stored column is the result.
  case accumulator(AccumulatorPlan.Function, SQLType, constants: [Literal] = [])
  /// The result is the mean of a sum of that type and a count.
  case mean(sum: SQLType, result: SQLType)
  /// The result is read from parts, in this order.
  case estimate(Estimate, of: [AggregatePart], result: SQLType)
}

/// What is stored for a result that is read from parts.
struct AggregatePart {
  enum Argument {
    /// It counts rows.
    case none
    case first, second, both
    /// The event time of the values.
    case eventTime
    /// The value and its event time.
    case timed
  }

  var function: AccumulatorPlan.Function
  var argument = Argument.first
  var type: SQLType
  /// Parts before this one that its merge reads.
  var companions: [Int] = []
  /// Whether the result is read from it itself, and not only by its companions.
  var isRead = true
}

/// An entry of the catalogue: another mergeable aggregate is another entry.
struct AggregateFunction: Sendable {
  /// What stands in its parentheses.
  enum Form: Sendable {
    case value
    /// Two numbers.
    case pair
    /// `percentile_cont(0.5) WITHIN GROUP (ORDER BY x)`.
    case fraction
    /// `mode() WITHIN GROUP (ORDER BY x)`.
    case ordered
    /// A value, of which the event time decides.
    case timed
    /// A value, and how many results there are at most.
    case limited
    /// A value, and an array of bounds.
    case bounded
  }

  /// What it is told beside its values.
  enum Constants: Sendable {
    case none
    case fraction(Double)
    case fractions([Double])
    case limit(Int)
    /// Numbers, ascending.
    case bounds([Literal])
  }

  var name: String
  /// What messages say that it takes.
  var takes: String
  var form = Form.value
  /// Whether text must carry COLLATE "C", because the function orders its arguments.
  var ordersArguments = false
  /// The shape for an argument of that type; nil when it does not take the type.
  var shape: @Sendable (SQLType, Constants) -> AggregateShape?

  static func named(_ name: String) -> AggregateFunction? {
    catalogue.first { $0.name == name }
  }

  var isOrderedSet: Bool {
    switch form {
    case .fraction, .ordered: true
    default: false
    }
  }

  /// Whether one of its arguments may be a constant array.
  var takesArray: Bool {
    switch form {
    case .fraction, .bounded: true
    default: false
    }
  }

  static let catalogue: [AggregateFunction] =
    [
      AggregateFunction(name: "count", takes: "a value of any type") { _, _ in .accumulator(.count, .bigint) },
      AggregateFunction(name: "sum", takes: "a number") { type, _ in sumType(type).map { .accumulator(.sum, $0) } },
      AggregateFunction(name: "avg", takes: "a number") { type, _ in averageShape(type) },
      AggregateFunction(name: "min", takes: extremeTypes, ordersArguments: true) { type, _ in
        isExtremeType(type) ? .accumulator(.min, type) : nil
      },
      AggregateFunction(name: "max", takes: extremeTypes, ordersArguments: true) { type, _ in
        isExtremeType(type) ? .accumulator(.max, type) : nil
      },
      booleans("bool_and", .boolAnd), booleans("bool_or", .boolOr), booleans("every", .boolAnd),
      spread("var_pop", Spread(isSample: false, isRoot: false)),
      spread("var_samp", Spread(isSample: true, isRoot: false)),
      spread("variance", Spread(isSample: true, isRoot: false)),
      spread("stddev_pop", Spread(isSample: false, isRoot: true)),
      spread("stddev_samp", Spread(isSample: true, isRoot: true)),
      spread("stddev", Spread(isSample: true, isRoot: true)),
      AggregateFunction(name: "corr", takes: "two numbers", form: .pair) { type, _ in
        type.isNumber ? pairShape(.correlation) : nil
      },
      AggregateFunction(name: "regr_slope", takes: "two numbers", form: .pair) { type, _ in
        type.isNumber ? pairShape(.slope) : nil
      },
      AggregateFunction(name: "approx_count_distinct", takes: "a value of any type but bytea and jsonb") {
        type, _ in
        guard ![.bytea, .interval, .jsonb].contains(type), type.element == nil else { return nil }
        return .estimate(.distinctCount, of: [AggregatePart(function: .distinct, type: .bits)], result: .bigint)
      },
      AggregateFunction(name: "percentile_cont", takes: "numbers", form: .fraction) { type, constants in
        type.isNumber ? percentile(constants) : nil
      },
      AggregateFunction(name: "percentile_disc", takes: "numbers", form: .fraction) { type, constants in
        // Rounded to its own places, a small numeric could be further off than the sketch is.
        type.isNumber ? percentile(constants, as: type.isNumeric ? .numeric(scale: type.scale + 2) : type) : nil
      },
      timed("first", .first, time: .min), timed("last", .last, time: .max),
      AggregateFunction(name: "mode", takes: countedTypes, form: .ordered, ordersArguments: true) { type, _ in
        isCounted(type) ? frequencies(.mode(type), result: type) : nil
      },
      AggregateFunction(name: "approx_top_k", takes: countedTypes, form: .limited, ordersArguments: true) {
        guard isCounted($0), case .limit(let count) = $1 else { return nil }
        return frequencies(.mostFrequent(count, $0), result: .jsonb)
      },
      AggregateFunction(name: "histogram", takes: "a number", form: .bounded) { type, constants in
        guard type.isNumber, case .bounds(let bounds) = constants else { return nil }
        return .accumulator(.histogram, .array(.bigint), constants: bounds)
      },
    ]

  private static let extremeTypes = "a number, a time, a uuid or text"

  private static func isExtremeType(_ type: SQLType) -> Bool { type.isOrdered || type == .text || type == .uuid }

  private static func booleans(_ name: String, _ function: AccumulatorPlan.Function) -> AggregateFunction {
    AggregateFunction(name: name, takes: "a boolean") { type, _ in
      type == .boolean ? .accumulator(function, .boolean) : nil
    }
  }

  /// The type in which Postgres adds up.
  private static func sumType(_ type: SQLType) -> SQLType? {
    switch type {
    case .integer: .bigint
    case .bigint: .numeric(scale: 0)
    case .numeric(let scale): .numeric(scale: scale)
    case .doublePrecision: .doublePrecision
    default: nil
    }
  }

  /// The mean as Postgres computes it from the same two parts: numeric for whole numbers and numeric, else double precision.
  private static func averageShape(_ type: SQLType) -> AggregateShape? {
    guard let sum = sumType(type) else { return nil }
    return .mean(sum: sum, result: sum == .doublePrecision ? .doublePrecision : .numeric(scale: 0))
  }

  /// Postgres computes with exact sums for whole numbers and numeric, else with deviations.
  private static func spread(_ name: String, _ spread: Spread) -> AggregateFunction {
    AggregateFunction(name: name, takes: "a number") { type, _ in
      guard let sum = sumType(type) else { return nil }
      let count = AggregatePart(function: .count, type: .bigint)
      if sum == .doublePrecision {
        return .estimate(
          .spread(spread),
          of: [
            count, AggregatePart(function: .sum, type: sum, isRead: false),
            AggregatePart(function: .deviations, type: sum, companions: [0, 1]),
          ], result: sum)
      }
      return .estimate(
        .exactSpread(spread),
        of: [
          count, AggregatePart(function: .sum, type: sum),
          AggregatePart(function: .sumOfSquares, type: .numeric(scale: 2 * type.scale)),
        ], result: .numeric(scale: 0))
    }
  }

  private static func pairShape(_ estimate: Estimate) -> AggregateShape {
    let type = SQLType.doublePrecision
    var parts = [
      AggregatePart(function: .count, argument: .none, type: .bigint, isRead: false),
      AggregatePart(function: .sum, argument: .first, type: type, isRead: false),
      AggregatePart(function: .sum, argument: .second, type: type, isRead: false),
      AggregatePart(function: .codeviations, argument: .both, type: type, companions: [0, 1, 2]),
    ]
    if estimate == .correlation {
      parts.append(AggregatePart(function: .deviations, argument: .first, type: type, companions: [0, 1]))
    }
    parts.append(AggregatePart(function: .deviations, argument: .second, type: type, companions: [0, 2]))
    return .estimate(estimate, of: parts, result: type)
  }

  /// - Parameter type: of the results of percentile_disc; nil: those of percentile_cont.
  private static func percentile(_ constants: Constants, as type: SQLType? = nil) -> AggregateShape? {
    let element = type ?? .doublePrecision
    let (estimate, result): (Estimate, SQLType)
    switch constants {
    case .fraction(let fraction):
      estimate = type.map { .discretePercentile(fraction, $0) } ?? .continuousPercentile(fraction)
      result = element
    case .fractions(let fractions):
      estimate = .percentiles(fractions, discrete: type)
      guard let array = element.array else { return nil }
      result = array
    default: return nil
    }
    return .estimate(estimate, of: [AggregatePart(function: .quantiles, type: .array(.bigint))], result: result)
  }

  private static let pickedTypes = "a number, a time, a boolean, a uuid or text"

  private static func timed(
    _ name: String, _ function: AccumulatorPlan.Function, time: AccumulatorPlan.Function
  ) -> AggregateFunction {
    AggregateFunction(name: name, takes: pickedTypes, form: .timed, ordersArguments: true) { type, _ in
      guard isExtremeType(type) || type == .boolean else { return nil }
      return .estimate(
        .value,
        of: [
          AggregatePart(function: time, argument: .eventTime, type: .timestamptz, isRead: false),
          AggregatePart(function: function, argument: .timed, type: type, companions: [0]),
        ], result: type)
    }
  }

  private static let countedTypes = "a whole number, a numeric, a time, a boolean, a uuid or text"

  /// Doubles are not counted one by one, as they are no keys: rounding would tell equal ones apart.
  private static func isCounted(_ type: SQLType) -> Bool {
    (isExtremeType(type) || type == .boolean) && type != .doublePrecision
  }

  private static func frequencies(_ estimate: Estimate, result: SQLType) -> AggregateShape {
    .estimate(estimate, of: [AggregatePart(function: .frequencies, type: .jsonb)], result: result)
  }
}
