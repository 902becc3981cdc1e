import Events
import Plan
import SQLQuoting

extension ResultTable {
  /// Types of the upsert's parameters, each an array with one element a row: the window's beginning, its end unless all
  /// windows are equally long, the keys in order, the accumulators in order.
  public var upsertParameterTypes: [SQLType] {
    [.timestamptz] + (plan.window.panes.isFixed ? [] : [.timestamptz]) + plan.keys.map(\.type)
      + plan.accumulators.map(\.deltaType)
  }

  /// Adds deltas to the stored rows. The parameters are `$1`, `$2`, … of `upsertParameterTypes`.
  ///
  /// Rows are taken in the order of their identity, by bytes: instances that write the same rows at the same time then
  /// wait for each other and never for themselves.
  ///
  /// Sessions are merged with those that they overlap, in a transaction that has taken the locks of their keys.
  public var upsertStatement: String {
    if plan.window.isSession { return sessionMerge }
    let window = ["window_start"] + (plan.window.panes.isFixed ? [] : ["window_end"])
    let inputs = window + plan.keys.map(\.name) + plan.accumulators.map(\.column)
    let arrays = upsertParameterTypes.enumerated().map { "$\($0 + 1)::\($1.sqlName)[]" }
    let identityList = identity.map(quotedIdentifier).joined(separator: ", ")
    let accumulatorList = plan.accumulators.map { quotedIdentifier($0.column) }
    let targets = [identityList, "window_end"] + accumulatorList
    let values = identity.map { "d.\(quotedIdentifier($0))" } + [windowEnd] + plan.accumulators.map(\.deltaSQL)
    let updates = plan.accumulators.map(merge) + ["updated_at = now()"]
    return """
      INSERT INTO \(reference) AS t (\(targets.joined(separator: ", ")))
      SELECT \(values.joined(separator: ", "))
      FROM unnest(\(arrays.joined(separator: ", "))) AS d(\(inputs.map(quotedIdentifier).joined(separator: ", ")))
      ORDER BY \(order)
      ON CONFLICT (\(identityList)) DO UPDATE SET
        \(updates.joined(separator: ",\n  "))
      """
  }

  private var order: String {
    (["d.window_start"]
      + plan.keys.map { "d.\(quotedIdentifier($0.name))\($0.type == .text ? " COLLATE \"C\"" : "")" })
      .joined(separator: ", ")
  }

  private var windowEnd: String {
    plan.window.panes.isFixed ? plan.window.paneEndSQL(from: "d.window_start") : "d.window_end"
  }

  private func merge(_ accumulator: AccumulatorPlan) -> String {
    "\(quotedIdentifier(accumulator.column)) = \(accumulator.mergeSQL(in: plan))"
  }

  /// Deletes a bounded number of rows whose last window ended before `$1::timestamptz`. The parameter `$2::bigint` is the
  /// bound.
  ///
  /// Of a table with partitions only rows of the one that is for no stretch of time: the others go as a whole.
  public var expireStatement: String {
    // A row's place is one in its own partition.
    let rows = isPartitioned ? defaultPartition : reference
    return """
      DELETE FROM \(rows) WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM \(rows) WHERE \(plan.window.isRetiredSQL(by: "$1::timestamptz"))
        LIMIT $2::bigint))
      """
  }
}
