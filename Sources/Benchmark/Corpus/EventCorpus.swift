import Downloads
import Events

/// Encoded download events in memory.
final class EventCorpus {
  let count: Int
  let byteCount: Int
  private let bytes: UnsafeMutablePointer<UInt8>
  private let ends: [Int]

  /// - Parameter change: made to each event before it is encoded.
  init(_ sequence: EventSequence, change: (Int, inout DownloadEvent) -> Void = { _, _ in }) throws {
    var all: [UInt8] = []
    all.reserveCapacity(sequence.count * 200)
    var ends: [Int] = []
    ends.reserveCapacity(sequence.count)
    try sequence.visit(
      change: change,
      { _, _, event in
        all.append(contentsOf: event)
        ends.append(all.count)
      })
    count = sequence.count
    self.ends = ends
    byteCount = all.count
    bytes = .allocate(capacity: all.count)
    bytes.update(from: all, count: all.count)
  }

  deinit {
    bytes.deallocate()
  }

  /// The encoded event.
  func payload(_ index: Int) -> UnsafeBufferPointer<UInt8> {
    let start = index == 0 ? 0 : ends[index - 1]
    return UnsafeBufferPointer(start: bytes + start, count: ends[index] - start)
  }

  /// Fills `records` with the events from `first` on, as a source builds its batch; returns how many there are.
  func fill(_ records: UnsafeMutableBufferPointer<Record>, from first: Int) -> Int {
    let end = min(first + records.count, count)
    ends.withUnsafeBufferPointer { ends in
      var start = first == 0 ? 0 : ends[first - 1]
      for index in first..<end {
        records[index - first] = Record(
          payload: UnsafePointer(bytes + start), payloadCount: ends[index] - start, offset: Int64(index),
          sourceIndex: Int32(truncatingIfNeeded: index))
        start = ends[index]
      }
    }
    return end - first
  }

  /// Records over the corpus' own memory, as a source would deliver them.
  func records() -> UnsafeMutableBufferPointer<Record> {
    let records = UnsafeMutableBufferPointer<Record>.allocate(capacity: count)
    records.initialize(repeating: Record(payload: nil, payloadCount: 0, offset: 0))
    _ = fill(records, from: 0)
    return records
  }
}
