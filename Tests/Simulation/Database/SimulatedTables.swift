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

  /// A partition as a stream reads it: two streams may read one topic.
  struct Source: Hashable {
    /// The stream's number.
    var stream: Int
    var partition: TopicPartition
  }

  struct Position: Hashable {
    var source: Source
    var offset: Offset
  }

  struct RowKey: Hashable {
    var window: Int64
    var key: Int64
  }

  struct Row: Equatable {
    var events: Int64 = 0
    var total: Double = 0
    var sketches = SimulatedSketches()
    /// Of a session alone.
    var end: Int64?
  }

  /// What a checkpoint's transaction does; the planted bug needs it in two parts.
  enum Part { case everything, positions, rows }

  private(set) var progress: [Source: Progress] = [:]
  /// By source and first offset.
  private(set) var ledger: [Position: Segment] = [:]
  private(set) var gaps: [Position: ExplainedGap] = [:]
  private(set) var deadLetters: [Position: EventErrorCode] = [:]
  /// By stream and aggregate.
  private(set) var rows: [[[RowKey: Row]]]
  private let bug: PlantedBug?

  init(streams: Int, bug: PlantedBug?) {
    rows = Array(repeating: Array(repeating: [:], count: SimulatedStream.aggregateCount), count: streams)
    self.bug = bug
  }

  mutating func claim(_ starts: [TopicPartition: Offset], of stream: Int) -> [PartitionClaim] {
    starts.keys.sorted().map { partition in
      let source = Source(stream: stream, partition: partition)
      let start = starts[partition] ?? 0
      var row = known(source) ?? Progress(begin: start, next: start, epoch: 0)
      row.epoch += 1
      progress[source] = row
      return PartitionClaim(
        partition: partition, next: row.next, epoch: row.epoch, watermark: row.watermark, last: row.last)
    }
  }

  private func known(_ source: Source) -> Progress? {
    if let row = progress[source] { return row }
    guard bug == .positionsWithoutStream else { return nil }
    return rows.indices.lazy.compactMap { progress[Source(stream: $0, partition: source.partition)] }.first
  }

  func positions(of stream: Int) -> [TopicPartition: StoredPosition] {
    var positions: [TopicPartition: StoredPosition] = [:]
    for (source, row) in progress where source.stream == stream {
      positions[source.partition] = StoredPosition(next: row.next, epoch: row.epoch)
    }
    return positions
  }

  /// Whether another stream has come further in one of these partitions, or less far.
  func isApart(_ stream: Int, in partitions: some Sequence<TopicPartition>) -> Bool {
    partitions.contains { partition in
      let next = progress[Source(stream: stream, partition: partition)]?.next
      return rows.indices.contains { other in
        progress[Source(stream: other, partition: partition)].map { $0.next != next } ?? false
      }
    }
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
  mutating func commit(_ checkpoint: Checkpoint, of stream: Int, _ part: Part) throws(PostgresError) {
    if part != .rows {
      try checkFence(checkpoint.advances, of: stream)
      try checkUnique(checkpoint, of: stream)
      advance(checkpoint, of: stream)
    }
    if part != .positions { merge(checkpoint.deltas, of: stream) }
  }

  private func checkFence(_ advances: [PartitionAdvance], of stream: Int) throws(PostgresError) {
    guard bug != .noFence else { return }
    let strangers = advances.filter { advance in
      progress[Source(stream: stream, partition: advance.partition)]
        .map { $0.epoch != advance.epoch || $0.next != advance.expected } ?? true
    }
    guard strangers.isEmpty else {
      throw refusal(SinkProtocol.fencedState, "fenced: \(strangers.map(\.partition)) belong to another instance")
    }
  }

  private func checkUnique(_ checkpoint: Checkpoint, of stream: Int) throws(PostgresError) {
    let letters = checkpoint.deadLetters.map { position($0.partition, $0.offset, of: stream) }
    let gaps = checkpoint.gaps.map { position($0.gap.partition, $0.gap.first, of: stream) }
    guard Set(letters).count == letters.count, letters.allSatisfy({ deadLetters[$0] == nil }),
      Set(gaps).count == gaps.count, gaps.allSatisfy({ self.gaps[$0] == nil })
    else { throw refusal("23505", "duplicate key value violates unique constraint") }
  }

  private func position(_ partition: TopicPartition, _ offset: Offset, of stream: Int) -> Position {
    Position(source: Source(stream: stream, partition: partition), offset: offset)
  }

  private mutating func advance(_ checkpoint: Checkpoint, of stream: Int) {
    for advance in checkpoint.advances {
      let source = Source(stream: stream, partition: advance.partition)
      guard var row = progress[source] else { continue }
      row.next = advance.next
      row.watermark = [row.watermark, advance.watermark].compactMap { $0 }.max()
      progress[source] = row
      guard advance.next != advance.expected else { continue }
      progress[source]?.last = advance.last
      let position = Position(source: source, offset: advance.segment)
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
    for gap in checkpoint.gaps { gaps[position(gap.gap.partition, gap.gap.first, of: stream)] = gap }
    for letter in checkpoint.deadLetters {
      deadLetters[position(letter.partition, letter.offset, of: stream)] = letter.code
    }
  }

  private mutating func merge(_ deltas: [WindowDelta], of stream: Int) {
    for delta in deltas {
      if delta.aggregate == SimulatedStream.visiting { mergeSessions(delta, of: stream) }
      for row in 0..<delta.rowCount where delta.aggregate != SimulatedStream.visiting {
        let key = RowKey(window: delta.windowStarts[row], key: delta.keys[0].integer(row))
        rows[stream][delta.aggregate][key, default: Row()].events += delta.accumulators[0].whole(row)
        rows[stream][delta.aggregate][key, default: Row()].total += delta.accumulators[1].double(row)
        rows[stream][delta.aggregate][key, default: Row()].sketches.merge(SimulatedSketches(delta, row))
      }
    }
  }

  /// What `ResultTable.upsertStatement` does with sessions, one after the other.
  private mutating func mergeSessions(_ delta: WindowDelta, of stream: Int) {
    for number in 0..<delta.rowCount {
      var key = RowKey(window: delta.windowStarts[number], key: delta.keys[0].integer(number))
      var row = Row(
        events: delta.accumulators[0].integer(number), total: delta.accumulators[1].double(number),
        sketches: SimulatedSketches(delta, number), end: delta.windowEnds[number])
      let overlapped = rows[stream][delta.aggregate].filter { stored in
        stored.key.key == key.key && stored.key.window < row.end ?? 0 && key.window < stored.value.end ?? 0
      }
      let joined = overlapped.sorted { $0.key.window < $1.key.window }
      for (place, stored) in bug == .sessionsStayApart ? joined.prefix(1) : joined[...] {
        rows[stream][delta.aggregate][place] = nil
        key.window = min(key.window, place.window)
        row.events += stored.events
        row.total += stored.total
        row.sketches.merge(stored.sketches)
        row.end = max(row.end ?? 0, stored.end ?? 0)
      }
      rows[stream][delta.aggregate][key] = row
    }
  }
}

extension DeltaColumn {
  /// Of a count, or of a sum of counts.
  fileprivate func whole(_ row: Int) -> Int64 {
    type.physical == .decimal ? Int64(truncatingIfNeeded: decimal(row)) : integer(row)
  }
}

func refusal(_ sqlstate: String, _ message: String) -> PostgresError {
  PostgresError(.server(ServerReport(sqlstate: sqlstate, message: message)))
}
