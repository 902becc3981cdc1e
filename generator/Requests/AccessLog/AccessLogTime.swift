import Events
import Synthesis

/// Reads `17/May/2015:10:05:03 +0000` as milliseconds since 1970 UTC.
func accessLogTime(_ text: TextView) -> Int64? {
  var scan = DigitScanner(Array(text.bytes))
  guard let day = scan.number(digits: 2), scan.skip("/"),
    let month = scan.take(3).flatMap({ monthNames.firstIndex(of: String(decoding: $0, as: UTF8.self)) }),
    scan.skip("/"), let year = scan.number(digits: 4),
    let days = CalendarDate.days(year: Int64(year), month: Int64(month) + 1, day: Int64(day)),
    scan.skip(":"), let hour = scan.number(digits: 2), hour < 24,
    scan.skip(":"), let minute = scan.number(digits: 2), minute < 60,
    // 60: a leap second, which counts as the first second of the next minute.
    scan.skip(":"), let second = scan.number(digits: 2), second <= 60, scan.skip(" ")
  else { return nil }
  let sign: Int
  if scan.skip("+") { sign = 1 } else if scan.skip("-") { sign = -1 } else { return nil }
  guard let zoneHours = scan.number(digits: 2), zoneHours < 24, let zoneMinutes = scan.number(digits: 2),
    zoneMinutes < 60, scan.isAtEnd
  else { return nil }
  let time = hour * 3600 + minute * 60 + second - sign * (zoneHours * 3600 + zoneMinutes * 60)
  return (days * 86_400 + Int64(time)) * 1000
}

private let monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
