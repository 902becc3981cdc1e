/// Consecutive rows of a batch that come from one partition.
public struct PartitionRun: Sendable, Hashable {
  public var partition: Int32
  public var rows: Range<Int>

  public init(partition: Int32, rows: Range<Int>) {
    self.partition = partition
    self.rows = rows
  }

  /// The part of the run within a slice, whose rows count from 0; nil: none.
  public func clipped(to slice: Range<Int>) -> PartitionRun? {
    let rows = rows.clamped(to: slice)
    guard !rows.isEmpty else { return nil }
    return PartitionRun(
      partition: partition, rows: rows.lowerBound - slice.lowerBound..<rows.upperBound - slice.lowerBound)
  }
}

/// An event that came too late for one aggregate, which wants such events as dead letters.
public struct LateEvent: Sendable, Hashable {
  public var row: Int
  /// Counts into `StreamPlan.aggregates`.
  public var aggregate: Int
  /// Microseconds since 1970.
  public var windowStart: Int64
  /// How long before the oldest time that the aggregate still takes its window ended, in microseconds.
  public var lateness: Int64
  /// Whether the window is a session: then the event itself is too old, by so much.
  public var isOfSession = false
}

/// What became of the events of one run, for the ledger. For every aggregate: `consumed` = `aggregated` + `filtered`
/// + `late` + its own `dead` + the run's `dead`: an event is counted in exactly one of them.
public struct RunCounts: Sendable, Hashable {
  public struct Aggregate: Sendable, Hashable {
    public var aggregated = 0
    /// Refused by the aggregate's WHERE.
    public var filtered = 0
    /// Older than the aggregate still takes.
    public var late = 0
    /// As late, and dead letters of this aggregate alone.
    public var dead = 0
    /// Rows that the aggregated events have become by UNNEST; 0 without.
    public var rows = 0

    public init(aggregated: Int = 0, filtered: Int = 0, late: Int = 0, dead: Int = 0) {
      self.aggregated = aggregated
      self.filtered = filtered
      self.late = late
      self.dead = dead
    }

    package mutating func add(_ other: Aggregate) {
      aggregated += other.aggregated
      filtered += other.filtered
      late += other.late
      dead += other.dead
      rows += other.rows
    }
  }

  public var consumed = 0
  /// Became dead letters, for all aggregates alike.
  public var dead = 0
  /// In the order of `StreamPlan.aggregates`.
  public var aggregates: [Aggregate]
  /// The greatest event time of the run's good events, in microseconds since 1970.
  public var maxEventTime: Int64?

  /// No events yet, for this many aggregates.
  public init(aggregateCount: Int) {
    aggregates = Array(repeating: Aggregate(), count: aggregateCount)
  }
}
