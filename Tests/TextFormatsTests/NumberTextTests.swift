import Events
import Plan
import Testing

@testable import TextFormats

@Suite struct NumberTextTests {
  @Test(
    "a whole number is read within its type",
    arguments: [
      ("0", 0), ("-1", -1), ("+7", 7), ("007", 7), (" 42\t", 42), ("2147483647", 2_147_483_647),
      ("-2147483648", -2_147_483_648), ("0000000000000000000012", 12),
    ] as [(String, Int64)])
  func integers(_ text: String, _ expected: Int64) {
    #expect(
      reading(text) { text throws(ValueFault) in try ValueText.integer(text, is32Bit: true) } == .success(expected))
    #expect(
      reading(text) { text throws(ValueFault) in try ValueText.integer(text, is32Bit: false) } == .success(expected))
  }

  @Test(
    "what is no whole number is refused with the reason",
    arguments: [
      ("INVALID_REGION", true, .invalidText, "\"INVALID_REGION\" is no integer"),
      ("", true, .invalidText, "\"\" is no integer"), ("-", true, .invalidText, "\"-\" is no integer"),
      ("1.0", false, .invalidText, "\"1.0\" is no bigint"), ("1e3", false, .invalidText, "\"1e3\" is no bigint"),
      ("0x1F", false, .invalidText, "\"0x1F\" is no bigint"), ("1_000", true, .invalidText, "\"1_000\" is no integer"),
      ("2147483648", true, .outOfRange, "\"2147483648\" is out of range for integer"),
      ("9223372036854775808", false, .outOfRange, "\"9223372036854775808\" is out of range for bigint"),
    ] as [(String, Bool, EventErrorCode, String)])
  func noIntegers(_ text: String, _ is32Bit: Bool, _ code: EventErrorCode, _ message: String) {
    let read = reading(text) { text throws(ValueFault) in try ValueText.integer(text, is32Bit: is32Bit) }
    #expect(read.fault == ValueFault(code, message))
  }

  @Test(
    "a double is the nearest to what is written",
    arguments: [
      ("25.5", 25.5), ("-0", -0.0), ("-0.0", -0.0), ("1e5", 1e5), (".5", 0.5), ("5.", 5), ("+1.5E-3", 0.0015),
      ("0.1", 0.1), ("9007199254740993", 9_007_199_254_740_992), ("123456789.123456789", 123_456_789.123456789),
      ("0.30000000000000004", 0.30000000000000004), ("1.7976931348623157e308", .greatestFiniteMagnitude),
      ("5e-324", .leastNonzeroMagnitude), (" 1 ", 1), ("0e400", 0), ("9999999999999999999999", 1e22),
    ])
  func doubles(_ text: String, _ expected: Double) {
    #expect(reading(text, ValueText.double).value?.bitPattern == expected.bitPattern)
  }

  @Test(
    "what is no decimal number is no double",
    arguments: [
      "", ".", "-", "1e", "e5", "1e+", "1..2", "1.2.3", "0x1F", "nan", "NaN", "inf", "-Infinity", "1 2", "1,5",
    ])
  func noDoubles(_ text: String) {
    #expect(reading(text, ValueText.double).fault == ValueFault(.invalidText, "\"\(text)\" is no double precision"))
  }

  @Test("a double that is too large or too small is out of range", arguments: ["1e400", "-1e400", "1e-400"])
  func doublesOutOfRange(_ text: String) {
    #expect(
      reading(text, ValueText.double).fault
        == ValueFault(.outOfRange, "\"\(text)\" is out of range for double precision"))
  }

  @Test(
    "a numeric is rounded half away from zero to its places",
    arguments: [
      ("12.34", 12, 2, 1234), ("12", 12, 2, 1200), ("-12.3", 12, 2, -1230), (".5", 12, 2, 50), ("5.", 12, 2, 500),
      ("1.005", 12, 2, 101), ("-1.005", 12, 2, -101), ("1.0049999999999999999999999", 12, 2, 100),
      ("1.2e3", 12, 2, 120_000), ("1234e-3", 12, 2, 123), ("1e-400", 12, 2, 0), ("0e400", 12, 2, 0), ("-0", 12, 2, 0),
      ("0.5", 3, 0, 1), ("0.4", 3, 0, 0), ("-0.5", 3, 0, -1), ("0.05", 3, 0, 0), ("5e-1", 3, 0, 1), ("50e-2", 3, 0, 1),
      ("9999999999.994", 12, 2, 999_999_999_999), ("00000000000000000000000000000000000000000001", 12, 2, 100),
      ("0.00123", 2, 4, 12), (" 7 ", 12, 2, 700),
      (
        "99999999999999999999999999999999999999", 38, 0,
        99_999_999_999_999_999_999_999_999_999_999_999_999
      ),
      ("-0.00000000000000000000000000000000000001", 38, 38, -1),
    ] as [(String, Int, Int, Int128)])
  func decimals(_ text: String, _ precision: Int, _ scale: Int, _ expected: Int128) {
    let read = reading(text) { text throws(ValueFault) in
      try ValueText.decimal(text, precision: precision, scale: scale)
    }
    #expect(read == .success(expected))
  }

  @Test(
    "a numeric of too many digits is out of range",
    arguments: [
      ("10000000000", 12, 2), ("9999999999.995", 12, 2), ("1e11", 12, 2), ("1e1000000000000000000000", 12, 2),
      ("0e1073741823", 12, 2), ("100", 2, 0), ("0.01", 3, 5), ("99999999999999999999999999999999999999.5", 38, 0),
      ("1", 38, 38), ("999999999999999999999999999999999999999", 38, 0), ("4e38", 38, 0), ("4", 38, 38),
    ])
  func decimalsOutOfRange(_ text: String, _ precision: Int, _ scale: Int) {
    let read = reading(text) { text throws(ValueFault) in
      try ValueText.decimal(text, precision: precision, scale: scale)
    }
    #expect(
      read.fault == ValueFault(.outOfRange, "\"\(text)\" is out of range for numeric(\(precision),\(scale))"))
  }

  @Test("what is no number is no numeric", arguments: ["", "NaN", "Infinity", "12,5", "0x1F", "1e", "€5", "1_000"])
  func noDecimals(_ text: String) {
    let read = reading(text) { text throws(ValueFault) in try ValueText.decimal(text, precision: 12, scale: 2) }
    #expect(read.fault == ValueFault(.invalidText, "\"\(text)\" is no numeric(12,2)"))
  }

  @Test(
    "a number of units since 1970 is taken exactly and rounded half to even",
    arguments: [
      ("0", .seconds, 0), ("1756627200", .seconds, 1_756_627_200_000_000),
      ("1756627200.5", .seconds, 1_756_627_200_500_000),
      ("1.7566272e9", .seconds, 1_756_627_200_000_000), ("-1", .seconds, -1_000_000), ("0.0000005", .seconds, 0),
      ("0.0000015", .seconds, 2), ("-0.0000015", .seconds, -2), ("0.00000050000000000000000000001", .seconds, 1),
      ("1756627200123", .milliseconds, 1_756_627_200_123_000),
      ("1756627200123.4567", .milliseconds, 1_756_627_200_123_457),
      ("1756627200123456", .microseconds, 1_756_627_200_123_456),
      ("1756627200123456789", .nanoseconds, 1_756_627_200_123_457), ("500", .nanoseconds, 0), ("501", .nanoseconds, 1),
      ("1500", .nanoseconds, 2), ("2500", .nanoseconds, 2), ("-1500", .nanoseconds, -2), ("-2500", .nanoseconds, -2),
      ("2500.00001", .nanoseconds, 3), ("9223372036854775806", .microseconds, .max - 1),
    ] as [(String, DeclaredColumn.EpochUnit, Int64)])
  func epochs(_ text: String, _ unit: DeclaredColumn.EpochUnit, _ expected: Int64) {
    let read = reading(text) { text throws(ValueFault) in try ValueText.epoch(text, unit: unit, type: .timestamptz) }
    #expect(read == .success(expected))
  }

  @Test func `A number of units as a date is its day in UTC, as a time it counts from midnight`() {
    func read(_ text: String, _ type: SQLType) -> Result<Int64, ValueFault> {
      reading(text) { text throws(ValueFault) in try ValueText.epoch(text, unit: .seconds, type: type) }
    }
    #expect(read("86399", .date) == .success(0))
    #expect(read("86400", .date) == .success(1))
    #expect(read("-1", .date) == .success(-1))
    #expect(read("86400", .time) == .success(86_400_000_000))
    #expect(read("86401", .time).fault == ValueFault(.timeOutOfRange, "86401 seconds are out of range for time"))
    #expect(read("-1", .time).fault?.code == .timeOutOfRange)
  }

  @Test(
    "numbers beyond a timestamp are out of range",
    arguments: [
      ("9223372036854775807", .microseconds), ("9223372036855", .seconds), ("-210866803201", .seconds),
      ("1e30", .nanoseconds), ("1e999999999999", .seconds), ("99999999999999999999999999", .milliseconds),
    ] as [(String, DeclaredColumn.EpochUnit)])
  func epochsOutOfRange(_ text: String, _ unit: DeclaredColumn.EpochUnit) {
    let read = reading(text) { text throws(ValueFault) in try ValueText.epoch(text, unit: unit, type: .timestamp) }
    #expect(read.fault?.code == .timeOutOfRange)
    #expect(read.fault?.message.hasSuffix("\(unit.rawValue) are out of range for timestamp") == true)
  }

  @Test func `A text of a time is no number of units`() {
    let read = reading("2025-08-31T08:00:00Z") { text throws(ValueFault) in
      try ValueText.epoch(text, unit: .milliseconds, type: .timestamptz)
    }
    #expect(read.fault == ValueFault(.invalidText, "\"2025-08-31T08:00:00Z\" is no number of milliseconds"))
  }
}
