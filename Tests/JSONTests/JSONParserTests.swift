import JSON
import Testing

@Suite struct JSONParserTests {
  @Test(
    "each kind of value is parsed",
    arguments: [
      ("null", JSONValue.null), (" true\n", .bool(true)), ("false", .bool(false)), ("\"\"", .string("")),
      ("[]", .array([])), ("{}", .object([])), ("[ 1 , [2] ]", .array([.number("1"), .array([.number("2")])])),
      ("{\"b\":1,\"a\":{}}", .object([JSONMember("b", .number("1")), JSONMember("a", .object([]))])),
      ("\u{FEFF}1", .number("1")),
    ])
  func values(text: String, value: JSONValue) throws {
    #expect(try JSONValue(parsing: text) == value)
  }

  @Test(
    "numbers keep their text",
    arguments: ["0", "-0", "12", "-1.50", "1e5", "1E+05", "0.1e-7", "123456789012345678901234567890"])
  func numbers(text: String) throws {
    #expect(try JSONValue(parsing: text) == .number(text))
  }

  @Test(
    "escapes are undone",
    arguments: [
      (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
      (#""\ud83d\ude00!""#, "😀!"), (#""a\u0000b""#, "a\0b"), (#""é\n€""#, "é\n€"),
    ])
  func escapes(text: String, string: String) throws {
    #expect(try JSONValue(parsing: text) == .string(string))
  }

  @Test(
    "what RFC 8259 does not allow is refused",
    arguments: [
      "", " ", "nul", "truee", "01", "-", "+1", "1.", ".5", "1e", "1e+", "NaN", "'a'", "[1,]", "[1 2]", "[", "{",
      "{1:2}",
      "{\"a\"}", "{\"a\":1,}", "{\"a\":}", "\"", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\t\"", "1 2",
      #""\ud83d""#, #""\ud83dx""#, #""\ud83d\u0041""#, #""\ude00""#, "[1]]",
    ])
  func refused(text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }

  @Test("bytes that are not UTF-8 are refused", arguments: [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80]])
  func invalidUTF8(bytes: [UInt8]) {
    for prefix in [[], Array("\\n".utf8)] {
      #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22] + prefix + bytes + [0x22]) }
    }
  }

  @Test(
    "an error names line, column and offset",
    arguments: [
      ("{\n  \"a\": x\n}", 2, 8, 9), ("[\"é\", }", 1, 7, 7), ("1 x", 1, 3, 2), ("[1,\n\n  01]", 3, 4, 8),
      ("{\"a\":1,\"a\":2}", 1, 8, 7),
    ])
  func location(text: String, line: Int, column: Int, offset: Int) throws {
    let error = try #require(throws: JSONError.self) { try JSONValue(parsing: text) }
    #expect([error.position.line, error.position.column, error.position.offset] == [line, column, offset])
    #expect(error.description.hasPrefix("\(line):\(column): "))
  }

  @Test(
    "values may be nested 256 levels deep and no further", arguments: [(256, true), (257, false), (100_000, false)])
  func depth(levels: Int, isAccepted: Bool) {
    let array = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    let object = String(repeating: "{\"a\":", count: levels) + "1" + String(repeating: "}", count: levels)
    #expect(((try? JSONValue(parsing: array)) != nil) == isAccepted)
    #expect(((try? JSONValue(parsing: object)) != nil) == isAccepted)
  }

  @Test("a member that is there twice is refused, in small objects and in large ones", arguments: [1, 16, 17, 40])
  func duplicates(members: Int) throws {
    let list = (0..<members).map { "\"m\($0)\":\($0)" }
    #expect(throws: Never.self) { try JSONValue(parsing: "{\(list.joined(separator: ","))}") }
    for repeated in [0, members - 1] {
      let text = "{\((list + ["\"m\(repeated)\":0"]).joined(separator: ","))}"
      #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }
  }

  @Test("a path finds the place of a value in the text")
  func paths() throws {
    let text = "{\"a\": [1,\n  {\"b\": true}],\n \"c\": 2}"
    let b = try #require(JSONPosition(of: [.member("a"), .element(1), .member("b")], in: text))
    #expect([b.line, b.column] == [2, 9])
    let c = try #require(JSONPosition(of: [.member("c")], in: text))
    #expect([c.line, c.column] == [3, 7])
    let nearest = try #require(JSONPosition(of: [.member("c"), .member("x")], in: text))
    #expect(nearest == c)
  }

  @Test("accessors answer only for their kind")
  func accessors() throws {
    let value = try JSONValue(parsing: #"{"n": 12, "f": 1.5, "s": "x", "a": [true, null]}"#)
    #expect(value["n"]?.intValue == 12)
    #expect(value["f"]?.intValue == nil)
    #expect(value["f"]?.doubleValue == 1.5)
    #expect(value["s"]?.stringValue == "x")
    #expect(value["a"]?[0]?.boolValue == true)
    #expect(value["a"]?[1]?.isNull == true)
    #expect(value["a"]?[2] == nil)
    #expect(value["a"]?["n"] == nil)
    #expect(value["missing"] == nil)
    #expect(value["s"]?.arrayValue == nil)
    #expect(value.objectValue?.count == 4)
  }
}
