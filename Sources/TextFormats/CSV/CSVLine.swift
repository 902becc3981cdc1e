import Events

/// Why a payload is no line of CSV, and where.
enum CSVLineFault: Error {
  /// A quote in a field that does not begin with one.
  case quoteInside(field: Int, byte: Int)
  /// Something else than a delimiter behind the quote that ends a field.
  case textBehindQuote(field: Int, byte: Int)
  case endInsideQuotes(field: Int)
  /// A line break that is neither in quotes nor the record's end.
  case lineBreak(field: Int, byte: Int)
  case tooLong
}

/// Takes a record's line apart (RFC 4180): eight bytes at a time, each of them looked at once.
struct CSVLine {
  private static let quotes = repeated(UInt8(ascii: "\""))
  private static let lineFeeds = repeated(UInt8(ascii: "\n"))
  private static let carriageReturns = repeated(UInt8(ascii: "\r"))

  private let delimiter: UInt8
  private let delimiters: UInt64

  init(delimiter: UInt8) {
    self.delimiter = delimiter
    delimiters = Self.repeated(delimiter)
  }

  /// Finds the fields of a payload: a byte order mark in front and a line break at the end are passed over.
  ///
  /// - Parameter field: called for each field in order, with its index.
  /// - Returns: how many there are; at least one, if only an empty one.
  @inline(__always)
  func read(
    _ payload: UnsafeBufferPointer<UInt8>, _ field: (_ index: Int, _ field: CSVField) -> Void
  ) throws(CSVLineFault) -> Int {
    guard let first = payload.baseAddress, payload.count <= Int32.max else { throw .tooLong }
    var end = first + payload.count
    if end > first, end[-1] == UInt8(ascii: "\n") { end -= 1 }
    // Whoever cuts lines at line feeds leaves the carriage returns of others behind.
    if end > first, end[-1] == UInt8(ascii: "\r") { end -= 1 }
    let bounds = Bounds(first: first, end: end)
    var next = first
    if end - first >= 3, first[0] == 0xEF, first[1] == 0xBB, first[2] == 0xBF { next += 3 }
    var index = 0
    while true {
      let start = next
      if start < end, start.pointee == UInt8(ascii: "\"") {
        var form = CSVField.Form.quoted
        next = try closingQuote(from: start + 1, bounds, index, &form)
        field(index, CSVField(start: start + 1, count: Int32(truncatingIfNeeded: next - start - 1), form: form))
        next += 1
        guard next == end || next.pointee == delimiter else {
          throw .textBehindQuote(field: index, byte: next - first)
        }
      } else {
        next = firstStop(from: start, bounds)
        field(index, CSVField(start: start, count: Int32(truncatingIfNeeded: next - start), form: .bare))
        guard next == end || next.pointee == delimiter else {
          throw next.pointee == UInt8(ascii: "\"")
            ? .quoteInside(field: index, byte: next - first) : .lineBreak(field: index, byte: next - first)
        }
      }
      index += 1
      if next == end { return index }
      next += 1
    }
  }

  /// Where the line lies; nothing outside of it is read.
  private struct Bounds {
    let first: UnsafePointer<UInt8>
    let end: UnsafePointer<UInt8>

    /// The next eight bytes, the first of them lowest; zeros behind the end.
    @inline(__always)
    func word(at position: UnsafePointer<UInt8>) -> UInt64 {
      let left = end - position
      if left >= 8 { return UInt64(littleEndian: UnsafeRawPointer(position).loadUnaligned(as: UInt64.self)) }
      guard left > 0 else { return 0 }
      if end - first >= 8 {
        let last = UInt64(littleEndian: UnsafeRawPointer(end - 8).loadUnaligned(as: UInt64.self))
        return last >> UInt64(truncatingIfNeeded: 8 * (8 - left))
      }
      var word: UInt64 = 0
      for index in 0..<left { word |= UInt64(position[index]) << UInt64(truncatingIfNeeded: 8 * index) }
      return word
    }
  }

  /// The first delimiter, quote or line break, or the end.
  @inline(__always)
  private func firstStop(from start: UnsafePointer<UInt8>, _ bounds: Bounds) -> UnsafePointer<UInt8> {
    var position = start
    while position < bounds.end {
      let word = bounds.word(at: position)
      let stops =
        Self.zeros(word ^ delimiters) | Self.zeros(word ^ Self.quotes) | Self.zeros(word ^ Self.lineFeeds)
        | Self.zeros(word ^ Self.carriageReturns)
      if stops != 0 { return position + stops.trailingZeroBitCount >> 3 }
      position += 8
    }
    return bounds.end
  }

  /// The quote that ends a field, over those that are doubled.
  @inline(__always)
  private func closingQuote(
    from start: UnsafePointer<UInt8>, _ bounds: Bounds, _ field: Int, _ form: inout CSVField.Form
  ) throws(CSVLineFault) -> UnsafePointer<UInt8> {
    var position = start
    while position < bounds.end {
      let stops = Self.zeros(bounds.word(at: position) ^ Self.quotes)
      guard stops != 0 else {
        position += 8
        continue
      }
      position += stops.trailingZeroBitCount >> 3
      guard position + 1 < bounds.end, position[1] == UInt8(ascii: "\"") else { return position }
      form = .doubled
      position += 2
    }
    throw .endInsideQuotes(field: field)
  }

  private static func repeated(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

  /// The lowest bit that is set is the highest one of the first zero byte; none is when there is no zero byte.
  @inline(__always)
  private static func zeros(_ word: UInt64) -> UInt64 {
    (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
  }
}
