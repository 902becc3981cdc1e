import Events
import Plan
import SQLQuoting

/// The Postgres table that an aggregate's rows are stored in: its columns, how it is created, how deltas are added to it.
/// It is what readers see, too, unless there is a `ResultView` above it.
///
/// Texts of statements only; who runs them is the caller's business.
public struct ResultTable: Sendable {
  /// A column, in the order of `CREATE TABLE`.
  public struct Column: Hashable, Sendable {
    public enum Role: Hashable, Sendable {
      case key(Int)
      case windowStart
      case windowEnd
      /// Added to by every upsert.
      case accumulator(Int)
      /// Computed by Postgres from other columns of the row.
      case generated(sql: String)
      case updatedAt
    }

    public var name: String
    public var role: Role
    public var type: SQLType
    public var isNullable: Bool
    public var comment: String
  }

  public let name: String
  public let comment: String
  public let columns: [Column]
  let plan: AggregatePlan
  let schema: String?

  /// - Parameter schema: where the table is, when it is not the first of the search path.
  public init(_ plan: AggregatePlan, schema: String? = nil) {
    self.plan = plan
    self.schema = schema
    name = plan.tableName
    guard plan.hasStateTable else {
      comment = plan.comment
      columns =
        Self.keys(plan) + Self.window(plan, plan.stretch) + Self.results(plan) + Self.parts(plan, besides: plan.outputs)
        + [Self.updatedAt]
      return
    }
    comment =
      plan.window.isSession
      ? "What the view \(plan.name) is computed of, one row per session of a group."
      : "What the view \(plan.name) is computed of, one row per pane of event time and group."
    columns =
      Self.keys(plan) + Self.window(plan, plan.stretch) + Self.parts(plan, besides: [])
      + [Self.updatedAt]
  }

  static func keys(_ plan: AggregatePlan) -> [Column] {
    plan.keys.enumerated().map { index, key in
      Column(name: key.name, role: .key(index), type: key.type, isNullable: key.isNullable, comment: key.comment)
    }
  }

  /// - Parameter stretch: what the two columns bound.
  static func window(_ plan: AggregatePlan, _ stretch: String) -> [Column] {
    let (start, end) =
      plan.window.isSession
      ? (
        "The session's first event.", "Where the gap after the session's last event ends, or where the session is cut."
      )
      : (
        "Beginning of the \(stretch) of event time; the \(stretch) holds it.",
        "End of the \(stretch) of event time; the \(stretch) does not hold it."
      )
    return [
      Column(name: "window_start", role: .windowStart, type: .timestamptz, isNullable: false, comment: start),
      Column(name: "window_end", role: .windowEnd, type: .timestamptz, isNullable: false, comment: end),
    ]
  }

  static let updatedAt = Column(
    name: "updated_at", role: .updatedAt, type: .timestamptz, isNullable: false,
    comment: "When the row was last written.")

  /// What the definition selects beside keys and the window.
  static func results(_ plan: AggregatePlan) -> [Column] {
    plan.outputs.compactMap { output in
      switch output.source {
      case .key: nil
      case .windowStart where output.name == "window_start", .windowEnd where output.name == "window_end": nil
      case .windowStart:
        Column(
          name: output.name, role: .generated(sql: "window_start"), type: .timestamptz, isNullable: true,
          comment: output.comment)
      case .windowEnd:
        Column(
          name: output.name, role: .generated(sql: "window_end"), type: .timestamptz, isNullable: true,
          comment: output.comment)
      case .accumulator(let index):
        accumulator(plan.accumulators[index], index, comment: output.comment)
      case .derived(let derived):
        Column(
          name: output.name, role: .generated(sql: derived.sql(in: plan)), type: derived.type, isNullable: true,
          comment: output.comment)
      }
    }
  }

  /// Accumulators that are not among these results.
  private static func parts(_ plan: AggregatePlan, besides outputs: [OutputColumn]) -> [Column] {
    let results = Set(outputs.map(\.source))
    return plan.accumulators.enumerated().compactMap { index, part in
      guard !results.contains(.accumulator(index)) else { return nil }
      let comment = part.comment.isEmpty ? "State of the result \(part.column)." : part.comment
      return accumulator(part, index, comment: comment)
    }
  }

  private static func accumulator(_ plan: AccumulatorPlan, _ index: Int, comment: String) -> Column {
    // A count starts at 0; the others are NULL until they have met a value.
    Column(
      name: plan.column, role: .accumulator(index), type: plan.type, isNullable: plan.function != .count,
      comment: comment)
  }

  /// The table as statements name it.
  public var reference: String {
    (schema.map { quotedIdentifier($0) + "." } ?? "") + quotedIdentifier(name)
  }

  /// The columns that identify a row: the window's beginning, then the keys.
  public var identity: [String] { ["window_start"] + plan.keys.map(\.name) }
}

extension AggregatePlan {
  /// What the times of a stored row bound.
  fileprivate var stretch: String { window.isOverlapping ? "pane" : "window" }
}
