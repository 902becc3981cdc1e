import Events

/// A number as it stands in a document, taken apart: the value is `significand` × 10^`exponent`, of which digits beyond the
/// nineteenth are cut off.
struct JSONNumber {
  var text: TextView
  var isNegative = false
  /// The first nineteen digits from the first one on that is not zero.
  var significand: UInt64 = 0
  var exponent = 0
  /// No digit was cut off but zeros.
  var isExact = true
  /// Digits behind the point less the exponent that is written.
  var places = 0
  /// How many digits stand before the point when the exponent is applied, from the first one on that is not zero.
  var wholeDigits = 0
  /// The exponent that is written.
  var writtenExponent = 0

  /// Exponents beyond are as good as this one.
  static let exponentLimit = 1 << 30
  private static let maximumDigits = 19

  /// Reads the number at `cursor` and moves behind it; nil where the grammar is broken, with the cursor at that place.
  init?(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) {
    text = TextView(start: cursor, count: 0)
    if cursor < end, cursor.pointee == UInt8(ascii: "-") {
      isNegative = true
      cursor += 1
    }
    let whole = cursor
    var digits = Digits()
    guard digits.take(&cursor, end) else { return nil }
    let wholeCount = cursor - whole
    if whole.pointee == UInt8(ascii: "0"), wholeCount > 1 {
      cursor = whole + 1
      return nil
    }
    exponent = digits.cut
    var fractionCount = 0
    if cursor < end, cursor.pointee == UInt8(ascii: ".") {
      cursor += 1
      let fraction = cursor
      let cut = digits.cut
      guard digits.take(&cursor, end) else { return nil }
      fractionCount = cursor - fraction
      exponent -= fractionCount - (digits.cut - cut)
    }
    if cursor < end, cursor.pointee | 0x20 == UInt8(ascii: "e") {
      cursor += 1
      guard let written = JSONNumber.exponent(&cursor, end) else { return nil }
      writtenExponent = written
    }
    significand = digits.value
    isExact = digits.isExact
    exponent += writtenExponent
    places = fractionCount - writtenExponent
    wholeDigits = wholeCount - digits.leadingZeros + writtenExponent
    text.count = cursor - text.start
  }

  /// Digits one after the other, of which the first nineteen are kept.
  private struct Digits {
    var value: UInt64 = 0
    var kept = 0
    /// Digits beyond those kept.
    var cut = 0
    var isExact = true
    var leadingZeros = 0

    /// False when there is no digit.
    @inline(__always)
    mutating func take(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
      let start = cursor
      while cursor < end, digitValue(cursor.pointee) < 10 {
        let digit = digitValue(cursor.pointee)
        if kept < JSONNumber.maximumDigits {
          value = value &* 10 &+ UInt64(digit)
          if value > 0 { kept &+= 1 } else { leadingZeros &+= 1 }
        } else {
          cut &+= 1
          if digit > 0 { isExact = false }
        }
        cursor += 1
      }
      return cursor > start
    }
  }

  private static func exponent(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int? {
    var isNegative = false
    if cursor < end, cursor.pointee == UInt8(ascii: "-") || cursor.pointee == UInt8(ascii: "+") {
      isNegative = cursor.pointee == UInt8(ascii: "-")
      cursor += 1
    }
    let start = cursor
    var value = 0
    while cursor < end, digitValue(cursor.pointee) < 10 {
      value = min(value * 10 + Int(digitValue(cursor.pointee)), exponentLimit)
      cursor += 1
    }
    guard cursor > start else { return nil }
    return isNegative ? -value : value
  }
}

// MARK: - Values

extension JSONNumber {
  /// Why a number is no value of a type.
  enum Misfit: Error {
    case hasFraction, outOfRange
  }

  /// The number as a whole one of 64 bits: `1`, but also `1.0` and `1e2`.
  var integer: Int64 {
    get throws(Misfit) {
      guard significand > 0 else { return 0 }
      guard isExact else { throw exponent > 0 ? .outOfRange : .hasFraction }
      var magnitude = significand
      if exponent < 0 {
        guard exponent > -20 else { throw .hasFraction }
        for _ in exponent..<0 {
          let (quotient, rest) = magnitude.quotientAndRemainder(dividingBy: 10)
          guard rest == 0 else { throw .hasFraction }
          magnitude = quotient
        }
      } else if exponent > 0 {
        guard exponent < 20 else { throw .outOfRange }
        for _ in 0..<exponent {
          let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
          guard !overflow else { throw .outOfRange }
          magnitude = product
        }
      }
      guard let value = Int64(exactly: isNegative ? -Int128(magnitude) : Int128(magnitude)) else { throw .outOfRange }
      return value
    }
  }

  /// The nearest double. Zero has no sign, as in Postgres' `numeric`, which numbers in `jsonb` are.
  var double: Double {
    get throws(Misfit) {
      guard significand > 0 else { return 0 }
      if isExact, let magnitude = nearestDouble(significand, exponent: exponent) {
        return isNegative ? -magnitude : magnitude
      }
      do throws(TextInputError) {
        return try TextInput.double(text.bytes)
      } catch {
        throw .outOfRange
      }
    }
  }

  /// Whether Postgres' `numeric` holds it, and thereby `jsonb`: 131,072 digits before the point and 16,383 behind it.
  var isNumeric: Bool {
    writtenExponent.magnitude < JSONNumber.exponentLimit && places <= 16_383
      && (significand == 0 || wholeDigits <= 131_072)
  }
}

/// The double nearest to `significand` × 10^`exponent`, ties to even; nil where 64-bit arithmetic does not lead to it.
@inline(__always)
func nearestDouble(_ significand: UInt64, exponent: Int) -> Double? {
  // Both are exact as doubles, and so what is made of them is rounded once (William Clinger, "How to read floating point
  // numbers accurately").
  if significand <= 1 << 53, exponent <= 0, exponent >= -22 {
    return Double(significand) / PowersOfTen.doubles[-exponent]
  }
  return roundedDouble(significand, exponent: exponent)
}

/// The same without the short way.
@inline(never)
func roundedDouble(_ significand: UInt64, exponent: Int) -> Double? {
  // 5^27 is the last power that 64 bits hold; the powers of two beside it only move the binary exponent.
  guard significand > 0, (-27...27).contains(exponent) else { return nil }
  let five = PowersOfTen.fives[Int(exponent.magnitude)]
  // A number of 64 bits with its highest set, times 2^binary, and whether anything is cut off behind it.
  var bits: UInt64
  var binary: Int
  var isCut: Bool
  if exponent >= 0 {
    let product = significand.multipliedFullWidth(by: five)
    let zeros = product.high == 0 ? 64 + product.low.leadingZeroBitCount : product.high.leadingZeroBitCount
    let whole = (UInt128(product.high) << 64 | UInt128(product.low)) << UInt128(zeros)
    bits = UInt64(truncatingIfNeeded: whole >> 64)
    isCut = UInt64(truncatingIfNeeded: whole) != 0
    binary = 64 - zeros + exponent
  } else {
    let (dividendZeros, divisorZeros) = (significand.leadingZeroBitCount, five.leadingZeroBitCount)
    let divisor = five << UInt64(divisorZeros)
    // Half of the dividend is below the divisor, as the division wants it.
    let dividend = significand << UInt64(dividendZeros)
    let (quotient, rest) = divisor.dividingFullWidth((dividend >> 1, dividend << 63))
    let zeros = quotient.leadingZeroBitCount
    // The quotient has 63 or 64 bits: the bit that is shifted in is below all that count.
    bits = quotient << UInt64(zeros)
    isCut = rest != 0
    binary = divisorZeros - dividendZeros - 63 - zeros + exponent
  }
  // From 64 bits to 53: the exponents here are far from those of subnormal and infinite numbers.
  let half: UInt64 = 1 << 10
  let rest = bits & (half << 1 - 1)
  bits >>= 11
  binary += 11
  if rest > half || (rest == half && (isCut || bits & 1 == 1)) { bits += 1 }
  return Double(bits) * Double(bitPattern: UInt64(1023 + binary) << 52)
}

enum PowersOfTen {
  /// 10^0 to 10^22: all that a double holds exactly.
  static let doubles: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]
  /// 5^0 to 5^27.
  static let fives: [UInt64] = (1...27).reduce(into: [1]) { powers, index in powers.append(powers[index - 1] * 5) }
}
