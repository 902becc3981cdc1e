import Events
import Plan
import Spelling

/// What an aggregate function keeps and how its result is made of it.
enum AggregateShape {
  /// The stored column is the result.
  case accumulator(AccumulatorPlan.Function, SQLType)
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
  }

  var name: String
  /// What messages say that it takes.
  var takes: String
  var form = Form.value
  /// Whether text must carry COLLATE "C", because the function orders its arguments.
  var ordersArguments = false
  /// The shape for an argument of that type; nil when it does not take the type. The number is the fraction.
  var shape: @Sendable (SQLType, Double) -> AggregateShape?

  static func named(_ name: String) -> AggregateFunction? {
    catalogue.first { $0.name == name }
  }

  var isOrderedSet: Bool {
    if case .fraction = form { true } else { false }
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
      AggregateFunction(name: "approx_count_distinct", takes: "a value of any type but bytea and jsonb") { type, _ in
        guard ![.bytea, .jsonb].contains(type) else { return nil }
        return .estimate(.distinctCount, of: [AggregatePart(function: .distinct, type: .bits)], result: .bigint)
      },
      AggregateFunction(name: "percentile_cont", takes: "numbers", form: .fraction) { type, fraction in
        type.isNumber ? percentile(.continuousPercentile(fraction), .doublePrecision) : nil
      },
      AggregateFunction(name: "percentile_disc", takes: "numbers", form: .fraction) { type, fraction in
        guard type.isNumber else { return nil }
        // Rounded to its own places, a small numeric could be further off than the sketch is.
        let result = type.isNumeric ? SQLType.numeric(scale: type.scale + 2) : type
        return percentile(.discretePercentile(fraction, result), result)
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

  private static func percentile(_ estimate: Estimate, _ result: SQLType) -> AggregateShape {
    .estimate(estimate, of: [AggregatePart(function: .quantiles, type: .bigints)], result: result)
  }

  /// What to write for an argument of a type that the function does not take.
  static func hint(forArgument type: SQLType, of name: String) -> String? {
    switch type {
    case .text: "cast it, e.g. …::double precision"
    case .boolean where name == "min": "write bool_and(…)"
    case .boolean where name == "max": "write bool_or(…)"
    case .boolean where name == "sum": "write count(*) FILTER (WHERE …)"
    case .boolean where name == "avg": "write avg(…::integer)"
    case .jsonb where name == "approx_count_distinct": "cast it to text"
    case .bytea: "write encode(…, 'hex')"
    case .boolean: "cast it: …::integer"
    case .timestamptz, .timestamp, .date, .time: "write extract(epoch FROM …)"
    case _ where ["bool_and", "bool_or", "every"].contains(name): "compare it with something: … > 0"
    default: "write count(…), which takes every type, or take the value as a key"
    }
  }

  /// Names that Postgres has and we do not, and what to do about it.
  static func hint(forUnknown name: String) -> String {
    switch name {
    case "now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday", "random",
      "gen_random_uuid", "nextval", "setseed":
      return "a definition must give the same rows whenever it runs, and \(name)() does not"
    case _ where WindowCall.names.contains(name): return "\(name)(…) stands in GROUP BY, and alone in SELECT"
    case "median": return "write percentile_cont(0.5) WITHIN GROUP (ORDER BY …)"
    case "covar_pop", "covar_samp", "regr_avgx", "regr_avgy", "regr_count", "regr_intercept", "regr_r2", "regr_sxx",
      "regr_sxy", "regr_syy":
      return "\(name) is not supported yet; of pairs there are corr and regr_slope"
    case "mode", "approx_top_k": return "\(name) is not supported yet; count(*) by the value as a key says the same"
    case "first", "last", "first_value", "last_value":
      return "\(name) is not supported yet; write min(…) or max(…), or take the value as a key"
    case "histogram":
      return "\(name) is not supported yet; write count(*) FILTER (WHERE x >= … AND x < …) for each range"
    case "bit_and", "bit_or", "bit_xor", "any_value": return "\(name) is not supported yet; aggregates are \(names)"
    case "rank", "dense_rank", "percent_rank", "cume_dist":
      return "\(name) needs all values of the group at once; write a percentile: percentile_cont(0.5) …"
    case "array_agg", "string_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg":
      return "\(name) would keep every event of the group"
    default:
      let nearest = nearestSpelling(of: name, among: catalogue.map(\.name) + ["tumble", "hop", "coalesce", "nullif"])
      return nearest.map { "did you mean \($0)?" } ?? "aggregates are \(names); windows are tumble and hop"
    }
  }

  private static var names: String { catalogue.map(\.name).joined(separator: ", ") }
}
