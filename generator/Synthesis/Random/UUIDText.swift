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
    let half = digit < 16 ? high : low
    let nibble = UInt8(truncatingIfNeeded: half >> (60 - UInt64(digit & 15) * 4)) & 15
    target[position] = nibble < 10 ? 0x30 + nibble : 0x57 + nibble
    position += 1
  }
}
