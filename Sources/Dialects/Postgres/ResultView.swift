import Events
import Plan
import SQLQuoting

/// The view that an aggregate is where its rows are stored in another form than the definition selects: it has the
/// aggregate's name and reads like the definition. The table below it is the `ResultTable`.
public struct ResultView: Sendable {
  public let name: String
  public let columns: [ResultTable.Column]
  private let plan: AggregatePlan
  private let schema: String?

  /// nil: the table is what readers see.
  ///
  /// - Parameter schema: where view and table are, when that is not the first of the search path.
  public init?(_ plan: AggregatePlan, schema: String? = nil) {
    guard plan.hasStateTable else { return nil }
    self.plan = plan
    self.schema = schema
    name = plan.name
    columns =
      ResultTable.keys(plan) + ResultTable.window("window") + ResultTable.results(plan) + [ResultTable.updatedAt]
  }

  /// The view as statements name it.
  public var reference: String {
    (schema.map { quotedIdentifier($0) + "." } ?? "") + quotedIdentifier(name)
  }

  /// The statements that create the view, with its comments, in order. The table is there already.
  ///
  /// - Parameter pulse: the schema of the engine's bookkeeping, as statements name it.
  public func createStatements(pulse: String) -> [String] {
    ["CREATE VIEW \(reference) AS\n\(query(ofPanes: isShown(pulse: pulse)))"] + commentStatements
  }

  /// The statements that set the comments of the view and its columns, which may change at any time.
  public var commentStatements: [String] {
    ["COMMENT ON VIEW \(reference) IS \(quotedLiteral(plan.readersComment))"]
      + columns.filter { !$0.comment.isEmpty }.map {
        "COMMENT ON COLUMN \(reference).\(quotedIdentifier($0.name)) IS \(quotedLiteral($0.comment))"
      }
  }

  /// - Parameter condition: which panes take part, of a table `s`, or which of their windows. For windows that overlap
  ///   alone.
  func query(ofPanes condition: String) -> String {
    let outputs = columns.map { column in
      switch column.role {
      case .generated(let sql): "\(plan.safeSQL(ofResult: column.name) ?? sql) AS \(quotedIdentifier(column.name))"
      case .accumulator(let index):
        "\(plan.accumulators[index].resultSQL) AS \(quotedIdentifier(column.name))"
      default: quotedIdentifier(column.name)
      }
    }
    return """
      SELECT
        \(outputs.joined(separator: ",\n  "))
      FROM \(plan.window.isOverlapping ? "(\n\(mergedPanes(condition))\n) AS windows" : tableReference)
      """
  }

  private var tableReference: String { ResultTable(plan, schema: schema).reference }

  private static let start = quotedIdentifier("streampulse window")

  /// Retention keeps a pane until the last of its windows is old. The windows before that, of which panes are missing, are
  /// not shown.
  private func isShown(pulse: String) -> String {
    """
    \(plan.window.endSQL(from: Self.start)) >= coalesce(
      (SELECT horizon FROM \(pulse).retired WHERE aggregate = \(quotedLiteral(plan.name))), '-infinity')
    """
  }

  /// Windows are sums of their panes. A pane lies in the same windows as a whole, so that its beginning tells which.
  private func mergedPanes(_ condition: String) -> String {
    let start = Self.start
    let keys = plan.keys.map { "s.\(quotedIdentifier($0.name))" }
    let merged = plan.accumulators.map { "\($0.mergeSQL) AS \(quotedIdentifier($0.column))" }
    let items =
      keys + ["\(start) AS window_start", "\(plan.window.endSQL(from: start)) AS window_end"] + merged
      + ["max(s.updated_at) AS updated_at"]
    return """
        SELECT
          \(items.joined(separator: ",\n    "))
        FROM \(tableReference) AS s
        CROSS JOIN LATERAL \(plan.window.startsSQL(of: "s.window_start")) AS w (\(start))
        WHERE \(condition)
        GROUP BY \(([start] + keys).joined(separator: ", "))
      """
  }
}

extension AggregatePlan {
  /// The columns that readers of the aggregate see, in their order: those of the view, or of the table where it is all
  /// there is.
  public var shownColumns: [ResultTable.Column] { ResultView(self)?.columns ?? ResultTable(self).columns }

  /// The comment on what readers see.
  var readersComment: String {
    comment.isEmpty ? "Aggregate over a stream, one row per window and group." : comment
  }

  /// The expression of a computed result that has no error for any row; nil for other columns.
  func safeSQL(ofResult name: String) -> String? {
    outputs.lazy.compactMap { output in
      if case .derived(let derived) = output.source, derived.name == name { derived.safeSQL(in: self) } else { nil }
    }.first
  }
}

extension AccumulatorPlan {
  /// The result that the state is, where it is one of its own.
  var resultSQL: String {
    switch function {
    case .count, .sum, .min, .max: quotedIdentifier(column)
    }
  }

  /// The state of several rows together, by an aggregate function of the database.
  var mergeSQL: String {
    let state = "s.\(quotedIdentifier(column))"
    return switch function {
    // sum(bigint) is numeric. Its value fits: the state of all of these events at once would have been as large.
    case .count, .sum: "sum(\(state))::\(type.sqlName)"
    case .min, .max: "\(function.rawValue)(\(state)\(type == .text ? " COLLATE \"C\"" : ""))"
    }
  }
}
