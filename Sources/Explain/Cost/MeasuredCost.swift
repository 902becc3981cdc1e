import Dataflow
import Events
import Glibc
import Plan

/// What the engine's own code takes for an event of one aggregate, measured in this process with made-up rows.
///
/// Processor time of one thread from decoded columns to groups in memory. Decoding comes before it, the transaction
/// behind it; a stream's aggregates share what they have in common (columns, expressions, keys, windows), so that several
/// together cost less than the sum.
public struct MeasuredCost: Hashable, Sendable {
  public struct Part: Hashable, Sendable {
    /// The column of the accumulator.
    public var column: String
    public var nanoseconds: Double
  }

  /// All of it, in nanoseconds for an event.
  public var total: Double
  /// Of that the filter, the window and the keys.
  public var grouping: Double
  /// Of that each accumulator with its argument and its filter, measured beside the grouping alone: the sum may differ from
  /// the total by what they share.
  public var accumulators: [Part]
  /// Events that were measured in each round.
  public var events: Int
  /// How many of them were aggregated: the others were refused by WHERE, or failed.
  public var aggregated: Int
  /// How many could not be evaluated, with made-up values that mean nothing.
  public var failed: Int
  public var groups: Int
  /// Bytes that a group's accumulators take in memory.
  public var stateBytes: Int

  private static let rounds = 8

  /// - Parameter events: a round's; rounded up to whole batches.
  public init(_ aggregate: AggregatePlan, of stream: StreamPlan, events: Int = 100_000) {
    let batches = max(1, (events + EventBatch.sliceCapacity - 1) / EventBatch.sliceCapacity)
    let whole = Self.measure(aggregate, aggregate.accumulators, stream, batches: batches)
    let bare = Self.measure(aggregate, [], stream, batches: batches)
    total = whole.nanoseconds
    grouping = min(bare.nanoseconds, whole.nanoseconds)
    accumulators = aggregate.accumulators.map { accumulator in
      let one = Self.measure(aggregate, [accumulator], stream, batches: batches)
      return Part(column: accumulator.column, nanoseconds: max(0, one.nanoseconds - bare.nanoseconds))
    }
    self.events = batches * EventBatch.sliceCapacity
    aggregated = whole.aggregated
    failed = whole.failed
    groups = whole.groups
    stateBytes = whole.stateBytes
  }

  private struct Run {
    /// For an event, in the fastest round: the others were disturbed.
    var nanoseconds = Double.infinity
    var aggregated = 0
    var failed = 0
    var groups = 0
    var stateBytes = 0
  }

  private static func measure(
    _ aggregate: AggregatePlan, _ accumulators: [AccumulatorPlan], _ stream: StreamPlan, batches: Int
  ) -> Run {
    var plan = stream
    plan.aggregates = [aggregate]
    plan.aggregates[0].accumulators = accumulators
    let batch = EventBatch(specs: plan.columns, capacity: EventBatch.sliceCapacity)
    let windows = WindowOperator(plan, batch: batch, seed: 1)
    // The values are those of the whole aggregate, whatever is measured of it.
    plan.aggregates = [aggregate]
    if !aggregate.joins.isEmpty {
      let values = ColumnValues(plan)
      values.fill(batch, count: batch.capacity)
      // The batch's texts are in its memory.
      withExtendedLifetime(values) { windows.use(MadeUpReferences(batch).tables(of: aggregate.joins)) }
    }
    var run = Run(stateBytes: windows.stateBytes(of: 0))
    // The first round touches code and memory, and does not count.
    for round in 0...rounds {
      let values = ColumnValues(plan)
      var time: Int64 = 0
      (run.aggregated, run.failed) = (0, 0)
      for _ in 0..<batches {
        values.fill(batch, count: batch.capacity)
        let runs = [PartitionRun(partition: 0, rows: 0..<batch.capacity)]
        let start = threadNanoseconds()
        let counts = windows.process(batch, runs: runs, now: ColumnValues.now, watermark: nil)
        time += threadNanoseconds() - start
        run.aggregated += counts[0].aggregates[0].aggregated
        run.failed += counts[0].dead
      }
      run.groups = windows.groupCount
      _ = windows.drain()
      if round > 0 { run.nanoseconds = min(run.nanoseconds, Double(time) / Double(batches * batch.capacity)) }
    }
    return run
  }

  private static func threadNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
