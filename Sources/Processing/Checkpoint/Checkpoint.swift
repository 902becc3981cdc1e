import Dataflow
import Events
import Observability
import Storage

/// One partition's part of a checkpoint.
public struct PartitionAdvance: Sendable, Equatable {
  public var partition: TopicPartition
  public var epoch: Int64
  /// The position that the database must hold, and the one that it will hold.
  public var expected: Offset
  public var next: Offset
  /// First offset of the ledger segment that this extends.
  public var segment: Offset
  /// Offsets in between that do not exist.
  public var missing: Int64
  public var counts: RunCounts
  /// Microseconds since 1970; nil while the partition has had no event.
  public var watermark: Int64?
  /// Silent for so long that it holds no window open.
  public var isIdle = false
  /// Of the record before `next`; nil when unknown.
  public var last: RecordFingerprint?
}

/// Everything that one transaction commits: positions and rows, together or not at all.
public struct Checkpoint: Sendable {
  public var advances: [PartitionAdvance]
  public var deltas: [WindowDelta]
  public var deadLetters: [DeadLetter]
  public var gaps: [ExplainedGap]
  /// Some of the events themselves, for `event_log`.
  public var samples: [SampledEvent] = []

  public var recordCount: Int { advances.reduce(0) { $0 + $1.counts.consumed } }
}

extension Checkpoint {
  /// What is said of it when it has been committed.
  func observations(stream: String, seconds: Double) -> [Observation] {
    var filtered = 0
    var late = 0
    for aggregate in advances.flatMap(\.counts.aggregates) {
      filtered += aggregate.filtered
      late += aggregate.late
    }
    var observations: [Observation] = [
      .flushCommitted(
        stream: stream, events: recordCount, rows: deltas.reduce(0) { $0 + $1.rowCount }, filtered: filtered,
        late: late, dead: deadLetters.count, seconds: seconds)
    ]
    if !deadLetters.isEmpty {
      let codes = deadLetters.reduce(into: [:]) { $0[$1.code.rawValue, default: 0] += 1 }
      observations.append(.deadLettersWritten(stream: stream, codes: codes))
    }
    return observations
  }
}
