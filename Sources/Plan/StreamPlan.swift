import Events

/// A stream, the columns that its aggregates use, and those aggregates: all that one worker needs.
public struct StreamPlan: Sendable {
  public var definition: StreamDefinition
  /// The columns to decode; `Expression.column` counts into it.
  public var columns: [ColumnSpec]
  /// Which column is the event time.
  public var eventTimeColumn: Int
  public var aggregates: [AggregatePlan]

  public init(
    definition: StreamDefinition, columns: [ColumnSpec], eventTimeColumn: Int, aggregates: [AggregatePlan]
  ) {
    self.definition = definition
    self.columns = columns
    self.eventTimeColumn = eventTimeColumn
    self.aggregates = aggregates
  }
}
