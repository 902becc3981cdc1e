/// Which rows of a relation are wanted, and in which order. Columns are the relation's own; values are texts, which the
/// database reads as the columns' types.
public struct RowSelection: Hashable, Sendable {
  public enum Condition: Hashable, Sendable {
    case equals(String)
    case isNull(Bool)
  }

  public struct Filter: Hashable, Sendable {
    /// A key.
    public var column: String
    public var condition: Condition
    /// What messages call the value.
    public var parameter: String

    public init(column: String, condition: Condition, parameter: String) {
      self.column = column
      self.condition = condition
      self.parameter = parameter
    }
  }

  public struct Order: Hashable, Sendable {
    public var column: String
    public var isDescending: Bool

    public init(column: String, isDescending: Bool) {
      self.column = column
      self.isDescending = isDescending
    }
  }

  /// Rows summed up: exactly, since states are merged and not results.
  public struct RollUp: Hashable, Sendable {
    /// How long a stretch of time becomes one row, in seconds; nil: all of it.
    public var stepSeconds: Int?
    /// The keys that are told apart; over all others it is summed up.
    public var keys: [String]
    /// Only so many groups, those that lead over all of the time.
    public var top: Int?
    /// By which they lead.
    public var rank: Order?

    public init(stepSeconds: Int?, keys: [String], top: Int? = nil, rank: Order? = nil) {
      self.stepSeconds = stepSeconds
      self.keys = keys
      self.top = top
      self.rank = rank
    }
  }

  /// So many minutes before `end`, or before the beginning of the newest window that has rows: as many complete windows,
  /// and the newest one.
  public var minutes: Int?
  /// Windows that begin then or later.
  public var start: String?
  /// Windows that begin before; nil: those that have begun by now.
  public var end: String?
  public var filters: [Filter]
  /// Only of an aggregate.
  public var rollUp: RollUp?
  public var order: Order?
  /// Only rows behind one with these values, in the order and of the columns of `Relation.pageOrder`; nil is NULL. Not of
  /// a roll-up.
  public var cursor: [String?]?
  public var limit: Int

  public init(
    minutes: Int? = nil, start: String? = nil, end: String? = nil, filters: [Filter] = [], rollUp: RollUp? = nil,
    order: Order? = nil, cursor: [String?]? = nil, limit: Int
  ) {
    self.minutes = minutes
    self.start = start
    self.end = end
    self.filters = filters
    self.rollUp = rollUp
    self.order = order
    self.cursor = cursor
    self.limit = limit
  }
}

/// A statement with the values to bind.
public struct BoundStatement: Hashable, Sendable {
  public struct Value: Hashable, Sendable {
    public var text: String
    /// The request's name for it; nil: it was checked before.
    public var parameter: String?
  }

  public var text: String
  /// In the order of `$1`, `$2`, ….
  public var values: [Value]
}
