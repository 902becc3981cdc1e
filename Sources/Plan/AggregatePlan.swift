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

/// The mergeable state of one aggregate function: an array indexed by group row in memory, a column in Postgres.
public struct AccumulatorPlan: Hashable, Sendable {
  public enum Function: String, Hashable, Sendable {
    /// Number of rows (`count(*)`) or of non-NULL arguments. Starts at 0; merges by addition.
    case count
    /// Starts at NULL; merges by addition.
    case sum
    /// Starts at NULL; merges by `LEAST`. Texts compare by bytes.
    case min
    /// Starts at NULL; merges by `GREATEST`. Texts compare by bytes.
    case max

    /// Whether its state is stored in a form that nobody wants to read: then the rows are in a table of their own, and
    /// the aggregate is a view over it.
    public var isOpaque: Bool {
      switch self {
      case .count, .sum, .min, .max: false
      }
    }
  }

  public var function: Function
  /// nil for `count(*)`.
  public var argument: Expression?
  /// Only rows for which it is true take part.
  public var filter: Expression?
  /// The column that stores it.
  public var column: String
  public var type: SQLType
  /// Empty when it is a result column (whose own comment counts); else says which result it is a part of.
  public var comment: String

  public init(
    function: Function, argument: Expression?, filter: Expression?, column: String, type: SQLType, comment: String
  ) {
    self.function = function
    self.argument = argument
    self.filter = filter
    self.column = column
    self.type = type
    self.comment = comment
  }
}

/// A result that is computed from what its row stores.
public struct DerivedColumn: Hashable, Sendable {
  /// A term of the expression.
  public enum Part: Hashable, Sendable {
    /// Counts into `AggregatePlan.keys`.
    case key(Int)
    /// Counts into `AggregatePlan.accumulators`.
    case accumulator(Int)
    /// A mean of two accumulators; NULL when the count is 0.
    case mean(sum: Int, count: Int)
  }

  public var name: String
  /// As the definition has it: what the result means. `Expression.column` counts into `parts`.
  public var expression: Expression
  /// The same without an error for any row: NULL where `expression` leaves the range of a type.
  public var safeExpression: Expression
  public var parts: [Part]

  /// - Parameter safeExpression: nil: the expression itself has no error.
  public init(name: String, expression: Expression, safeExpression: Expression? = nil, parts: [Part]) {
    self.name = name
    self.expression = expression
    self.safeExpression = safeExpression ?? expression
    self.parts = parts
  }

  public var type: SQLType { expression.type }
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
  public var filter: Expression?
  public var window: WindowAssigner
  public var keys: [KeyColumn]
  public var accumulators: [AccumulatorPlan]
  public var outputs: [OutputColumn]
  /// nil: kept for ever. Counted in event time back from the watermark.
  public var retentionMicroseconds: Int64?
  /// How long after its end a window takes events before `latePolicy` decides.
  public var allowedLatenessMicroseconds: Int64
  public var latePolicy: LatePolicy
  /// The SELECT as it is written: what a database runs as a batch to judge the rows.
  public var select: SelectText

  public init(
    name: String, comment: String, filter: Expression?, window: WindowAssigner, keys: [KeyColumn],
    accumulators: [AccumulatorPlan], outputs: [OutputColumn], retentionMicroseconds: Int64?,
    allowedLatenessMicroseconds: Int64, latePolicy: LatePolicy, select: SelectText
  ) {
    self.name = name
    self.comment = comment
    self.filter = filter
    self.window = window
    self.keys = keys
    self.accumulators = accumulators
    self.outputs = outputs
    self.retentionMicroseconds = retentionMicroseconds
    self.allowedLatenessMicroseconds = allowedLatenessMicroseconds
    self.latePolicy = latePolicy
    self.select = select
  }

  /// Whether the stored rows are other than what the definition selects: panes instead of windows, or states that are no
  /// results. They are in a table of their own then, and a view of the aggregate's name reads like the definition.
  public var hasStateTable: Bool {
    window.isOverlapping || accumulators.contains(where: \.function.isOpaque)
  }

  /// The table that the rows are written to.
  public var tableName: String { hasStateTable ? stateTableName : name }

  /// What it has in the database: the table, and the view where there is one.
  public var relationNames: [String] { hasStateTable ? [stateTableName, name] : [name] }

  /// What the table is called when there is one beside the view.
  public var stateTableName: String { "\(name)_state" }
}
