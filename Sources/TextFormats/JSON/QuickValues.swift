import CTextScan
import Events

// Values in their common forms, for the loops. Each function returns the place behind the value, or nil when it is
// something else, be it wrong or only rare.
//
// `room` says what may be read around the value. Where there is none the end is minded: a record has at least
// `QuickRoom.least` bytes, so that what stands near its end can be looked at from there backwards.

/// What may be read around a value.
struct QuickRoom {
  /// `bytes` from its beginning on.
  var behind: Bool
  /// `before` in front of it.
  var infront: Bool

  /// A sign, and what is looked at behind it.
  static let bytes = 1 + streampulse_scan_width
  static let before = streampulse_scan_width
  static let least = streampulse_scan_width
}

/// The next eight bytes, zeros behind the end.
@inline(__always)
func word(_ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UInt64 {
  let left = end - cursor
  if left >= 8 { return loadWord(cursor) }
  guard left > 0 else { return 0 }
  return loadWord(end - 8) &>> UInt64(truncatingIfNeeded: 64 &- 8 &* left)
}

@inline(__always)
func loadWord(_ bytes: UnsafePointer<UInt8>) -> UInt64 {
  UInt64(littleEndian: UnsafeRawPointer(bytes).loadUnaligned(as: UInt64.self))
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
  static let greatest = 15

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

/// A number of up to fifteen bytes, its sign aside; the count is 0 for anything else.
@inline(__always)
private func shortDecimal(
  _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ room: QuickRoom
) -> (number: streampulse_decimal, isNegative: Bool) {
  let left = end - cursor
  guard room.infront, room.behind || left > 1 else { return (streampulse_decimal(), false) }
  let isNegative = cursor.pointee == UInt8(ascii: "-")
  let start = isNegative ? cursor + 1 : cursor
  let digits = isNegative ? left &- 1 : left
  if room.behind || digits >= streampulse_scan_width { return (streampulse_read_decimal(start), isNegative) }
  return (streampulse_read_last_decimal(start, UInt32(truncatingIfNeeded: digits)), isNegative)
}

/// A whole number of up to fifteen digits.
@inline(__always)
func quickInteger(
  _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: UnsafePointer<UInt64>, _ value: inout Int64,
  _ room: QuickRoom
) -> UnsafePointer<UInt8>? {
  let (number, isNegative) = shortDecimal(cursor, end, room)
  guard number.count == 0 else {
    value = Int64(bitPattern: number.significand)
    if isNegative { value = 0 &- value }
    return number.places == 0 ? cursor + (Int(number.count) &+ (isNegative ? 1 : 0)) : nil
  }
  return quickIntegerByWords(cursor, end, powers, &value)
}

/// The same at the beginning of a record.
@inline(never)
private func quickIntegerByWords(
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

/// A number without an exponent, of up to eighteen digits.
struct QuickDecimal {
  var significand: UInt64 = 0
  var places = 0
  var isNegative = false

  @inline(__always)
  mutating func read(
    _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: UnsafePointer<UInt64>, _ room: QuickRoom
  ) -> UnsafePointer<UInt8>? {
    let (number, isNegative) = shortDecimal(cursor, end, room)
    guard number.count == 0 else {
      significand = number.significand
      places = Int(number.places)
      self.isNegative = isNegative
      return cursor + (Int(number.count) &+ (isNegative ? 1 : 0))
    }
    return readWords(cursor, end, powers)
  }

  /// The same at the beginning of a record, and of longer numbers: up to seven digits before the point.
  @inline(never)
  private mutating func readWords(
    _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: UnsafePointer<UInt64>
  ) -> UnsafePointer<UInt8>? {
    var start = cursor
    var first = word(start, end)
    isNegative = first & 0xFF == UInt64(UInt8(ascii: "-"))
    if isNegative {
      start += 1
      first = word(start, end)
    }
    let (digits, whole) = leadingDigits(first)
    guard whole > 0, whole < 8, digits & 0xFF != 0 || whole == 1 else { return nil }
    let bits = UInt64(truncatingIfNeeded: 8 &* whole)
    guard first &>> bits & 0xFF == UInt64(UInt8(ascii: ".")) else {
      significand = number(digits, whole)
      places = 0
      return start + whole
    }
    // The digits without the point: those behind it stand one byte further.
    let mask = 1 &<< bits &- 1
    start += 1
    let (values, count) = leadingDigits(first & mask | word(start, end) & ~mask)
    guard count > whole else { return nil }
    guard count == 8 else {
      significand = number(values, count)
      places = count &- whole
      return start + count
    }
    let (more, moreCount) = leadingDigits(word(start + 8, end))
    guard moreCount == 8 else {
      significand = number(values) &* powers[moreCount] &+ number(more, moreCount)
      places = 8 &+ moreCount &- whole
      return start + (8 &+ moreCount)
    }
    let (last, lastCount) = leadingDigits(word(start + 16, end))
    guard lastCount <= 2 else { return nil }
    significand = (number(values) &* 100_000_000 &+ number(more)) &* powers[lastCount] &+ number(last, lastCount)
    places = 16 &+ lastCount &- whole
    return start + (16 &+ lastCount)
  }
}

/// The quote that ends a string without escapes, of ASCII alone, from behind its opening quote on.
@inline(__always)
func quickQuote(
  _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ room: QuickRoom
) -> UnsafePointer<UInt8>? {
  let width = streampulse_scan_width
  var next = start
  var mayScan = room.behind
  while true {
    guard mayScan || end - next >= width else {
      let left = end - next
      guard left > 0 else { return nil }
      next += Int(streampulse_plain_count_before(end, UInt32(truncatingIfNeeded: left)))
      guard next < end else { return nil }
      break
    }
    let plain = Int(streampulse_plain_count(next))
    next += plain
    if plain < width { break }
    mayScan = false
  }
  return next.pointee == UInt8(ascii: "\"") ? next : nil
}

/// The characters of such a string.
@inline(__always)
func quickText(
  _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ text: inout TextView, _ room: QuickRoom
) -> UnsafePointer<UInt8>? {
  guard let quote = quickQuote(start, end, room) else { return nil }
  text = TextView(start: start, count: quote - start)
  return quote + 1
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

/// Any scalar.
@inline(__always)
func quickScalar(
  _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: UnsafePointer<UInt64>, _ room: QuickRoom
) -> UnsafePointer<UInt8>? {
  guard room.behind || cursor < end else { return nil }
  if cursor.pointee == UInt8(ascii: "\"") { return quickQuote(cursor + 1, end, room).map { $0 + 1 } }
  var number = QuickDecimal()
  if let next = number.read(cursor, end, powers, room) { return next }
  var value: UInt8 = 0
  if let next = quickBoolean(cursor, end, &value) { return next }
  return isNull(cursor, end) ? cursor + 4 : nil
}
