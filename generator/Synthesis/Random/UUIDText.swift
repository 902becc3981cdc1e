/// Characters of a UUID in its usual form.
public let uuidLength = 36

/// Writes 128 bits as a UUID in its usual form, with the version and variant bits set as RFC 9562 asks.
/// `target` has room for `uuidLength` bytes.
public func writeUUID(high: UInt64, low: UInt64, version: UInt64, into target: UnsafeMutablePointer<UInt8>) {
  let high = high & ~0xf000 | version << 12
  let low = low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
  var position = 0
  for digit in 0..<32 {
    if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
      target[position] = 0x2d
      position += 1
    }
    target[position] = hexadecimalDigit(digit < 16 ? high : low, digit & 15)
    position += 1
  }
}

/// Writes 64 bits as 16 hexadecimal digits.
public func writeHexadecimal(_ number: UInt64, into target: UnsafeMutablePointer<UInt8>) {
  for digit in 0..<16 { target[digit] = hexadecimalDigit(number, digit) }
}

private func hexadecimalDigit(_ number: UInt64, _ digit: Int) -> UInt8 {
  let nibble = UInt8(truncatingIfNeeded: number >> (60 - UInt64(digit) * 4)) & 15
  return nibble < 10 ? 0x30 + nibble : 0x57 + nibble
}
