/// A one-dimensional array in Postgres' binary form, built by appending to one buffer.
///
/// The column of a delta: no allocation per element. Appending a value of the wrong kind is a bug of the caller and
/// traps.
public struct PostgresArray: Sendable {
  public let element: PostgresElement
  public private(set) var count = 0
  private var hasNull = false
  private var elements: [UInt8] = []

  /// - Parameter capacityHint: how many elements are expected.
  public init(_ element: PostgresElement, capacityHint: Int = 0) {
    self.element = element
    elements.reserveCapacity(capacityHint * (element == .text || element == .numeric ? 24 : 12))
  }

  /// Of texts, without zero bytes.
  public init(texts: some Collection<String>) {
    self.init(.text, capacityHint: texts.count)
    for text in texts { append(text) }
  }

  /// Empties it and keeps the memory.
  public mutating func removeAll() {
    elements.removeAll(keepingCapacity: true)
    count = 0
    hasNull = false
  }

  public mutating func appendNull() {
    elements.appendBigEndian(Int32(-1))
    count += 1
    hasNull = true
  }

  /// A `bigint`; an `integer`, which must fit 32 bits; a `timestamptz` or `timestamp` in microseconds since 1970 (the
  /// least and greatest `Int64` are the infinities); a `date` in days since 1970; a `time` in microseconds since
  /// midnight. A time that Postgres cannot represent is sent as one that the server refuses.
  @inline(__always)
  public mutating func append(_ value: Int64) {
    switch element {
    case .bigint, .time: appendFixed(value)
    case .timestamptz, .timestamp: appendFixed(postgresTimestamp(value))
    case .integer: appendFixed(Int32(value))
    case .date: appendFixed(postgresDate(value))
    default: preconditionFailure("an integer appended to an array of \(element)")
    }
  }

  @inline(__always)
  public mutating func append(_ value: Double) {
    precondition(element == .doublePrecision, "a double appended to an array of another type")
    appendFixed(value.bitPattern)
  }

  @inline(__always)
  public mutating func append(_ value: Bool) {
    precondition(element == .boolean, "a boolean appended to an array of another type")
    appendFixed(UInt8(value ? 1 : 0))
  }

  /// The UTF-8 of a `text` (without zero bytes) or `jsonb`, the bytes of a `bytea` or of a
  /// `bit varying`, whose first bit is the highest of the first, or the hexadecimal digits of a
  /// `uuid`, with or without hyphens. The server refuses text that is not UTF-8; text that is no uuid is sent as an
  /// element that it refuses too.
  public mutating func append(bytes: UnsafeBufferPointer<UInt8>) {
    switch element {
    case .text, .bytea:
      elements.appendBigEndian(Int32(bytes.count))
      elements.append(contentsOf: bytes)
    case .jsonb:
      elements.appendBigEndian(Int32(bytes.count + 1))
      elements.append(jsonbVersion)
      elements.append(contentsOf: bytes)
    case .bits:
      elements.appendBigEndian(Int32(bytes.count + 4))
      elements.appendBigEndian(Int32(bytes.count * 8))
      elements.append(contentsOf: bytes)
    case .uuid: appendUUID(bytes)
    default: preconditionFailure("bytes appended to an array of \(element)")
    }
    count += 1
  }

  public mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { append(bytes: $0) }
  }

  /// A `numeric` of `unscaled` / 10^`scale`, shown with `scale` decimal places.
  public mutating func append(unscaled: Int128, scale: Int) {
    precondition(element == .numeric, "a numeric appended to an array of another type")
    let start = elements.count
    elements.appendBigEndian(Int32(0))
    appendNumeric(unscaled: unscaled, scale: scale, to: &elements)
    patchLength(at: start)
    count += 1
  }

  @inline(__always)
  private mutating func appendFixed<Value: FixedWidthInteger>(_ value: Value) {
    elements.appendBigEndian(Int32(MemoryLayout<Value>.size))
    elements.appendBigEndian(value)
    count += 1
  }

  private mutating func appendUUID(_ text: UnsafeBufferPointer<UInt8>) {
    let start = elements.count
    elements.appendBigEndian(Int32(0))
    var digits = 0
    var byte: UInt8 = 0
    for character in text where character != UInt8(ascii: "-") {
      guard let digit = Character(UnicodeScalar(character)).hexDigitValue, character < 0x80 else {
        digits = -1
        break
      }
      byte = byte << 4 | UInt8(digit)
      digits += 1
      if digits % 2 == 0 { elements.append(byte) }
    }
    // Anything but 16 bytes is "insufficient data" or "incorrect binary data format" to the server.
    if digits != 32 { elements.removeSubrange((start + 4)...) }
    patchLength(at: start)
  }

  /// Writes the length of the element that began at `start` with room for it.
  private mutating func patchLength(at start: Int) {
    let length = Int32(elements.count - start - 4)
    withUnsafeBytes(of: length.bigEndian) { bytes in
      for (index, byte) in bytes.enumerated() { elements[start + index] = byte }
    }
  }

  /// Appends the wire form.
  package func encode(to buffer: inout [UInt8]) {
    buffer.reserveCapacity(buffer.count + elements.count + 32)
    // Dimensions (an empty array has none), whether there are NULLs, the element's type; then length and lower bound.
    buffer.appendBigEndian(Int32(count == 0 ? 0 : 1))
    buffer.appendBigEndian(Int32(hasNull ? 1 : 0))
    buffer.appendBigEndian(element.oid)
    guard count > 0 else { return }
    buffer.appendBigEndian(Int32(count))
    buffer.appendBigEndian(Int32(1))
    buffer += elements
  }
}

/// Appends the body of a `numeric`: groups of four decimal digits, aligned at the decimal point, without zero groups at
/// either end, after their number, the weight of the first, the sign and the number of decimal places.
private func appendNumeric(unscaled: Int128, scale: Int, to buffer: inout [UInt8]) {
  precondition((0...1000).contains(scale), "a scale that numeric does not have")
  var rest = unscaled.magnitude
  // The lowest group may hold fewer than four of the digits: 1.23 is the groups 1 and 2300.
  let odd = scale % 4
  let powers: [UInt128] = [1, 10, 100, 1000]
  // 39 digits are at most 11 groups when they are not aligned.
  withUnsafeTemporaryAllocation(of: Int16.self, capacity: 12) { groups in
    var count = 0
    var weight = -(scale / 4)
    if odd > 0 {
      groups[0] = Int16(rest % powers[odd] * powers[4 - odd])
      rest /= powers[odd]
      count = 1
      weight -= 1
    }
    while rest > 0 {
      let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10_000)
      groups[count] = Int16(remainder)
      rest = quotient
      count += 1
    }
    var first = 0
    while first < count && groups[first] == 0 {
      first += 1
    }
    weight += count - 1
    while count > first && groups[count - 1] == 0 {
      count -= 1
      weight -= 1
    }
    buffer.appendBigEndian(Int16(count - first))
    buffer.appendBigEndian(Int16(count > first ? weight : 0))
    buffer.appendBigEndian(UInt16(unscaled < 0 ? 0x4000 : 0))
    buffer.appendBigEndian(Int16(scale))
    for index in stride(from: count - 1, through: first, by: -1) { buffer.appendBigEndian(groups[index]) }
  }
}
