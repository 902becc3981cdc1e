import Events
import Plan
import SQLQuoting

extension AccumulatorPlan {
  /// The value of the row `d` of a delta, in the type of the column.
  var deltaSQL: String {
    let column = "d.\(quotedIdentifier(self.column))"
    return deltaType == type ? column : "\(column)::\(type.sqlName)"
  }

  /// The state of the stored row `t` with that of the row `excluded`.
  func mergeSQL(in plan: AggregatePlan) -> String {
    let column = quotedIdentifier(self.column)
    let (old, new) = ("t.\(column)", "excluded.\(column)")
    let collation = type == .text ? " COLLATE \"C\"" : ""
    // NULL is the state of no values.
    func either(_ both: String) -> String { "COALESCE(\(both), \(old), \(new))" }
    func parts(_ row: String) -> String {
      (companions.map { plan.accumulators[$0].column } + [self.column]).map { "\(row).\(quotedIdentifier($0))" }
        .joined(separator: ", ")
    }
    return switch function {
    case .count: "\(old) + \(new)"
    case .sum, .sumOfSquares: either("\(old) + \(new)")
    case .min: "LEAST(\(old)\(collation), \(new)\(collation))"
    case .max: "GREATEST(\(old)\(collation), \(new)\(collation))"
    case .boolAnd: either("\(old) AND \(new)")
    case .boolOr: either("\(old) OR \(new)")
    case .deviations: either("deviations_union(\(parts("t")), \(parts("excluded")))")
    case .codeviations: either("codeviations_union(\(parts("t")), \(parts("excluded")))")
    case .distinct: either("approx_count_distinct_union(\(old), \(new))")
    case .quantiles: either("percentile_union(\(old), \(new))")
    case .first, .last:
      "CASE WHEN \(old) IS NULL OR (\(parts("excluded"))\(collation)) \(function == .last ? ">" : "<") "
        + "(\(parts("t"))\(collation)) THEN \(new) ELSE \(old) END"
    case .frequencies: either("frequencies_union(\(old), \(new))")
    case .histogram: either("histogram_union(\(old), \(new))")
    }
  }

  /// The state of several rows `s` together, by an aggregate function of the database.
  func mergeAggregateSQL(in plan: AggregatePlan) -> String {
    let column = { (name: String) in "s.\(quotedIdentifier(name))" }
    let state = column(self.column)
    let parts = (companions.map { column(plan.accumulators[$0].column) } + [state]).joined(separator: ", ")
    return switch function {
    // sum(bigint) is numeric. Its value fits: the state of all of these events at once would have been as large.
    case .count, .sum, .sumOfSquares: "sum(\(state))::\(type.sqlName)"
    case .min, .max: "\(function.rawValue)(\(state)\(type == .text ? " COLLATE \"C\"" : ""))"
    case .boolAnd, .boolOr: "\(function.rawValue)(\(state))"
    case .deviations: "deviations_merge(\(parts))"
    case .codeviations: "codeviations_merge(\(parts))"
    case .distinct: "approx_count_distinct_merge(\(state))"
    case .quantiles: "percentile_merge(\(state))"
    case .first, .last:
      "\(function.rawValue)(\(state) ORDER BY \(parts)\(type == .text ? " COLLATE \"C\"" : ""))"
    case .frequencies: "frequencies_merge(\(state))"
    case .histogram: "histogram_merge(\(state))"
    }
  }
}
