import Events

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
    /// What a function of accumulators says, in the order that the function names.
    case estimate(Estimate, of: [Int])
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

/// A result that is read from parts which nobody wants to read.
public enum Estimate: Hashable, Sendable {
  /// Of whole numbers and numerics, exactly as Postgres computes it: count, sum, sum of squares.
  case exactSpread(Spread)
  /// Of doubles: count, deviations.
  case spread(Spread)
  /// Of two doubles: codeviations, deviations of the first, deviations of the second.
  case correlation
  /// Of two doubles, of the first by the second: codeviations, deviations of the second.
  case slope
  /// Of a sketch of distinct values.
  case distinctCount
  /// Of a sketch of quantiles: the value below which that share of them lies, between two of them where it falls there.
  case continuousPercentile(Double)
  /// The same, always one of the values, of the given type.
  case discretePercentile(Double, SQLType)
  /// Several of them as an array: `continuousPercentile`, or of a type `discretePercentile`.
  case percentiles([Double], discrete: SQLType?)
  /// The part itself.
  case value
  /// Of counts of values: the most frequent one, of several the least.
  case mode(SQLType)
  /// Of counts of values: so many of the most frequent ones with their counts, as jsonb.
  case mostFrequent(Int, SQLType)
}

/// How far values are spread around their mean.
public struct Spread: Hashable, Sendable {
  /// Of a sample, that is over n - 1.
  public var isSample: Bool
  /// The standard deviation and not the variance.
  public var isRoot: Bool

  public init(isSample: Bool, isRoot: Bool) {
    self.isSample = isSample
    self.isRoot = isRoot
  }
}
