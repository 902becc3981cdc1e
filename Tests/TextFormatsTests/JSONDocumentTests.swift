import Events
import Plan
import Testing

@testable import TextFormats

/// What is a JSON document and what is not, whatever columns are read of it.
@Suite struct JSONDocumentTests {
  private static let columns = [column(.bigint, name: "a"), column(.text, name: "b")]

  @Test(
    "a document of RFC 8259 that is an object is an event",
    arguments: [
      ("{}", "NULL", "NULL"), (" {\t}\r\n", "NULL", "NULL"), ("{\"a\":1,\"b\":\"x\"}", "1", "x"),
      ("{\"b\":\"x\",\"a\":1}", "1", "x"), (" { \"a\" : 1 ,\n\"b\"\t:\r\"x\" } ", "1", "x"),
      ("\u{FEFF}{\"a\":1}", "1", "NULL"), ("{\"c\":[],\"a\":1}", "1", "NULL"), ("{\"c\":{},\"a\":1}", "1", "NULL"),
      ("{\"c\":[1,-0,0.5,1e5,1E+5,2e-7,true,false,null,\"\",[[]],{\"a\":2}],\"a\":1}", "1", "NULL"),
      ("{\"c\":{\"a\":2,\"b\":{\"a\":3,\"b\":\"y\"}},\"b\":\"x\"}", "NULL", "x"),
      ("{\"\":0,\" \":0,\"A\":0,\"\\u0000\":0,\"a\":1}", "1", "NULL"),
      ("{\"\\u0061\":1,\"\\u0062\":\"x\"}", "1", "x"), ("{\"a\":null,\"b\":null}", "NULL", "NULL"),
      ("{\"c\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\uD83D\\uDE00\\u0000\",\"a\":1}", "1", "NULL"),
      ("{\"c\":\"\u{7F}äß€😀\u{10FFFF}\",\"a\":1}", "1", "NULL"),
      ("{\"c\":123456789012345678901234567890123456789012345678901234567890e99999999999,\"a\":1}", "1", "NULL"),
    ])
  func documents(_ document: String, _ a: String, _ b: String) {
    #expect(read([document], Self.columns) == [.row([a, b])])
  }

  @Test(
    "what is no such document is malformed, and the place is told",
    arguments: [
      (" ", "not JSON: the text ends where a value is expected (at byte 1)"),
      ("\u{FEFF}", "not JSON: the text ends where a value is expected (at byte 3)"),
      ("\u{FEFF}\u{FEFF}{}", "not JSON: a value is expected (at byte 3)"),
      ("hello", "not JSON: a value is expected (at byte 0)"),
      ("nul", "not JSON: a value is expected (at byte 0)"),
      ("nulL", "not JSON: a value is expected (at byte 0)"),
      ("[1]", "the document is an array, not an object"), ("\"a\"", "the document is a text, not an object"),
      ("17", "the document is a number, not an object"), ("true", "the document is a boolean, not an object"),
      (" null ", "the document is null, not an object"),
      ("{", "not JSON: a member's name in double quotes is expected (at byte 1)"),
      ("{,}", "not JSON: a member's name in double quotes is expected (at byte 1)"),
      ("{a:1}", "not JSON: a member's name in double quotes is expected (at byte 1)"),
      ("{'a':1}", "not JSON: a member's name in double quotes is expected (at byte 1)"),
      ("{\"a\"}", "not JSON: a colon is expected after the member's name (at byte 4)"),
      ("{\"a\" 1}", "not JSON: a colon is expected after the member's name (at byte 5)"),
      ("{\"a\":}", "not JSON: a value is expected (at byte 5)"),
      ("{\"a\":1", "not JSON: a comma or } is expected (at byte 6)"),
      ("{\"a\":1]", "not JSON: a comma or } is expected (at byte 6)"),
      ("{\"a\":1,}", "not JSON: a member's name in double quotes is expected (at byte 7)"),
      ("{\"a\":1 \"b\":2}", "not JSON: a comma or } is expected (at byte 7)"),
      ("{\"a\":1}}", "not JSON: text after the end of the document (at byte 7)"),
      ("{\"a\":1}{\"a\":1}", "not JSON: text after the end of the document (at byte 7)"),
      ("{\"a\":1}\u{0}", "not JSON: text after the end of the document (at byte 7)"),
      ("{\"c\":[1,]}", "not JSON: a value is expected (at byte 8)"),
      ("{\"c\":[1 2]}", "not JSON: a comma or ] is expected (at byte 8)"),
      ("{\"c\":[1}", "not JSON: a comma or ] is expected (at byte 7)"),
      ("{\"a\":01}", "not JSON: a number must not begin with 0 (at byte 6)"),
      ("{\"a\":-}", "not JSON: a digit is expected (at byte 6)"),
      ("{\"a\":+1}", "not JSON: a value is expected (at byte 5)"),
      ("{\"a\":.5}", "not JSON: a value is expected (at byte 5)"),
      ("{\"a\":1.}", "not JSON: a digit is expected (at byte 7)"),
      ("{\"a\":1e}", "not JSON: a digit is expected (at byte 7)"),
      ("{\"a\":1e+}", "not JSON: a digit is expected (at byte 8)"),
      ("{\"a\":1a}", "not JSON: a comma or } is expected (at byte 6)"),
      ("{\"a\":0x1F}", "not JSON: a comma or } is expected (at byte 6)"),
      ("{\"a\":NaN}", "not JSON: a value is expected (at byte 5)"),
      ("{\"a\":Infinity}", "not JSON: a value is expected (at byte 5)"),
      ("{\"a\":-Infinity}", "not JSON: a digit is expected (at byte 6)"),
      ("{\"a\":True}", "not JSON: a value is expected (at byte 5)"),
      ("{\"a\":1 /* one */}", "not JSON: a comma or } is expected (at byte 7)"),
      ("{\"a\":1}\u{A0}", "not JSON: text after the end of the document (at byte 7)"),
      ("{\"b\":\"x}", "not JSON: the text ends inside a string that begins at byte 5 (at byte 8)"),
      ("{\"b\":\"x\\", "not JSON: the text ends inside a string that begins at byte 5 (at byte 8)"),
      ("{\"b\":\"x\\\"}", "not JSON: the text ends inside a string that begins at byte 5 (at byte 10)"),
      ("{\"b\":\"x\ty\"}", "not JSON: a control character in a string must be escaped (at byte 7)"),
      ("{\"b\":\"\u{0}\"}", "not JSON: a control character in a string must be escaped (at byte 6)"),
      ("{\"b\\x\":1}", "not JSON: an unknown escape (at byte 3)"),
      ("{\"c\":\"\\u12\"}", "not JSON: four hexadecimal digits are expected (at byte 6)"),
      ("{\"c\":\"\\u12G4\"}", "not JSON: four hexadecimal digits are expected (at byte 6)"),
      ("{\"c\":\"\\ud83d\"}", "not JSON: half a surrogate pair (at byte 6)"),
      ("{\"c\":\"\\ud83dx\"}", "not JSON: half a surrogate pair (at byte 6)"),
      ("{\"c\":\"\\ud83d\\ud83d\"}", "not JSON: half a surrogate pair (at byte 6)"),
      ("{\"c\":\"\\ude00\\ud83d\"}", "not JSON: half a surrogate pair (at byte 6)"),
      ("{\"c\":\"\\ud83d\\n\"}", "not JSON: half a surrogate pair (at byte 6)"),
      ("{\"a\":1,\"a\":2}", "the member \"a\" is there twice (at byte 7)"),
      ("{\"a\":1,\"b\":\"x\",\"\\u0061\":1}", "the member \"a\" is there twice (at byte 15)"),
      ("{\"c\":[{\"d\":{\"ä\":1,\"\\u00e4\":2}}]}", "the member \"ä\" is there twice (at byte 19)"),
      ("{\"\":1,\"\":2}", "the member \"\" is there twice (at byte 6)"),
    ])
  func refused(_ document: String, _ message: String) {
    #expect(read([document], Self.columns) == [.failure(.malformed, message)])
    #expect(read([document], []) == [.failure(.malformed, message)], "whatever is read of it")
  }

  @Test func `A tombstone is one, and no bytes are empty`() {
    #expect(
      read(payloads: [nil, []], Self.columns) == [
        .failure(.tombstone, "the record has no payload"), .failure(.empty, "the payload has no bytes"),
      ])
  }

  @Test(
    "a string that is not UTF-8 makes a dead letter, wherever it stands",
    arguments: [
      [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
      [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF],
      [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xC3, 0xA4, 0xFF],
    ] as [[UInt8]])
  func invalidUTF8(_ bytes: [UInt8]) {
    let place = 6 + bytes.count(where: { [0xC3, 0xA4].contains($0) && bytes.count == 3 })
    for tail in ["", "x", "a rather long text behind it"] {
      func document(_ name: String) -> [UInt8] {
        Array("{\"\(name)\":\"".utf8) + bytes + Array("\(tail)\"}".utf8)
      }
      #expect(
        read(payloads: [document("b")], Self.columns)
          == [.failure(.invalidUTF8, "b: the text is not UTF-8 (at byte \(place))")])
      #expect(
        read(payloads: [document("c")], Self.columns)
          == [.failure(.invalidUTF8, "the text is not UTF-8 (at byte \(place))")])
      let named = Array("{\"".utf8) + bytes + Array("\(tail)\":1}".utf8)
      #expect(
        read(payloads: [named], Self.columns)
          == [.failure(.invalidUTF8, "the text is not UTF-8 (at byte \(place - 4))")])
    }
  }

  @Test func `Every character of Unicode is taken as it is and escaped`() {
    let columns = [column(.text)]
    var code: UInt32 = 1
    while code <= 0x10FFFF {
      defer { code += code < 0x3000 ? 7 : 1021 }
      guard let scalar = Unicode.Scalar(code) else { continue }
      let text = String(Character(scalar))
      let units = text.utf16.map { unit in
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
      let plain = code < 0x20 || text == "\"" || text == "\\" ? units.joined() : text
      let documents = [
        "{\"v\":\"\(plain)\"}", "{\"v\":\"\(units.joined().uppercased().replacing("\\U", with: "\\u"))\"}",
      ]
      #expect(JSONReading(columns).outcomes(documents.map { Array($0.utf8) }) == [.row([text]), .row([text])])
    }
  }

  @Test func `256 levels are read, more are not`() {
    func nested(_ depth: Int, _ open: String, _ close: String) -> String {
      String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
    }
    let columns = [column(.jsonb, name: "c"), column(.bigint, name: "a")]
    for (open, close) in [("[", "]"), ("{\"x\":", "}")] {
      let (deep, deeper) = (nested(255, open, close), nested(256, open, close))
      let place = 5 + 255 * open.utf8.count
      #expect(
        read(["{\"c\":\(deep),\"a\":1}", "{\"c\":\(deeper),\"a\":1}"], columns) == [
          .row([deep, "1"]),
          .failure(.malformed, "not JSON: nested more than 256 levels deep (at byte \(place))"),
        ])
      let deepest = String(repeating: open, count: 1_000_000)
      #expect(JSONReading(columns).outcomes([Array("{\"c\":\(deepest)".utf8)]).map(\.isRow) == [false])
    }
  }

  @Test func `A path of more levels than a document may have leads nowhere`() {
    let path = Array(repeating: DeclaredColumn.Step.member("x"), count: 10_000)
    let columns = [DeclaredColumn(name: "v", type: .bigint, path: path), column(.bigint, name: "a")]
    let deep = String(repeating: "{\"x\":", count: 255) + "1" + String(repeating: "}", count: 255)
    #expect(read(["{\"x\":\(deep),\"a\":2}"], columns) == [.row(["NULL", "2"])])
  }

  @Test func `Many members are told apart in linear time`() {
    let names = (0..<50_000).map { "\"name \($0)\":\($0)" }
    let columns = [column(.bigint, name: "name 49999"), column(.bigint, name: "name 77")]
    let good = "{" + names.joined(separator: ",") + "}"
    let inner = "{\"x\":\(good),\"name 77\":1,\"name 49999\":2}"
    let twice = "{" + names.joined(separator: ",") + ",\"name 1000\":5}"
    let reading = JSONReading(columns)
    #expect(
      reading.outcomes([good, inner, twice].map { Array($0.utf8) }) == [
        .row(["49999", "77"]), .row(["2", "1"]),
        .failure(.malformed, "an object has two members of one name (up to byte \(twice.utf8.count))"),
      ])
  }

  @Test(arguments: [2, 3, 20, 47, 48, 49, 50, 64, 100, 130, 300])
  func `A member that is there twice is found in objects of any size`(count: Int) {
    let names = (0..<count).map { "n\($0)" }
    for (first, second) in [(0, count - 1), (count / 2, count - 1), (0, 1)] where first < second {
      var repeated = names
      repeated[second] = names[first]
      func object(_ names: [String]) -> String { "{" + names.map { "\"\($0)\":1" }.joined(separator: ",") + "}" }
      let documents = [object(names), object(repeated), "{\"x\":[\(object(repeated))]}", "{\"x\":[\(object(names))]}"]
      #expect(read(documents, Self.columns).map(\.isRow) == [true, false, false, true])
    }
  }

  @Test func `Records of many megabytes are read`() {
    let text = String(repeating: "Grüße, \\\"Welt\\\"! ", count: 150_000)
    let list = Array(repeating: "{\"x\":[1,2.5,\"three\"]}", count: 60_000).joined(separator: ",")
    let columns = [column(.text, name: "t"), column(.jsonb, name: "l"), column(.bigint, name: "a")]
    let outcomes = JSONReading(columns).outcomes([Array("{\"t\":\"\(text)\",\"l\":[\(list)],\"a\":1}".utf8)])
    #expect(outcomes == [.row([text.replacing("\\\"", with: "\""), "[\(list)]", "1"])])
  }
}
