import Events

/// A constant INTERVAL: months, days and microseconds, which are added one after the other.
struct ConstantInterval: Hashable {
  var months: Int64 = 0
  var days: Int64 = 0
  var microseconds: Int64 = 0

  static let form = "write it like '1 month', '-3 days', '1 day 02:30:00' or '90 minutes'"

  private enum Field { case months, days, microseconds }

  private static let units: [(names: [String], field: Field, factor: Int64)] = [
    (["microsecond", "us", "usec"], .microseconds, 1), (["millisecond", "ms", "msec"], .microseconds, 1_000),
    (["second", "s", "sec"], .microseconds, 1_000_000), (["minute", "m", "min"], .microseconds, 60_000_000),
    (["hour", "h", "hr"], .microseconds, 3_600_000_000), (["day", "d"], .days, 1), (["week", "w"], .days, 7),
    (["month", "mon"], .months, 1), (["year", "y", "yr"], .months, 12), (["decade", "dec"], .months, 120),
    (["century", "c", "cent"], .months, 1_200), (["millennium", "mil"], .months, 12_000),
  ]

  init(months: Int64, days: Int64, microseconds: Int64) {
    (self.months, self.days, self.microseconds) = (months, days, microseconds)
  }

  /// nil for what Postgres would not read, or would spread over smaller units (`1.5 months`).
  init?(_ text: String) {
    var used: Set<String> = []
    var words = ConstantInterval.words(text.lowercased())[...]
    guard !words.isEmpty else { return nil }
    while let word = words.popFirst() {
      if word.contains(":") {
        guard used.insert("clock").inserted, let clock = ConstantInterval.clock(word), add(clock, to: .microseconds)
        else { return nil }
        continue
      }
      guard let unit = words.isEmpty ? "second" : words.popFirst() else { return nil }
      let singular =
        unit == "centuries"
        ? "century"
        : unit == "millennia"
          ? "millennium" : unit.utf8.count > 2 && unit.hasSuffix("s") ? String(unit.dropLast()) : unit
      guard
        let known = ConstantInterval.units.first(where: { $0.names.contains(unit) || $0.names.contains(singular) }),
        used.insert(known.names[0]).inserted, let amount = ConstantInterval.amount(word, times: known.factor),
        add(amount, to: known.field)
      else { return nil }
    }
    // Postgres refuses what does not fit 32 bits.
    guard Int32(exactly: months) != nil, Int32(exactly: days) != nil, microseconds > .min else { return nil }
  }

  var negated: ConstantInterval {
    var result = self
    (result.months, result.days, result.microseconds) = (-months, -days, -microseconds)
    return result
  }

  private mutating func add(_ amount: Int64, to field: Field) -> Bool {
    func sum(_ value: inout Int64) -> Bool {
      let (sum, overflow) = value.addingReportingOverflow(amount)
      value = overflow ? value : sum
      return !overflow
    }
    switch field {
    case .months: return sum(&months)
    case .days: return sum(&days)
    case .microseconds: return sum(&microseconds)
    }
  }

  /// Splits at blanks, and between a number and its unit, as in `5min`.
  private static func words(_ text: String) -> [String] {
    var words: [String] = []
    var current = ""
    for character in text {
      let begins = character.isLetter && (current.last.map { !$0.isLetter } ?? false)
      if character == " " || character == "\t" || begins {
        if !current.isEmpty { words.append(current) }
        current = ""
      }
      if character != " ", character != "\t" { current.append(character) }
    }
    return current.isEmpty ? words : words + [current]
  }

  /// A number with a sign or without, with decimal places or without, when the product is whole.
  private static func amount(_ text: String, times factor: Int64) -> Int64? {
    var rest = Substring(text)
    let isNegative = rest.first == "-"
    if isNegative || rest.first == "+" { rest = rest.dropFirst() }
    let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), !parts[0].isEmpty, parts.allSatisfy({ $0.utf8.allSatisfy(isDigit) }),
      let whole = Int64(parts[0])
    else { return nil }
    var (value, overflow) = whole.multipliedReportingOverflow(by: factor)
    if overflow { return nil }
    if parts.count == 2, !parts[1].isEmpty {
      guard parts[1].utf8.count <= 9, let digits = Int64(parts[1]) else { return nil }
      let scale = (0..<parts[1].utf8.count).reduce(Int64(1)) { scale, _ in scale * 10 }
      let (product, tooLarge) = digits.multipliedReportingOverflow(by: factor)
      guard !tooLarge, product % scale == 0 else { return nil }
      (value, overflow) = value.addingReportingOverflow(product / scale)
      if overflow { return nil }
    }
    return isNegative ? -value : value
  }

  /// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.ffffff`.
  private static func clock(_ word: String) -> Int64? {
    let isNegative = word.hasPrefix("-")
    let digits = isNegative || word.hasPrefix("+") ? String(word.dropFirst()) : word
    let parts = digits.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard (2...3).contains(parts.count), let hours = Int64(parts[0]), let minutes = Int64(parts[1]),
      (0..<1_000_000).contains(hours), (0..<60).contains(minutes),
      let seconds = parts.count == 3 ? amount(parts[2], times: 1_000_000) : 0, (0..<60_000_000).contains(seconds)
    else { return nil }
    let value = (hours * 60 + minutes) * 60_000_000 + seconds
    return isNegative ? -value : value
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  /// The time so much later: the day of the month is kept, or the month's last.
  func added(to time: Int64) throws(ScalarError) -> Int64 {
    var time = time
    if months != 0 {
      let (days, rest) = CivilTime.split(time)
      let date = CalendarDate.date(days: days)
      let month = date.year * 12 + date.month - 1 + months
      let year = month.flooredQuotient(12)
      let monthOfYear = month - year * 12 + 1
      let day = min(date.day, CivilTime.lengthOfMonth(monthOfYear, year: year))
      time = try CivilTime.time(days: CivilTime.days(year: year, month: monthOfYear, day: day), rest: rest)
    }
    if days != 0 {
      let (start, rest) = CivilTime.split(time)
      time = try CivilTime.time(days: start + days, rest: rest)
    }
    return try CivilTime.add(time, microseconds)
  }
}
