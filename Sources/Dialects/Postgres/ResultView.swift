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
      ResultTable.keys(plan) + ResultTable.window(plan, "window") + ResultTable.results(plan) + [ResultTable.updatedAt]
  }

  /// The view as statements name it.
  public var reference: String {
    (schema.map { quotedIdentifier($0) + "." } ?? "") + quotedIdentifier(name)
  }

  /// The statements that create the view, with its comments, in order. The table is there already.
  ///
  /// - Parameter pulse: the schema of the engine's bookkeeping, as statements name it.
  public func createStatements(pulse: String) -> [String] {
    ["CREATE VIEW \(reference) AS\n\(query(pulse: pulse))"] + commentStatements
  }

  /// The statement that gives the view another query. Its columns stay, in the order that they have there.
  ///
  /// - Parameter present: all columns of the view in the database.
  public func replaceStatement(pulse: String, columns present: [String]) -> String {
    """
    CREATE OR REPLACE VIEW \(reference) AS
    SELECT \(present.map { quotedIdentifier($0) }.joined(separator: ", "))
    FROM (\(query(pulse: pulse))) AS selected
    """
  }

  /// The statements that set the comments of the view and its columns, which may change at any time.
  public var commentStatements: [String] {
    comments.map { comment in
      let object = comment.column.map { "COLUMN \(reference).\(quotedIdentifier($0))" } ?? "VIEW \(reference)"
      return "COMMENT ON \(object) IS \(quotedLiteral(comment.text))"
    }
  }

  /// The comments that they set.
  public var comments: [ResultTable.Comment] {
    [ResultTable.Comment(column: nil, text: plan.readersComment)]
      + columns.filter { !$0.comment.isEmpty }.map { ResultTable.Comment(column: $0.name, text: $0.comment) }
  }

  private func query(pulse: String) -> String {
    guard let having = plan.having else { return allGroups(pulse: pulse) }
    // The watermark is looked up once for all rows.
    return """
      \(allGroups(pulse: pulse))
      WHERE window_end <= (SELECT final_until(\(quotedLiteral(plan.name)))) AND (\(having.safeSQL(in: plan)))
      """
  }

  /// The groups of all windows as the definition selects them, also those that HAVING leaves out.
  ///
  /// - Parameter pulse: the schema of the engine's bookkeeping, as statements name it.
  public func allGroups(pulse: String) -> String {
    query(ofPanes: isShown(pulse: pulse))
  }

  /// - Parameter condition: which panes take part, of a table `s`, or which of their windows. For windows that overlap
  ///   alone.
  func query(ofPanes condition: String) -> String {
    let outputs = columns.map { column in
      switch column.role {
      case .generated(let sql): "\(plan.safeSQL(ofResult: column.name) ?? sql) AS \(quotedIdentifier(column.name))"
      case .accumulator(let index):
        quotedIdentifier(plan.accumulators[index].column)
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
    let merged = plan.accumulators.map { "\($0.mergeAggregateSQL(in: plan)) AS \(quotedIdentifier($0.column))" }
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
