import Dataflow
import Events
import Faults
import Formats
import Kafka
import Plan
import Postgres
import Project
import Registry

/// One aggregate computed by the engine's own code, apart from the running processors.
struct ReplayEngine {
  /// Changed rows, and bytes, at which it is time to write.
  private static let maxGroups = 200_000
  private static let maxBytes = 128 << 20

  private let plan: StreamPlan
  private let floor: Int64?
  private let decoder: RecordDecoder
  private let schemas: SchemaSource?
  private let batch: EventBatch
  private let windows: WindowOperator
  /// Whether what cannot be computed takes no part. Else it is a fault: it is no dead letter, so every aggregate has to take
  /// it.
  var passesOverFailures = false
  /// The wall clock that events are ahead of; mostly that was decided when they came.
  var now: Int64 = .max / 2

  /// - Parameter floor: events of panes that ended by then take no part. Nothing else is late: what had been dropped as
  ///   late is taken.
  /// - Parameter references: the versions of reference data that all records are computed with.
  init(
    _ stream: Stream, _ aggregate: AggregatePlan, topic: String, floor: Int64?, schemas: SchemaSource?,
    references: ReferenceSet
  ) throws {
    var plan = stream.plan
    var aggregate = aggregate
    aggregate.window = aggregate.window.ofPanes
    aggregate.replaceRetention { _ in nil }
    aggregate.latePolicy = .drop
    aggregate.allowedLatenessMicroseconds = 0
    plan.aggregates = [aggregate]
    self.plan = plan
    self.floor = floor
    self.schemas = schemas
    decoder = try stream.makeDecoder(topic: topic)
    batch = EventBatch(specs: plan.columns, capacity: TopicReader.batchSize)
    windows = WindowOperator(plan, batch: batch, seed: UInt64.random(in: 1...UInt64.max))
    windows.use(references)
  }

  var isFull: Bool { windows.groupCount >= Self.maxGroups || windows.deltaMemory >= Self.maxBytes }

  /// - Returns: the greatest event time; nil: there was no event.
  /// - Throws: for a record that cannot be computed, unless those are passed over.
  @discardableResult
  func add(_ records: borrowing RecordBatch) throws(PipelineError) -> Int64? {
    guard records.count > 0 else { return nil }
    do throws(PostgresError) {
      try schemas?.supply(decoder, for: records.records)
    } catch {
      throw .postgres(error)
    }
    decoder.decode(records, into: batch)
    let run = PartitionRun(partition: 0, rows: 0..<records.count)
    let counts = windows.process(batch, runs: [run], now: now, watermark: floor)
    if let failure = batch.failures.first, !passesOverFailures {
      let record = records.records[failure.row]
      throw .definition(
        """
        the record at offset \(record.offset) of partition \(record.partition), which was counted, fails with the present \
        definition: \(failure.message) (\(failure.code.rawValue))
        """)
    }
    return counts.first?.maxEventTime
  }

  func drain() -> [WindowDelta] { windows.drain() }
}
