/// Dates of the Gregorian calendar, which like Postgres we use also for the time before it was introduced.
public enum CalendarDate {
  public static let microsecondsPerDay: Int64 = 86_400_000_000

  /// Days from 1970-01-01 to a date from the year 1 on; nil when there is no such date.
  @inlinable
  public static func days(year: Int64, month: Int64, day: Int64) -> Int64? {
    guard year >= 1, (1...12).contains(month), day >= 1,
      day <= 28 || day <= lengthOfMonth(month, year: year)
    else { return nil }
    // Counted in years that begin in March, so that the leap day is the last (Howard Hinnant's days_from_civil).
    let shifted = month > 2 ? year : year - 1
    let monthFromMarch = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
  }

  @inlinable
  static func lengthOfMonth(_ month: Int64, year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
