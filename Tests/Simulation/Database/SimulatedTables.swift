import Dataflow
import Events
import Postgres
import Processing

/// The engine's tables, and what its transactions do to them: what `sql/schema` and `Sink` do in Postgres.
struct SimulatedTables {
  struct Progress {
    /// Where the first claim began.
    let begin: Offset
    var next: Offset
    var epoch: Int64
    var watermark: Int64?
    var last: RecordFingerprint?
  }

  struct Segment {
    var next: Offset
    var consumed: Int
    var missing: Int64
    var dead: Int
    var counts: [RunCounts.Aggregate]
  }

  struct Position: Hashable {
    var partition: TopicPartition
    var offset: Offset
  }

  struct RowKey: Hashable {
    var window: Int64
    var key: Int64
  }

  struct Row: Equatable {
    var events: Int64 = 0
    var total: Double = 0
  }

  /// What a checkpoint's transaction does; the planted bug needs it in two parts.
  enum Part { case everything, positions, rows }

  private(set) var progress: [TopicPartition: Progress] = [:]
  /// By partition and first offset.
  private(set) var ledger: [Position: Segment] = [:]
  private(set) var gaps: [Position: ExplainedGap] = [:]
  private(set) var deadLetters: [Position: EventErrorCode] = [:]
  /// By aggregate.
  private(set) var rows: [[RowKey: Row]] = [[:], [:]]
  let hasFence: Bool

  init(hasFence: Bool) {
    self.hasFence = hasFence
  }

  mutating func claim(_ starts: [TopicPartition: Offset]) -> [PartitionClaim] {
    starts.keys.sorted().map { partition in
      let start = starts[partition] ?? 0
      var row = progress[partition] ?? Progress(begin: start, next: start, epoch: 0)
      row.epoch += 1
      progress[partition] = row
      return PartitionClaim(
        partition: partition, next: row.next, epoch: row.epoch, watermark: row.watermark, last: row.last)
    }
  }

  var positions: [TopicPartition: StoredPosition] {
    progress.mapValues { StoredPosition(next: $0.next, epoch: $0.epoch) }
  }

  /// What became of records.
  var milestones: Set<Milestone> {
    var reached: Set<Milestone> = []
    for gap in gaps.values {
      switch gap.reason {
      case .expired: reached.insert(.expiredGap)
      case .compacted: reached.insert(.compactedGap)
      case .transaction: reached.insert(.transactionGap)
      }
    }
    if !deadLetters.isEmpty { reached.insert(.deadLetter) }
    if ledger.values.contains(where: { $0.counts.contains { $0.late > 0 } }) { reached.insert(.lateEvent) }
    return reached
  }

  /// All of it or nothing.
  mutating func commit(_ checkpoint: Checkpoint, _ part: Part) throws(PostgresError) {
    if part != .rows {
      try checkFence(checkpoint.advances)
      try checkUnique(checkpoint)
      advance(checkpoint)
    }
    if part != .positions { merge(checkpoint.deltas) }
  }

  private func checkFence(_ advances: [PartitionAdvance]) throws(PostgresError) {
    guard hasFence else { return }
    let strangers = advances.filter { advance in
      progress[advance.partition].map { $0.epoch != advance.epoch || $0.next != advance.expected } ?? true
    }
    guard strangers.isEmpty else {
      throw refusal(SinkProtocol.fencedState, "fenced: \(strangers.map(\.partition)) belong to another instance")
    }
  }

  private func checkUnique(_ checkpoint: Checkpoint) throws(PostgresError) {
    let letters = checkpoint.deadLetters.map { Position(partition: $0.partition, offset: $0.offset) }
    let gaps = checkpoint.gaps.map { Position(partition: $0.gap.partition, offset: $0.gap.first) }
    guard Set(letters).count == letters.count, letters.allSatisfy({ deadLetters[$0] == nil }),
      Set(gaps).count == gaps.count, gaps.allSatisfy({ self.gaps[$0] == nil })
    else { throw refusal("23505", "duplicate key value violates unique constraint") }
  }

  private mutating func advance(_ checkpoint: Checkpoint) {
    for advance in checkpoint.advances {
      guard var row = progress[advance.partition] else { continue }
      row.next = advance.next
      row.watermark = [row.watermark, advance.watermark].compactMap { $0 }.max()
      progress[advance.partition] = row
      guard advance.next != advance.expected else { continue }
      progress[advance.partition]?.last = advance.last
      let position = Position(partition: advance.partition, offset: advance.segment)
      var segment =
        ledger[position]
        ?? Segment(
          next: 0, consumed: 0, missing: 0, dead: 0,
          counts: Array(repeating: RunCounts.Aggregate(), count: advance.counts.aggregates.count))
      segment.next = advance.next
      segment.consumed += advance.counts.consumed
      segment.missing += advance.missing
      segment.dead += advance.counts.dead
      for (index, counts) in advance.counts.aggregates.enumerated() {
        segment.counts[index].aggregated += counts.aggregated
        segment.counts[index].filtered += counts.filtered
        segment.counts[index].late += counts.late
      }
      ledger[position] = segment
    }
    for gap in checkpoint.gaps { gaps[Position(partition: gap.gap.partition, offset: gap.gap.first)] = gap }
    for letter in checkpoint.deadLetters {
      deadLetters[Position(partition: letter.partition, offset: letter.offset)] = letter.code
    }
  }

  private mutating func merge(_ deltas: [WindowDelta]) {
    for delta in deltas {
      for row in 0..<delta.rowCount {
        let key = RowKey(window: delta.windowStarts[row], key: delta.keys[0].integer(row))
        rows[delta.aggregate][key, default: Row()].events += delta.accumulators[0].integer(row)
        rows[delta.aggregate][key, default: Row()].total += delta.accumulators[1].double(row)
      }
    }
  }
}

func refusal(_ sqlstate: String, _ message: String) -> PostgresError {
  PostgresError(.server(ServerReport(sqlstate: sqlstate, message: message)))
}
