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
  /// What the counts of events contradict each other in.
  private(set) var contradictions: [String] = []

  private static let longestBatch = 40

  init(_ plan: StreamPlan, _ trial: Trial) throws {
    var random = RandomValues(seed: trial.schedule)
    let instances = try (0..<Int.random(in: 1...3, using: &random)).map { _ in
      try Instance(plan, trial, capacity: Self.longestBatch, seed: random.next())
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
    let (failed, contradiction) = instance.process(records.map(\.record))
    for failure in failed { failures[records[failure.row].index] = failure }
    if let contradiction { contradictions.append(contradiction) }
  }
}

private final class Instance {
  /// The deltas of each flush that are not written yet.
  var flushed: [[WindowDelta]] = []
  private let decoder: RecordDecoder
  private let batch: EventBatch
  private let windows: WindowOperator
  private let aggregates: Int
  private var latest: Int64?

  init(_ plan: StreamPlan, _ trial: Trial, capacity: Int, seed: UInt64) throws {
    decoder = try RecordDecoder(plan, topic: "t", schema: trial.stream.recordSchema)
    batch = EventBatch(specs: plan.columns, capacity: capacity)
    windows = WindowOperator(plan, batch: batch, seed: seed)
    aggregates = plan.aggregates.count
  }

  /// - Returns: what failed, and how the counts contradict each other.
  func process(_ records: [OwnedRecord]) -> ([EventFailure], String?) {
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
    // A watermark beyond all that came: who revises takes every event.
    let counts = windows.process(batch, runs: runs, now: 4_000_000_000_000_000, watermark: latest)
    // Texts have pointed into the records so far.
    withExtendedLifetime(source) {}
    latest = ([latest] + counts.map(\.maxEventTime)).compactMap { $0 }.max()
    let isWrong = counts.contains { run in
      run.aggregates.contains {
        $0.aggregated + $0.filtered + $0.late + $0.dead + run.dead != run.consumed || $0.late > 0
      }
    }
    return (batch.failures, isWrong ? "\(counts) of \(records.count) records" : nil)
  }

  func flush() {
    let drained = windows.drain()
    if !drained.isEmpty { flushed.append(drained) }
  }
}
