extension FixedWidthInteger where Self: UnsignedInteger {
  /// All its digits in lower case, with leading zeros: two for each byte.
  public var hexadecimal: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: Self.bitWidth / 4 - digits.count) + digits
  }
}

extension Sequence<UInt8> {
  /// Two digits in lower case for each byte.
  public func hexadecimal(separator: String = "") -> String {
    map(\.hexadecimal).joined(separator: separator)
  }
}

extension [UInt8] {
  /// The bytes of pairs of hexadecimal digits; what is no digit is passed over, a last single one is left out.
  public init(hexadecimal text: String) {
    let digits = text.compactMap(\.hexDigitValue)
    self = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }
}

/// All but the unreserved characters of RFC 3986 (`A`–`Z`, `a`–`z`, `0`–`9`, `-`, `.`, `_`, `~`) as `%XX` in capitals, byte
/// by byte: fit for any part of an address.
public func percentEncoded(_ text: String) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  var bytes: [UInt8] = []
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
      bytes.append(byte)
    default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}
