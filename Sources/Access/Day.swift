import Events

/// A day of UTC.
struct Day: Hashable {
  /// Seconds since 1970 at its beginning.
  let second: Int64

  init(second: Int64) {
    self.second = second
  }

  /// From `2027-01-31`; nil for what is no day from 1970 to 9999.
  init?(text: some StringProtocol) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [4, 2, 2], parts.allSatisfy({ $0.utf8.allSatisfy(isDigit) }),
      let year = Int64(parts[0]), let month = Int64(parts[1]), let day = Int64(parts[2]), year >= 1970,
      let days = CalendarDate.days(year: year, month: month, day: day)
    else { return nil }
    second = days * 86400
  }

  var text: String { DateTimeText.date(days: second / 86400) }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
