import Events

/// Random and extreme values of every type, the same for the same seed.
struct RandomValues: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &self) == 0 }

  mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &self)] }

  /// A number of any size: each number of bits is as likely as another.
  mutating func integer(_ range: ClosedRange<Int64>) -> Int64 {
    if chance(8) { return pick([range.lowerBound, range.upperBound]) }
    let value = Int64(bitPattern: next()) >> Int64.random(in: 0...63, using: &self)
    return range.contains(value) ? value : Int64.random(in: range, using: &self)
  }

  mutating func double() -> Double {
    switch Int.random(in: 0..<8, using: &self) {
    case 0:
      return pick([
        0, -0.0, .nan, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .leastNormalMagnitude,
        0x1p31, 0x1p63, -0x1p31, -0x1p63, 2_147_483_647.5, 2_147_483_646.5, -2_147_483_648.5, 1e15, 1e-4, 1e-5, 0.1,
        9_223_372_036_854_774_784, 123_456_789_012_345, 999_999_999_999_999.9, 1e16, 1e22, 1e23,
      ])
    case 1, 2: return Double(bitPattern: next())
    // Halves, which are rounded to even.
    case 3: return Double(Int64.random(in: -1000...1000, using: &self)) / 2
    case 4: return Double(integer(.min ... .max))
    case 5: return Double(integer(-99_999_999...99_999_999)) / pick([10, 100, 1e4, 1e7, 1e12])
    case 6: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: next())))
    default: return Double.random(in: -10...10, using: &self)
    }
  }

  mutating func value(of type: SQLType) -> Datum {
    switch type {
    case .boolean: .boolean(chance(2))
    case .integer: .integer(integer(Int64(Int32.min)...Int64(Int32.max)))
    case .bigint: .integer(integer(.min ... .max))
    case .numeric(let scale): .decimal(decimal(), scale: scale)
    case .doublePrecision: .double(double())
    // As columns are let through: 4714-11-24 BC to where microseconds since 1970 end, and to AD 5874897.
    case .timestamptz, .timestamp: .integer(integer(-210_866_803_200_000_000...(.max - 1)))
    case .date: .integer(chance(2) ? integer(-2_440_588...2_145_042_905) : integer(106_751_980...106_763_000))
    case .time: .integer(integer(0...86_400_000_000))
    case .uuid: .text(uuid())
    case .text: .text(text())
    case .jsonb: .text(chance(3) ? number() : json(depth: 0))
    case .interval, .bytea, .bits, .array: .text("")
    }
  }

  private mutating func decimal() -> Int128 {
    let limit: Int128 = 99_999_999_999_999_999_999_999_999_999_999_999_999
    if chance(8) { return pick([0, limit, -limit, 1, -1]) }
    let bits = Int128(Int64(bitPattern: next())) << 64 | Int128(next())
    let value = bits >> Int128(Int.random(in: 0...126, using: &self))
    return value.magnitude <= limit.magnitude ? value : value / 10
  }

  private mutating func uuid() -> String {
    let digits = (0..<32).map { _ in String(next() & 15, radix: 16) }.joined()
    return [8, 4, 4, 4, 12].reduce(into: (rest: digits[...], parts: [Substring]())) { state, length in
      state.parts.append(state.rest.prefix(length))
      state.rest = state.rest.dropFirst(length)
    }.parts.joined(separator: "-")
  }

  /// What casts from text meet: numbers and words of every spelling, and what is nearly one.
  mutating func text() -> String {
    var text =
      switch Int.random(in: 0..<10, using: &self) {
      case 0: word()
      case 1: String(integer(.min ... .max))
      case 2:
        pick([
          "2147483647", "-2147483648", "2147483648", "-2147483649", "9223372036854775807",
          "-9223372036854775808", "9223372036854775808", "-9223372036854775809", "1e-400", "1e400", "-1e400", "0e-400",
          "1.7976931348623157e308", "1.7976931348623159e308", "2.4703282292062327e-324", "2.4703282292062328e-324",
          "5e-324", "0x1F", "0x1.8p3", "0x1p-1080", "0x1p1024", "0X.8", "0x", "1_000", "0b11", "0o17", "nan(7)", "-nan",
        ])
      case 3: double().description
      default: number()
      }
    if chance(12) { text += pick(["x", ".", "e5", "-", " 1", "\u{A0}", "é", "\u{661}", ",", "_1", "'", "\\"]) }
    if chance(12) { text = pick(["+", "-", "++", "0", "00", "x"]) + text }
    let blanks = ["", "", "", " ", "\t", "\n", "\u{B}", "\u{C}", "\r", "  ", "\u{A0}"]
    return pick(blanks) + text + pick(blanks)
  }

  private mutating func word() -> String {
    let whole = pick(["true", "false", "yes", "no", "on", "off", "1", "0", "inf", "infinity", "nan", "", "null"])
    let cut = chance(2) ? whole : String(whole.prefix(Int.random(in: 0...whole.count, using: &self)))
    let cased = cut.map { chance(3) ? $0.uppercased() : String($0) }.joined()
    return pick(["", "", "+", "-"]) + cased
  }

  /// A decimal number in one of the forms of SQL and JSON.
  mutating func number() -> String {
    func digits(_ range: ClosedRange<Int>, _ random: inout RandomValues) -> String {
      (0..<Int.random(in: range, using: &random)).map { _ in String(random.next() % 10) }.joined()
    }
    var text = chance(3) ? "-" : ""
    text += chance(4) ? "0" : pick(["1", "2", "9"]) + digits(0...(chance(6) ? 40 : 9), &self)
    if chance(2) { text += "." + (chance(3) ? "0" : "") + digits(1...(chance(6) ? 30 : 6), &self) }
    if chance(3) {
      let exponent = chance(4) ? Int.random(in: 0...400, using: &self) : Int.random(in: 0...25, using: &self)
      text += pick(["e", "E", "e+", "e-", "E-"]) + String(exponent)
    }
    return text
  }

  private mutating func json(depth: Int) -> String {
    func blank(_ random: inout RandomValues) -> String { random.pick(["", "", "", " ", "\n\t"]) }
    switch Int.random(in: 0..<(depth > 3 ? 5 : 9), using: &self) {
    case 0: return pick(["true", "false", "null"])
    case 1: return "\"\(characters())\""
    case 2: return double().isFinite ? "\(Double(integer(.min ... .max)) / 1024)" : "1e5"
    case 3: return chance(4) ? pick(Self.extremeNumbers) : number()
    case 4: return "\(Int64(bitPattern: next()))"
    case 5, 6:
      let elements = (0..<Int.random(in: 0...4, using: &self)).map { _ in blank(&self) + json(depth: depth + 1) }
      return "[" + elements.joined(separator: blank(&self) + ",") + blank(&self) + "]"
    default:
      let members = (0..<Int.random(in: 0...5, using: &self)).map { _ in
        blank(&self) + "\"\(chance(2) ? pick(["a", "b", "aa", "é", "e\u{301}", ""]) : characters())\"" + blank(&self)
          + ":"
          + json(depth: depth + 1)
      }
      return "{" + members.joined(separator: ",") + blank(&self) + "}"
    }
  }

  private static let extremeNumbers = [
    "1e131071", "9.9e131071", "1e131072", "0e131072", "1e-16383", "1e-16384", "0e-16384", "0.0e-16382", "-0", "-0.0",
    "-0e5", "1e999999999999", "0e99999999999999999999", "5e-324", "1.7976931348623157e+308", "10e131070", "0.1e131072",
  ]

  private mutating func characters() -> String {
    (0..<Int.random(in: 0...6, using: &self)).map { _ in
      pick([
        "a", "Z", "9", " ", "/", "\\/", "\\\"", "\\\\", "\\n", "\\t", "\\b", "\\f", "\\r", "\\u00e9", "\\u001f",
        "\\u007f",
        "\\ud83d\\ude00", "é", "ß", "😀", "\u{7F}", "\u{2028}", "\\u2028", chance(40) ? "\\u0000" : "-",
        chance(40) ? "\\ud83d" : "_",
      ])
    }.joined()
  }

  /// A constant of a definition, in a spelling that Postgres may read or not.
  mutating func constant(of type: SQLType) -> String {
    func two(_ range: ClosedRange<Int>, _ random: inout RandomValues) -> String {
      let text = String(Int.random(in: range, using: &random))
      return random.chance(20) || text.count > 1 ? text : "0" + text
    }
    let date =
      "\(pick(["1970", "2000", "2024", "0001", "1900", "9999", "12", "10000"]))-\(two(0...13, &self))-\(two(0...32, &self))"
    let seconds = ":\(two(0...60, &self))" + pick(["", "", ".5", ".123456", ".1234567", ".000001", "."])
    let time = "\(two(0...24, &self)):\(two(0...60, &self))" + (chance(3) ? "" : seconds)
    let zone = pick([
      "", "Z", "z", "+00", "+02", "-05:30", "+0530", " UTC", "+15:59", "+16", "-15", " gmt", "+2", "-24", "-99",
    ])
    switch type {
    case .date: return chance(20) ? date + " BC" : date
    case .time: return time
    case .timestamp: return chance(4) ? date : date + pick([" ", "T", "  "]) + time
    case .timestamptz: return chance(4) ? date : date + pick([" ", "T"]) + time + zone
    case .uuid:
      let form = uuid()
      switch Int.random(in: 0..<5, using: &self) {
      case 0: return "{" + form + "}"
      case 1: return form.filter { $0 != "-" }
      case 2: return form.uppercased()
      case 3: return pick(["{", ""]) + form + pick(["}", " ", "0"])
      default: return form
      }
    case .boolean: return pick(["", "", " ", "\n"]) + word()
    default: return text()
    }
  }
}
