/// Reads numbers of fixed width between fixed characters: dates and times.
public struct DigitScanner {
  private let bytes: [UInt8]
  private var position = 0

  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  public var isAtEnd: Bool { position == bytes.count }

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

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar, years 1 to 9999; nil when there is no such date.
public func daysSince1970(year: Int, month: Int, day: Int) -> Int? {
  let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  guard year >= 1, (1...12).contains(month), (1...lengths[month - 1]).contains(day) else { return nil }
  let before = year - 1
  let days = before * 365 + before / 4 - before / 100 + before / 400
  return days + lengths[..<(month - 1)].reduce(0, +) + day - 1 - 719_162
}
