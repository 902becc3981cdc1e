import Events
import Plan

/// What readers may look at as rows without an endpoint of its own: an aggregate, or a view over aggregates.
public struct Relation: Sendable {
  public enum Kind: String, Hashable, Sendable {
    case aggregate
    case view
  }

  public struct Column: Hashable, Sendable {
    public var name: String
    /// As `CREATE TABLE` has it, e.g. `timestamp with time zone`.
    public var type: String
    public var isNullable: Bool
    /// May be empty.
    public var comment: String
    public var role: ColumnRole
    /// How pages show it, where the definition says so.
    public var presentation: ColumnPresentation?
    /// Whether its windows to come are forecast.
    public var isForecast = false

    public init(name: String, type: String, isNullable: Bool, comment: String, role: ColumnRole = .other) {
      self.name = name
      self.type = type
      self.isNullable = isNullable
      self.comment = comment
      self.role = role
    }
  }

  public let name: String
  public let kind: Kind
  /// May be empty.
  public let comment: String
  /// The stream that an aggregate is made of; nil of a view.
  public let stream: String?
  /// An aggregate's windows, e.g. `tumble 60 seconds`; nil of a view.
  public let window: String?
  /// The longest that a window is; nil of a view.
  public let windowSeconds: Int64?
  /// In their order.
  public let columns: [Column]
  /// The column that ranges of time are about; nil when there is none.
  public let time: String?
  /// The definition's SELECT.
  public let sql: String
  /// What it is called in statements: an aggregate's table may have another name than what is shown of it.
  public let names: [String]
  /// The tables and views that a view reads, nil where it names schemas of its own; empty of an aggregate.
  public let reads: [String]?
  /// nil of a view.
  let plan: AggregatePlan?

  /// - Parameter stream: that the aggregate is made of.
  public init(_ plan: AggregatePlan, of stream: StreamPlan) {
    name = plan.name
    kind = .aggregate
    comment = plan.comment
    self.stream = stream.definition.name
    window = TableShape(plan, of: stream).meaning(of: "window")
    windowSeconds = plan.window.longestMicroseconds / 1_000_000
    let outputs = Dictionary(plan.outputs.map { ($0.name, $0) }) { first, _ in first }
    let results = Set(plan.outputs.map(\.name))
    columns = plan.shownColumns.compactMap { column in
      let role: ColumnRole
      switch column.role {
      case .key: role = .key
      case .windowStart, .windowEnd: role = .window
      case .updatedAt: role = .other
      // The parts of results, which only a roll-up needs.
      case .accumulator, .generated:
        guard results.contains(column.name) else { return nil }
        role = outputs[column.name].map { plan.role(of: $0) } ?? .other
      }
      var shown = Column(
        name: column.name, type: column.type.sqlName, isNullable: column.isNullable, comment: column.comment, role: role
      )
      shown.presentation = plan.presentation[column.name]
      shown.isForecast = plan.forecasts.contains(column.name)
      return shown
    }
    time = "window_start"
    sql = plan.select.whole
    names = plan.relationNames
    reads = []
    self.plan = plan
  }

  /// - Parameters:
  ///   - columns: as the database has them; their roles are found here.
  ///   - aggregates: among which those are that the view reads.
  public init(_ view: ViewPlan, columns: [Column], aggregates: [Relation]) {
    name = view.name
    kind = .view
    comment = view.comment
    stream = nil
    window = nil
    windowSeconds = nil
    let times = columns.filter {
      ["timestamp with time zone", "timestamp without time zone", "date"].contains($0.type)
    }
    let time = (times.first { $0.name == "window_start" } ?? times.first)?.name
    let sources = aggregates.filter { view.reads.contains($0.name) }.flatMap(\.columns)
    self.columns = columns.map { column in
      var column = column
      column.role = Self.role(of: column, isTime: column.name == time, sources)
      column.presentation = view.presentation[column.name]
      return column
    }
    self.time = time
    sql = view.select.text
    names = [view.name]
    reads = view.readsOtherSchemas ? nil : view.reads
    plan = nil
  }

  /// A view is Postgres' own business: a column that is called like one that it reads is taken for that, others are told by
  /// their types.
  private static func role(of column: Column, isTime: Bool, _ sources: [Column]) -> ColumnRole {
    if isTime || column.name == "window_end" { return .window }
    if let source = sources.first(where: { $0.name == column.name }), source.role != .other { return source.role }
    switch column.type {
    case "text", "character varying", "uuid": return .key
    case "boolean": return .flag
    default: return .other
    }
  }

  /// The columns that rows can be chosen by.
  public var keys: [Column] { columns.filter { $0.role == .key } }

  /// The columns that rows can be ordered by.
  public var orderable: [Column] { columns.filter { Self.orderableTypes.contains($0.type) } }

  private static let orderableTypes: Set<String> = Set(
    [
      SQLType.boolean, .integer, .bigint, .numeric(scale: 0), .doublePrecision, .text, .bytea, .timestamptz, .timestamp,
      .date, .time, .uuid, .jsonb,
    ].map(\.sqlName) + ["smallint", "real", "character varying", "interval"])

  /// Whether its rows can be summed up over time and keys.
  public var canRollUp: Bool { plan != nil }

  /// What roll-ups are ordered by where nothing else is said: the first count, else the first result; nil: there is none.
  public var leadingResult: String? {
    let results = columns.filter { ![.key, .window].contains($0.role) && $0.name != "updated_at" }
    return (results.first { $0.role == .count } ?? results.first)?.name
  }

  /// The column of that name.
  public func column(named name: String) -> Column? { columns.first { $0.name == name } }
}
