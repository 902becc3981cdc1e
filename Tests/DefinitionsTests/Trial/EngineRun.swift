import Dataflow
import Events
import Formats
import Plan

@testable import PostgresOracle

/// The engine over a trial's records: several instances, each with partitions of its own, random batches and flushes.
struct EngineRun {
  /// What was flushed, in the order in which it is written: that of each instance, the instances among each other.
  private(set) var deltas: [WindowDelta] = []
  /// Why events are dead, by their place in the trial.
  private(set) var failures: [Int: EventFailure] = [:]
  /// The watermark with which each event was processed.
  private(set) var watermarks: [Int64?]
  /// By aggregate, what became of the events.
  private(set) var counts: [RunCounts.Aggregate]
  /// By aggregate, the events that are dead letters of it alone.
  private(set) var lateEvents: [Set<Int>]
  /// What the counts of events contradict each other in.
  private(set) var contradictions: [String] = []

  private static let longestBatch = 40

  init(_ plan: StreamPlan, _ trial: Trial) throws {
    watermarks = Array(repeating: nil, count: trial.events.count)
    counts = Array(repeating: RunCounts.Aggregate(), count: plan.aggregates.count)
    lateEvents = Array(repeating: [], count: plan.aggregates.count)
    var random = RandomValues(seed: trial.schedule)
    let references = try trial.referenceSet(for: plan)
    let instances = try (0..<Int.random(in: 1...3, using: &random)).map { _ in
      try Instance(plan, trial, references, capacity: Self.longestBatch, seed: random.next())
    }
    var owners = (0..<RandomEvents.partitions).map { _ in Int.random(in: 0..<instances.count, using: &random) }
    var queues: [[(index: Int, record: OwnedRecord)]] = Array(repeating: [], count: owners.count)
    for (index, record) in trial.records.enumerated() { queues[Int(record.partition)].append((index, record)) }
    while let partition = queues.indices.filter({ !queues[$0].isEmpty }).randomElement(using: &random) {
      let owner = owners[partition]
      // A batch has records of several partitions of its instance.
      var batch: [(index: Int, record: OwnedRecord)] = []
      for partition in queues.indices where owners[partition] == owner && batch.count < Self.longestBatch {
        let count = min(
          Int.random(in: 0...Self.longestBatch / 2, using: &random), queues[partition].count,
          Self.longestBatch - batch.count)
        batch += queues[partition].prefix(count)
        queues[partition].removeFirst(count)
      }
      if !batch.isEmpty { process(batch, by: instances[owner]) }
      if random.chance(3) { instances[owner].flush() }
      // A partition moves on when what was read of it is flushed.
      if random.chance(6) {
        instances[owner].flush()
        owners[partition] = Int.random(in: 0..<instances.count, using: &random)
      }
    }
    for instance in instances { instance.flush() }
    while let instance = instances.filter({ !$0.flushed.isEmpty }).randomElement(using: &random) {
      deltas += instance.flushed.removeFirst()
    }
  }

  private mutating func process(_ records: [(index: Int, record: OwnedRecord)], by instance: Instance) {
    let watermark = instance.latest
    let outcome = instance.process(records.map(\.record))
    for failure in outcome.failures { failures[records[failure.row].index] = failure }
    for late in outcome.lateEvents { lateEvents[late.aggregate].insert(records[late.row].index) }
    for (index, _) in records { watermarks[index] = watermark }
    for run in outcome.counts {
      for (number, count) in run.aggregates.enumerated() { counts[number].add(count) }
    }
    if let contradiction = outcome.contradiction { contradictions.append(contradiction) }
  }
}

private final class Instance {
  /// The deltas of each flush that are not written yet.
  var flushed: [[WindowDelta]] = []
  private let decoder: RecordDecoder
  private let batch: EventBatch
  private let windows: WindowOperator
  /// The watermark of the next batch: the latest time so far, so that much of what comes is late.
  private(set) var latest: Int64?

  init(_ plan: StreamPlan, _ trial: Trial, _ references: ReferenceSet, capacity: Int, seed: UInt64) throws {
    decoder = try RecordDecoder(plan, topic: "t", schema: trial.stream.recordSchema)
    batch = EventBatch(specs: plan.columns, capacity: capacity)
    windows = WindowOperator(plan, batch: batch, seed: seed)
    windows.use(references)
  }

  /// What became of a batch.
  struct Outcome {
    var failures: [EventFailure]
    var lateEvents: [LateEvent]
    var counts: [RunCounts]

    /// How the counts contradict each other.
    var contradiction: String? {
      let isWrong = counts.contains { run in
        run.aggregates.contains { $0.aggregated + $0.filtered + $0.late + $0.dead + run.dead != run.consumed }
      }
      return isWrong ? "\(counts)" : nil
    }
  }

  func process(_ records: [OwnedRecord]) -> Outcome {
    var runs: [PartitionRun] = []
    var start = 0
    for (row, record) in records.enumerated()
    where row + 1 == records.count
      || records[row + 1].partition != record.partition
    {
      runs.append(PartitionRun(partition: record.partition, rows: start..<row + 1))
      start = row + 1
    }
    let source = RecordBatch(copying: records)
    decoder.decode(source, into: batch)
    let counts = windows.process(batch, runs: runs, now: 4_000_000_000_000_000, watermark: latest)
    // Texts have pointed into the records so far.
    withExtendedLifetime(source) {}
    latest = ([latest] + counts.map(\.maxEventTime)).compactMap { $0 }.max()
    return Outcome(failures: batch.failures, lateEvents: windows.lateEvents, counts: counts)
  }

  func flush() {
    let drained = windows.drain()
    if !drained.isEmpty { flushed.append(drained) }
  }
}
