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

  private let text: UnsafeBufferPointer<UInt8>
  private var next = 0

  init(_ text: UnsafeBufferPointer<UInt8>) throws(DateTimeFault) {
    self.text = TextInput.trimmed(text)
    guard self.text.count <= Self.maximumCount else { throw .syntax }
  }

  var isAtEnd: Bool { next == text.count }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next < text.count, text[next] == UInt8(ascii: character) else { return false }
    next += 1
    return true
  }

  mutating func takeDateTimeSeparator() -> Bool { take("T") || take(" ") || take("t") }

  private var digitIsNext: Bool { next < text.count && digitValue(text[next]) < 10 }

  /// As many digits as are there, within bounds.
  private mutating func number(atLeast least: Int = 2, atMost most: Int = 2) throws(DateTimeFault) -> Int64 {
    var value: Int64 = 0
    let start = next
    while digitIsNext, next - start < most {
      value = value * 10 + Int64(digitValue(text[next]))
      next += 1
    }
    guard next - start >= least else { throw .syntax }
    return value
  }

  /// `2025-08-31` as days since 1970-01-01. Years have four digits, later ones up to seven.
  mutating func date() throws(DateTimeFault) -> Int64 {
    let year = try number(atLeast: 4, atMost: 7)
    guard take("-") else { throw .syntax }
    let month = try number()
    guard take("-") else { throw .syntax }
    let day = try number()
    guard year <= 5_874_897, let days = CalendarDate.days(year: year, month: month, day: day) else { throw .outOfRange }
    return days
  }

  /// `08:00`, `08:00:00` or `08:00:00.123` as microseconds since midnight. 24:00:00 and a second 60 are taken where they
  /// do not lead beyond the day's end.
  mutating func time() throws(DateTimeFault) -> Int64 {
    let hours = try number()
    guard take(":") else { throw .syntax }
    let minutes = try number()
    var seconds: Int64 = 0
    var fraction: Int64 = 0
    if take(":") {
      seconds = try number()
      if take(".") { fraction = try self.fraction() }
    }
    guard minutes < 60, seconds <= 60 else { throw .outOfRange }
    let time = ((hours * 60 + minutes) * 60 + seconds) * Self.microsecondsPerSecond + fraction
    guard time <= CalendarDate.microsecondsPerDay else { throw .outOfRange }
    return time
  }

  /// Digits behind the point as microseconds. Postgres reads them as a double and rounds half to even.
  private mutating func fraction() throws(DateTimeFault) -> Int64 {
    let point = next - 1
    var value: Int64 = 0
    var unit: Int64 = 100_000
    while digitIsNext {
      value += Int64(digitValue(text[next])) * unit
      unit /= 10
      next += 1
    }
    let count = next - point - 1
    guard count > 6 else {
      if count == 0 { throw .syntax }
      return value
    }
    do throws(TextInputError) {
      let fraction = try TextInput.double(UnsafeBufferPointer(rebasing: text[point..<next]))
      return Int64((fraction * 1e6).rounded(.toNearestOrEven))
    } catch {
      throw .syntax
    }
  }

  /// `Z`, `+02`, `+0200`, `+02:00` or `+02:00:00` as microseconds east of Greenwich, to ±15:59:59.
  mutating func offset() throws(DateTimeFault) -> Int64 {
    if isAtEnd { throw .noOffset }
    if take("Z") || take("z") {
      guard isAtEnd else { throw .syntax }
      return 0
    }
    let isWest = take("-")
    guard isWest || take("+") else { throw .syntax }
    let hours = try number()
    var minutes: Int64 = 0
    var seconds: Int64 = 0
    if take(":") {
      minutes = try number()
      if take(":") { seconds = try number() }
    } else if !isAtEnd {
      minutes = try number()
    }
    guard isAtEnd else { throw .syntax }
    guard hours <= 15, minutes < 60, seconds < 60 else { throw .outOfRange }
    let offset = ((hours * 60 + minutes) * 60 + seconds) * Self.microsecondsPerSecond
    return isWest ? -offset : offset
  }

  /// Nothing more may stand there.
  mutating func finish() throws(DateTimeFault) {
    guard !isAtEnd else { return }
    throw take("Z") || take("z") || take("+") || take("-") ? .hasOffset : .syntax
  }
}
