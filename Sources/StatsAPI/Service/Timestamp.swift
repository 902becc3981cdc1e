import Glibc

/// A moment in UTC as RFC 3339 writes it, e.g. `2026-01-31T12:00:00.250Z`.
///
/// - Parameter microseconds: since 1970-01-01T00:00:00Z.
func timestamp(microseconds: Int64) -> String {
  let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
  var time = time_t(seconds)
  var parts = tm()
  gmtime_r(&time, &parts)
  func digits(_ number: Int, _ count: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, count - text.count)) + text
  }
  let date = [digits(Int(parts.tm_year) + 1900, 4), digits(Int(parts.tm_mon) + 1, 2), digits(Int(parts.tm_mday), 2)]
  let clock = [digits(Int(parts.tm_hour), 2), digits(Int(parts.tm_min), 2), digits(Int(parts.tm_sec), 2)]
  return date.joined(separator: "-") + "T" + clock.joined(separator: ":") + ".\(digits(Int(max(0, rest)) / 1000, 3))Z"
}
