import CTextScan
import Events

// Values in their common forms, for the loops. Each function returns the place behind the value, or nil when it is
// something else, be it wrong or only rare. A record has at least `streampulse_scan_width` bytes, so that what stands near
// its end can be looked at from there backwards.

/// The next eight bytes, zeros behind the end.
@inline(__always)
func word(_ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UInt64 {
  let left = end - cursor
  if left >= 8 { return UInt64(littleEndian: UnsafeRawPointer(cursor).loadUnaligned(as: UInt64.self)) }
  guard left > 0 else { return 0 }
  let last = UInt64(littleEndian: UnsafeRawPointer(end - 8).loadUnaligned(as: UInt64.self))
  return last &>> UInt64(truncatingIfNeeded: 64 &- 8 &* left)
}

private let zeros: UInt64 = 0x3030_3030_3030_3030

/// A word's bytes less `0`, and how many of them are digits, from the first one on.
@inline(__always)
private func leadingDigits(_ word: UInt64) -> (values: UInt64, count: Int) {
  let values = word ^ zeros
  // A byte above 9 gets its highest bit by 0x76 or has it; what is carried on changes only bytes behind it.
  let others = ((values &+ 0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080
  return (values, others.trailingZeroBitCount &>> 3)
}

/// The number of eight digits, the first one in the lowest byte.
@inline(__always)
private func number(_ digits: UInt64) -> UInt64 {
  // Pairs, then fours, then all.
  let pairs = digits &* 10 &+ digits &>> 8
  let low = (pairs & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064
  let high = (pairs &>> 16 & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001
  return (low &+ high) &>> 32 & 0xFFFF_FFFF
}

/// The number of the first `count` digits, below eight.
@inline(__always)
private func number(_ digits: UInt64, _ count: Int) -> UInt64 {
  number(digits << UInt64(truncatingIfNeeded: 64 &- 8 &* count))
}

/// Powers of ten for the loops, which would otherwise ask for each value whether the table is there already.
struct QuickPowers: ~Copyable {
  /// 10^0 to 10^15.
  let integers: UnsafeMutablePointer<UInt64>
  let doubles: UnsafeMutablePointer<Double>
  fileprivate static let greatest = 15

  init() {
    integers = .allocate(capacity: QuickPowers.greatest + 1)
    doubles = .allocate(capacity: QuickPowers.greatest + 1)
    var power: UInt64 = 1
    for exponent in 0...QuickPowers.greatest {
      (integers + exponent).initialize(to: power)
      (doubles + exponent).initialize(to: Double(power))
      power *= 10
    }
  }

  deinit {
    integers.deallocate()
    doubles.deallocate()
  }
}

/// A whole number of up to fifteen digits.
@inline(__always)
func quickInteger(
  _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: UnsafePointer<UInt64>, _ value: inout Int64
) -> UnsafePointer<UInt8>? {
  var start = cursor
  var first = word(cursor, end)
  let isNegative = first & 0xFF == UInt64(UInt8(ascii: "-"))
  if isNegative {
    start += 1
    first = word(start, end)
  }
  var (digits, count) = leadingDigits(first)
  guard count > 0, digits & 0xFF != 0 || count == 1 else { return nil }
  var magnitude: UInt64
  if count < 8 {
    magnitude = number(digits, count)
  } else {
    magnitude = number(digits)
    (digits, count) = leadingDigits(word(start + 8, end))
    guard count < 8 else { return nil }
    magnitude = magnitude &* powers[count] &+ number(digits, count)
    count &+= 8
  }
  value = isNegative ? 0 &- Int64(bitPattern: magnitude) : Int64(bitPattern: magnitude)
  return start + count
}

/// A number without an exponent: up to seven digits, and behind a point up to fifteen; eighteen in all.
struct QuickDecimal {
  var significand: UInt64 = 0
  var places = 0
  var isNegative = false

  @inline(__always)
  mutating func read(
    _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: UnsafePointer<UInt64>
  ) -> UnsafePointer<UInt8>? {
    var start = cursor
    var first = word(cursor, end)
    isNegative = first & 0xFF == UInt64(UInt8(ascii: "-"))
    if isNegative {
      start += 1
      first = word(start, end)
    }
    let (digits, count) = leadingDigits(first)
    guard count > 0, count < 8, digits & 0xFF != 0 || count == 1 else { return nil }
    significand = number(digits, count)
    places = 0
    start += count
    guard first &>> UInt64(truncatingIfNeeded: 8 &* count) & 0xFF == UInt64(UInt8(ascii: ".")) else { return start }
    start += 1
    let (fraction, fractionCount) = leadingDigits(word(start, end))
    guard fractionCount > 0 else { return nil }
    guard fractionCount == 8 else {
      significand = significand &* powers[fractionCount] &+ number(fraction, fractionCount)
      places = fractionCount
      return start + fractionCount
    }
    let (rest, restCount) = leadingDigits(word(start + 8, end))
    guard restCount < 8, count &+ restCount <= 10 else { return nil }
    let long = number(fraction) &* powers[restCount] &+ number(rest, restCount)
    places = 8 &+ restCount
    significand = significand &* powers[places] &+ long
    return start + places
  }
}

/// A string without escapes of ASCII alone.
@inline(__always)
func quickText(
  _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ text: inout TextView
) -> UnsafePointer<UInt8>? {
  let width = streampulse_scan_width
  guard end - cursor > 1, cursor.pointee == UInt8(ascii: "\"") else { return nil }
  let start = cursor + 1
  var next = start
  while true {
    let left = end - next
    guard left >= width else {
      guard left > 0 else { return nil }
      let plain = Int(streampulse_plain_count_before(end, UInt32(truncatingIfNeeded: left)))
      guard plain < left else { return nil }
      next += plain
      break
    }
    let plain = Int(streampulse_plain_count(next))
    next += plain
    if plain < width { break }
  }
  guard next.pointee == UInt8(ascii: "\"") else { return nil }
  text = TextView(start: start, count: next - start)
  return next + 1
}

/// `true` or `false`.
@inline(__always)
func quickBoolean(
  _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ value: inout UInt8
) -> UnsafePointer<UInt8>? {
  let word = word(cursor, end)
  if word & 0xFFFF_FFFF == 0x6575_7274 {
    value = 1
    return cursor + 4
  }
  guard word & 0xFF_FFFF_FFFF == 0x65_736C_6166 else { return nil }
  value = 0
  return cursor + 5
}

@inline(__always)
func isNull(_ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
  word(cursor, end) & 0xFFFF_FFFF == 0x6C6C_756E
}
