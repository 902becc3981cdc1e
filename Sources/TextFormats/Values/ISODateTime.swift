import Events

/// Why a text is no date or time.
enum DateTimeFault: Error {
  case syntax
  /// There is no such day or time, or it is beyond what its type holds.
  case outOfRange
  case noOffset
  case hasOffset
}

/// Reads the parts of a date and a time in ISO 8601's extended format, from left to right, with Postgres' limits.
struct ISODateTime {
  /// Postgres reads into a buffer of 128 bytes; beyond, it refuses even what is right.
  static let maximumCount = 100
  private static let microsecondsPerSecond: Int64 = 1_000_000

  private var rest: UnsafeBufferPointer<UInt8>.SubSequence

  init(_ text: UnsafeBufferPointer<UInt8>) throws(DateTimeFault) {
    let text = ValueText.trimmed(text)
    guard text.count <= Self.maximumCount else { throw .syntax }
    rest = text[...]
  }

  var isAtEnd: Bool { rest.isEmpty }

  private var startsOffset: Bool {
    guard let byte = rest.first else { return false }
    return byte | 0x20 == UInt8(ascii: "z") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest = rest.dropFirst()
    return true
  }

  mutating func takeDateTimeSeparator() -> Bool { take("T") || take(" ") || take("t") }

  /// Digits, as many as `range` says at least, and none behind its upper bound.
  private mutating func number(_ range: ClosedRange<Int>) throws(DateTimeFault) -> Int64 {
    var value: Int64 = 0
    var count = 0
    while count < range.upperBound, let byte = rest.first, digitValue(byte) < 10 {
      value = value * 10 + Int64(digitValue(byte))
      count += 1
      rest = rest.dropFirst()
    }
    guard count >= range.lowerBound else { throw .syntax }
    return value
  }

  /// `2025-08-31` as days since 1970-01-01. Years have four digits, later ones up to seven.
  mutating func date() throws(DateTimeFault) -> Int64 {
    let year = try number(4...7)
    guard take("-") else { throw .syntax }
    let month = try number(2...2)
    guard take("-") else { throw .syntax }
    let day = try number(2...2)
    guard year <= 5_874_897, let days = CalendarDate.days(year: year, month: month, day: day) else { throw .outOfRange }
    return days
  }

  /// `08:00`, `08:00:00` or `08:00:00.123` as microseconds since midnight. 24:00:00 and a second 60 are taken where they
  /// do not lead beyond the day's end.
  mutating func time() throws(DateTimeFault) -> Int64 {
    let hours = try number(2...2)
    guard take(":") else { throw .syntax }
    let minutes = try number(2...2)
    var seconds: Int64 = 0
    var fraction: Int64 = 0
    if take(":") {
      seconds = try number(2...2)
      if take(".") { fraction = try self.fraction() }
    }
    guard minutes < 60, seconds <= 60 else { throw .outOfRange }
    let time = ((hours * 60 + minutes) * 60 + seconds) * Self.microsecondsPerSecond + fraction
    guard time <= CalendarDate.microsecondsPerDay else { throw .outOfRange }
    return time
  }

  /// Digits behind the point as microseconds. Postgres reads them as a double and rounds half to even.
  private mutating func fraction() throws(DateTimeFault) -> Int64 {
    let digits = rest.prefix { digitValue($0) < 10 }
    guard !digits.isEmpty else { throw .syntax }
    let start = digits.startIndex
    rest = rest[digits.endIndex...]
    if digits.count <= 6 {
      var value: Int64 = 0
      for index in 0..<6 { value = value * 10 + (index < digits.count ? Int64(digitValue(digits[start + index])) : 0) }
      return value
    }
    // From the point on.
    let text = UnsafeBufferPointer(rebasing: digits.base[(start - 1)..<digits.endIndex])
    do throws(TextInputError) {
      return Int64((try TextInput.double(text) * 1e6).rounded(.toNearestOrEven))
    } catch {
      throw .syntax
    }
  }

  /// `Z`, `+02`, `+0200`, `+02:00` or `+02:00:00` as microseconds east of Greenwich, to ±15:59:59.
  mutating func offset() throws(DateTimeFault) -> Int64 {
    if rest.isEmpty { throw .noOffset }
    if take("Z") || take("z") {
      guard rest.isEmpty else { throw .syntax }
      return 0
    }
    let isWest = take("-")
    guard isWest || take("+") else { throw .syntax }
    let hours = try number(2...2)
    var minutes: Int64 = 0
    var seconds: Int64 = 0
    if take(":") {
      minutes = try number(2...2)
      if take(":") { seconds = try number(2...2) }
    } else if !rest.isEmpty {
      minutes = try number(2...2)
    }
    guard rest.isEmpty else { throw .syntax }
    guard hours <= 15, minutes < 60, seconds < 60 else { throw .outOfRange }
    let offset = ((hours * 60 + minutes) * 60 + seconds) * Self.microsecondsPerSecond
    return isWest ? -offset : offset
  }

  /// Nothing more may stand there.
  func finish() throws(DateTimeFault) {
    if startsOffset { throw .hasOffset }
    guard rest.isEmpty else { throw .syntax }
  }
}
