import Plan

extension AggregatePlan {
  /// The column of a `count(*)` without a filter, which counts every event of the row; of elements none does.
  package var countColumn: String? {
    guard unnest == nil else { return nil }
    return accumulators.first { $0.function == .count && $0.argument == nil && $0.filter == nil }?.column
  }
}
