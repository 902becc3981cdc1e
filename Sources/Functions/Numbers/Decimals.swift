import Events
import Glibc

/// Arithmetic with the unscaled values of `numeric`: at most 38 digits, as columns have them.
public enum Decimals {
  static let maximumScale = 38
  private static let greatest: Int128 = 99_999_999_999_999_999_999_999_999_999_999_999_999

  static let outOfRange = ScalarError(.outOfRange, "value overflows numeric: more than 38 digits")

  static func checked(_ value: Int128, _ overflow: Bool = false) throws(ScalarError) -> Int128 {
    guard !overflow, (-greatest...greatest).contains(value) else { throw outOfRange }
    return value
  }

  /// 10 to that power, up to 38.
  static func power(_ exponent: Int) -> Int128 { powers[min(max(exponent, 0), maximumScale)] }

  private static let powers: [Int128] = (0..<38).reduce(into: [1]) { powers, _ in
    powers.append(powers[powers.count - 1] * 10)
  }

  static func add(_ left: Int128, _ right: Int128) throws(ScalarError) -> Int128 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return try checked(sum, overflow)
  }

  static func multiply(_ left: Int128, _ right: Int128) throws(ScalarError) -> Int128 {
    let (product, overflow) = left.multipliedReportingOverflow(by: right)
    return try checked(product, overflow)
  }

  /// The same number with more places.
  public static func rescale(_ value: Int128, by places: Int) throws(ScalarError) -> Int128 {
    if value == 0 || places == 0 { return value }
    guard places <= maximumScale else { throw outOfRange }
    return try multiply(value, power(places))
  }

  public enum Rounding: Sendable {
    /// Halves away from zero.
    case nearest
    case towardZero, up, down
  }

  /// The number without its last places.
  public static func drop(_ places: Int, of value: Int128, _ rounding: Rounding) -> Int128 {
    guard places > 0 else { return value }
    guard places <= maximumScale else {
      // All digits go, and less than half of one is left.
      switch rounding {
      case .nearest, .towardZero: return 0
      case .up: return value > 0 ? 1 : 0
      case .down: return value < 0 ? -1 : 0
      }
    }
    let (quotient, rest) = value.quotientAndRemainder(dividingBy: power(places))
    switch rounding {
    case .nearest:
      let half = power(places) / 2
      return rest.magnitude >= half.magnitude ? quotient + (value < 0 ? -1 : 1) : quotient
    case .towardZero: return quotient
    case .up: return rest > 0 ? quotient + 1 : quotient
    case .down: return rest < 0 ? quotient - 1 : quotient
    }
  }

  /// A double as a number of so many places. Postgres takes its first 15 digits.
  static func rounded(_ value: Double, scale: Int) throws(ScalarError) -> Int128 {
    guard value.isFinite else { throw ScalarError(.outOfRange, "numeric field overflow: \(value)") }
    let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
      // A sign, a digit, a point, 14 digits and the exponent: far less than the buffer.
      _ = withVaList([value]) { vsnprintf(buffer.baseAddress, 64, "%.14e", $0) }
      return buffer.baseAddress.map { String(cString: $0) } ?? ""
    }
    let parts = text.split(separator: "e")
    guard parts.count == 2, let digits = Int128(parts[0].filter { $0 != "." }), let exponent = Int(parts[1]) else {
      throw outOfRange
    }
    let shift = exponent - 14 + scale
    return shift >= 0 ? try rescale(digits, by: shift) : drop(-shift, of: digits, .nearest)
  }
}
