import AvroTestSupport
import Postgres

extension FuzzTarget {
  /// Whatever is appended, the array is one that the server can take apart again, with the values that were meant.
  static let postgresArray = FuzzTarget("postgres-array") {
    { input in
      var reader = InputReader(input)
      let element = PostgresElement.allCases[reader.below(PostgresElement.allCases.count)]
      let scale = reader.below(40)
      var array = PostgresArray(element)
      var expected: [[UInt8]?] = []
      while !reader.isAtEnd, expected.count < 200 {
        if reader.below(8) == 0 {
          array.appendNull()
          expected.append(nil)
        } else {
          expected.append(append(element, scale: scale, &reader, to: &array))
        }
      }
      var encoded: [UInt8] = []
      array.encode(to: &encoded)
      try check(encoded, expected, element, scale: scale)
    }
  }
}

/// Appends a value and returns the bytes that the element must have, as far as they are known without encoding it.
private func append(
  _ element: PostgresElement, scale: Int, _ reader: inout InputReader, to array: inout PostgresArray
) -> [UInt8] {
  switch element {
  case .boolean:
    let value = reader.below(2) == 1
    array.append(value)
    return [value ? 1 : 0]
  case .doublePrecision:
    let bits = reader.bits()
    array.append(Double(bitPattern: bits))
    return bigEndian(bits)
  case .integer:
    let value = Int32(truncatingIfNeeded: reader.bits())
    array.append(Int64(value))
    return bigEndian(value)
  case .bigint, .timestamptz, .timestamp, .date, .time:
    let value = Int64(bitPattern: reader.bits())
    array.append(value)
    return element == .bigint || element == .time ? bigEndian(value) : []
  case .numeric:
    let value = Int128(Int64(bitPattern: reader.bits())) << 64 | Int128(reader.bits())
    array.append(unscaled: value, scale: scale)
    return Array(String(value).utf8)
  case .text, .bytea, .uuid, .jsonb:
    let bytes = reader.take(reader.below(64))
    bytes.withUnsafeBufferPointer { array.append(bytes: $0) }
    return element == .jsonb ? [1] + bytes : bytes
  case .bits:
    let bytes = reader.take(reader.below(64))
    bytes.withUnsafeBufferPointer { array.append(bytes: $0) }
    return bigEndian(Int32(bytes.count * 8)) + bytes
  }
}

/// Takes the array apart as `array_recv` does.
private func check(_ encoded: [UInt8], _ expected: [[UInt8]?], _ element: PostgresElement, scale: Int) throws {
  var wire = Wire(bytes: encoded[...])
  let dimensions = wire.integer(Int32.self)
  let hasNull = wire.integer(Int32.self)
  _ = wire.integer(UInt32.self)
  try require(dimensions == (expected.isEmpty ? 0 : 1), "\(dimensions) dimensions of \(expected.count) elements")
  try require((hasNull == 1) == expected.contains(nil), "the flag for NULL is \(hasNull)")
  if dimensions > 0 {
    let count = wire.integer(Int32.self)
    let lowerBound = wire.integer(Int32.self)
    try require(count == expected.count && lowerBound == 1, "\(count) elements from \(lowerBound)")
  }
  for value in expected {
    let length = wire.integer(Int32.self)
    guard let value else {
      try require(length == -1, "NULL has the length \(length)")
      continue
    }
    try require(length >= 0 && length <= wire.bytes.count, "a length of \(length) before \(wire.bytes.count) bytes")
    let bytes = Array(wire.bytes.prefix(Int(length)))
    wire.bytes = wire.bytes.dropFirst(Int(length))
    switch element {
    case .numeric: try require(unscaled(bytes, scale: scale) == String(decoding: value, as: UTF8.self), "\(bytes)")
    // Text that is no uuid is an element of another length, which the server refuses.
    case .uuid: try require(length == 0 || length == 16, "a uuid of \(length) bytes")
    case .timestamptz, .timestamp: try require(length == 8, "a timestamp of \(length) bytes")
    case .date: try require(length == 4, "a date of \(length) bytes")
    default: try require(bytes == value, "\(bytes) instead of \(value)")
    }
  }
  try require(wire.bytes.isEmpty, "\(wire.bytes.count) bytes behind the array")
}

/// The value times 10^`scale`, exactly; nil when it is no numeric of that scale.
private func unscaled(_ bytes: [UInt8], scale: Int) -> String? {
  var wire = Wire(bytes: bytes[...])
  let count = Int(wire.integer(Int16.self))
  let weight = Int(wire.integer(Int16.self))
  let sign = wire.integer(UInt16.self)
  guard Int(wire.integer(Int16.self)) == scale, wire.bytes.count == 2 * count else { return nil }
  var digits = ""
  for _ in 0..<count {
    let group = String(wire.integer(Int16.self))
    guard group.utf8.count <= 4, !group.hasPrefix("-") else { return nil }
    digits += String(repeating: "0", count: 4 - group.utf8.count) + group
  }
  // Digits in front of the point, and the `scale` behind it.
  let wanted = 4 * (weight + 1) + scale
  if wanted < digits.utf8.count {
    let cut = digits.utf8.count - max(wanted, 0)
    guard digits.hasSuffix(String(repeating: "0", count: cut)) else { return nil }
    digits.removeLast(cut)
  } else {
    digits += String(repeating: "0", count: wanted - digits.utf8.count)
  }
  let significant = digits.drop { $0 == "0" }
  if significant.isEmpty { return "0" }
  return (sign == 0x4000 ? "-" : "") + significant
}

private struct Wire {
  var bytes: ArraySlice<UInt8>

  mutating func integer<Value: FixedWidthInteger>(_: Value.Type) -> Value {
    let size = MemoryLayout<Value>.size
    let value = bytes.prefix(size).reduce(Value(0)) { $0 << 8 | Value(truncatingIfNeeded: $1) }
    bytes = bytes.dropFirst(size)
    return value
  }
}

private func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.bigEndian) { Array($0) }
}
