import Events

extension ValueText {
  /// Microseconds since 1970-01-01T00:00:00Z of an ISO 8601 text with an offset: `2025-08-31T08:00:00Z`, also with a space
  /// for the T, fractions of a second (rounded to microseconds as Postgres does) and offsets `+hh`, `+hhmm`, `+hh:mm`,
  /// `+hh:mm:ss` up to ±15:59:59.
  ///
  /// A text without an offset is refused, since what it means would depend on a setting.
  public static func timestamptz(_ text: UnsafeBufferPointer<UInt8>) throws(ValueFault) -> Int64 {
    if let parts = CommonTimestamp(text), let offset = parts.offset { return parts.microseconds &- offset }
    do throws(DateTimeFault) {
      var reader = try ISODateTime(text)
      let days = try reader.date()
      guard !reader.isAtEnd else { throw .noOffset }
      guard reader.takeDateTimeSeparator() else { throw .syntax }
      let time = try reader.time()
      return try timestamp(days: days, time: time, offset: try reader.offset())
    } catch {
      throw fault(error, text, .timestamptz)
    }
  }

  /// Microseconds since 1970-01-01T00:00:00 of an ISO 8601 text without an offset; a date alone is its midnight.
  public static func timestamp(_ text: UnsafeBufferPointer<UInt8>) throws(ValueFault) -> Int64 {
    if let parts = CommonTimestamp(text), parts.offset == nil { return parts.microseconds }
    do throws(DateTimeFault) {
      var reader = try ISODateTime(text)
      let days = try reader.date()
      var time: Int64 = 0
      if !reader.isAtEnd {
        guard reader.takeDateTimeSeparator() else { throw .syntax }
        time = try reader.time()
      }
      try reader.finish()
      return try timestamp(days: days, time: time, offset: 0)
    } catch {
      throw fault(error, text, .timestamp)
    }
  }

  /// Days since 1970-01-01 of `2025-08-31`.
  public static func date(_ text: UnsafeBufferPointer<UInt8>) throws(ValueFault) -> Int64 {
    do throws(DateTimeFault) {
      var reader = try ISODateTime(text)
      let days = try reader.date()
      guard reader.isAtEnd else { throw .syntax }
      return days
    } catch {
      throw fault(error, text, .date)
    }
  }

  /// Microseconds since midnight of `08:00`, `08:00:00` or `08:00:00.123`; the last is 24:00:00.
  public static func time(_ text: UnsafeBufferPointer<UInt8>) throws(ValueFault) -> Int64 {
    do throws(DateTimeFault) {
      var reader = try ISODateTime(text)
      let time = try reader.time()
      try reader.finish()
      return time
    } catch {
      throw fault(error, text, .time)
    }
  }

  /// Postgres' timestamps reach from 4714-11-24 BC to AD 294276; counted from 1970, 64 bits of microseconds end on
  /// AD 294247-01-10, and their last number is infinity to the database.
  static let timestampRange: ClosedRange<Int64> = -210_866_803_200_000_000...(.max - 1)

  private static func timestamp(days: Int64, time: Int64, offset: Int64) throws(DateTimeFault) -> Int64 {
    let (midnight, beyond) = days.multipliedReportingOverflow(by: CalendarDate.microsecondsPerDay)
    let (value, overflow) = midnight.addingReportingOverflow(time - offset)
    guard !beyond, !overflow, timestampRange.contains(value) else { throw .outOfRange }
    return value
  }

  @inline(never)
  private static func fault(
    _ fault: DateTimeFault, _ text: UnsafeBufferPointer<UInt8>, _ type: SQLType
  ) -> ValueFault {
    let shown = quoted(text)
    let name = type.shortName
    let example =
      switch type {
      case .timestamptz: "2025-08-31T08:00:00Z"
      case .timestamp: "2025-08-31T08:00:00"
      case .date: "2025-08-31"
      default: "08:00:00"
      }
    switch fault {
    case .syntax: return ValueFault(.invalidText, "\(shown) is no \(name); write it like \(example)")
    case .outOfRange: return ValueFault(.timeOutOfRange, "\(shown) is out of range for \(name)")
    case .noOffset:
      return ValueFault(
        .invalidText, "\(shown) has no offset from UTC; write it like \(example), or declare the column as timestamp")
    case .hasOffset:
      let hint = type == .timestamp ? ", or declare the column as timestamptz" : ""
      return ValueFault(
        .invalidText, "\(shown) has an offset, which \(name) does not keep; write it like \(example)\(hint)")
    }
  }
}
