import Events
import Plan

extension ValueText {
  /// What a number of units since 1970-01-01T00:00:00Z says, in the form of a column of `type`: microseconds for
  /// `timestamptz` and `timestamp`, the day for `date`; for `time` it counts from midnight.
  ///
  /// The number is a decimal one, also with a fraction and an exponent, and taken exactly; what is finer than a microsecond
  /// is rounded, half to even as in texts.
  public static func epoch(
    _ text: UnsafeBufferPointer<UInt8>, unit: DeclaredColumn.EpochUnit, type: SQLType
  ) throws(ValueFault) -> Int64 {
    if let number = plainInteger(text, maximumDigits: 18) { return try epoch(number, unit: unit, type: type) }
    guard let digits = DecimalDigits(text) else {
      throw ValueFault(.invalidText, "\(quoted(text)) is no number of \(unit.rawValue)")
    }
    guard let (magnitude, rest) = digits.magnitude(scale: unit.placesOfMicrosecond, limit: 20) else {
      throw beyond(quoted(text), unit, type)
    }
    let isRoundedUp = rest == .aboveHalf || (rest == .half && magnitude % 2 == 1)
    let value = Int128(magnitude) + (isRoundedUp ? 1 : 0)
    guard let microseconds = Int64(exactly: digits.isNegative ? -value : value),
      let result = inForm(of: type, microseconds)
    else {
      throw beyond(quoted(text), unit, type)
    }
    return result
  }

  /// The same of a whole number.
  @inline(__always)
  public static func epoch(
    _ number: Int64, unit: DeclaredColumn.EpochUnit, type: SQLType
  ) throws(ValueFault) -> Int64 {
    let microseconds: (partialValue: Int64, overflow: Bool) =
      switch unit {
      case .seconds: number.multipliedReportingOverflow(by: 1_000_000)
      case .milliseconds: number.multipliedReportingOverflow(by: 1000)
      case .microseconds: (number, false)
      case .nanoseconds: (roundedToThousands(number), false)
      }
    guard !microseconds.overflow, let result = inForm(of: type, microseconds.partialValue) else {
      throw beyond(String(number), unit, type)
    }
    return result
  }

  @inline(__always)
  private static func inForm(of type: SQLType, _ microseconds: Int64) -> Int64? {
    switch type {
    case .timestamptz, .timestamp: return timestampRange.contains(microseconds) ? microseconds : nil
    case .date:
      guard timestampRange.contains(microseconds) else { return nil }
      return microseconds.flooredQuotient(CalendarDate.microsecondsPerDay)
    case .time: return (0...CalendarDate.microsecondsPerDay).contains(microseconds) ? microseconds : nil
    default: return nil
    }
  }

  /// Nanoseconds as microseconds, half to even.
  private static func roundedToThousands(_ number: Int64) -> Int64 {
    let quotient = number / 1000
    let rest = (number % 1000).magnitude
    guard rest > 500 || (rest == 500 && quotient % 2 != 0) else { return quotient }
    return number < 0 ? quotient - 1 : quotient + 1
  }

  @inline(never)
  private static func beyond(_ shown: String, _ unit: DeclaredColumn.EpochUnit, _ type: SQLType) -> ValueFault {
    ValueFault(.timeOutOfRange, "\(shown) \(unit.rawValue) are out of range for \(type.shortName)")
  }
}

extension DeclaredColumn.EpochUnit {
  /// So many places behind the point of the unit has a microsecond.
  fileprivate var placesOfMicrosecond: Int {
    switch self {
    case .seconds: 6
    case .milliseconds: 3
    case .microseconds: 0
    case .nanoseconds: -3
    }
  }
}
