extension AggregatePlan {
  /// All that is evaluated for an event.
  public var expressions: [Expression] {
    joins.flatMap(\.keys) + [unnest?.array, filter].compactMap { $0 } + keys.map(\.expression)
      + accumulators.flatMap { [$0.argument, $0.secondArgument, $0.filter].compactMap { $0 } }
  }

  /// The columns that are named by them. Count into `StreamPlan.columns`.
  public var usedColumns: Set<Int> {
    expressions.reduce(into: []) { $1.collectColumns(into: &$0) }
  }
}

extension Expression {
  fileprivate func collectColumns(into columns: inout Set<Int>) {
    if case .column(let index, _) = self { columns.insert(index) }
    for child in children { child.collectColumns(into: &columns) }
  }
}
