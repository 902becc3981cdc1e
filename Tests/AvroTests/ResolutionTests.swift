import Avro
import AvroTestSupport
import Events
import Testing

/// Each case: a field as it was written, and the same field as it is read.
@Suite struct ResolutionTests {
  struct Case: Sendable {
    var writer: String
    var value: AvroValue
    var reader: String
    var cell: Cell

    init(_ writer: String, _ value: AvroValue, _ reader: String, _ cell: Cell) {
      self.writer = writer
      self.value = value
      self.reader = reader
      self.cell = cell
    }
  }

  static func enumeration(_ symbols: String, more: String = "") -> String {
    let list = symbols.map { "\"\($0)\"" }.joined(separator: ",")
    return "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\(list)]\(more)}"
  }

  static func logical(_ type: String, _ logical: String) -> String { AvroTypesTests.logical(type, logical) }

  static let promotions: [Case] = [
    Case("\"int\"", .int(-5), "\"long\"", .integer(-5)),
    Case("\"int\"", .int(16_777_217), "\"float\"", .real(16_777_216)),
    Case("\"int\"", .int(16_777_217), "\"double\"", .real(16_777_217)),
    Case("\"long\"", .long(16_777_217), "\"float\"", .real(16_777_216)),
    Case("\"long\"", .long(1 << 53), "\"double\"", .real(9_007_199_254_740_992)),
    Case("\"float\"", .float(1.5), "\"double\"", .real(1.5)),
    Case("\"string\"", .string("é"), "\"bytes\"", .bytes([0xC3, 0xA9])),
    Case("\"bytes\"", .bytes([0xC3, 0xA9]), "\"string\"", .text("é")),
    Case("\"int\"", .int(3), logical("long", "timestamp-millis"), .integer(3000)),
    Case("\"long\"", .long(3), logical("long", "timestamp-millis"), .integer(3000)),
    Case(logical("long", "timestamp-micros"), .long(3000), logical("long", "timestamp-millis"), .integer(3000)),
    Case(logical("long", "timestamp-millis"), .long(3), logical("long", "timestamp-micros"), .integer(3000)),
    Case(logical("long", "timestamp-millis"), .long(3), "\"long\"", .integer(3)),
    Case(logical("int", "time-millis"), .int(3), logical("long", "time-micros"), .integer(3000)),
    Case("\"bytes\"", .bytes([1, 0]), AvroTypesTests.decimal(5, 2), .decimal(256)),
  ]

  static let unions: [Case] = [
    Case("\"string\"", .string("a"), "[\"null\",\"string\"]", .text("a")),
    Case("[\"null\",\"string\"]", .union(1, .string("a")), "\"string\"", .text("a")),
    Case("[\"string\",\"null\"]", .union(1, .null), "[\"null\",\"string\"]", .null),
    Case("[\"string\",\"null\"]", .union(0, .string("a")), "[\"null\",\"string\"]", .text("a")),
    Case("[\"null\",\"int\"]", .union(1, .int(4)), "[\"null\",\"double\"]", .real(4)),
    Case("[\"null\",\"int\",\"string\"]", .union(2, .string("a")), "[\"null\",\"string\"]", .text("a")),
    Case("[\"int\",\"long\"]", .union(0, .int(7)), "\"long\"", .integer(7)),
    Case("\"null\"", .null, "[\"null\",\"string\"]", .null),
    Case("\"int\"", .int(7), "[\"string\",\"double\",\"long\"]", .text("7.0")),
    Case("\"int\"", .int(7), "[\"string\",\"double\",\"int\"]", .text("7")),
    Case("[\"int\",\"string\"]", .union(1, .string("a")), "[\"bytes\",\"string\",\"int\"]", .text("\"a\"")),
  ]

  static let named: [Case] = [
    Case(enumeration("ABC"), .symbol(2), enumeration("CA", more: ",\"default\":\"A\""), .text("C")),
    Case(enumeration("ABC"), .symbol(1), enumeration("CA", more: ",\"default\":\"A\""), .text("A")),
    Case(
      "{\"type\":\"fixed\",\"name\":\"a.F\",\"size\":1}", .fixed([9]),
      "{\"type\":\"fixed\",\"name\":\"b.F\",\"size\":1}", .bytes([9])),
    Case(
      "{\"type\":\"fixed\",\"name\":\"Old\",\"size\":1}", .fixed([9]),
      "{\"type\":\"fixed\",\"name\":\"New\",\"size\":1,\"aliases\":[\"Old\"]}", .bytes([9])),
    Case(
      "{\"type\":\"array\",\"items\":\"int\"}", .array([.int(1)]), "{\"type\":\"array\",\"items\":\"double\"}",
      .text("[1.0]")),
    Case(
      "{\"type\":\"map\",\"values\":\"int\"}", .map([("k", .int(1))]),
      "{\"type\":\"map\",\"values\":[\"null\",\"long\"]}", .text("{\"k\":1}")),
    Case(
      "{\"type\":\"array\",\"items\":\(enumeration("ABC"))}", .array([.symbol(0), .symbol(1)]),
      "{\"type\":\"array\",\"items\":\(enumeration("BX", more: ",\"default\":\"X\""))}", .text("[\"X\",\"B\"]")),
    Case(
      """
      {"type":"array","items":{"type":"record","name":"I","fields":[{"name":"gone","type":["null","string"]},
       {"name":"old","type":"int"}]}}
      """, .array([.record([.union(1, .string("zzz")), .int(4)])]),
      """
      {"type":"array","items":{"type":"record","name":"I","fields":[
       {"name":"added","type":{"type":"record","name":"A","fields":[{"name":"n","type":"int","default":3}]},"default":{}},
       {"name":"new","type":"long","aliases":["old"]}]}}
      """, .text(#"[{"new":4,"added":{"n":3}}]"#)),
  ]

  @Test("a value is read as the reader's type", arguments: promotions + unions + named)
  func values(test: Case) throws {
    let writer = recordOfX(test.writer)
    let payload = try LibAvro(writer).encode(.record([test.value]))
    let decoding = Decoding(
      reader: recordOfX(test.reader), files: [("w.avsc", writer)], confluentIDs: "{\"7\":\"w.avsc\"}", columns: ["x"])
    #expect(try decoding.outcomes([[0, 0, 0, 0, 7] + payload]) == [.row([test.cell])])
  }

  @Test(
    "a value that the reader's type cannot hold fails its record, and only that",
    arguments: [
      Case("[\"null\",\"string\"]", .union(0, .null), "\"string\"", .null),
      Case("[\"int\",\"string\"]", .union(1, .string("a")), "\"int\"", .null),
      Case("[\"null\",\"boolean\",\"string\"]", .union(1, .boolean(true)), "[\"null\",\"string\"]", .null),
      Case(enumeration("AB"), .symbol(1), enumeration("A"), .null),
      Case(
        "{\"type\":\"array\",\"items\":[\"null\",\"int\"]}", .array([.union(0, .null)]),
        "{\"type\":\"array\",\"items\":\"int\"}", .null),
    ])
  func dataDependent(test: Case) throws {
    let writer = recordOfX(test.writer)
    let payload = try LibAvro(writer).encode(.record([test.value]))
    let decoding = Decoding(
      reader: recordOfX(test.reader), files: [("w.avsc", writer)], confluentIDs: "{\"7\":\"w.avsc\"}", columns: ["x"])
    let outcome = try #require(try decoding.outcomes([[0, 0, 0, 0, 7] + payload]).first)
    #expect(outcome.code == .unresolvable)
    #expect(outcome.message?.hasPrefix("x: ") == true, "\(outcome)")
    #expect(try decoding.decoder().incompatibilities.isEmpty)
  }

  @Test(
    "schemas that can never be resolved are found when the plan is compiled",
    arguments: [
      ("\"long\"", "\"int\""), ("\"double\"", "\"float\""), ("\"string\"", "\"int\""), ("\"null\"", "\"int\""),
      ("[\"null\",\"string\"]", "\"int\""), ("\"int\"", "[\"null\",\"string\"]"),
      (logical("int", "date"), logical("long", "timestamp-millis")),
      (AvroTypesTests.decimal(5, 2), AvroTypesTests.decimal(5, 3)),
      ("{\"type\":\"fixed\",\"name\":\"F\",\"size\":1}", "{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}"),
      ("{\"type\":\"fixed\",\"name\":\"F\",\"size\":1}", "{\"type\":\"fixed\",\"name\":\"G\",\"size\":1}"),
      ("{\"type\":\"array\",\"items\":\"string\"}", "{\"type\":\"array\",\"items\":\"int\"}"),
      ("{\"type\":\"array\",\"items\":\"int\"}", "{\"type\":\"map\",\"values\":\"int\"}"),
      (recordOfX("\"int\"", name: "I"), recordOfX("\"int\"", name: "J")),
      ("{\"type\":\"record\",\"name\":\"I\",\"fields\":[]}", recordOfX("\"int\"", name: "I")),
    ])
  func statically(writer: String, reader: String) throws {
    let files = [(name: "w.avsc", text: recordOfX(writer))]
    let decoding = Decoding(
      reader: recordOfX(reader), files: files, confluentIDs: "{\"7\":\"w.avsc\"}", columns: ["x"])
    let incompatibility = try #require(try decoding.decoder().incompatibilities.first)
    #expect(incompatibility.file == "w.avsc")
    #expect(incompatibility.error.description.hasPrefix("x"), "\(incompatibility.error)")
    let outcome = try #require(try decoding.outcomes([[0, 0, 0, 0, 7, 2]]).first)
    #expect(outcome.code == .unresolvable)
    #expect(outcome.message?.contains("w.avsc") == true)
  }

  @Test("fields are added, removed, renamed and reordered")
  func evolution() throws {
    let old = """
      {"type":"record","name":"old.Event","fields":[{"name":"gone","type":{"type":"array","items":"string"}},
       {"name":"b","type":"int"},{"name":"a","type":"string"},
       {"name":"user","type":{"type":"record","name":"User","fields":[{"name":"name","type":"string"}]}}]}
      """
    let new = """
      {"type":"record","name":"new.Download","aliases":["old.Event"],"fields":[
       {"name":"title","type":"string","aliases":["nothing","a"]},{"name":"b","type":"double"},
       {"name":"user","type":["null",{"type":"record","name":"User","fields":[
         {"name":"name","type":["null","string"]},{"name":"age","type":["null","int"],"default":null},
         {"name":"since","type":{"type":"long","logicalType":"timestamp-millis"},"default":5}]}]},
       {"name":"kind","type":"string","default":"film"},{"name":"flag","type":"boolean","default":true},
       {"name":"size","type":"double","default":1},{"name":"blob","type":["bytes","null"],"default":"\\u00ff"},
       {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":4,"scale":2},"default":"\\u0001\\u0000"},
       {"name":"list","type":{"type":"array","items":"int"},"default":[1, 2]},
       {"name":"extra","type":{"type":"record","name":"X","fields":[{"name":"y","type":"int","default":8}]},
        "default":{}}]}
      """
    let value = AvroValue.record([
      .array([.string("x"), .string("y")]), .int(2), .string("t"), .record([.string("n")]),
    ])
    let payload = try LibAvro(old).encode(value)
    let decoding = Decoding(
      reader: new, files: [("old.avsc", old), ("new.avsc", new)], confluentIDs: "{\"1\":\"old.avsc\"}")
    let names = try AvroSchema(parsing: new).leafColumns().map { $0.path.joined(separator: ".") }
    let row = try decoding.outcomes([[0, 0, 0, 0, 1] + payload])
    #expect(
      names == [
        "title", "b", "user.name", "user.age", "user.since", "kind", "flag", "size", "blob", "price", "list",
        "extra.y",
      ])
    #expect(
      row == [
        .row([
          .text("t"), .real(2), .text("n"), .null, .integer(5000), .text("film"), .boolean(true), .real(1),
          .bytes([0xFF]), .decimal(256), .text("[1,2]"), .integer(8),
        ])
      ])
  }

  @Test("a field that no column needs may be unresolvable")
  func unwanted() throws {
    let writer = """
      {"type":"record","name":"R","fields":[{"name":"x","type":"int"},{"name":"y","type":"string"}]}
      """
    let reader = """
      {"type":"record","name":"R","fields":[{"name":"x","type":"int"},{"name":"y","type":"int"},
       {"name":"z","type":"int"}]}
      """
    let decoding = Decoding(
      reader: reader, files: [("w.avsc", writer)], confluentIDs: "{\"1\":\"w.avsc\"}", columns: ["x"])
    #expect(try decoding.outcomes([[0, 0, 0, 0, 1] + varint(5) + encoded("a")]) == [.row([.integer(5)])])
  }

  @Test("a recursive type is resolved at every level")
  func recursion() throws {
    let writer = """
      {"type":"record","name":"N","fields":[{"name":"v","type":"int"},{"name":"drop","type":"string"},
       {"name":"next","type":["null","N"]}]}
      """
    let reader = """
      {"type":"record","name":"N","fields":[{"name":"next","type":["null","N"]},{"name":"v","type":"long"},
       {"name":"w","type":"string","default":"d"}]}
      """
    let value = AvroValue.record([
      .int(1), .string("a"), .union(1, .record([.int(2), .string("b"), .union(0, .null)])),
    ])
    let payload = try LibAvro(writer).encode(value)
    let decoding = Decoding(
      reader: reader, files: [("w.avsc", writer)], confluentIDs: "{\"1\":\"w.avsc\"}", columns: ["v", "next"])
    #expect(
      try decoding.outcomes([[0, 0, 0, 0, 1] + payload])
        == [.row([.integer(1), .text(#"{"v":2,"next":null,"w":"d"}"#)])])
  }
}
