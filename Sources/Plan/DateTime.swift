import Events

/// Dates and times as they are written in definitions and requests, in ISO 8601's forms.
public enum DateTime {
  public static let microsecondsPerDay = CalendarDate.microsecondsPerDay

  /// `2024-02-29` as days since 1970-01-01.
  public static func days(parsing text: String) -> Int64? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, let year = digits(parts[0], 4), let month = digits(parts[1], 2),
      let day = digits(parts[2], 2)
    else { return nil }
    return CalendarDate.days(year: year, month: month, day: day)
  }

  /// `13:45`, `13:45:10` or `13:45:10.250` as microseconds since midnight.
  public static func timeMicroseconds(parsing text: String) -> Int64? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let hours = digits(parts[0], 2), let minutes = digits(parts[1], 2),
      (0..<24).contains(hours), (0..<60).contains(minutes)
    else { return nil }
    var microseconds: Int64 = 0
    if parts.count == 3 {
      guard let seconds = DecimalText(String(parts[2]))?.scaled(by: 1_000_000), (0..<60_000_000).contains(seconds)
      else { return nil }
      microseconds = seconds
    }
    return (hours * 60 + minutes) * 60_000_000 + microseconds
  }

  /// A date, or a date and a time, as microseconds since 1970-01-01T00:00:00.
  public static func timestampMicroseconds(parsing text: String) -> Int64? {
    let (date, time) = split(text)
    guard let days = days(parsing: date) else { return nil }
    guard let time else { return days * microsecondsPerDay }
    return timeMicroseconds(parsing: time).map { days * microsecondsPerDay + $0 }
  }

  /// The same with a zone (`Z`, `UTC`, `+02`, `-05:30`) behind it; without one it is UTC, as the engine's sessions are.
  ///
  /// - Parameter longestOffsetHours: Postgres takes no longer one, RFC 3339 does.
  public static func timestamptzMicroseconds(parsing text: String, longestOffsetHours: Int64 = 15) -> Int64? {
    var (date, time) = split(text)
    var offset: Int64 = 0
    if let clock = time?.lowercased() {
      if let zone = ["utc", "gmt", "z"].first(where: clock.hasSuffix) {
        time = trimmed(String(clock.dropLast(zone.count)))
      } else if let sign = clock.lastIndex(where: { $0 == "+" || $0 == "-" }) {
        let zone = clock[clock.index(after: sign)...]
        guard
          let minutes = digits(zone.prefix(2), 2).flatMap({
            zoneMinutes($0, zone.dropFirst(2), longestHours: longestOffsetHours)
          })
        else {
          return nil
        }
        offset = clock[sign] == "-" ? -minutes : minutes
        time = trimmed(String(clock[..<sign]))
      }
    }
    date = time == nil ? date : date + " " + (time ?? "")
    // A zone may lead into the year before 1, which Postgres writes in another form.
    let firstYear = timestampMicroseconds(parsing: "0001-01-01") ?? .min
    return timestampMicroseconds(parsing: date).map { $0 - offset * 60_000_000 }.flatMap { $0 < firstYear ? nil : $0 }
  }

  private static func zoneMinutes(_ hours: Int64, _ rest: Substring, longestHours: Int64) -> Int64? {
    guard hours <= longestHours else { return nil }
    if rest.isEmpty { return hours * 60 }
    let minutes = rest.first == ":" ? rest.dropFirst() : rest
    return digits(minutes, 2).flatMap { $0 < 60 ? hours * 60 + $0 : nil }
  }

  private static func split(_ text: String) -> (date: String, time: String?) {
    let text = trimmed(text)
    guard let separator = text.firstIndex(where: { $0 == " " || $0 == "T" || $0 == "t" }) else { return (text, nil) }
    return (String(text[..<separator]), trimmed(String(text[text.index(after: separator)...])))
  }

  private static func trimmed(_ text: String) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }

  private static func digits(_ text: Substring, _ count: Int) -> Int64? {
    text.utf8.count == count && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
  }
}
