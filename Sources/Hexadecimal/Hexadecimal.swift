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
