/// Whose rows an aggregate's SELECT reads.
public indirect enum AggregateSource: Hashable, Sendable {
  /// The stream's events.
  case stream
  /// Another aggregate's rows.
  case cascade(Cascade)
}

/// An aggregate over the rows of another one, its first.
///
/// Nothing reads those rows: the aggregate is fed by the same events. Its plan is over the stream, and what its definition
/// says of the first one's columns stands in it as what they are of an event. What is kept here is the definition as it is
/// written, so that a database can judge the rows by what the SELECT promises.
public struct Cascade: Hashable, Sendable {
  /// The aggregate in FROM.
  public var first: AggregatePlan
  /// The first one's columns that the definition names; `Expression.column` counts into them below.
  public var columns: [String]
  /// What the keys are of the first one's rows; in the order of the plan's keys.
  public var keys: [Expression]
  /// What the accumulators are of the first one's rows; in the order of the plan's accumulators.
  public var accumulators: [AccumulatorPlan]

  public init(first: AggregatePlan, columns: [String], keys: [Expression], accumulators: [AccumulatorPlan]) {
    self.first = first
    self.columns = columns
    self.keys = keys
    self.accumulators = accumulators
  }
}

extension AggregatePlan {
  /// The aggregates by way of which it is fed, from the one in its FROM to the one that reads the stream.
  public var feeders: [AggregatePlan] {
    switch source {
    case .stream: []
    case .cascade(let cascade): [cascade.first] + cascade.first.feeders
    }
  }

  /// Changes how long windows are kept: of the aggregate, and of those that feed it, whose retention decides on its events,
  /// too.
  public mutating func replaceRetention(_ retention: (_ aggregate: String) -> Int64?) {
    retentionMicroseconds = retention(name)
    guard case .cascade(var cascade) = source else { return }
    cascade.first.replaceRetention(retention)
    source = .cascade(cascade)
  }
}
