/// Times as the load writes them, by code that the engine has no part in.
enum TimeText {
  /// Date and time of day to the millisecond, from 1970 on, in the Gregorian calendar.
  static func timestamp(milliseconds: Int64, separator: String) -> String {
    let (days, time) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
    var (year, rest) = (Int64(1970), days)
    while rest >= length(of: year) {
      rest -= length(of: year)
      year += 1
    }
    var month = 0
    while rest >= length(ofMonth: month, year) {
      rest -= length(ofMonth: month, year)
      month += 1
    }
    let date = "\(year)-\(padded(month + 1, 2))-\(padded(Int(rest) + 1, 2))"
    let seconds = Int(time / 1_000)
    let clock = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }.joined(separator: ":")
    return "\(date)\(separator)\(clock).\(padded(Int(time % 1_000), 3))"
  }

  private static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  private static func length(of year: Int64) -> Int64 { isLeap(year) ? 366 : 365 }

  /// - Parameter month: from 0.
  private static func length(ofMonth month: Int, _ year: Int64) -> Int64 {
    month == 1 && isLeap(year) ? 29 : [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month]
  }
}

/// The number with zeros in front.
func padded(_ number: Int, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
