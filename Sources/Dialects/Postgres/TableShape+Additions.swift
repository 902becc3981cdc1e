import Plan
import SQLQuoting

extension TableShape {
  /// Computed results that a plan has beside all that is stored: rows hold what these are computed of, so that they can be
  /// added where the rows are. nil when anything else has changed, or nothing has.
  ///
  /// - Parameter stream: the stream that the plan's columns belong to.
  public static func additions(stored: TableShape, planned plan: AggregatePlan, of stream: StreamPlan) -> [String]? {
    let before = Set(stored.entries)
    let planned = TableShape(plan, of: stream).entries
    guard before.isSubset(of: planned) else { return nil }
    let new = planned.filter { !before.contains($0) }
    let added = plan.shownColumns.filter { column in
      guard case .generated = column.role else { return false }
      return new.contains { $0.subject == "column \(quotedIdentifier(column.name))" }
    }
    return !new.isEmpty && added.count == new.count ? added.map(\.name) : nil
  }
}
