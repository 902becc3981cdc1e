import Events
import Processing

/// Recomputes a stream's answer from its topic's log, without any of the engine's code, and compares.
struct Checker {
  let stream: SimulatedStream
  let log: SimulatedLog
  let tables: SimulatedTables
  /// What the tables hold of the stream.
  private let ledger: [SimulatedTables.Position: SimulatedTables.Segment]
  private let gaps: [SimulatedTables.Position: ExplainedGap]
  private(set) var violations: [String] = []

  init(_ stream: SimulatedStream, _ log: SimulatedLog, _ tables: SimulatedTables) {
    self.stream = stream
    self.log = log
    self.tables = tables
    ledger = tables.ledger.filter { $0.key.source.stream == stream.number }
    gaps = tables.gaps.filter { $0.key.source.stream == stream.number }
  }

  mutating func check() {
    for partition in log.partitions.indices { check(stream.topic.partition(partition)) }
    checkRows()
  }

  private func progress(_ partition: TopicPartition) -> SimulatedTables.Progress? {
    tables.progress[SimulatedTables.Source(stream: stream.number, partition: partition)]
  }

  private mutating func require(_ condition: Bool, _ text: @autoclosure () -> String) {
    if !condition { violations.append("stream \(stream.name): \(text())") }
  }

  // MARK: The ledger

  private mutating func check(_ partition: TopicPartition) {
    guard let progress = progress(partition) else {
      require(ledger.keys.allSatisfy { $0.source.partition != partition }, "\(partition): a ledger, no position")
      return
    }
    let segments = ledger.filter { $0.key.source.partition == partition }.sorted { $0.key.offset < $1.key.offset }
    let begin = progress.begin
    var end = begin
    for (position, segment) in segments {
      require(
        position.offset == end,
        "\(partition): a segment begins at \(position.offset), the last ended at \(end)")
      end = segment.next
    }
    require(end == progress.next, "\(partition): the ledger ends at \(end), the position is \(progress.next)")
    checkGaps(partition, begin..<max(begin, end))
    for (position, segment) in segments {
      check(segment, partition, position.offset..<max(position.offset, segment.next))
    }
  }

  private func recordedGaps(_ partition: TopicPartition) -> [ExplainedGap] {
    gaps.values.filter { $0.gap.partition == partition }.sorted { $0.gap.first < $1.gap.first }
  }

  /// A gap may hold nothing that is still in the log, and what is not in the log by now may be in a gap.
  private mutating func checkGaps(_ partition: TopicPartition, _ range: Range<Offset>) {
    let existing = log.partitions[partition.index].filter { $0.offset >= log.low[partition.index] }
    var end: Offset = .min
    for gap in recordedGaps(partition).map(\.gap) {
      require(gap.first >= end, "\(partition): gaps overlap at \(gap.first)")
      require(
        range.contains(gap.first) && gap.next <= range.upperBound,
        "\(partition): the gap \(gap.first)..<\(gap.next) is outside of \(range)")
      require(
        !existing.contains { (gap.first..<gap.next).contains($0.offset) },
        "\(partition): the gap \(gap.first)..<\(gap.next) holds records that the log has")
      end = gap.next
    }
  }

  /// The records of a range that were not in a gap: those that must be counted.
  private func applied(_ partition: TopicPartition, _ range: Range<Offset>) -> [SimulatedLog.Entry] {
    let gaps = recordedGaps(partition).map { $0.gap.first..<$0.gap.next }
    return log.partitions[partition.index].filter { entry in
      range.contains(entry.offset) && !gaps.contains { $0.contains(entry.offset) }
    }
  }

  private mutating func check(_ segment: SimulatedTables.Segment, _ partition: TopicPartition, _ range: Range<Offset>) {
    let name = "\(partition), \(range)"
    let entries = applied(partition, range)
    require(segment.consumed == entries.count, "\(name): consumed \(segment.consumed) of \(entries.count)")
    let missing = recordedGaps(partition).map(\.gap).filter { range.contains($0.first) }
      .reduce(0) { $0 + $1.next - $1.first }
    require(segment.missing == missing, "\(name): missing \(segment.missing), the gaps say \(missing)")
    require(
      Int64(segment.consumed) + segment.missing == Int64(range.count), "\(name): offsets are neither read nor missing")
    let dead = entries.filter { $0.event == nil }
    require(segment.dead == dead.count, "\(name): dead \(segment.dead) of \(dead.count)")
    for aggregate in segment.counts.indices {
      let counts = segment.counts[aggregate]
      let filtered = entries.count { $0.event.map { !takes(aggregate, $0) } ?? false }
      require(
        counts.filtered == filtered, "\(name), aggregate \(aggregate): filtered \(counts.filtered) of \(filtered)")
      require(
        counts.aggregated + counts.filtered + counts.late + segment.dead == segment.consumed,
        "\(name), aggregate \(aggregate): \(counts.aggregated) + \(counts.filtered) + \(counts.late) + \(segment.dead) "
          + "is not \(segment.consumed)")
      if aggregate != SimulatedStream.dropping { require(counts.late == 0, "\(name): late events where none may be") }
    }
    for entry in entries {
      let source = SimulatedTables.Source(stream: stream.number, partition: partition)
      let letter = tables.deadLetters[SimulatedTables.Position(source: source, offset: entry.offset)]
      require(
        letter == deadCode(of: entry), "\(name): the record \(entry.offset) is dead as \(letter?.rawValue ?? "nothing")"
      )
    }
  }

  private func deadCode(of entry: SimulatedLog.Entry) -> EventErrorCode? {
    switch entry.content {
    case .event: nil
    case .tombstone: .tombstone
    case .truncated: stream.topic.truncationCode
    case .unknownSchema: .unknownSchema
    }
  }

  private func takes(_ aggregate: Int, _ event: SimulatedEvent) -> Bool {
    switch aggregate {
    case SimulatedStream.dropping: event.value >= stream.threshold
    case SimulatedStream.joining: SimulatedGroups.group(of: event.key, at: event.time) != nil
    default: true
    }
  }

  // MARK: The rows

  private mutating func checkRows() {
    for (aggregate, panes) in tables.rows[stream.number].enumerated() {
      let truth: [SimulatedTables.RowKey: SimulatedTables.Row]
      var rows = panes
      switch aggregate {
      case SimulatedStream.visiting: truth = recountSessions()
      case SimulatedStream.rolling: truth = rollUp()
      default:
        truth = recount(aggregate)
        rows = windows(of: aggregate, panes)
      }
      var late: Int64 = 0
      for key in Set(truth.keys).union(rows.keys).sorted(by: { ($0.window, $0.key) < ($1.window, $1.key) }) {
        let (expected, row) = (truth[key] ?? .init(), rows[key] ?? .init())
        if aggregate != SimulatedStream.dropping {
          require(
            expected == row,
            "aggregate \(aggregate), window \(key.window), key \(key.key): \(row.events) events of "
              + "\(row.total)\(row.endText), the log has \(expected.events) of \(expected.total)\(expected.endText); "
              + "their sketches are \(expected.sketches == row.sketches ? "alike" : "not alike")")
        } else {
          require(
            row.events <= expected.events && row.total <= expected.total && row.sketches.isWithin(expected.sketches),
            "window \(key.window), key \(key.key): \(row.events) events, the log has \(expected.events)")
          late += expected.events - row.events
        }
      }
      let told = ledger.values.reduce(0) { $0 + $1.counts[aggregate].late }
      require(
        late == told, "aggregate \(aggregate): \(late) events are not in the rows, the ledger says \(told) are late")
    }
    let dead = ledger.values.reduce(0) { $0 + $1.dead }
    let letters = tables.deadLetters.count { $0.key.source.stream == stream.number }
    require(letters == dead, "\(letters) dead letters, the ledger says \(dead)")
  }

  /// What a reader sees: windows that are sums of the stored rows. A row lies in them as a whole.
  private func windows(
    of aggregate: Int, _ panes: [SimulatedTables.RowKey: SimulatedTables.Row]
  ) -> [SimulatedTables.RowKey: SimulatedTables.Row] {
    var rows: [SimulatedTables.RowKey: SimulatedTables.Row] = [:]
    for (pane, row) in panes {
      for window in stream.windows(of: aggregate, at: pane.window) {
        let key = SimulatedTables.RowKey(window: window, key: pane.key)
        rows[key, default: .init()].events += row.events
        rows[key, default: .init()].total += row.total
        rows[key, default: .init()].sketches.merge(row.sketches)
      }
    }
    return rows
  }

  /// The good events of the log that were applied.
  private var events: [SimulatedEvent] {
    log.partitions.indices.map(stream.topic.partition).flatMap { partition -> [SimulatedEvent] in
      guard let progress = progress(partition) else { return [] }
      return applied(partition, progress.begin..<max(progress.begin, progress.next)).compactMap(\.event)
    }
  }

  private func recount(_ aggregate: Int) -> [SimulatedTables.RowKey: SimulatedTables.Row] {
    var rows: [SimulatedTables.RowKey: SimulatedTables.Row] = [:]
    for event in events where takes(aggregate, event) {
      for window in stream.windows(of: aggregate, at: event.time) {
        let group = aggregate == SimulatedStream.joining ? SimulatedGroups.group(of: event.key, at: event.time) : nil
        let key = SimulatedTables.RowKey(window: window, key: group ?? event.key)
        rows[key, default: .init()].events += 1
        rows[key, default: .init()].total += event.value
        rows[key, default: .init()].sketches.add(event.value)
      }
    }
    return rows
  }

  /// What the SELECT of a cascade says of the rows that its first aggregate has.
  private func rollUp() -> [SimulatedTables.RowKey: SimulatedTables.Row] {
    var rows: [SimulatedTables.RowKey: SimulatedTables.Row] = [:]
    for (key, row) in tables.rows[stream.number][SimulatedStream.revising] {
      rows[stream.rolledUp(key), default: .init()].events += row.events
      rows[stream.rolledUp(key), default: .init()].total += row.total
    }
    return rows
  }

  private func recountSessions() -> [SimulatedTables.RowKey: SimulatedTables.Row] {
    var rows: [SimulatedTables.RowKey: SimulatedTables.Row] = [:]
    for (key, events) in Dictionary(grouping: events, by: \.key) {
      var rest = events.sorted { $0.time < $1.time }[...]
      for (range, count) in stream.sessions(of: rest.map(\.time)) {
        let total = rest.prefix(count).reduce(0) { $0 + $1.value }
        let sketches = rest.prefix(count).reduce(into: SimulatedSketches()) { $0.add($1.value) }
        rest = rest.dropFirst(count)
        rows[SimulatedTables.RowKey(window: range.lowerBound, key: key)] = SimulatedTables.Row(
          events: Int64(count), total: total, sketches: sketches, end: range.upperBound)
      }
    }
    return rows
  }
}

extension SimulatedTables.Row {
  fileprivate var endText: String { end.map { " until \($0)" } ?? "" }
}

extension SimulatedLog.Entry {
  fileprivate var event: SimulatedEvent? {
    if case .event(let event) = content { event } else { nil }
  }
}
