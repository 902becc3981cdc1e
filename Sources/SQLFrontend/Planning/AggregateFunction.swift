import Events
import Plan
import Spelling

/// What an aggregate function keeps and how its result is made of it.
enum AggregateShape {
  /// The stored column is the result.
  case accumulator(AccumulatorPlan.Function, SQLType)
  /// The result is the mean of a sum of that type and a count.
  case mean(sum: SQLType, result: SQLType)
}

/// An entry of the catalogue: another mergeable aggregate is another entry.
struct AggregateFunction: Sendable {
  var name: String
  /// What messages say that it takes.
  var takes: String
  /// Whether text must carry COLLATE "C", because the function orders its arguments.
  var ordersArguments = false
  /// The shape for an argument of that type; nil when it does not take the type.
  var shape: @Sendable (SQLType) -> AggregateShape?

  static func named(_ name: String) -> AggregateFunction? {
    catalogue.first { $0.name == name }
  }

  static let catalogue: [AggregateFunction] = [
    AggregateFunction(name: "count", takes: "a value of any type") { _ in .accumulator(.count, .bigint) },
    AggregateFunction(name: "sum", takes: "a number") { type in sumType(type).map { .accumulator(.sum, $0) } },
    AggregateFunction(name: "avg", takes: "a number", shape: averageShape),
    AggregateFunction(name: "min", takes: "a number, a time or text", ordersArguments: true) { type in
      type.isOrdered || type == .text ? .accumulator(.min, type) : nil
    },
    AggregateFunction(name: "max", takes: "a number, a time or text", ordersArguments: true) { type in
      type.isOrdered || type == .text ? .accumulator(.max, type) : nil
    },
  ]

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

  /// The mean as Postgres computes it from the same two parts: numeric for whole numbers, else double precision.
  @Sendable private static func averageShape(_ type: SQLType) -> AggregateShape? {
    guard let sum = sumType(type) else { return nil }
    return .mean(sum: sum, result: sum == .doublePrecision ? .doublePrecision : .numeric(scale: 0))
  }

  /// Names that Postgres has and we do not, and what to do about it.
  static func hint(forUnknown name: String) -> String {
    switch name {
    case "now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday", "random",
      "gen_random_uuid", "nextval", "setseed":
      return "a definition must give the same rows whenever it runs, and \(name)() does not"
    case _ where WindowCall.names.contains(name): return "\(name)(…) stands in GROUP BY, and alone in SELECT"
    case "bool_and", "bool_or", "every", "stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp",
      "percentile_cont", "approx_count_distinct", "mode", "percentile_disc":
      return "\(name) is not supported yet; aggregates are \(names)"
    case "array_agg", "string_agg", "json_agg", "jsonb_agg": return "\(name) would keep every event of the group"
    default:
      let nearest = nearestSpelling(of: name, among: catalogue.map(\.name) + ["tumble", "hop", "coalesce", "nullif"])
      return nearest.map { "did you mean \($0)?" } ?? "aggregates are \(names); windows are tumble and hop"
    }
  }

  private static var names: String { catalogue.map(\.name).joined(separator: ", ") }
}
