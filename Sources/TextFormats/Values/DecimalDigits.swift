import Events

/// A decimal number as it stands in a text: `-12.5`, `.5`, `5.`, `1e-3`. No hexadecimal, no NaN, no infinity.
///
/// Only looked over, not computed, so that it may be as long as it wants.
struct DecimalDigits {
  let isNegative: Bool
  /// The digits, with the point among them where there is one.
  private let digits: UnsafeBufferPointer<UInt8>
  /// How many digits stand before the point.
  private let wholeCount: Int
  private let hasPoint: Bool
  /// Kept within ±`exponentLimit`.
  private let exponent: Int

  /// Where Postgres' `numeric` ends, also for zero.
  private static let exponentLimit = 1_073_741_823

  /// nil when the text is no number.
  init?(_ text: UnsafeBufferPointer<UInt8>) {
    let text = TextInput.trimmed(text)
    var next = 0
    var isNegative = false
    if next < text.count, text[next] == UInt8(ascii: "-") || text[next] == UInt8(ascii: "+") {
      isNegative = text[next] == UInt8(ascii: "-")
      next += 1
    }
    let start = next
    while next < text.count, digitValue(text[next]) < 10 { next += 1 }
    let wholeCount = next - start
    let hasPoint = next < text.count && text[next] == UInt8(ascii: ".")
    if hasPoint {
      next += 1
      while next < text.count, digitValue(text[next]) < 10 { next += 1 }
    }
    let digits = UnsafeBufferPointer(rebasing: text[start..<next])
    guard digits.count > (hasPoint ? 1 : 0) else { return nil }
    var exponent = 0
    if next < text.count, text[next] | 0x20 == UInt8(ascii: "e") {
      next += 1
      var isBelow = false
      if next < text.count, text[next] == UInt8(ascii: "-") || text[next] == UInt8(ascii: "+") {
        isBelow = text[next] == UInt8(ascii: "-")
        next += 1
      }
      guard next < text.count else { return nil }
      while next < text.count, digitValue(text[next]) < 10 {
        exponent = min(exponent * 10 + Int(digitValue(text[next])), Self.exponentLimit)
        next += 1
      }
      if isBelow { exponent = -exponent }
    }
    guard next == text.count else { return nil }
    self.isNegative = isNegative
    self.digits = digits
    self.wholeCount = wholeCount
    self.hasPoint = hasPoint
    self.exponent = exponent
  }

  private var count: Int { digits.count - (hasPoint ? 1 : 0) }

  private func digit(_ index: Int) -> UInt8 {
    digitValue(digits[index < wholeCount ? index : index + (hasPoint ? 1 : 0)])
  }

  /// What is cut off behind the last place that is kept.
  enum Rest {
    case nothing, belowHalf, half, aboveHalf
  }

  /// The number's magnitude in units of 10^-scale, cut off; nil when it has more than `limit` digits, of which there are
  /// at most 38, or an exponent beyond Postgres' reach.
  ///
  /// - Parameter scale: negative for units greater than one.
  func magnitude(scale: Int, limit: Int) -> (whole: UInt128, rest: Rest)? {
    guard exponent.magnitude < Self.exponentLimit else { return nil }
    let kept = wholeCount + exponent + scale
    var whole: UInt128 = 0
    var significant = 0
    for index in 0..<max(0, min(kept, count)) {
      if whole > 0 || digit(index) > 0 { significant += 1 }
      guard significant <= limit else { return nil }
      whole = whole * 10 + UInt128(digit(index))
    }
    guard kept < count else {
      guard whole > 0 else { return (0, .nothing) }
      guard significant + kept - count <= limit else { return nil }
      for _ in count..<kept { whole *= 10 }
      return (whole, .nothing)
    }
    var isExact = true
    for index in max(0, kept + 1)..<count where digit(index) != 0 { isExact = false }
    guard kept >= 0 else { return (0, isExact ? .nothing : .belowHalf) }
    switch digit(kept) {
    case 0: return (whole, isExact ? .nothing : .belowHalf)
    case 1...4: return (whole, .belowHalf)
    case 5: return (whole, isExact ? .half : .aboveHalf)
    default: return (whole, .aboveHalf)
    }
  }
}
