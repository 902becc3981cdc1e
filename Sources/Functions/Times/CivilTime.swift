import Events

/// Dates and times as Postgres counts them, with years before the first one: the year 0 is 1 BC.
enum CivilTime {
  static let day = CalendarDate.microsecondsPerDay
  /// 4714-11-24 BC, where Postgres' times begin.
  static let least: Int64 = -210_866_803_200_000_000
  /// Days since 1970 that Postgres holds as a date.
  static let dates: ClosedRange<Int64> = -2_440_588...2_145_042_905

  static let outOfRange = ScalarError(.timeOutOfRange, "timestamp out of range")

  /// Days since 1970, of any year.
  static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    // In eras of 400 years that begin in March (Howard Hinnant's days_from_civil).
    let shifted = month > 2 ? year : year - 1
    let era = shifted.flooredQuotient(400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  static func lengthOfMonth(_ month: Int64, year: Int64) -> Int64 {
    days(year: month == 12 ? year + 1 : year, month: month % 12 + 1, day: 1) - days(year: year, month: month, day: 1)
  }

  /// The days and what is left of the last one.
  static func split(_ time: Int64) -> (days: Int64, rest: Int64) {
    let days = time.flooredQuotient(day)
    return (days, time - days * day)
  }

  /// Microseconds since 1970, when Postgres and the engine have such a time.
  static func time(days: Int64, rest: Int64 = 0) throws(ScalarError) -> Int64 {
    let (start, overflow) = days.multipliedReportingOverflow(by: day)
    if overflow { throw outOfRange }
    return try add(start, rest)
  }

  static func add(_ time: Int64, _ length: Int64) throws(ScalarError) -> Int64 {
    let (sum, overflow) = time.addingReportingOverflow(length)
    guard !overflow, sum >= least, sum < .max else { throw outOfRange }
    return sum
  }

  /// Monday is 0.
  static func weekday(_ days: Int64) -> Int64 { days + 3 - (days + 3).flooredQuotient(7) * 7 }

  /// The year that the week belongs to, in which most of its days lie, and its number there.
  static func isoWeek(_ days: Int64) -> (year: Int64, week: Int64) {
    let thursday = days - weekday(days) + 3
    let year = CalendarDate.date(days: thursday).year
    return (year, (thursday - self.days(year: year, month: 1, day: 1)) / 7 + 1)
  }
}
