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
