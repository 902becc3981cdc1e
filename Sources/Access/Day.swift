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
      let year = Int64(parts[0]), let month = Int64(parts[1]), let day = Int64(parts[2]), year >= 1970
    else { return nil }
    let days = Self.days(year, month, day)
    guard (1...12).contains(month), day >= 1, days < Self.days(month == 12 ? year + 1 : year, month % 12 + 1, 1) else {
      return nil
    }
    second = days * 86400
  }

  var text: String {
    // At most one year beside the quotient by the mean length of a year, and so with the months.
    var year = 1970 + second / 86400 * 400 / 146097 + 1
    while Self.days(year, 1, 1) * 86400 > second { year -= 1 }
    var month: Int64 = 12
    while Self.days(year, month, 1) * 86400 > second { month -= 1 }
    let day = second / 86400 - Self.days(year, month, 1) + 1
    return "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
  }

  /// Days since 1970-01-01, by the formula of the Julian day number (Fliegel and van Flandern, 1968).
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shift = (month - 14) / 12
    return 1461 * (year + 4800 + shift) / 4 + 367 * (month - 2 - 12 * shift) / 12
      - 3 * ((year + 4900 + shift) / 100) / 4 + day - 32075 - 2_440_588
  }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
