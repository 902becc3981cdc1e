import Events

/// How many records of a topic are behind the positions of its readers.
///
/// The distance of a position from the log's end counts offsets, among them those that no reader is ever given: markers of
/// transactions and aborted records. Where a distance has not changed between two looks, the broker is therefore asked
/// what there is. A state machine: `look` says what to ask, `found` takes the answer.
public struct UnreadRecords {
  private struct Partition {
    var position: Offset
    var end: Offset
    /// The first record at or behind the position, or the end; nil while it has not been asked for.
    var first: Offset?
  }

  private var partitions: [Int32: Partition] = [:]

  public init() {}

  /// Takes in where the logs end and where the readers are; a partition without a position is read from its beginning.
  /// - Returns: from where on the first record is to be looked for.
  public mutating func look(at logs: [Int32: WatermarkOffsets], positions: [Int32: Offset]) -> [Int32: Offset] {
    var questions: [Int32: Offset] = [:]
    var current: [Int32: Partition] = [:]
    for (number, log) in logs {
      // What retention has taken is not to be read any more either.
      let position = max(positions[number] ?? log.low, log.low)
      guard position < log.high else { continue }
      if let known = partitions[number], known.position == position, known.end == log.high {
        current[number] = known
        if known.first == nil { questions[number] = position }
      } else {
        current[number] = Partition(position: position, end: log.high)
      }
    }
    partitions = current
    return questions
  }

  /// Takes in the first records that were found; what was not found is asked for again.
  public mutating func found(_ firsts: [Int32: Offset]) {
    for (number, first) in firsts { partitions[number]?.first = first }
  }

  /// Exact for partitions at rest; an upper bound where transactions go on.
  public var count: Int64 {
    partitions.values.reduce(0) { $0 + max(0, $1.end - max($1.position, $1.first ?? 0)) }
  }
}
