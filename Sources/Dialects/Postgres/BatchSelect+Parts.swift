import Events
import Plan
import SQLQuoting

extension AccumulatorPlan {
  /// The aggregate as Postgres computes it at once.
  func call(_ column: (Int) -> String) -> String {
    guard let argument = argument?.sql(column) else { return "count(*)\(filterSQL(column))" }
    let second = secondArgument?.sql(column) ?? argument
    let call =
      switch function {
      case .min where type == .text, .max where type == .text: "\(function.rawValue)((\(argument)) COLLATE \"C\")"
      case .count, .sum, .min, .max, .boolAnd, .boolOr: "\(function.rawValue)(\(argument))"
      case .sumOfSquares: "sum((\(argument))::numeric * (\(argument))::numeric)"
      case .deviations, .codeviations: "\(function.rawValue)(\(argument), \(second))"
      case .distinct: "approx_count_distinct_state(\(argument))"
      case .quantiles: "percentile_state(array_agg(\(argument))\(filterSQL(column)))"
      case .first, .last:
        "\(function.rawValue)(\(argument) ORDER BY \(second), (\(argument))\(type == .text ? " COLLATE \"C\"" : ""))"
      case .frequencies: "frequencies_state(\(argument))"
      case .histogram: "histogram(\(argument), \(Literal.arraySQL(constants)))"
      }
    return function == .quantiles ? call : call + filterSQL(column)
  }

  private func filterSQL(_ column: (Int) -> String) -> String {
    filter.map { " FILTER (WHERE \($0.sql(column)))" } ?? ""
  }

  /// What bounds how far a floating-point state may be off for the order in which its values came.
  func magnitude(_ column: (Int) -> String) -> String? {
    guard type == .doublePrecision, let argument = argument?.sql(column) else { return nil }
    let second = secondArgument?.sql(column) ?? argument
    return switch function {
    case .sum: "sum(abs(\(argument)))\(filterSQL(column))"
    case .deviations, .codeviations:
      "sum((\(argument)) * (\(argument)) + (\(second)) * (\(second)))\(filterSQL(column))"
    default: nil
    }
  }

  /// The sum of a column over the rows that take part.
  func sum(of name: String, _ column: (Int) -> String) -> String {
    "sum(\(name))\(filterSQL(column))"
  }

  /// How many different values take part.
  fileprivate func distinctCount(_ column: (Int) -> String) -> String {
    "count(DISTINCT \(argument?.sql(column) ?? "NULL"))\(filterSQL(column))"
  }

  /// By how much the rounding of squares is greater in their deviations from the mean than in themselves. Infinite where
  /// these deviations are hardly more than that rounding, of values that are alike: nothing can be said then of what is
  /// divided by them.
  fileprivate func condition(_ column: (Int) -> String) -> String {
    let (squares, deviations) = (magnitude(column) ?? "0", call(column))
    return "CASE WHEN \(deviations) > 1e-12 * \(squares) THEN \(squares) / \(deviations) "
      + "WHEN \(deviations) IS NOT NULL THEN 'Infinity' END"
  }

  /// The greatest of an expression over the values that take part.
  fileprivate func greatest(_ of: (String) -> String, _ column: (Int) -> String) -> String {
    "max(\(of(argument?.sql(column) ?? "NULL")))\(filterSQL(column))"
  }
}

extension BatchSelect.Column {
  /// The same with what is to be known for a comparison.
  func judged(
    _ derived: DerivedColumn?, in plan: AggregatePlan, _ column: (Int) -> String, _ extras: inout Extras
  ) -> BatchSelect.Column {
    var judged = self
    guard let derived else { return judged }
    if case .column = derived.expression, case .mean(let sum, let count)? = derived.parts.first {
      judged.magnitude = plan.accumulators[sum].magnitude(column).map {
        extras.add("\($0) / NULLIF(\(plan.accumulators[count].call(column)), 0)")
      }
      return judged
    }
    guard case .column = derived.expression, case .estimate(let estimate, let parts)? = derived.parts.first else {
      judged.isComparable = !derived.parts.contains { part in
        if case .estimate(let estimate, _) = part { estimate.isInexact } else { false }
      }
      return judged
    }
    let accumulators = parts.map { plan.accumulators[$0] }
    switch estimate {
    case .exactSpread, .distinctCount, .value: break
    case .mode, .mostFrequent:
      let values = accumulators[0]
      judged.exactness = extras.add(
        "(\(values.distinctCount(column)) <= \(AccumulatorPlan.frequentValues))")
    case .spread(let spread):
      let square = accumulators[1].greatest({ "(\($0)) * (\($0))" }, column)
      // A root makes much of what is left of a small difference: of values that are alike it is digits by chance.
      let root = "\(square) / NULLIF(sqrt(\(accumulators[1].call(column)) / \(accumulators[0].call(column))), 0)"
      let most = "1e3 * sqrt(\(square))"
      judged.magnitude = extras.add(
        spread.isRoot ? "least(\(most), greatest(1e-3 * sqrt(\(square)), coalesce(1e-3 * \(root), \(most))))" : square)
    case .correlation:
      let conditions = accumulators[1...].map { "(\($0.condition(column)))" }
      judged.magnitude = extras.add("greatest(1, 1e-3 * \(conditions.joined(separator: ", 1e-3 * ")))")
    case .slope:
      let (both, divisor) = (accumulators[0].magnitude(column) ?? "0", accumulators[1])
      let largest = "\(accumulators[0].greatest({ "abs(\($0))" }, column)) / NULLIF(sqrt(\(divisor.call(column))), 0)"
      let lost = "1e-3 * (\(divisor.condition(column))) * sqrt(\(both) / NULLIF(\(divisor.call(column)), 0))"
      judged.magnitude = extras.add("greatest(\(largest), \(lost), 1e-3 * (\(divisor.condition(column))))")
    case .continuousPercentile, .discretePercentile, .percentiles:
      judged.tolerance = 0.01
      // Between a negative and a positive value each counts with its own error.
      let values = accumulators[0]
      judged.magnitude = extras.add(
        "CASE WHEN \(values.greatest({ "-(\($0))" }, column)) > 0 AND \(values.greatest({ $0 }, column)) > 0 "
          + "THEN \(values.greatest({ "abs(\($0))" }, column)) ELSE 0 END")
    }
    return judged
  }
}

extension Estimate {
  /// Whether it differs from what Postgres computes by more than the last digits.
  fileprivate var isInexact: Bool {
    switch self {
    case .exactSpread, .distinctCount, .value: false
    case .spread, .correlation, .slope, .continuousPercentile, .discretePercentile, .percentiles, .mode, .mostFrequent:
      true
    }
  }
}
