/// SplitMix64.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}

/// Documents with up to fifteen members, whose values mostly fit the columns of `JSONShapeTests`.
struct RandomDocuments {
  var bits: SeededRandom

  init(seed: UInt64) { bits = SeededRandom(seed: seed) }

  mutating func chance(_ one: Int) -> Bool { one > 0 && Int.random(in: 0..<one, using: &bits) == 0 }

  mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &bits)] }

  /// - Parameters:
  ///   - order: of the members.
  ///   - chaos: one member in so many is left out, and now and then one is something else; 0: never.
  mutating func document(_ order: [Int], chaos: Int) -> String {
    var members: [String] = []
    for index in order where !chance(chaos) {
      var (name, value) = member(index)
      if chance(chaos * 8) {
        value = pick([number(), text(), "null", "true", "[]", "{}", "tru", "\"", "1.", "01"])
      }
      if chance(chaos * 20) { name = pick(["id", "\\u0061t", "x"]) }
      members.append("\"\(name)\":\(value)")
    }
    return "{\(members.joined(separator: ","))}"
  }

  private mutating func member(_ index: Int) -> (name: String, value: String) {
    switch index {
    case 0: ("id", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1\(pick(["0", "1", "f"]))\"")
    case 1:
      (
        "at",
        pick(["\"2025-01-15T10:30:00Z\"", "\"2025-01-15T10:30:00.123+01:00\"", "\"2025-01-15 10:30:00.5Z\""])
      )
    case 2: ("t", "{\"zone\":\(text()),\"ms\":\(pick(["1736937000000", "0", "-5", "1736937000000.5"]))}")
    case 3: ("seconds", pick(["1736937000", "1", "1736937000.125", "null"]))
    case 4: ("count", pick(["0", "7", "-2147483648", "2147483647", "null", "12"]))
    case 5: ("total", pick(["1", "9223372036854775807", "-9223372036854775808", "123456789012345", "10.0"]))
    case 6: ("price", pick(["1", "9.99", "-0.5", "12345.67", "0.005", "null"]))
    case 7: ("ratio", chance(3) ? number() : "\(Double.random(in: -1000...1000, using: &bits))")
    case 8: ("good", pick(["true", "false", "null"]))
    case 9: ("title", chance(5) ? "null" : text())
    case 10: ("code", pick(["\"\"", "\"abc\"", "\"abcde\"", "\"abcde \"", "\"äöü\"", "null"]))
    case 11: ("tags", pick(["[]", "[\"a\",\"b\"]", "[1, \"b\"]", "{\"a\":[1]}", "null", "[\"a\",null,3]"]))
    case 12: ("day", pick(["\"2025-01-15\"", "null"]))
    case 13:
      ("unknown", pick(["1", "\"x\"", "[1,2,{\"a\":1}]", "{\"k\":{\"l\":null}}", "true", "null", "-1.5e10"]))
    default: ("more", "{\"one\":\(number()),\"two\":\(text())}")
    }
  }

  mutating func number() -> String {
    pick([
      "0", "-0", "7", "-12", "123456789", "1234567890123456789012", "1.5", "-0.25", "12345678.125", "1e3", "2.5E-3",
      "0.30000000000000004", "99.995", "3.141592653589793", "\(Int.random(in: -99999...99999, using: &bits))",
    ])
  }

  mutating func text() -> String {
    let length = Int.random(in: 0...40, using: &bits)
    var text = (0..<length).map { _ in pick(["a", "b", " ", "Z", "0", ","]) }.joined()
    if chance(6) { text += pick(["ü", "\\n", "\\u00e4", "\\ud83d\\ude00", "😀", "\\\"", "\\\\"]) }
    return "\"\(text)\""
  }
}
