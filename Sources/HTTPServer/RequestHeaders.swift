/// A request's headers in one allocation: name, 0, value, 0, name, … Neither part can hold a zero byte.
struct RequestHeaders: Sendable {
  private var bytes: [UInt8]

  init(capacity: Int) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  mutating func append(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
    bytes.append(contentsOf: name)
    bytes.append(0)
    bytes.append(contentsOf: value)
    bytes.append(0)
  }

  /// The first header of that name in any case of letters.
  func first(_ name: String) -> String? {
    bytes.withUnsafeBufferPointer { bytes in
      var index = 0
      while index < bytes.count {
        let nameEnd = Self.end(in: bytes, from: index)
        let valueEnd = Self.end(in: bytes, from: nameEnd + 1)
        if Self.equal(bytes[index..<nameEnd], name.utf8) {
          return String(decoding: bytes[(nameEnd + 1)..<valueEnd], as: UTF8.self)
        }
        index = valueEnd + 1
      }
      return nil
    }
  }

  private static func end(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var index = start
    while index < bytes.count, bytes[index] != 0 { index += 1 }
    return index
  }

  private static func equal(_ left: Slice<UnsafeBufferPointer<UInt8>>, _ right: String.UTF8View) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { lowercased($0) == lowercased($1) }
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }
}
