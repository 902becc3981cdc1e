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

  /// The date so many days after 1970-01-01; the year before the year 1 is 0. Every number has a date.
  public static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    // Eras of 400 years that begin on a 1 March, so that the leap day is the last (Howard Hinnant's civil_from_days).
    let shifted = days &+ 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
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
