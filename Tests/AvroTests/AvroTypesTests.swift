import Avro
import AvroTestSupport
import Events
import Testing

@Suite struct AvroTypesTests {
  struct Case: Sendable {
    var schema: String
    var value: AvroValue
    var type: SQLType
    var cell: Cell
  }

  static let uuid = "0f8fad5b-d9cb-469f-a165-70867728950e"
  static let uuidBytes: [UInt8] = [
    0x0F, 0x8F, 0xAD, 0x5B, 0xD9, 0xCB, 0x46, 0x9F, 0xA1, 0x65, 0x70, 0x86, 0x77, 0x28, 0x95, 0x0E,
  ]

  static func logical(_ type: String, _ logical: String) -> String {
    "{\"type\":\"\(type)\",\"logicalType\":\"\(logical)\"}"
  }

  static func decimal(_ precision: Int, _ scale: Int) -> String {
    "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":\(precision),\"scale\":\(scale)}"
  }

  static let primitives: [Case] = [
    Case(schema: "\"null\"", value: .null, type: .text, cell: .null),
    Case(schema: "\"boolean\"", value: .boolean(true), type: .boolean, cell: .boolean(true)),
    Case(schema: "\"boolean\"", value: .boolean(false), type: .boolean, cell: .boolean(false)),
    Case(schema: "\"int\"", value: .int(.max), type: .integer, cell: .integer(Int64(Int32.max))),
    Case(schema: "\"int\"", value: .int(.min), type: .integer, cell: .integer(Int64(Int32.min))),
    Case(schema: "\"int\"", value: .int(-1), type: .integer, cell: .integer(-1)),
    Case(schema: "\"long\"", value: .long(.max), type: .bigint, cell: .integer(.max)),
    Case(schema: "\"long\"", value: .long(.min), type: .bigint, cell: .integer(.min)),
    Case(schema: "\"long\"", value: .long(1 << 40), type: .bigint, cell: .integer(1 << 40)),
    Case(schema: "\"float\"", value: .float(1.1), type: .doublePrecision, cell: .real(Double(Float(1.1)))),
    Case(schema: "\"double\"", value: .double(-0.1), type: .doublePrecision, cell: .real(-0.1)),
    Case(schema: "\"double\"", value: .double(.nan), type: .doublePrecision, cell: .real(.nan)),
    Case(schema: "\"bytes\"", value: .bytes([0, 255, 1]), type: .bytea, cell: .bytes([0, 255, 1])),
    Case(schema: "\"string\"", value: .string(""), type: .text, cell: .text("")),
    Case(schema: "\"string\"", value: .string("Tōkyō"), type: .text, cell: .text("Tōkyō")),
  ]

  static let named: [Case] = [
    Case(
      schema: "{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}", value: .fixed([1, 2, 3]), type: .bytea,
      cell: .bytes([1, 2, 3])),
    Case(
      schema: "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}", value: .symbol(1), type: .text,
      cell: .text("B")),
    Case(
      schema: "{\"type\":\"fixed\",\"name\":\"D\",\"size\":12,\"logicalType\":\"duration\"}",
      value: .fixed([1, 0, 0, 0, 2, 0, 0, 0, 0xBC, 0x0B, 0, 0]), type: .text, cell: .text("P1M2DT3.004S")),
    Case(
      schema: "{\"type\":\"fixed\",\"name\":\"D\",\"size\":12,\"logicalType\":\"duration\"}",
      value: .fixed([UInt8](repeating: 0, count: 12)), type: .text, cell: .text("PT0S")),
    Case(
      schema: "{\"type\":\"fixed\",\"name\":\"U\",\"size\":16,\"logicalType\":\"uuid\"}", value: .fixed(uuidBytes),
      type: .uuid, cell: .text(uuid)),
    Case(
      schema:
        "{\"type\":\"fixed\",\"name\":\"N\",\"size\":4,\"logicalType\":\"decimal\",\"precision\":9,\"scale\":2}",
      value: .fixed([0xFF, 0xFF, 0xFF, 0x85]), type: .numeric(scale: 2), cell: .decimal(-123)),
  ]

  static let logicalTypes: [Case] = [
    Case(schema: logical("int", "date"), value: .int(19_000), type: .date, cell: .integer(19_000)),
    Case(schema: logical("int", "time-millis"), value: .int(1), type: .time, cell: .integer(1000)),
    Case(
      schema: logical("long", "time-micros"), value: .long(86_399_999_999), type: .time, cell: .integer(86_399_999_999)),
    Case(schema: logical("long", "timestamp-millis"), value: .long(-1), type: .timestamptz, cell: .integer(-1000)),
    Case(
      schema: logical("long", "timestamp-millis"), value: .long(1_700_000_000_123), type: .timestamptz,
      cell: .integer(1_700_000_000_123_000)),
    Case(schema: logical("long", "timestamp-micros"), value: .long(7), type: .timestamptz, cell: .integer(7)),
    Case(schema: logical("long", "local-timestamp-millis"), value: .long(2), type: .timestamp, cell: .integer(2000)),
    Case(schema: logical("long", "local-timestamp-micros"), value: .long(2), type: .timestamp, cell: .integer(2)),
    Case(schema: logical("string", "uuid"), value: .string(uuid), type: .uuid, cell: .text(uuid)),
    Case(schema: logical("string", "uuid"), value: .string(uuid.uppercased()), type: .uuid, cell: .text(uuid)),
    Case(schema: logical("long", "unheard-of"), value: .long(5), type: .bigint, cell: .integer(5)),
    Case(schema: logical("string", "date"), value: .string("a"), type: .text, cell: .text("a")),
    Case(schema: decimal(4, 2), value: .bytes([0x04, 0xD2]), type: .numeric(scale: 2), cell: .decimal(1234)),
    Case(schema: decimal(4, 2), value: .bytes([0xFF]), type: .numeric(scale: 2), cell: .decimal(-1)),
    Case(
      schema: decimal(38, 0), value: .bytes([0, 0] + [UInt8](repeating: 0x4A, count: 16)), type: .numeric(scale: 0),
      cell: .decimal(0x4A4A_4A4A_4A4A_4A4A_4A4A_4A4A_4A4A_4A4A)),
  ]

  static let containers: [Case] = [
    Case(
      schema: "{\"type\":\"array\",\"items\":\"int\"}", value: .array([.int(1), .int(-2)]), type: .jsonb,
      cell: .text("[1,-2]")),
    Case(schema: "{\"type\":\"array\",\"items\":\"int\"}", value: .array([]), type: .jsonb, cell: .text("[]")),
    Case(
      schema: "{\"type\":\"map\",\"values\":\"string\"}", value: .map([("a\"", .string("é\n"))]), type: .jsonb,
      cell: .text(#"{"a\"":"é\n"}"#)),
    Case(
      schema: "[\"null\",\"int\",\"string\"]", value: .union(1, .int(5)), type: .jsonb, cell: .text("5")),
    Case(
      schema: "[\"null\",\"int\",\"string\"]", value: .union(2, .string("x")), type: .jsonb, cell: .text("\"x\"")),
    Case(schema: "[\"null\",\"int\",\"string\"]", value: .union(0, .null), type: .jsonb, cell: .null),
    Case(schema: "[\"int\"]", value: .union(0, .int(5)), type: .integer, cell: .integer(5)),
    Case(
      schema: "{\"type\":\"array\",\"items\":[\"null\",\"bytes\",\"double\",\"float\",\"boolean\"]}",
      value: .array([
        .union(0, .null), .union(1, .bytes([0x41, 0x22, 0xFF, 0])), .union(2, .double(0.1)),
        .union(2, .double(.nan)), .union(2, .double(-.infinity)), .union(3, .float(1.1)), .union(4, .boolean(true)),
      ]), type: .jsonb, cell: .text(#"[null,"A\"\u00ff\u0000",0.1,"NaN","-Infinity",1.1,true]"#)),
    Case(
      schema: "{\"type\":\"array\",\"items\":\"null\"}", value: .array([.null, .null]), type: .jsonb,
      cell: .text("[null,null]")),
  ]

  @Test(
    "each type is decoded as libavro encoded it, plain, nullable and beside other fields",
    arguments: primitives + named + logicalTypes + containers)
  func types(test: Case) throws {
    let plain = recordOfX(test.schema)
    let schema = try AvroSchema(parsing: plain)
    #expect(try schema.column(at: ["x"]).type == test.type)
    let payload = try LibAvro(plain).encode(.record([test.value]))
    if !payload.isEmpty {
      #expect(try Decoding(reader: plain, columns: ["x"]).outcomes([payload]) == [.row([test.cell])])
    }

    let between = """
      {"type":"record","name":"R","fields":[{"name":"a","type":"string"},{"name":"x","type":\(test.schema)},
       {"name":"b","type":"long"}]}
      """
    let value = AvroValue.record([.string("before"), test.value, .long(77)])
    let three = try LibAvro(between).encode(value)
    #expect(
      try Decoding(reader: between, columns: ["b", "x", "a"]).outcomes([three, three])
        == [.row([.integer(77), test.cell, .text("before")]), .row([.integer(77), test.cell, .text("before")])])
    #expect(try Decoding(reader: between, columns: ["b"]).outcomes([three]) == [.row([.integer(77)])])

    guard !test.schema.hasPrefix("["), test.schema != "\"null\"" else { return }
    for (position, union) in ["[\(test.schema),\"null\"]", "[\"null\",\(test.schema)]"].enumerated() {
      let nullable = recordOfX(union)
      #expect(try AvroSchema(parsing: nullable).column(at: ["x"]).isNullable)
      let encoder = try LibAvro(nullable)
      let payloads = [
        try encoder.encode(.record([.union(position, test.value)])),
        try encoder.encode(.record([.union(1 - position, .null)])),
      ]
      #expect(try Decoding(reader: nullable, columns: ["x"]).outcomes(payloads) == [.row([test.cell]), .row([.null])])
      #expect(try Decoding(reader: nullable, columns: []).outcomes(payloads) == [.row([]), .row([])])
    }
  }

  @Test("texts of any length are decoded", arguments: [0, 1, 63, 64, 127, 128, 8191, 8192, 100_000])
  func lengths(count: Int) throws {
    let text = String(repeating: "x", count: count)
    let outcomes = try Decoding(reader: recordOfX("\"string\"")).outcomes([encoded(text)])
    #expect(outcomes == [.row([.text(text)])])
  }

  @Test("integers of any size are decoded, at the payload's end and before it", arguments: 0..<64)
  func magnitudes(bits: Int) throws {
    for value in [Int64(1) << bits, 0 &- Int64(1) << bits, (Int64(1) << bits) &- 1] {
      let short = try Decoding(reader: recordOfX("\"long\"")).outcomes([varint(value)])
      #expect(short == [.row([.integer(value)])])
      let two =
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":"
        + "[{\"name\":\"x\",\"type\":\"long\"},{\"name\":\"y\",\"type\":\"string\"}]}"
      let long = try Decoding(reader: two).outcomes([varint(value) + encoded("0123456789")])
      #expect(long == [.row([.integer(value), .text("0123456789")])])
    }
  }

  @Test("a record and its fields can both be columns")
  func overlap() throws {
    let schema = """
      {"type":"record","name":"R","fields":[{"name":"u","type":["null",{"type":"record","name":"U","fields":
       [{"name":"a","type":"string"},{"name":"b","type":["null","int"]}]}]},{"name":"c","type":"int"}]}
      """
    let encoder = try LibAvro(schema)
    let payloads = [
      try encoder.encode(.record([.union(1, .record([.string("x"), .union(1, .int(2))])), .int(3)])),
      try encoder.encode(.record([.union(1, .record([.string("y"), .union(0, .null)])), .int(4)])),
      try encoder.encode(.record([.union(0, .null), .int(5)])),
    ]
    let outcomes = try Decoding(reader: schema, columns: ["u", "u.a", "c", "u.b", "u.a"]).outcomes(payloads)
    #expect(
      outcomes == [
        .row([.text(#"{"a":"x","b":2}"#), .text("x"), .integer(3), .integer(2), .text("x")]),
        .row([.text(#"{"a":"y","b":null}"#), .text("y"), .integer(4), .null, .text("y")]),
        .row([.null, .null, .integer(5), .null, .null]),
      ])
  }

  @Test("a record that contains itself is decoded and skipped")
  func recursion() throws {
    let schema = """
      {"type":"record","name":"Node","fields":[{"name":"v","type":"int"},{"name":"next","type":["null","Node"]},
       {"name":"all","type":{"type":"array","items":"Node"}}]}
      """
    func node(_ value: Int32, _ next: AvroValue?, _ all: [AvroValue]) -> AvroValue {
      .record([.int(value), next.map { .union(1, $0) } ?? .union(0, .null), .array(all)])
    }
    let leaf = node(3, nil, [])
    let payload = try LibAvro(schema).encode(node(1, node(2, leaf, [leaf]), [leaf, leaf]))
    let outcomes = try Decoding(reader: schema, columns: ["v", "next", "next.next.v"]).outcomes([payload])
    let json = #"{"v":2,"next":{"v":3,"next":null,"all":[]},"all":[{"v":3,"next":null,"all":[]}]}"#
    #expect(outcomes == [.row([.integer(1), .text(json), .integer(3)])])
    #expect(try Decoding(reader: schema, columns: ["v"]).outcomes([payload]) == [.row([.integer(1)])])
  }

  @Test("blocks may tell their size in bytes and then are skipped at once")
  func sizedBlocks() throws {
    let schema = """
      {"type":"record","name":"R","fields":[{"name":"x","type":{"type":"array","items":"int"}},
       {"name":"y","type":"int"}]}
      """
    let payload = varint(-2) + varint(2) + varint(5) + varint(6) + varint(1) + varint(7) + varint(0) + varint(9)
    #expect(try Decoding(reader: schema).outcomes([payload]) == [.row([.text("[5,6,7]"), .integer(9)])])
    #expect(try Decoding(reader: schema, columns: ["y"]).outcomes([payload]) == [.row([.integer(9)])])
  }
}
