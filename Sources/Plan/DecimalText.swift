/// A decimal number as it is written, exactly.
public struct DecimalText: Hashable, Sendable {
  /// The digits without the point.
  public var unscaled: Int128
  /// How many of them stand behind the point.
  public var scale: Int

  /// As Postgres' numeric shows them: no more places than are written.
  public static let maximumScale = 30

  /// nil when it is no number, or one of more digits than fit.
  public init?(_ text: String) {
    var digits: Int128 = 0
    var scale = 0
    var exponent = 0
    var seenPoint = false
    var seenDigit = false
    var rest = Substring(text)
    let isNegative = rest.first == "-"
    if isNegative || rest.first == "+" { rest = rest.dropFirst() }
    while let character = rest.first {
      rest = rest.dropFirst()
      if let digit = character.wholeNumberValue, character.isASCII {
        let (shifted, overflow) = digits.multipliedReportingOverflow(by: 10)
        let (sum, carry) = shifted.addingReportingOverflow(Int128(digit))
        if overflow || carry { return nil }
        digits = sum
        seenDigit = true
        if seenPoint { scale += 1 }
      } else if character == ".", !seenPoint {
        seenPoint = true
      } else if character == "e" || character == "E", seenDigit, let value = Int(rest), (-30...30).contains(value) {
        exponent = value
        rest = ""
      } else {
        return nil
      }
    }
    guard seenDigit else { return nil }
    unscaled = isNegative ? -digits : digits
    self.scale = scale - exponent
    while self.scale < 0 {
      let (shifted, overflow) = unscaled.multipliedReportingOverflow(by: 10)
      if overflow { return nil }
      unscaled = shifted
      self.scale += 1
    }
    if self.scale > Self.maximumScale { return nil }
  }

  public init(unscaled: Int128, scale: Int) {
    self.unscaled = unscaled
    self.scale = scale
  }

  /// The number times `factor`, when that is a whole number that fits.
  public func scaled(by factor: Int64) -> Int64? {
    let (product, overflow) = unscaled.multipliedReportingOverflow(by: Int128(factor))
    let divisor = Self.power(scale)
    if overflow || product % divisor != 0 { return nil }
    return Int64(exactly: product / divisor)
  }

  /// The same number with more places; nil when that does not fit.
  public func rescaled(to scale: Int) -> DecimalText? {
    guard scale >= self.scale else { return nil }
    let (value, overflow) = unscaled.multipliedReportingOverflow(by: Self.power(scale - self.scale))
    return overflow ? nil : DecimalText(unscaled: value, scale: scale)
  }

  /// The number as Postgres writes it, with all its places.
  public var text: String {
    let magnitude = String(unscaled.magnitude)
    let sign = unscaled < 0 ? "-" : ""
    if scale == 0 { return sign + magnitude }
    let padded = String(repeating: "0", count: max(0, scale + 1 - magnitude.count)) + magnitude
    return sign + padded.dropLast(scale) + "." + padded.suffix(scale)
  }

  private static func power(_ exponent: Int) -> Int128 {
    (0..<exponent).reduce(Int128(1)) { power, _ in power * 10 }
  }
}
