import Events
import Testing

@testable import TextFormats

@Suite struct JSONNumberTests {
  /// Calls `body` with the number that the text is; nil when it is none.
  private func number<Value>(_ text: String, _ body: (JSONNumber) throws -> Value) rethrows -> Value? {
    var text = text
    return try text.withUTF8 { bytes in
      guard var cursor = bytes.baseAddress else { return nil }
      let end = cursor + bytes.count
      return try JSONNumber(&cursor, end).flatMap { cursor == end ? try body($0) : nil }
    }
  }

  private func random(_ random: inout SeededRandom) -> String {
    func digits(_ range: ClosedRange<Int>) -> String {
      (0..<Int.random(in: range, using: &random)).map { _ in String(random.next() % 10) }.joined()
    }
    switch Int.random(in: 0..<6, using: &random) {
    case 0:
      let value = Double(bitPattern: random.next()).magnitude
      return value.isFinite ? "\(value)" : "1"
    case 1: return "\(Double(random.next() >> 11) * 0x1p-53)"
    case 2:
      let value = Float(bitPattern: UInt32(random.next() >> 33))
      return value.isFinite ? "\(value)" : "2"
    // Near a half between two doubles: from 2^53 on they are 2 apart, from 2^54 on 4.
    case 3: return "\(9_007_199_254_740_992 + (random.next() >> 10))" + (Bool.random(using: &random) ? ".5" : "")
    case 4: return "\(random.next() % 10)." + digits(1...25)
    default:
      return "\(1 + random.next() % 9)" + digits(0...22) + "." + digits(1...12)
        + "e\(Int.random(in: -40...40, using: &random))"
    }
  }

  @Test func `A number is the double that C's strtod makes of it`() throws {
    var seed = SeededRandom(seed: 42)
    for _ in 0..<20_000 {
      let text = random(&seed)
      let expected = try #require(Double(text))
      let value = number(text) { number in Result { try number.double } }
      if expected.isInfinite || (expected == 0 && text.contains { ("1"..."9").contains($0) }) {
        #expect(throws: JSONNumber.Misfit.self, "\(text)") { try value?.get() }
      } else {
        #expect(try value?.get() == expected, "\(text)")
      }
    }
  }

  @Test func `Halves between two doubles go to the even one`() throws {
    for exponent in -27...27 {
      for significand in [1, 3, 5, 9_007_199_254_740_993, 9_007_199_254_740_995, .max, .max - 1, 1 << 63] as [UInt64] {
        let text = "\(significand)e\(exponent)"
        #expect(roundedDouble(significand, exponent: exponent) == Double(text), "\(text)")
      }
    }
    #expect(roundedDouble(1, exponent: 28) == nil)
    #expect(roundedDouble(0, exponent: 0) == nil)
  }

  @Test(
    "what numeric holds is told by places and digits",
    arguments: [
      ("0", true), ("1e131071", true), ("9.9e131071", true), ("1e131072", false), ("10e131070", true),
      ("0.1e131072", true), ("0.01e131073", true), ("0.01e131074", false), ("1e-16383", true), ("1e-16384", false),
      ("0.0e-16382", true), ("0e-16384", false), ("0e131072", true), ("0e999999999999999999999", false), ("-1e5", true),
    ])
  func numeric(_ text: String, _ isNumeric: Bool) {
    #expect(number(text) { $0.isNumeric } == isNumeric)
  }
}
