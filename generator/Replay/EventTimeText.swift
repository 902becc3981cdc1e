import Events
import Plan
import Synthesis
import TextFormats

/// Event times as files have them: ISO 8601, or numbers that count from 1970 on.
public enum EventTimeText {
  /// Milliseconds since 1970 UTC; nil when it is no time. A time without an offset is UTC.
  ///
  /// - Parameter unit: what a number counts; nil: its size tells.
  public static func milliseconds(_ text: TextView, unit: DeclaredColumn.EpochUnit?) -> Int64? {
    if let unit = unit ?? guessedUnit(text) {
      do throws(ValueFault) {
        return floorToMilliseconds(try ValueText.epoch(text.bytes, unit: unit, type: .timestamptz))
      } catch {
        return nil
      }
    }
    do throws(ValueFault) { return floorToMilliseconds(try ValueText.timestamptz(text.bytes)) } catch {}
    do throws(ValueFault) { return floorToMilliseconds(try ValueText.timestamp(text.bytes)) } catch { return nil }
  }

  /// The time so many seconds later, in the same way of writing: offset and fraction stay, and so does the unit of a
  /// number. A date alone is shifted by whole days. nil when it is written in another way.
  public static func shifted(
    _ text: TextView, bySeconds seconds: Int64, unit: DeclaredColumn.EpochUnit?, arena: inout TextArena
  ) -> TextView? {
    if let unit { return shifted(number: text, seconds, unit, &arena) }
    if let guess = guessedUnit(text) {
      let later = shifted(number: text, seconds, guess, &arena)
      // Else whoever reads it would guess otherwise.
      return later.flatMap { guessedUnit($0) == guess ? $0 : nil }
    }
    var scan = DigitScanner(Array(text.bytes))
    guard let year = scan.number(digits: 4), scan.skip("-"), let month = scan.number(digits: 2), scan.skip("-"),
      let day = scan.number(digits: 2),
      let days = CalendarDate.days(year: Int64(year), month: Int64(month), day: Int64(day))
    else { return nil }
    var output: [UInt8] = []
    if scan.isAtEnd {
      guard appendDate(days + seconds.flooredQuotient(86_400), to: &output) else { return nil }
      return output.withUnsafeBufferPointer { arena.append($0) }
    }
    guard let separator = scan.take(1)?.first, let hour = scan.number(digits: 2), hour < 24, scan.skip(":"),
      let minute = scan.number(digits: 2), minute < 60
    else { return nil }
    var second = 0
    if scan.skip(":") {
      guard let number = scan.number(digits: 2), number <= 60 else { return nil }
      second = number
    }
    let later = days * 86_400 + Int64(hour * 3600 + minute * 60 + second) + seconds
    let date = later.flooredQuotient(86_400)
    let time = later - date * 86_400
    guard appendDate(date, to: &output) else { return nil }
    output.append(separator)
    for (index, part) in [time / 3600, time / 60 % 60, time % 60].enumerated() {
      if index > 0 { output.append(UInt8(ascii: ":")) }
      output.append(0x30 + UInt8(part / 10))
      output.append(0x30 + UInt8(part % 10))
    }
    output.append(contentsOf: scan.rest)
    return output.withUnsafeBufferPointer { arena.append($0) }
  }

  /// A number is one of seconds below 10^11, which is the year 5138, and of thousandths for each three digits more; nil
  /// when the text is no plain number.
  private static func guessedUnit(_ text: TextView) -> DeclaredColumn.EpochUnit? {
    let parts = numberParts(text.bytes)
    guard let parts else { return nil }
    switch parts.magnitude {
    case ..<100_000_000_000: return .seconds
    case ..<100_000_000_000_000: return .milliseconds
    case ..<100_000_000_000_000_000: return .microseconds
    default: return .nanoseconds
    }
  }

  /// What stands before the point, and how many bytes that are; nil unless the text is digits with a minus, a point and
  /// digits behind it or not.
  private static func numberParts(
    _ text: UnsafeBufferPointer<UInt8>
  ) -> (magnitude: Int64, isNegative: Bool, count: Int)? {
    let isNegative = text.first == UInt8(ascii: "-")
    let digits = text.dropFirst(isNegative ? 1 : 0).prefix(while: isDigit)
    let behind = text[digits.endIndex...]
    let fraction = behind.dropFirst()
    let isFraction = behind.first == UInt8(ascii: ".") && !fraction.isEmpty && fraction.allSatisfy(isDigit)
    guard behind.isEmpty || isFraction, let magnitude = Int64(String(decoding: digits, as: UTF8.self)) else {
      return nil
    }
    return (magnitude, isNegative, digits.endIndex)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func shifted(
    number text: TextView, _ seconds: Int64, _ unit: DeclaredColumn.EpochUnit, _ arena: inout TextArena
  ) -> TextView? {
    // A fraction of a number below zero counts downwards; there are no events from before 1970.
    guard let parts = numberParts(text.bytes), !parts.isNegative else { return nil }
    let (units, overflow) = seconds.multipliedReportingOverflow(by: unit.perSecond)
    let (sum, carry) = parts.magnitude.addingReportingOverflow(units)
    guard !overflow, !carry, sum >= 0 else { return nil }
    let output = Array(String(sum).utf8) + text.bytes[parts.count...]
    return output.withUnsafeBufferPointer { arena.append($0) }
  }

  /// False outside of the years that have four digits.
  private static func appendDate(_ days: Int64, to output: inout [UInt8]) -> Bool {
    let date = CalendarDate.date(days: days)
    guard (1...9999).contains(date.year) else { return false }
    for scale: Int64 in [1000, 100, 10, 1] { output.append(0x30 + UInt8(date.year / scale % 10)) }
    for part in [date.month, date.day] {
      output.append(UInt8(ascii: "-"))
      output.append(0x30 + UInt8(part / 10))
      output.append(0x30 + UInt8(part % 10))
    }
    return true
  }

  private static func floorToMilliseconds(_ microseconds: Int64) -> Int64 { microseconds.flooredQuotient(1000) }
}

extension DeclaredColumn.EpochUnit {
  fileprivate var perSecond: Int64 {
    switch self {
    case .seconds: 1
    case .milliseconds: 1000
    case .microseconds: 1_000_000
    case .nanoseconds: 1_000_000_000
    }
  }
}
