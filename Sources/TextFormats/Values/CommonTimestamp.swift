import Events

/// A timestamp in the shape that nearly all have: `2025-08-31T08:00:00`, up to six digits behind a point, and `Z`, `+02:00`
/// or no offset. Whatever else there is, be it wrong or rare, is left to `ISODateTime`.
///
/// The nineteen bytes in front are checked and summed up eight at a time.
struct CommonTimestamp {
  /// Of what is written, without its offset.
  let microseconds: Int64
  /// Microseconds east of Greenwich.
  let offset: Int64?

  @inline(__always)
  init?(_ text: UnsafeBufferPointer<UInt8>) {
    let count = text.count
    guard count >= 19, let start = text.baseAddress else { return nil }
    let raw = UnsafeRawPointer(start)
    // What is a separator becomes zero, what is a digit its value. Little-endian: the first byte is the lowest.
    let separator = start[10]
    guard separator == UInt8(ascii: "T") || separator == UInt8(ascii: " ") else { return nil }
    // "0000-00-" and "00T00:00".
    let date = UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self)) ^ 0x2D30_302D_3030_3030
    let clock =
      UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) ^ 0x3030_3A30_3000_3030
      ^ UInt64(separator) << 16
    // A byte above 9 gets its highest bit by 0x76, or has it.
    let beyond = (date &+ 0x7676_7676_7676_7676) | date | (clock &+ 0x7676_7676_7676_7676) | clock
    guard beyond & 0x8080_8080_8080_8080 == 0, date & 0xFF00_00FF_0000_0000 == 0, clock & 0x0000_FF00_0000_0000 == 0
    else { return nil }
    // Each byte ten times itself and the one behind it: two digits where a pair begins.
    let dates = date &* 10 &+ date >> 8
    let clocks = clock &* 10 &+ clock >> 8
    let year = Int64(dates & 0xFF) &* 100 &+ Int64(dates >> 16 & 0xFF)
    let month = Int64(dates >> 40 & 0xFF)
    let day = Int64(clocks & 0xFF)
    let hours = Int64(clocks >> 24 & 0xFF)
    let minutes = Int64(clocks >> 48 & 0xFF)
    let (tens, ones) = (digitValue(start[17]), digitValue(start[18]))
    guard start[16] == UInt8(ascii: ":"), tens < 6, ones < 10, hours < 24, minutes < 60,
      let days = CalendarDate.days(year: year, month: month, day: day)
    else { return nil }
    let seconds = (hours &* 60 &+ minutes) &* 60 &+ Int64(tens &* 10 &+ ones)
    var microseconds = days &* CalendarDate.microsecondsPerDay &+ seconds &* 1_000_000

    var index = 19
    if index < count, start[index] == UInt8(ascii: ".") {
      index += 1
      var unit: Int64 = 100_000
      let first = index
      while index < count, digitValue(start[index]) < 10 {
        guard unit > 0 else { return nil }
        microseconds &+= Int64(digitValue(start[index])) &* unit
        unit /= 10
        index += 1
      }
      guard index > first else { return nil }
    }
    self.microseconds = microseconds
    if index == count {
      offset = nil
    } else if index == count - 1, start[index] | 0x20 == UInt8(ascii: "z") {
      offset = 0
    } else if index == count - 6, let east = CommonTimestamp.offset(start + index) {
      offset = east
    } else {
      return nil
    }
  }

  /// `+02:00` and the like: six bytes.
  @inline(__always)
  private static func offset(_ start: UnsafePointer<UInt8>) -> Int64? {
    let digits = (digitValue(start[1]), digitValue(start[2]), digitValue(start[4]), digitValue(start[5]))
    guard start[0] == UInt8(ascii: "+") || start[0] == UInt8(ascii: "-"), start[3] == UInt8(ascii: ":"),
      digits.0 < 10, digits.1 < 10, digits.2 < 6, digits.3 < 10
    else { return nil }
    let hours = Int64(digits.0 &* 10 &+ digits.1)
    guard hours <= 15 else { return nil }
    let offset = (hours &* 60 &+ Int64(digits.2 &* 10 &+ digits.3)) &* 60_000_000
    return start[0] == UInt8(ascii: "-") ? -offset : offset
  }
}
