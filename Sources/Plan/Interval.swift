import Spelling

/// A length of time as Postgres keeps and writes it: `5 seconds`, `1 minute 30 seconds`, `00:05:00`, `7 days`, `1 month`.
/// Months and days are of a calendar, the rest is of fixed length.
public struct Interval: Hashable, Sendable {
  public private(set) var months: Int64 = 0
  public private(set) var days: Int64 = 0
  public private(set) var microseconds: Int64 = 0

  public struct Failure: Error {
    public var message: String
    public var hint: String?

    public init(message: String, hint: String?) {
      self.message = message
      self.hint = hint
    }
  }

  private struct Unit {
    var names: [String]
    var months: Int64 = 0
    var days: Int64 = 0
    var microseconds: Int64 = 0
  }

  private static let units = [
    Unit(names: ["microsecond", "us", "usec"], microseconds: 1),
    Unit(names: ["millisecond", "ms", "msec"], microseconds: 1_000),
    Unit(names: ["second", "s", "sec"], microseconds: 1_000_000),
    Unit(names: ["minute", "m", "min"], microseconds: 60_000_000),
    Unit(names: ["hour", "h", "hr"], microseconds: 3_600_000_000),
    Unit(names: ["day", "d"], days: 1),
    Unit(names: ["week", "w"], days: 7),
    Unit(names: ["month", "mon"], months: 1),
    Unit(names: ["year", "yr", "y"], months: 12),
    Unit(names: ["decade"], months: 120),
    Unit(names: ["century", "centurie"], months: 1_200),
  ]

  private static let form = "write it like '5 seconds', '1 minute 30 seconds', '00:05:00' or '7 days'"

  /// The longest one that is added to and subtracted from times, which Postgres must be able to hold.
  public static let longestMicroseconds = 36_525 * DateTime.microsecondsPerDay

  /// The microseconds of a positive interval of fixed length, or of none at all (`0 seconds`).
  public static func microseconds(parsing text: String) throws(Failure) -> Int64 {
    let length = try Interval(parsing: text)
    if length.months != 0 {
      throw Failure(
        message: "months and years have no fixed length", hint: "write the length in days or weeks, e.g. '30 days'")
    }
    let (days, overflow) = length.days.multipliedReportingOverflow(by: DateTime.microsecondsPerDay)
    if overflow { throw tooLong }
    return try sum(days, length.microseconds)
  }

  /// A positive interval, or one of no length.
  public init(parsing text: String) throws(Failure) {
    var pending: String?
    var isEmpty = true
    for word in Self.words(text.lowercased()) {
      isEmpty = false
      if let amount = pending {
        try add(amount, of: Self.unit(word))
        pending = nil
      } else if word.contains(":") {
        microseconds = try Self.sum(microseconds, Self.clock(word))
      } else if word.utf8.first.map({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }) ?? false {
        pending = word
      } else {
        throw Failure(
          message: word.hasPrefix("-") || word == "ago" ? "the interval is negative" : "not an interval: '\(text)'",
          hint: Self.form)
      }
    }
    // Postgres takes a number without a unit for seconds.
    if let pending { try add(pending, of: Unit(names: [], microseconds: 1_000_000)) }
    if isEmpty { throw Failure(message: "the interval is empty", hint: Self.form) }
  }

  /// Splits at spaces and between a number and its unit, as in `5min`.
  private static func words(_ text: String) -> [String] {
    var words: [String] = []
    var current = ""
    for character in text {
      if character == " " || character == "\t" {
        if !current.isEmpty { words.append(current) }
        current = ""
      } else {
        if character.isLetter, let last = current.last, last.isNumber {
          words.append(current)
          current = ""
        }
        current.append(character)
      }
    }
    return current.isEmpty ? words : words + [current]
  }

  private static func unit(_ word: String) throws(Failure) -> Unit {
    let singular = word.count > 2 && word.hasSuffix("s") ? String(word.dropLast()) : word
    if let unit = units.first(where: { $0.names.contains(word) || $0.names.contains(singular) }) {
      return unit
    }
    let nearest = nearestSpelling(of: singular, among: units.flatMap(\.names)).map { "did you mean \($0)s? " } ?? ""
    throw Failure(message: "no unit of time is called '\(word)'", hint: nearest + form)
  }

  private static let tooLong = Failure(message: "the interval is too long", hint: nil)

  private static func sum(_ left: Int64, _ right: Int64) throws(Failure) -> Int64 {
    let (value, overflow) = left.addingReportingOverflow(right)
    if overflow { throw tooLong }
    return value
  }

  private mutating func add(_ amount: String, of unit: Unit) throws(Failure) {
    guard let number = DecimalText(amount) else { throw Failure(message: "not a number: '\(amount)'", hint: Self.form) }
    if let count = Int64(amount) {
      months = try Self.sum(months, Self.product(count, unit.months))
      days = try Self.sum(days, Self.product(count, unit.days))
      microseconds = try Self.sum(microseconds, Self.product(count, unit.microseconds))
      return
    }
    guard unit.months == 0 else {
      throw Failure(message: "months and years are counted whole", hint: "write the length in months, e.g. '18 months'")
    }
    // A part of a day is of fixed length.
    guard let value = number.scaled(by: unit.microseconds + unit.days * DateTime.microsecondsPerDay) else {
      throw Self.tooLong
    }
    microseconds = try Self.sum(microseconds, value)
  }

  private static func product(_ left: Int64, _ right: Int64) throws(Failure) -> Int64 {
    let (value, overflow) = left.multipliedReportingOverflow(by: right)
    if overflow { throw tooLong }
    return value
  }

  /// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.ffffff`.
  private static func clock(_ word: String) throws(Failure) -> Int64 {
    let parts = word.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard (2...3).contains(parts.count), let hours = Int64(parts[0]), let minutes = Int64(parts[1]),
      (0..<1_000_000).contains(hours), (0..<60).contains(minutes),
      let seconds = (parts.count == 3 ? DecimalText(parts[2]) : DecimalText("0"))?.scaled(by: 1_000_000),
      (0..<60_000_000).contains(seconds)
    else { throw Failure(message: "not an interval: '\(word)'", hint: form) }
    return (hours * 60 + minutes) * 60_000_000 + seconds
  }
}
