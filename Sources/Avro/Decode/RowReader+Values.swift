import Events

/// The encodings of single values, each checked against the end of the payload.
extension RowReader {
  mutating func advance(_ count: Int) throws(RowFailure) {
    guard count <= end - cursor else { throw truncated(needing: count) }
    cursor += count
  }

  mutating func readView(_ count: Int) throws(RowFailure) -> TextView {
    let view = TextView(start: cursor, count: count)
    try advance(count)
    return view
  }

  /// A zigzag varint of up to 64 bits.
  mutating func readLong() throws(RowFailure) -> Int64 {
    var bits: UInt64 = 0
    var shift: UInt64 = 0
    var next = cursor
    while true {
      guard next < end else { throw truncated(needing: next - cursor + 1) }
      let byte = next.pointee
      next += 1
      // Nine bytes hold 63 bits, so the tenth is the last one and holds one bit.
      guard shift < 63 || byte <= 1 else { throw failure(.malformed, "a number of more than 64 bits") }
      bits |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { break }
      shift += 7
    }
    cursor = next
    return unzigzag(bits)
  }

  /// A number whose schema is int.
  mutating func readInt() throws(RowFailure) -> Int64 {
    let mark = cursor
    let value = try readLong()
    guard Int32(exactly: value) != nil else {
      cursor = mark
      throw failure(.malformed, "\(value) does not fit an int")
    }
    return value
  }

  mutating func readLength() throws(RowFailure) -> Int {
    let mark = cursor
    let value = try readLong()
    guard (0...Int64(Int32.max)).contains(value) else {
      cursor = mark
      throw failure(.malformed, "a length of \(value) bytes")
    }
    return Int(value)
  }

  /// The index of a union's branch.
  mutating func readBranch(_ count: Int) throws(RowFailure) -> Int {
    let mark = cursor
    let value = try readLong()
    guard (0..<Int64(count)).contains(value) else {
      cursor = mark
      throw failure(.malformed, "branch \(value) of a union that has \(count)")
    }
    return Int(value)
  }

  mutating func readBoolean() throws(RowFailure) -> UInt8 {
    let value = try readView(1).start.pointee
    guard value <= 1 else {
      cursor -= 1
      throw failure(.malformed, "\(value) is neither true nor false")
    }
    return value
  }

  mutating func readFloat() throws(RowFailure) -> Float {
    let bytes = UnsafeRawPointer(try readView(4).start)
    return Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
  }

  mutating func readDouble() throws(RowFailure) -> Double {
    let bytes = UnsafeRawPointer(try readView(8).start)
    return Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)))
  }

  mutating func readPromoted(isInt32: Bool, toFloat: Bool) throws(RowFailure) -> Double {
    let value = isInt32 ? try readInt() : try readLong()
    return toFloat ? Double(Float(value)) : Double(value)
  }

  mutating func readUUID() throws(RowFailure) -> TextView {
    let mark = cursor
    let view = try readView(try readLength())
    if UUIDText.isCanonical(view.bytes) { return view }
    guard view.count == UUIDText.count, let text = UUIDText.canonical(Array(view.bytes)) else {
      cursor = mark
      throw failure(.invalidText, "the text is no uuid")
    }
    return text.withUnsafeBufferPointer { batch.arena.append($0) }
  }

  mutating func readSymbol(table: Int, count: Int) throws(RowFailure) -> TextView {
    let mark = cursor
    let index = try readLong()
    guard (0..<Int64(count)).contains(index) else {
      cursor = mark
      let name = plan.enumerations[table]?.name ?? "an enum"
      throw failure(.malformed, "symbol number \(index) of \(name), which has \(count)")
    }
    let text = plan.texts[table + Int(index)]
    guard text.count >= 0 else {
      cursor = mark
      let names = plan.enumerations[table]
      let symbol = names.map { "\"\($0.symbols[Int(index)])\"" } ?? "number \(index)"
      throw failure(
        .unresolvable, "the reader's \(names?.name ?? "enum") lacks the writer's symbol \(symbol), and has no default")
    }
    return text
  }

  mutating func readDecimal(precision: Int, size: Int?) throws(RowFailure) -> Int128 {
    let mark = cursor
    let view: TextView
    if let size {
      view = try readView(size)
    } else {
      view = try readView(try readLength())
    }
    guard view.count > 0 else {
      cursor = mark
      throw failure(.malformed, "a decimal of no bytes")
    }
    guard let value = unscaledDecimal(view.bytes), fits(value, precision: precision) else {
      cursor = mark
      throw failure(.outOfRange, "the decimal has more than \(precision) digits")
    }
    return value
  }
}

@inline(__always)
func unzigzag(_ bits: UInt64) -> Int64 {
  Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1)
}
