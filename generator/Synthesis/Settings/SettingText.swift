import Events

/// A setting that cannot be understood, in one line for the person who wrote it.
public struct SettingError: Error, Equatable, CustomStringConvertible {
  public var description: String

  public init(_ description: String) {
    self.description = description
  }
}

/// Reads `90`, `90s`, `500ms`, `5m`, `2h` or `1d` (a bare number is seconds) as milliseconds.
public func parseDuration(_ text: String) throws(SettingError) -> Int64 {
  let digits = text.prefix { $0.isASCII && $0.isNumber }
  let unit: Int64? =
    switch text.dropFirst(digits.count) {
    case "ms": 1
    case "", "s": 1000
    case "m", "min": 60_000
    case "h": 3_600_000
    case "d": 86_400_000
    default: nil
    }
  // A hundred years: whatever is added to an event time stays far from overflow.
  guard let unit, let number = Int64(digits), number <= 36_525 * 86_400_000 / unit else {
    throw SettingError("“\(text)” is not a duration such as 90s, 500ms, 5m, 2h or 1d")
  }
  return number * unit
}

/// Reads `0.05` or `5%` as a number from 0 to 1.
public func parseShare(_ text: String) throws(SettingError) -> Double {
  let isPercentage = text.hasSuffix("%")
  guard let number = Double(isPercentage ? String(text.dropLast()) : text),
    (0...(isPercentage ? 100 : 1)).contains(number)
  else { throw SettingError("“\(text)” is not a share from 0 to 1 nor a percentage") }
  return isPercentage ? number / 100 : number
}

/// Reads an ISO 8601 time such as `2026-01-01`, `2026-01-01T00:00:00Z` or `2026-01-01T02:00:00.250+02:00` as
/// milliseconds since 1970 UTC. Without an offset it is UTC.
public func parseTime(_ text: String) throws(SettingError) -> Int64 {
  var scan = DigitScanner(Array(text.utf8))
  guard let milliseconds = scan.time(), scan.isAtEnd else {
    throw SettingError("“\(text)” is not an ISO 8601 time such as 2026-01-01T00:00:00Z")
  }
  return milliseconds
}

extension DigitScanner {
  fileprivate mutating func time() -> Int64? {
    guard let year = number(digits: 4), skip("-"), let month = number(digits: 2), skip("-"),
      let day = number(digits: 2), let days = CalendarDate.days(year: Int64(year), month: Int64(month), day: Int64(day))
    else { return nil }
    if isAtEnd { return days * 86_400_000 }
    guard skip("T") || skip(" "), let clock = clock() else { return nil }
    guard let offset = skip("Z") || isAtEnd ? 0 : zoneOffset() else { return nil }
    return days * 86_400_000 + clock - Int64(offset) * 1000
  }

  /// `HH:MM[:SS[.fraction]]` in milliseconds; digits of the fraction after the third are read and dropped.
  private mutating func clock() -> Int64? {
    guard let hour = number(digits: 2), hour < 24, skip(":"), let minute = number(digits: 2), minute < 60 else {
      return nil
    }
    var milliseconds = Int64(hour * 60 + minute) * 60_000
    guard skip(":") else { return milliseconds }
    guard let second = number(digits: 2), second < 60 else { return nil }
    milliseconds += Int64(second) * 1000
    guard skip(".") else { return milliseconds }
    guard var digit = number(digits: 1) else { return nil }
    var scale = 100
    while true {
      milliseconds += Int64(digit * scale)
      scale /= 10
      guard let next = number(digits: 1) else { return milliseconds }
      digit = next
    }
  }

  /// `+HH:MM`, `+HHMM` or `+HH` in seconds.
  private mutating func zoneOffset() -> Int? {
    let sign: Int
    if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
    guard let hours = number(digits: 2), hours < 24 else { return nil }
    if isAtEnd { return sign * hours * 3600 }
    _ = skip(":")
    guard let minutes = number(digits: 2), minutes < 60 else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }
}
