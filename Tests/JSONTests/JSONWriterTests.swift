import JSON
import Testing

@Suite struct JSONWriterTests {
  @Test(
    "a value is written compactly, in its order, with its numbers' text",
    arguments: [
      ("{ \"b\" : [ 1.50 , null ], \"a\" : { } }", "{\"b\":[1.50,null],\"a\":{}}"), ("[true,\n false]", "[true,false]"),
    ])
  func compact(text: String, expected: String) throws {
    #expect(try JSONValue(parsing: text).text == expected)
  }

  @Test(
    "only what must be escaped is",
    arguments: [
      ("plain é 😀 /", "\"plain é 😀 /\""), ("\"\\", #""\"\\""#), ("\u{8}\t\n\u{C}\r", #""\b\t\n\f\r""#),
      ("\0\u{1F}\u{7F}", "\"\\u0000\\u001f\u{7F}\""), ("", "\"\""),
    ])
  func escapes(text: String, expected: String) throws {
    var output = ""
    appendJSONString(text, to: &output)
    #expect(output == expected)
    #expect(try JSONValue(parsing: output) == .string(text))
  }

  @Test("what is written parses to the same value")
  func roundTrip() throws {
    var generator = Generator(state: 7)
    for _ in 0..<300 {
      let value = generator.value(depth: 4)
      #expect(try JSONValue(parsing: value.text) == value)
    }
  }
}

private struct Generator {
  var state: UInt64

  mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }

  mutating func string() -> String {
    var text = ""
    for _ in 0..<next(8) { text.unicodeScalars.append(["a", "\"", "\\", "\n", "\0", "é", "€", "😀"][next(8)]) }
    return text
  }

  mutating func value(depth: Int) -> JSONValue {
    switch next(depth > 0 ? 6 : 4) {
    case 0: return .null
    case 1: return .bool(next(2) == 0)
    case 2: return .number("\(next(1000) - 500).\(next(100))e\(next(9))")
    case 3: return .string(string())
    case 4:
      var elements: [JSONValue] = []
      for _ in 0..<next(5) { elements.append(value(depth: depth - 1)) }
      return .array(elements)
    default:
      var members: [JSONMember] = []
      for index in 0..<next(5) { members.append(JSONMember("\(index)\(string())", value(depth: depth - 1))) }
      return .object(members)
    }
  }
}
