import Events
import Plan
import SQLQuoting

extension DerivedColumn {
  /// The expression of the generated column in the plan's table.
  func sql(in plan: AggregatePlan) -> String {
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
    }
  }
}
