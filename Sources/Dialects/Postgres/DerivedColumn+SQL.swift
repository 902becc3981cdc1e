import Events
import Plan
import SQLQuoting

extension DerivedColumn {
  /// The expression of the generated column in the plan's table.
  public func sql(in plan: AggregatePlan) -> String {
    expression.sql { parts[$0].sql(in: plan) }
  }

  /// The same for a generated column, which may not fail for any row.
  func safeSQL(in plan: AggregatePlan) -> String {
    safeExpression.sql { parts[$0].sql(in: plan) }
  }
}

extension DerivedColumn.Part {
  fileprivate func sql(in plan: AggregatePlan) -> String {
    switch self {
    case .key(let index): return quotedIdentifier(plan.keys[index].name)
    case .accumulator(let index): return quotedIdentifier(plan.accumulators[index].column)
    case .mean(let sum, let count):
      let column = quotedIdentifier(plan.accumulators[sum].column)
      let divisor = "NULLIF(\(quotedIdentifier(plan.accumulators[count].column)), 0)"
      // As Postgres computes a mean: numeric for whole numbers and numeric, else double precision.
      return plan.accumulators[sum].type == .doublePrecision
        ? "\(column) / \(divisor)::double precision" : "\(column)::numeric / \(divisor)::numeric"
    case .estimate(let estimate, let accumulators):
      return estimate.sql(of: accumulators.map { quotedIdentifier(plan.accumulators[$0].column) })
    }
  }
}

extension Estimate {
  /// The call that reads the result; its functions are in `sql/schema`, and fail for no parts.
  fileprivate func sql(of parts: [String]) -> String {
    switch self {
    case .exactSpread(let spread):
      "streampulse_exact_spread(\(parts[0]), \(parts[1])::numeric, \(parts[2]), \(spread.isSample), \(spread.isRoot))"
    case .spread(let spread):
      "streampulse_spread(\(parts[0]), \(parts[1]), \(spread.isSample), \(spread.isRoot))"
    case .correlation: "streampulse_ratio(\(parts[0]), sqrt(\(parts[1])) * sqrt(\(parts[2])))"
    case .slope: "streampulse_ratio(\(parts[0]), \(parts[1]))"
    case .distinctCount: "approx_count_distinct_estimate(\(parts[0]))"
    case .continuousPercentile(let fraction): "percentile_estimate(\(parts[0]), \(fraction))"
    case .discretePercentile(let fraction, let type):
      Self.discrete("percentile_estimate(\(parts[0]), \(fraction), true)", type)
    }
  }

  /// An estimate as a value of the type, which it may not leave.
  private static func discrete(_ estimate: String, _ type: SQLType) -> String {
    switch type {
    case .integer: "streampulse_within(\(estimate), -2147483648, 2147483647)::integer"
    // The greatest double below 2^63 and its counterpart.
    case .bigint: "streampulse_within(\(estimate), -9223372036854774784, 9223372036854774784)::bigint"
    case .numeric(let scale): "round(\(estimate)::numeric, \(scale))"
    default: estimate
    }
  }
}
