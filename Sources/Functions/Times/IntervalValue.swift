import Events

/// An interval as a column holds it: months, days and microseconds, which are not converted into one another.
///
/// In the 128 bits of a column's decimal: months in the highest 32, then days, then microseconds.
struct IntervalValue: Hashable {
  var months: Int64 = 0
  var days: Int64 = 0
  var microseconds: Int64 = 0

  init(months: Int64 = 0, days: Int64 = 0, microseconds: Int64 = 0) {
    (self.months, self.days, self.microseconds) = (months, days, microseconds)
  }

  init(_ constant: ConstantInterval) {
    self.init(months: constant.months, days: constant.days, microseconds: constant.microseconds)
  }

  init(packed: Int128) {
    months = Int64(truncatingIfNeeded: packed >> 96)
    days = Int64(Int32(truncatingIfNeeded: packed >> 64))
    microseconds = Int64(truncatingIfNeeded: packed)
  }

  var packed: Int128 {
    Int128(months) << 96 | Int128(UInt32(truncatingIfNeeded: days)) << 64 | Int128(UInt64(bitPattern: microseconds))
  }

  var constant: ConstantInterval {
    ConstantInterval(months: months, days: days, microseconds: microseconds)
  }

  /// What intervals are compared by: months of 30 days, days of 24 hours, in microseconds.
  var span: Int128 { Int128(microseconds) + Int128(months * 30 + days) * Int128(CivilTime.day) }

  static let outOfRange = ScalarError(.timeOutOfRange, "interval out of range")

  /// The difference of two times: days and what is left of one.
  static func difference(_ left: Int64, _ right: Int64) throws(ScalarError) -> IntervalValue {
    let (length, overflow) = left.subtractingReportingOverflow(right)
    if overflow { throw outOfRange }
    return IntervalValue(days: length / CivilTime.day, microseconds: length % CivilTime.day)
  }

  static func + (left: IntervalValue, right: IntervalValue) throws(ScalarError) -> IntervalValue {
    let (sum, overflow) = left.microseconds.addingReportingOverflow(right.microseconds)
    return try IntervalValue(months: left.months + right.months, days: left.days + right.days, microseconds: sum)
      .checked(overflow)
  }

  static func - (left: IntervalValue, right: IntervalValue) throws(ScalarError) -> IntervalValue {
    let (difference, overflow) = left.microseconds.subtractingReportingOverflow(right.microseconds)
    return try IntervalValue(
      months: left.months - right.months, days: left.days - right.days, microseconds: difference
    ).checked(overflow)
  }

  func negated() throws(ScalarError) -> IntervalValue {
    let (negative, overflow) = (0 as Int64).subtractingReportingOverflow(microseconds)
    return try IntervalValue(months: -months, days: -days, microseconds: negative).checked(overflow)
  }

  private func checked(_ overflow: Bool = false) throws(ScalarError) -> IntervalValue {
    guard !overflow, Int32(exactly: months) != nil, Int32(exactly: days) != nil else { throw Self.outOfRange }
    return self
  }

  // MARK: Products

  /// As Postgres' `interval_mul` and `interval_div` do it: in doubles, and fractions of a month or a day go on to the smaller
  /// units.
  func scaled(by factor: Double, isDivided: Bool) throws(ScalarError) -> IntervalValue {
    func product(_ value: Int64) -> Double { isDivided ? Double(value) / factor : Double(value) * factor }
    func whole(_ value: Double) throws(ScalarError) -> Int64 {
      guard value >= Double(Int32.min), value <= Double(Int32.max) else { throw Self.outOfRange }
      return Int64(value)
    }
    var result = IntervalValue(months: try whole(product(months)), days: try whole(product(days)))
    let monthDays = Self.rounded((product(months) - Double(result.months)) * 30)
    let wholeDays = monthDays.rounded(.towardZero)
    var seconds = Self.rounded((product(days) - Double(result.days) + monthDays - wholeDays) * 86_400)
    if seconds.magnitude >= 86_400 {
      let more = (seconds / 86_400).rounded(.towardZero)
      result.days += Int64(more)
      seconds -= more * 86_400
    }
    result.days += Int64(wholeDays)
    let rest = (product(microseconds) + seconds * 1_000_000).rounded(.toNearestOrEven)
    guard rest >= -0x1p63, rest < 0x1p63 else { throw Self.outOfRange }
    result.microseconds = Int64(rest)
    return try result.checked()
  }

  private static func rounded(_ value: Double) -> Double {
    (value * 1_000_000).rounded(.toNearestOrEven) / 1_000_000
  }

  // MARK: Age

  /// The time between two, in years, months and days of the calendar.
  static func age(_ later: Int64, _ earlier: Int64) -> IntervalValue {
    let isNegative = later < earlier
    let (to, from) = isNegative ? (earlier, later) : (later, earlier)
    let ((toDays, toRest), (fromDays, fromRest)) = (CivilTime.split(to), CivilTime.split(from))
    let (end, start) = (CalendarDate.date(days: toDays), CalendarDate.date(days: fromDays))
    var rest = toRest - fromRest
    var days = end.day - start.day
    var months = (end.year - start.year) * 12 + end.month - start.month
    if rest < 0 {
      rest += CivilTime.day
      days -= 1
    }
    if days < 0 {
      // Borrowed from the month of the earlier time.
      days += CivilTime.lengthOfMonth(start.month, year: start.year)
      months -= 1
    }
    return isNegative
      ? IntervalValue(months: -months, days: -days, microseconds: -rest)
      : IntervalValue(months: months, days: days, microseconds: rest)
  }
}

extension TimeField {
  /// Whether an interval has it.
  var isOfInterval: Bool { ![.week, .dow, .isodow, .doy, .isoyear].contains(self) }

  /// The part of an interval as a whole number of 10 to minus `scale`.
  func value(of interval: IntervalValue) -> Int128 {
    let (years, months, time) = (interval.months / 12, interval.months % 12, interval.microseconds)
    switch self {
    case .microsecond, .millisecond, .second: return Int128(time % 60_000_000)
    case .minute: return Int128(time / 60_000_000 % 60)
    case .hour: return Int128(time / 3_600_000_000)
    case .day: return Int128(interval.days)
    case .month: return Int128(months)
    case .quarter: return Int128(months / 3 + 1)
    case .year: return Int128(years)
    case .decade: return Int128(years / 10)
    case .century: return Int128(years / 100)
    case .millennium: return Int128(years / 1000)
    case .epoch: return Int128(1461 * years + 120 * months + 4 * interval.days) * 21_600_000_000 + Int128(time)
    case .week, .dow, .isodow, .doy, .isoyear: return 0
    }
  }

  /// The part as date_part gives it.
  func double(of interval: IntervalValue) -> Double {
    let time = interval.microseconds
    switch self {
    case .epoch:
      return Double(time) / 1_000_000 + 365.25 * 86_400 * Double(interval.months / 12)
        + 30 * 86_400 * Double(interval.months % 12) + 86_400 * Double(interval.days)
    case .second: return Double(time / 1_000_000 % 60) + Double(time % 1_000_000) / 1_000_000
    case .millisecond: return Double(time / 1_000_000 % 60) * 1000 + Double(time % 1_000_000) / 1000
    default: return Double(value(of: interval))
    }
  }
}
