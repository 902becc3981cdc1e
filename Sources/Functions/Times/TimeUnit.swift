import Events

/// What a time is cut off to.
enum TimeUnit {
  /// Of fixed length, in microseconds.
  case fixed(Int64)
  case week, month, quarter, year, decade, century, millennium

  private static let names: [(names: [String], unit: TimeUnit)] = [
    (["microsecond", "us", "usec"], .fixed(1)), (["millisecond", "ms", "msec"], .fixed(1_000)),
    (["second", "s", "sec"], .fixed(1_000_000)), (["minute", "m", "min"], .fixed(60_000_000)),
    (["hour", "h", "hr"], .fixed(3_600_000_000)), (["day", "d"], .fixed(CivilTime.day)), (["week", "w"], .week),
    (["month", "mon"], .month), (["quarter", "qtr"], .quarter), (["year", "y", "yr"], .year),
    (["decade", "dec"], .decade),
    (["century", "c", "cent"], .century), (["millennium", "mil"], .millennium),
  ]

  static let form =
    "units are microseconds, milliseconds, second, minute, hour, day, week, month, quarter, year, decade, century, "
    + "millennium"

  init?(_ name: String) {
    let name = name.lowercased()
    let singular: String
    switch name {
    case "centuries": singular = "century"
    case "millennia": singular = "millennium"
    case _ where name.utf8.count > 2 && name.hasSuffix("s") && name != "quarters": singular = String(name.dropLast())
    default: singular = name
    }
    guard let unit = TimeUnit.names.first(where: { $0.names.contains(name) || $0.names.contains(singular) })?.unit
    else { return nil }
    self = unit
  }

  /// Whether it is a day or longer: its beginning is one of the local calendar.
  var isOfCalendar: Bool {
    if case .fixed(let length) = self { length >= CivilTime.day } else { true }
  }

  /// The beginning of the unit that the time lies in.
  func begin(of time: Int64) throws(ScalarError) -> Int64 {
    if case .fixed(let length) = self {
      let (begin, overflow) = time.flooredQuotient(length).multipliedReportingOverflow(by: length)
      guard !overflow, begin >= CivilTime.least else { throw CivilTime.outOfRange }
      return begin
    }
    let days = time.flooredQuotient(CivilTime.day)
    let (year, month, _) = CalendarDate.date(days: days)
    func begin(_ year: Int64, _ month: Int64 = 1) throws(ScalarError) -> Int64 {
      try CivilTime.time(days: CivilTime.days(year: year, month: month, day: 1))
    }
    switch self {
    case .fixed, .week: return try CivilTime.time(days: days - CivilTime.weekday(days))
    case .month: return try begin(year, month)
    case .quarter: return try begin(year, (month - 1) / 3 * 3 + 1)
    case .year: return try begin(year)
    case .decade: return try begin(year > 0 ? year / 10 * 10 : -((8 - (year - 1)) / 10) * 10)
    // There is no year 0: centuries begin in the years 1, 101, ….
    case .century: return try begin(year > 0 ? (year + 99) / 100 * 100 - 99 : -((99 - (year - 1)) / 100) * 100 + 1)
    case .millennium:
      return try begin(year > 0 ? (year + 999) / 1000 * 1000 - 999 : -((999 - (year - 1)) / 1000) * 1000 + 1)
    }
  }
}
