/// Reads numbers of fixed width between fixed characters: dates and times.
public struct DigitScanner {
  private let bytes: [UInt8]
  private var position = 0

  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  public var isAtEnd: Bool { position == bytes.count }

  /// What has not been taken.
  public var rest: ArraySlice<UInt8> { bytes[position...] }

  /// Exactly `digits` ASCII digits, or nil and nothing is taken.
  public mutating func number(digits: Int) -> Int? {
    guard position + digits <= bytes.count else { return nil }
    var value = 0
    for byte in bytes[position..<position + digits] {
      guard (0x30...0x39).contains(byte) else { return nil }
      value = value * 10 + Int(byte - 0x30)
    }
    position += digits
    return value
  }

  /// Takes `character` if it is next.
  public mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
    position += 1
    return true
  }

  /// The next `count` bytes as they are.
  public mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard position + count <= bytes.count else { return nil }
    defer { position += count }
    return bytes[position..<position + count]
  }
}
