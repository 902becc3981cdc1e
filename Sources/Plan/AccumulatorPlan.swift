import Events

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
    /// Whether all values are true. Starts at NULL; merges by AND.
    case boolAnd = "bool_and"
    /// Whether any value is true. Starts at NULL; merges by OR.
    case boolOr = "bool_or"
    /// The exact sum of the squares of integers, bigints or numerics. Starts at NULL; merges by addition.
    case sumOfSquares = "sum of squares"
    /// The sum of the squared deviations of doubles from their mean, by the method of Youngs and Cramer, as Postgres
    /// does it. Starts at NULL; merges with its companions, the count and the sum of the same values.
    case deviations = "regr_sxx"
    /// The sum of the products of two doubles' deviations from their means. Starts at NULL; merges with its companions:
    /// the count of the pairs, the sums of the first and of the second.
    case codeviations = "regr_sxy"
    /// A sketch of which values there were, for their approximate number. Starts at NULL; merges by union.
    case distinct = "approx_count_distinct"
    /// A sketch of how the values are distributed: how many lie in each bucket of sizes. Starts at NULL; merges by
    /// addition, bucket by bucket.
    case quantiles = "percentile"
    /// The value of the earliest event time, of several the least. Starts at NULL; merges with its companion, the earliest
    /// event time of the same values.
    case first
    /// The value of the latest event time, of several the greatest. Starts at NULL; merges with its companion, the latest
    /// event time of the same values.
    case last
    /// How often each value came, of the most frequent ones. Starts at NULL; merges by addition, value by value, with what
    /// `frequentValues` says of more of them.
    case frequencies = "value counts"
    /// How many values lie between bounds. Starts at NULL; merges by addition, element by element.
    case histogram
  }

  /// How many values `frequencies` keeps. Where there are more, the count of the next one is taken off all of them, and those
  /// that have none left are forgotten (Misra and Gries, 1982; Agarwal et al.: Mergeable Summaries, 2012): each count is too
  /// low by at most one in `frequentValues` + 1 of all values.
  public static let frequentValues = 256

  public var function: Function
  /// nil for `count(*)`.
  public var argument: Expression?
  /// Of `codeviations`; of `first` and `last` the event time.
  public var secondArgument: Expression?
  /// Of `histogram` the bounds, ascending.
  public var constants: [Literal]
  /// Only rows for which it is true take part.
  public var filter: Expression?
  /// The column that stores it.
  public var column: String
  public var type: SQLType
  /// Empty when it is a result column (whose own comment counts); else says which result it is a part of.
  public var comment: String
  /// Accumulators that its merge reads besides itself, in the order that its function says. They count into
  /// `AggregatePlan.accumulators`.
  public var companions: [Int]

  public init(
    function: Function, argument: Expression?, secondArgument: Expression? = nil, constants: [Literal] = [],
    filter: Expression?, column: String, type: SQLType, comment: String, companions: [Int] = []
  ) {
    self.function = function
    self.argument = argument
    self.secondArgument = secondArgument
    self.constants = constants
    self.filter = filter
    self.column = column
    self.type = type
    self.comment = comment
    self.companions = companions
  }

  /// Whether it is stored in a form that nobody wants to read: then the rows are in a table of their own, and the
  /// aggregate is a view over it.
  public var isOpaque: Bool {
    switch function {
    case .deviations, .codeviations, .distinct, .quantiles, .first, .last, .frequencies: true
    case .count, .sum, .min, .max, .boolAnd, .boolOr, .sumOfSquares, .histogram: false
    }
  }

  /// The type in which a delta brings the state: what has no array of its own travels as text.
  public var deltaType: SQLType {
    switch function {
    case .sumOfSquares, .quantiles, .histogram: .text
    default: type
    }
  }
}
