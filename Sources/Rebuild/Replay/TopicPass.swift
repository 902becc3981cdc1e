import Events
import Kafka

/// A topic read once for several replays, each of which gets the records from where it is up to where it has to come.
struct TopicPass {
  private struct Part {
    var replay: Replay
    var run: Replay.Run
    var ranges: [Int32: Range<Offset>]
    /// Records that are dead letters, and so are in no row.
    var dead: [Int32: Set<Offset>]

    func reads(_ record: Record) -> Bool { ranges[record.partition]?.contains(record.offset) == true }
  }

  private let parts: [Part]
  private let isInTransaction: Bool

  /// - Parameters:
  ///   - replays: of one topic, with the positions that they have to come to.
  ///   - isInTransaction: rows are written in the caller's transaction.
  init(
    _ replays: [(replay: Replay, run: Replay.Run, targets: [Int32: Offset])], isInTransaction: Bool
  ) throws {
    self.isInTransaction = isInTransaction
    parts = try replays.map { replay, run, targets in
      let ranges = replay.ranges(to: targets)
      return Part(replay: replay, run: run, ranges: ranges, dead: try replay.deadRecords(in: ranges))
    }
  }

  func read() throws {
    guard let reader = parts.first?.replay.reader else { return }
    var all: [Int32: Range<Offset>] = [:]
    for part in parts {
      all.merge(part.ranges) { min($0.lowerBound, $1.lowerBound)..<max($0.upperBound, $1.upperBound) }
    }
    try reader.read(all) { records in
      let list = records.records
      let whole = Array(list)
      for part in parts {
        let own = whole.filter(part.reads)
        guard !own.isEmpty else { continue }
        records.records = list
        try part.replay.add(own, part.dead, &records, part.run, isInTransaction: isInTransaction)
      }
    }
    for part in parts { try part.replay.finish(part.ranges, part.run, isInTransaction: isInTransaction) }
  }
}
