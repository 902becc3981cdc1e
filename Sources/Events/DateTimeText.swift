/// Dates and times as texts in ISO 8601's forms, which Postgres reads.
///
/// Every number has a text, also one that is no time: nothing traps.
public enum DateTimeText {
  private static let day = CalendarDate.microsecondsPerDay

  // MARK: Constants in statements

  /// `2024-02-29` for days since 1970-01-01; before the first year as Postgres has it, `0044-03-15 BC`.
  public static func date(days: Int64) -> String {
    let (date, isBC) = calendarDate(days)
    return isBC ? date + " BC" : date
  }

  /// `13:45:10.250000` for microseconds since midnight.
  public static func time(microseconds: Int64) -> String {
    clock(microseconds, places: microseconds % 1_000_000 == 0 ? 0 : 6)
  }

  /// A date and a time for microseconds since 1970-01-01T00:00:00.
  public static func timestamp(microseconds: Int64) -> String {
    let (date, time, isBC) = parts(microseconds)
    return "\(date) \(self.time(microseconds: time))\(isBC ? " BC" : "")"
  }

  // MARK: Values for people and programs

  /// `13:45:10.250` for microseconds since midnight: as many places as it needs, none, three or six. What is no time of a
  /// day is shown as the number that it is.
  public static func iso8601(time microseconds: Int64) -> String {
    (0...day).contains(microseconds) ? clock(microseconds, places: places(microseconds)) : String(microseconds)
  }

  /// `2024-02-29T13:45:10.250Z` for microseconds since 1970-01-01T00:00:00; before the first year ` BC` stands behind it.
  /// - Parameter zone: what stands behind the time.
  public static func iso8601(timestamp microseconds: Int64, zone: String) -> String {
    let (date, time, isBC) = parts(microseconds)
    return "\(date)T\(clock(time, places: places(time)))\(zone)\(isBC ? " BC" : "")"
  }

  // MARK: Parts

  private static func parts(_ microseconds: Int64) -> (date: String, time: Int64, isBC: Bool) {
    var (days, time) = microseconds.quotientAndRemainder(dividingBy: day)
    if time < 0 {
      days -= 1
      time += day
    }
    let (date, isBC) = calendarDate(days)
    return (date, time, isBC)
  }

  private static func calendarDate(_ days: Int64) -> (text: String, isBC: Bool) {
    let (year, month, day) = CalendarDate.date(days: days)
    return ("\(padded(year > 0 ? year : 1 - year, 4))-\(padded(month, 2))-\(padded(day, 2))", year <= 0)
  }

  private static func places(_ microseconds: Int64) -> Int {
    microseconds % 1_000_000 == 0 ? 0 : microseconds % 1000 == 0 ? 3 : 6
  }

  private static func clock(_ microseconds: Int64, places: Int) -> String {
    let seconds = microseconds / 1_000_000
    let clock = "\(padded(seconds / 3_600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
    let fraction = microseconds % 1_000_000
    return places == 0 ? clock : "\(clock).\(padded(places == 3 ? fraction / 1000 : fraction, places))"
  }

  private static func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
