import Avro
import AvroTestSupport
import Events
import Testing

@Suite struct MalformedTests {
  struct Case: Sendable {
    var schema: String
    var payload: [UInt8]?
    var code: EventErrorCode
    var message: String

    init(_ schema: String, _ payload: [UInt8]?, _ code: EventErrorCode, _ message: String) {
      self.schema = schema
      self.payload = payload
      self.code = code
      self.message = message
    }
  }

  static let nulls = "{\"type\":\"array\",\"items\":\"null\"}"
  static let ints = "{\"type\":\"array\",\"items\":\"int\"}"
  static let strings = "{\"type\":\"map\",\"values\":\"string\"}"
  static let ff9 = [UInt8](repeating: 0xFF, count: 9)

  static let broken: [Case] = [
    Case("\"int\"", nil, .tombstone, "no payload"),
    Case("\"int\"", [], .empty, "no bytes"),
    Case("\"long\"", [0x80], .truncated, "x: the payload ends after 1 of 2 bytes needed"),
    Case("\"double\"", [1, 2, 3], .truncated, "x: the payload ends after 3 of 8 bytes needed"),
    Case("\"string\"", [20, 65], .truncated, "x: the payload ends after 2 of 11 bytes needed"),
    Case("\"int\"", [2, 0, 0], .trailingBytes, "2 bytes are left after the last field (at byte 1)"),
    Case("\"int\"", varint(1 << 31), .malformed, "x: 2147483648 does not fit an int (at byte 0)"),
    Case("\"int\"", varint(1 << 31) + [0, 0, 0, 0, 0], .malformed, "x: 2147483648 does not fit an int (at byte 0)"),
    Case("\"long\"", ff9 + [2], .malformed, "x: a number of more than 64 bits"),
    Case("\"long\"", ff9 + [0xFF, 1], .malformed, "x: a number of more than 64 bits"),
    Case("\"boolean\"", [2], .malformed, "x: 2 is neither true nor false (at byte 0)"),
    Case("\"string\"", varint(-1) + [0], .malformed, "x: a length of -1 bytes (at byte 0)"),
    Case("\"bytes\"", varint(.max), .malformed, "x: a length of 9223372036854775807 bytes"),
    Case("[\"null\",\"string\"]", [4, 0], .malformed, "x: branch 2 of a union that has 2"),
    Case("[\"null\",\"string\"]", [1, 0], .malformed, "x: branch -1 of a union that has 2"),
    Case("[\"null\",\"string\"]", [2], .truncated, "x: the payload ends after 1 of 2 bytes needed"),
    Case(ResolutionTests.enumeration("AB"), [4], .malformed, "x: symbol number 2 of enum E, which has 2"),
    Case(ResolutionTests.enumeration("AB"), [1], .malformed, "x: symbol number -1 of enum E, which has 2"),
    Case(AvroTypesTests.decimal(3, 1), [0], .malformed, "x: a decimal of no bytes"),
    Case(AvroTypesTests.decimal(3, 1), [4, 0x03, 0xE8], .outOfRange, "x: the decimal has more than 3 digits"),
    Case(
      AvroTypesTests.decimal(38, 1), varint(17) + [1] + [UInt8](repeating: 0, count: 16), .outOfRange,
      "x: the decimal has more than 38 digits"),
    Case(
      AvroTypesTests.logical("long", "timestamp-millis"), varint(.max / 999), .timeOutOfRange, "x: 9232604641496272"),
    Case(
      AvroTypesTests.logical("long", "time-micros"), varint(86_400_000_001), .timeOutOfRange, "x: 86400000001 is no"),
    Case(AvroTypesTests.logical("int", "time-millis"), varint(-1), .timeOutOfRange, "x: -1 is no valid time"),
    Case(AvroTypesTests.logical("int", "date"), varint(-2_440_589), .timeOutOfRange, "x: -2440589 is no valid date"),
    Case(AvroTypesTests.logical("string", "uuid"), encoded("0f8fad5b"), .invalidText, "x: the text is no uuid"),
    Case(
      AvroTypesTests.logical("string", "uuid"), encoded("0f8fad5b-d9cb-469f-a165-70867728950g"), .invalidText,
      "x: the text is no uuid"),
    Case(ints, varint(-1) + [4, 2, 4, 0], .malformed, "x: a block of 2 bytes has 1 (at byte 3)"),
    Case(strings, varint(-1) + [2, 2, 0x61, 0, 0], .malformed, "x: a block of 1 bytes has 3 (at byte 5)"),
    Case(strings, [2, 2, 0x61, 2, 0xFF, 0], .invalidUTF8, "x: the text is not valid UTF-8"),
  ]

  static let hostile: [Case] = [
    Case(ints, varint(1 << 62), .malformed, "x: a block of 4611686018427387904 items"),
    Case(ints, varint(1 << 30), .truncated, "x: the payload ends after 5 of"),
    Case(ints, varint(.min) + varint(0), .malformed, "x: a block of 9223372036854775807 items"),
    Case(ints, varint(-5) + varint(-5), .malformed, "x: a length of -5 bytes"),
    Case(ints, varint(-1) + varint(0) + varint(0), .malformed, "x: a block of 0 bytes has 1"),
    Case(nulls, varint(1 << 30) + [0], .malformed, "x: more than 1024 items of no bytes"),
    Case(nulls, varint(1024) + varint(1) + [0], .malformed, "x: more than 1024 items of no bytes"),
    Case(nulls, varint(-(1 << 30)) + [0, 0], .malformed, "x: more than 1024 items of no bytes"),
    Case(strings, varint(1 << 40), .malformed, "x: a block of 1099511627776 items"),
    Case(strings, [2] + varint(1 << 30), .truncated, "x: the payload ends after 6 of"),
  ]

  @Test("what is broken says what is wrong, where, and with which code", arguments: broken + hostile)
  func failures(test: Case) throws {
    let outcome = try #require(
      try Decoding(reader: recordOfX(test.schema), framing: .bare).outcomes([test.payload]).first)
    #expect(outcome.code == test.code, "\(outcome)")
    #expect(outcome.message?.contains(test.message) == true, "\(outcome)")
  }

  @Test("what is skipped is checked against the payload's end as well", arguments: hostile)
  func hostileSkips(test: Case) throws {
    // A block that tells its size is skipped without looking at its items.
    guard let payload = test.payload, payload != varint(-1) + varint(0) + varint(0) else { return }
    let outcome = try #require(
      try Decoding(reader: recordOfX(test.schema), columns: [], framing: .bare).outcomes([payload]).first)
    #expect(outcome.code == test.code, "\(outcome)")
  }

  @Test("the good records between bad ones are decoded")
  func between() throws {
    let payloads: [[UInt8]?] = [encoded("a"), nil, encoded("b"), [], [8], encoded("c"), encoded("d") + [0]]
    let outcomes = try Decoding(reader: recordOfX("\"string\"")).outcomes(payloads)
    #expect(outcomes.map(\.code) == [nil, .tombstone, nil, .empty, .truncated, nil, .trailingBytes])
    #expect(outcomes[5] == .row([.text("c")]))
  }

  @Test("recursion is bounded, in columns and in skipped fields", arguments: [["next"], []])
  func recursion(columns: [String]) throws {
    let schema = "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"next\",\"type\":[\"null\",\"R\"]}]}"
    func payload(_ levels: Int) -> [UInt8] { [UInt8](repeating: 2, count: levels) + [0] }
    let outcomes = try Decoding(reader: schema, columns: columns, framing: .bare).outcomes([
      payload(100), payload(100_000),
    ])
    #expect(outcomes[0].code == nil)
    #expect(outcomes[1].code == .malformed)
    #expect(outcomes[1].message?.contains("more than 512 levels") == true)
  }

  @Test("JSON that grows out of few bytes is bounded")
  func amplification() throws {
    let name = String(repeating: "n", count: 300)
    let items = "{\"type\":\"record\",\"name\":\"I\",\"fields\":[{\"name\":\"\(name)\",\"type\":\"boolean\"}]}"
    let payload = varint(100_000) + [UInt8](repeating: 0, count: 100_000) + [0]
    let outcome = try #require(
      try Decoding(reader: recordOfX("{\"type\":\"array\",\"items\":\(items)}"), framing: .bare).outcomes([payload])
        .first)
    #expect(outcome.code == .outOfRange)
  }

  @Test("a schema that would need too many instructions is refused")
  func explosion() {
    var type = "\"string\""
    for level in 0..<40 {
      type =
        "{\"type\":\"record\",\"name\":\"L\(level)\",\"fields\":[{\"name\":\"a\",\"type\":\(type)},"
        + "{\"name\":\"b\",\"type\":\(level == 0 ? "\"string\"" : "\"L\(level - 1)\"")}]}"
    }
    let reader = recordOfX("\"int\"", attributes: "},{\"name\":\"big\",\"type\":\(type)")
    #expect(throws: AvroError.self) { try Decoding(reader: reader, columns: ["x"]).decoder() }
  }

  @Test("empty records that double from level to level have no columns, and are skipped in little time")
  func doubling() throws {
    var type = "{\"type\":\"record\",\"name\":\"L0\",\"fields\":[]}"
    for level in 1..<64 {
      type =
        "{\"type\":\"record\",\"name\":\"L\(level)\",\"fields\":[{\"name\":\"a\",\"type\":\(type)},"
        + "{\"name\":\"b\",\"type\":\"L\(level - 1)\"}]}"
    }
    let reader = recordOfX("\"int\"", attributes: "},{\"name\":\"big\",\"type\":\(type)")
    #expect(try AvroSchema(parsing: reader).leafColumns().map(\.path) == [["x"]])
    #expect(try Decoding(reader: reader, columns: ["x"]).outcomes([[2]]) == [.row([.integer(1)])])
  }

  @Test("a long name that is used in many places is refused instead of being copied to each")
  func longNames() {
    let name = String(repeating: "n", count: 100_000)
    let inner = "{\"type\":\"record\",\"name\":\"I\",\"fields\":[{\"name\":\"\(name)\",\"type\":\"int\"}]}"
    let more = (1..<500).map { "{\"name\":\"f\($0)\",\"type\":\"I\"}" }.joined(separator: ",")
    let outer = "{\"type\":\"record\",\"name\":\"O\",\"fields\":[{\"name\":\"f0\",\"type\":\(inner)},\(more)]}"
    let reader = recordOfX("{\"type\":\"array\",\"items\":\(outer)}")
    #expect(throws: AvroError.self) { try Decoding(reader: reader).decoder() }
  }
}
