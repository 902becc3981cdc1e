import Plan
import Spelling

/// Lengths of time as Postgres writes them: `5 seconds`, `1 minute 30 seconds`, `00:05:00`, `7 days`.
enum Interval {
  struct Failure: Error {
    var message: String
    var hint: String?
  }

  private static let units: [(names: [String], microseconds: Int64)] = [
    (["microsecond", "us", "usec"], 1),
    (["millisecond", "ms", "msec"], 1_000),
    (["second", "s", "sec"], 1_000_000),
    (["minute", "m", "min"], 60_000_000),
    (["hour", "h", "hr"], 3_600_000_000),
    (["day", "d"], 86_400_000_000),
    (["week", "w"], 604_800_000_000),
  ]

  private static let form = "write it like '5 seconds', '1 minute 30 seconds', '00:05:00' or '7 days'"

  /// The microseconds of a positive interval of fixed length, or of none at all (`0 seconds`).
  static func microseconds(parsing text: String) throws(Failure) -> Int64 {
    var total: Int64 = 0
    var pending: String?
    var isEmpty = true
    for word in words(text.lowercased()) {
      isEmpty = false
      if let amount = pending {
        total = try add(total, amount, of: try unit(word))
        pending = nil
      } else if word.contains(":") {
        total = try sum(total, try clock(word))
      } else if word.utf8.first.map({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }) ?? false {
        pending = word
      } else {
        throw Failure(
          message: word.hasPrefix("-") || word == "ago" ? "the interval is negative" : "not an interval: '\(text)'",
          hint: form)
      }
    }
    // Postgres takes a number without a unit for seconds.
    if let pending { total = try add(total, pending, of: 1_000_000) }
    if isEmpty { throw Failure(message: "the interval is empty", hint: form) }
    return total
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

  private static func unit(_ word: String) throws(Failure) -> Int64 {
    let singular = word.count > 2 && word.hasSuffix("s") ? String(word.dropLast()) : word
    if let unit = units.first(where: { $0.names.contains(word) || $0.names.contains(singular) }) {
      return unit.microseconds
    }
    if ["month", "mon", "year", "yr", "y", "decade", "century", "centurie"].contains(singular) {
      throw Failure(
        message: "months and years have no fixed length", hint: "write the length in days or weeks, e.g. '30 days'")
    }
    let nearest = nearestSpelling(of: singular, among: units.flatMap(\.names)).map { "did you mean \($0)s? " } ?? ""
    throw Failure(message: "no unit of time is called '\(word)'", hint: nearest + form)
  }

  private static func sum(_ left: Int64, _ right: Int64) throws(Failure) -> Int64 {
    let (value, overflow) = left.addingReportingOverflow(right)
    if overflow { throw Failure(message: "the interval is too long", hint: nil) }
    return value
  }

  private static func add(_ total: Int64, _ amount: String, of unit: Int64) throws(Failure) -> Int64 {
    guard let number = DecimalText(amount), let value = number.scaled(by: unit) else {
      throw Failure(message: "not a number: '\(amount)'", hint: form)
    }
    return try sum(total, value)
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
