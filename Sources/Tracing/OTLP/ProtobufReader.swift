/// Finds single fields of a message in Protocol Buffers' wire format. What is no such message has none.
struct ProtobufReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  private enum Field {
    case integer(UInt64)
    case bytes(ArraySlice<UInt8>)
    case other
  }

  /// The first message of that number, as far as nothing of it has been read.
  mutating func message(_ number: Int) -> ArraySlice<UInt8>? {
    while let (found, field) = next() {
      if found == UInt64(number), case .bytes(let bytes) = field { return bytes }
    }
    return nil
  }

  mutating func integer(_ number: Int) -> Int64? {
    while let (found, field) = next() {
      if found == UInt64(number), case .integer(let value) = field { return Int64(bitPattern: value) }
    }
    return nil
  }

  private mutating func next() -> (number: UInt64, field: Field)? {
    guard let tag = varint() else { return nil }
    switch tag & 7 {
    case 0: return varint().map { (tag >> 3, .integer($0)) }
    case 1: return take(8).map { _ in (tag >> 3, .other) }
    case 2: return varint().flatMap { take($0) }.map { (tag >> 3, .bytes($0)) }
    case 5: return take(4).map { _ in (tag >> 3, .other) }
    default: return nil
    }
  }

  private mutating func take(_ count: UInt64) -> ArraySlice<UInt8>? {
    guard count <= UInt64(rest.count) else { return nil }
    defer { rest = rest.dropFirst(Int(count)) }
    return rest.prefix(Int(count))
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= shift < 64 ? UInt64(byte & 0x7F) << shift : 0
      if byte < 0x80 { return value }
    }
    return nil
  }
}
