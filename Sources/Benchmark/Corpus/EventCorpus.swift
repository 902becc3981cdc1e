import Downloads
import Events

/// Encoded download events in memory, one behind the other.
final class EventCorpus {
  /// Zero bytes behind the last event, for readers that look beyond the end.
  static let padding = 64

  let count: Int
  let byteCount: Int
  private let bytes: UnsafeMutablePointer<UInt8>
  private let ends: [Int]

  /// - Parameters:
  ///   - change: made to each event before it is encoded.
  ///   - append: writes an event, of which the bytes in Avro are given, behind the others; in Avro unless said otherwise.
  init(
    _ sequence: EventSequence, change: (Int, inout DownloadEvent) -> Void = { _, _ in },
    append: (DownloadEvent, UnsafeRawBufferPointer, inout [UInt8]) -> Void = { $2.append(contentsOf: $1) }
  ) throws {
    var all: [UInt8] = []
    all.reserveCapacity(sequence.count * 200)
    var ends: [Int] = []
    ends.reserveCapacity(sequence.count)
    try sequence.visit(
      change: change,
      { _, event, bytes in
        append(event, bytes, &all)
        ends.append(all.count)
      })
    count = sequence.count
    self.ends = ends
    byteCount = all.count
    all.append(contentsOf: repeatElement(0, count: EventCorpus.padding))
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

  /// Calls `body` with all events as they lie one behind the other, and where each of them ends.
  func withEvents<Result>(
    _ body: (_ events: UnsafePointer<UInt8>, _ ends: UnsafeBufferPointer<Int>) throws -> Result
  ) rethrows -> Result {
    try ends.withUnsafeBufferPointer { try body(bytes, $0) }
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
