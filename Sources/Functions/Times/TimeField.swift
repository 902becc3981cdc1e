import Events

/// A part of a time, as extract and date_part name it.
enum TimeField: String, CaseIterable {
  case microsecond, millisecond, second, minute, hour, day, month, year, quarter, week, dow, isodow, doy, isoyear,
    decade
  case century, millennium, epoch

  static let form = "parts are \(allCases.map(\.rawValue).joined(separator: ", "))"

  init?(name: String) {
    switch name.lowercased() {
    case "microseconds", "us", "usec", "usecs": self = .microsecond
    case "milliseconds", "ms", "msec", "msecs": self = .millisecond
    case "seconds", "sec", "secs", "s": self = .second
    case "minutes", "min", "mins", "m": self = .minute
    case "hours", "hr", "hrs", "h": self = .hour
    case "days", "d": self = .day
    case "months", "mon", "mons": self = .month
    case "years", "yr", "yrs", "y": self = .year
    case "qtr": self = .quarter
    case "weeks", "w": self = .week
    case "decades": self = .decade
    case "centuries", "c": self = .century
    case "millennia": self = .millennium
    case let name: self.init(rawValue: name)
    }
  }

  /// Whether a time of day has it.
  var isOfClock: Bool { [.microsecond, .millisecond, .second, .minute, .hour, .epoch].contains(self) }

  /// Whether a date has it.
  var isOfDate: Bool { !isOfClock || self == .epoch }

  /// The decimal places that extract gives it.
  var scale: Int {
    switch self {
    case .second, .epoch: 6
    case .millisecond: 3
    default: 0
    }
  }

  /// The part as a whole number of 10 to minus `scale`.
  ///
  /// - Parameter time: microseconds since 1970.
  func value(of time: Int64) -> Int64 {
    if self == .epoch { return time }
    let (days, rest) = CivilTime.split(time)
    switch self {
    // Of the second and its fraction, in the unit that `scale` makes of it.
    case .microsecond, .millisecond, .second: return rest % 60_000_000
    case .minute: return rest / 60_000_000 % 60
    case .hour: return rest / 3_600_000_000
    default: return value(ofDate: days)
    }
  }

  /// The same of microseconds since midnight, of which there may be a whole day.
  func value(ofClock time: Int64) -> Int64 {
    self == .hour ? time / 3_600_000_000 : value(of: time)
  }

  /// - Parameter days: since 1970.
  func value(ofDate days: Int64) -> Int64 {
    let (year, month, day) = CalendarDate.date(days: days)
    switch self {
    case .day: return day
    case .month: return month
    case .quarter: return (month - 1) / 3 + 1
    case .year: return year > 0 ? year : year - 1
    case .week: return CivilTime.isoWeek(days).week
    case .isoyear:
      let year = CivilTime.isoWeek(days).year
      return year > 0 ? year : year - 1
    case .dow: return (CivilTime.weekday(days) + 1) % 7
    case .isodow: return CivilTime.weekday(days) + 1
    case .doy: return days - CivilTime.days(year: year, month: 1, day: 1) + 1
    case .decade: return year >= 0 ? year / 10 : -((8 - (year - 1)) / 10)
    case .century: return year > 0 ? (year + 99) / 100 : -((99 - (year - 1)) / 100)
    case .millennium: return year > 0 ? (year + 999) / 1000 : -((999 - (year - 1)) / 1000)
    case .epoch: return days * 86_400
    case .microsecond, .millisecond, .second, .minute, .hour: return 0
    }
  }

  /// The part as date_part gives it.
  func double(of time: Int64) -> Double { double(value(of: time)) }

  func double(ofClock time: Int64) -> Double { double(value(ofClock: time)) }

  private func double(_ value: Int64) -> Double {
    switch self {
    case .epoch: return Double(value) / 1_000_000
    case .second: return Double(value / 1_000_000) + Double(value % 1_000_000) / 1_000_000
    case .millisecond: return Double(value / 1_000_000) * 1000 + Double(value % 1_000_000) / 1000
    default: return Double(value)
    }
  }
}
