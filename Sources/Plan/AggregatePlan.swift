import Events

/// What happens to an event whose window is complete and older than the allowed lateness.
public enum LatePolicy: String, Hashable, Sendable, CaseIterable {
  /// The stored row is updated.
  case revise
  /// The event is counted as late in the ledger and changes nothing.
  case drop
  /// The event becomes a dead letter of this aggregate alone.
  case deadLetter = "dead_letter"
}

/// A column of a result table that identifies the row.
public struct KeyColumn: Hashable, Sendable {
  public var name: String
  public var expression: Expression
  public var type: SQLType
  public var isNullable: Bool
  /// What the column means, for `COMMENT ON COLUMN`.
  public var comment: String

  public init(name: String, expression: Expression, type: SQLType, isNullable: Bool, comment: String) {
    self.name = name
    self.expression = expression
    self.type = type
    self.isNullable = isNullable
    self.comment = comment
  }
}

/// A column of the result table in the order of the definition's SELECT list.
public struct OutputColumn: Hashable, Sendable {
  public enum Source: Hashable, Sendable {
    case key(Int)
    case accumulator(Int)
    case derived(DerivedColumn)
    case windowStart
    case windowEnd
  }

  public var name: String
  public var source: Source
  public var comment: String

  public init(name: String, source: Source, comment: String) {
    self.name = name
    self.source = source
    self.comment = comment
  }
}

/// One `CREATE MATERIALIZED VIEW`, planned: what the operator keeps and what table it becomes.
public struct AggregatePlan: Hashable, Sendable {
  public var name: String
  /// Comment on the table: the definition file's header comment.
  public var comment: String
  /// Whose rows the definition reads. The rest of the plan is over the stream, whichever they are.
  public var source: AggregateSource
  /// Tables of reference data beside the stream, each of which the expressions of those behind it may read.
  public var joins: [JoinPlan]
  /// What makes rows of an event; nil: it is one. The other expressions are those of a row.
  public var unnest: Unnest?
  /// Also that each JOIN which is no LEFT JOIN has found a row.
  public var filter: Expression?
  public var window: WindowAssigner
  public var keys: [KeyColumn]
  public var accumulators: [AccumulatorPlan]
  public var outputs: [OutputColumn]
  /// How pages show results, by the names of their columns; of those of which nothing is said there is nothing.
  public var presentation: [String: ColumnPresentation] = [:]
  /// The results of which windows to come are forecast, by the names of their columns.
  public var forecasts: [String] = []
  /// A condition on the results of a group: readers see the groups of closed windows for which it is true. All groups are
  /// stored, whatever it says.
  public var having: DerivedColumn?
  /// nil: kept for ever. Counted in event time back from the watermark.
  public var retentionMicroseconds: Int64?
  /// Of how much event time each partition of the table holds the rows: a whole number of windows. nil: the table has none.
  public var partitionMicroseconds: Int64?
  /// How long after its end a window takes events before `latePolicy` decides.
  public var allowedLatenessMicroseconds: Int64
  public var latePolicy: LatePolicy
  /// The SELECT as it is written: what a database runs as a batch to judge the rows.
  public var select: SelectText

  public init(
    name: String, comment: String, source: AggregateSource = .stream, joins: [JoinPlan] = [], unnest: Unnest? = nil,
    filter: Expression?, window: WindowAssigner,
    keys: [KeyColumn],
    accumulators: [AccumulatorPlan], outputs: [OutputColumn], having: DerivedColumn? = nil,
    retentionMicroseconds: Int64?,
    allowedLatenessMicroseconds: Int64, latePolicy: LatePolicy, select: SelectText
  ) {
    self.name = name
    self.comment = comment
    self.source = source
    self.joins = joins
    self.unnest = unnest
    self.filter = filter
    self.window = window
    self.keys = keys
    self.accumulators = accumulators
    self.outputs = outputs
    self.having = having
    self.retentionMicroseconds = retentionMicroseconds
    self.allowedLatenessMicroseconds = allowedLatenessMicroseconds
    self.latePolicy = latePolicy
    self.select = select
  }

  /// Whether the stored rows are other than what the definition selects: panes instead of windows, states that are no
  /// results, or groups that HAVING leaves out. They are in a table of their own then, and a view of the aggregate's name
  /// reads like the definition.
  public var hasStateTable: Bool {
    window.isOverlapping || having != nil || accumulators.contains(where: \.isOpaque)
  }

  /// The table that the rows are written to.
  public var tableName: String { hasStateTable ? stateTableName : name }

  /// What it has in the database: the table, and the view where there is one.
  public var relationNames: [String] { hasStateTable ? [stateTableName, name] : [name] }

  /// What the table is called when there is one beside the view.
  public var stateTableName: String { "\(name)_state" }
}
