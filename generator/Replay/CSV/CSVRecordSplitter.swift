/// Cuts a stream of bytes into records of CSV (RFC 4180), which end at line breaks that are not in quotes.
///
/// It holds at most one record that is not longer than `maxRecordBytes`. A longer one is dropped as it passes, and ends at
/// the next line break: what follows a quote that is never closed is read again from there on.
public struct CSVRecordSplitter {
  public enum Record {
    /// Without its line end (`\n` or `\r\n`).
    case text(UnsafeBufferPointer<UInt8>)
    case tooLong
  }

  private enum State {
    case fieldStart
    case bare
    case quoted
    /// Behind a quote in quotes: it ends the field, or another one follows.
    case closing
  }

  public let maxRecordBytes: Int
  private let delimiter: UInt8
  private var state = State.fieldStart
  private var pending: [UInt8] = []
  /// Bytes of the record so far.
  private var count = 0
  /// The line that is read, and that in which its record began; counted from 1.
  private var line: UInt64 = 1
  private var firstLine: UInt64 = 1

  public init(delimiter: UInt8, maxRecordBytes: Int = 64 * 1024) {
    self.delimiter = delimiter
    self.maxRecordBytes = maxRecordBytes
  }

  private var isTooLong: Bool { count > maxRecordBytes }

  /// Calls `body` for each record that ends within `bytes`, with the number of its first line. The record's bytes are valid
  /// only during the call.
  public mutating func feed<Failure: Error>(
    _ bytes: UnsafeBufferPointer<UInt8>, _ body: (UInt64, Record) throws(Failure) -> Void
  ) throws(Failure) {
    var start = 0
    for index in bytes.indices {
      let byte = bytes[index]
      if byte == 0x0a {
        line += 1
        if state != .quoted || isTooLong {
          try end(with: UnsafeBufferPointer(rebasing: bytes[start..<index]), body)
          start = index + 1
          continue
        }
      }
      count += 1
      state = next(byte)
    }
    keep(UnsafeBufferPointer(rebasing: bytes[start...]))
  }

  /// Hands over the last record when it has no line end.
  public mutating func finish<Failure: Error>(_ body: (UInt64, Record) throws(Failure) -> Void) throws(Failure) {
    guard count > 0 else { return }
    try end(with: UnsafeBufferPointer(start: nil, count: 0), body)
  }

  private func next(_ byte: UInt8) -> State {
    switch state {
    case .quoted: byte == 0x22 ? .closing : .quoted
    case .closing where byte == 0x22: .quoted
    case .fieldStart where byte == 0x22: .quoted
    case .fieldStart, .bare, .closing: byte == delimiter ? .fieldStart : .bare
    }
  }

  private mutating func keep(_ bytes: UnsafeBufferPointer<UInt8>) {
    if isTooLong { pending.removeAll(keepingCapacity: true) } else { pending.append(contentsOf: bytes) }
  }

  private mutating func end<Failure: Error>(
    with rest: UnsafeBufferPointer<UInt8>, _ body: (UInt64, Record) throws(Failure) -> Void
  ) throws(Failure) {
    let (number, isTooLong) = (firstLine, isTooLong)
    firstLine = line
    count = 0
    state = .fieldStart
    defer { pending.removeAll(keepingCapacity: true) }
    if isTooLong { return try body(number, .tooLong) }
    if pending.isEmpty { return try body(number, .text(Self.withoutReturn(rest))) }
    pending.append(contentsOf: rest)
    // The array's own closure does not pass typed errors on.
    let result = pending.withUnsafeBufferPointer { bytes in
      Result { () throws(Failure) in try body(number, .text(Self.withoutReturn(bytes))) }
    }
    try result.get()
  }

  private static func withoutReturn(_ record: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    record.last == 0x0d ? UnsafeBufferPointer(rebasing: record.dropLast()) : record
  }
}
