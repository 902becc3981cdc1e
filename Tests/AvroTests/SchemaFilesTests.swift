import Avro
import AvroTestSupport
import Events
import Testing

/// Types of several files, files of several types, and what people write into schema files beside Avro.
@Suite struct SchemaFilesTests {
  private static let nested =
    "{\"type\":\"record\",\"name\":\"my.ns.Nested\",\"fields\":[{\"name\":\"v\",\"type\":\"string\"}]}"

  private static func record(_ name: String, _ fields: String) -> String {
    "{\"type\":\"record\",\"name\":\"\(name)\",\"fields\":[\(fields)]}"
  }

  private static func set(_ files: [(String, String)]) throws -> SchemaSet {
    try SchemaSet(files: files.map { (name: $0.0, text: $0.1) })
  }

  @Test("a type of another file is found, whichever file is read first, and means what it means in place")
  func twoFiles() throws {
    let event = Self.record(
      "my.ns.Event", "{\"name\":\"n\",\"type\":\"Nested\"},{\"name\":\"m\",\"type\":\"my.ns.Nested\"}")
    let inPlace = Self.record(
      "my.ns.Event", "{\"name\":\"n\",\"type\":\(Self.nested)},{\"name\":\"m\",\"type\":\"Nested\"}")
    for files in [[("a.avsc", event), ("b.avsc", Self.nested)], [("a.avsc", Self.nested), ("b.avsc", event)]] {
      let set = try Self.set(files)
      let schema = try #require(set.entries.map(\.schema).first { $0.name == "my.ns.Event" })
      #expect(schema.fingerprint == (try AvroSchema(parsing: inPlace)).fingerprint)
      #expect(schema.leafColumns().map(\.path) == [["n", "v"], ["m", "v"]])
    }
  }

  @Test("files may name one another's types in a circle, and a chain of files")
  func circle() throws {
    let set = try Self.set([
      ("a.avsc", Self.record("A", "{\"name\":\"b\",\"type\":[\"null\",\"B\"]},{\"name\":\"x\",\"type\":\"int\"}")),
      ("b.avsc", Self.record("B", "{\"name\":\"a\",\"type\":[\"null\",\"A\"]},{\"name\":\"c\",\"type\":\"C\"}")),
      ("c.avsc", "{\"type\":\"enum\",\"name\":\"C\",\"symbols\":[\"X\"]}"),
    ])
    #expect(set.schema(file: "a.avsc")?.canonicalForm.contains("\"symbols\":[\"X\"]") == true)
    #expect(set.schema(file: "b.avsc")?.name == "B")
    let endless = #expect(throws: AvroError.self) {
      try Self.set([
        ("a.avsc", Self.record("A", "{\"name\":\"b\",\"type\":\"B\"}")),
        ("b.avsc", Self.record("B", "{\"name\":\"a\",\"type\":\"A\"}")),
      ])
    }
    #expect(endless?.description.contains("contains itself in every value") == true)
  }

  @Test("a type inside of another file's type is found, though that file's own type names it as well")
  func inner() throws {
    let outer = Self.record(
      "Outer", "{\"name\":\"i\",\"type\":\(Self.record("Inner", "{\"name\":\"o\",\"type\":[\"null\",\"Outer\"]}"))}")
    let set = try Self.set([("e.avsc", Self.record("E", "{\"name\":\"i\",\"type\":\"Inner\"}")), ("o.avsc", outer)])
    #expect(set.schema(file: "e.avsc")?.canonicalForm.contains("Outer") == true)
  }

  @Test("versions of one type in several files are no conflict; to name one of them from a third file is")
  func versions() throws {
    let old = Self.record("R", "{\"name\":\"x\",\"type\":\"int\"}")
    let new = Self.record("R", "{\"name\":\"x\",\"type\":\"long\"}")
    #expect(try Self.set([("1.avsc", old), ("2.avsc", new)]).entries.count == 2)
    let event = Self.record("E", "\n{\"name\":\"r\",\"type\":\"R\"}")
    let error = #expect(throws: AvroError.self) {
      try Self.set([("1.avsc", old), ("2.avsc", new), ("e.avsc", event)])
    }
    #expect(
      error?.description.hasPrefix("e.avsc:2:20: the type \"R\" is defined differently in 1.avsc and 2.avsc") == true)
    #expect(try Self.set([("1.avsc", old), ("copy.avsc", old), ("e.avsc", event)]).entries.count == 3)
  }

  @Test("a fault in another file's type is said with that file's place")
  func faultElsewhere() {
    let error = #expect(throws: AvroError.self) {
      try Self.set([
        ("a.avsc", Self.record("A", "{\"name\":\"b\",\"type\":\"B\"}")),
        ("b.avsc", Self.record("B", "\n\n {\"name\":\"c\",\"type\":\"int\",\"default\":\"x\"}")),
      ])
    }
    #expect(
      error?.description.hasPrefix("b.avsc:3:37: the default does not fit") == true, "\(String(describing: error))")
    let missing = #expect(throws: AvroError.self) {
      try Self.set([("a.avsc", Self.record("A", "{\"name\":\"b\",\"type\":\"B\"}")), ("c.avsc", "\"int\"")])
    }
    #expect(missing?.description.contains("\"B\" is not defined, neither here nor in another file") == true)
  }

  @Test("a chain of definitions through many files is bounded, as nesting in one text is")
  func chain() throws {
    func files(_ count: Int) -> [(String, String)] {
      (0..<count).map { index in
        let type = index == 0 ? "\"int\"" : "\"R\(index - 1)\""
        return ("\(index).avsc", Self.record("R\(index)", "{\"name\":\"f\",\"type\":\(type)}"))
      }
    }
    #expect(try Self.set(files(50)).entries.count == 50)
    let error = #expect(throws: AvroError.self) { try Self.set(files(3000)) }
    #expect(error?.description.contains("nested more than 256 levels") == true)
  }

  @Test("types that hold one another as deep as JSON allows are refused or read, and their form is a schema")
  func depth() throws {
    for (open, close) in [("{\"type\":\"array\",\"items\":", "}"), ("{\"type\":", "}"), ("[", "]")] {
      for count in [100, 250, 256, 10_000] {
        let text = String(repeating: open, count: count) + "\"int\"" + String(repeating: close, count: count)
        if let schema = try? AvroSchema(parsing: text) { _ = try AvroSchema(parsing: schema.canonicalForm) }
      }
    }
  }

  @Test("a list of types is known type by type: for records on the wire and for the stream")
  func list() throws {
    let text = "[\(Self.nested),\n\(Self.record("my.ns.Other", "{\"name\":\"n\",\"type\":\"Nested\"}"))]"
    let set = try SchemaSet(files: [("all.avsc", text)], confluentIDs: "{\"5\": \"all.avsc#my.ns.Other\"}")
    let schema = try #require(set.schema(file: "all.avsc"))
    #expect(schema.listedTypes == ["my.ns.Nested", "my.ns.Other"])
    #expect(set.schema(file: "all.avsc#my.ns.Nested")?.leafColumns().map(\.path) == [["v"]])
    #expect(set.schema(file: "all.avsc#Nested")?.name == "my.ns.Nested")
    #expect(set.schema(file: "all.avsc#Missing") == nil)
    #expect(set.schema(fingerprint: try AvroSchema(parsing: Self.nested).fingerprint)?.name == "my.ns.Nested")
    #expect(set.schema(confluentID: 5)?.name == "my.ns.Other")
    #expect(try AvroSchema(parsing: "[\"null\",\(Self.nested)]").listedTypes == [])
  }

  @Test("comments are passed over, and places stay right")
  func comments() throws {
    let text = """
      // A comment, "quoted"
      {"type": "record", /* of
        two lines */ "name": "R", "fields": [ // https://example.org
        {"name": "u", "type": "string", "default": "http://x/*y*/"}, /**/
        {"name": "v", "type": "intt"}]}
      """
    let error = #expect(throws: AvroError.self) { try AvroSchema(parsing: text, file: "c.avsc") }
    #expect(error?.description.hasPrefix("c.avsc:5:25: ") == true, "\(String(describing: error))")
    let schema = try AvroSchema(parsing: text.replacing("intt", with: "int"))
    #expect(schema.leafColumns().count == 2)
    #expect(throws: AvroError.self) { try AvroSchema(parsing: "\"int\" /* open") }
    #expect(throws: AvroError.self) { try AvroSchema(parsing: "\"int\" /") }
  }

  @Test("an empty file is called so", arguments: ["", " \r\n", "// nothing\n"])
  func empty(text: String) {
    let error = #expect(throws: AvroError.self) { try AvroSchema(parsing: text, file: "e.avsc") }
    #expect(error?.description.contains("the file holds no schema") == true)
  }

  @Test("a logicalType beside the type is noticed with its place and what to write, and is no error")
  func logicalType() throws {
    let text = Self.record(
      "R",
      """

      {"name": "ts", "type": "long", "logicalType": "timestamp-millis"},
      {"name": "day", "type": ["null", "int"], "default": null, "logicalType": "date"},
      {"name": "id", "type": "string", "logicalType": "uuid"},
      {"name": "ok", "type": {"type": "long", "logicalType": "timestamp-micros"}, "logicalType": "timestamp-micros"},
      {"name": "odd", "type": "string", "logicalType": "timestamp-millis"},
      {"name": "own", "type": "string", "logicalType": "postcode"}
      """)
    let schema = try #require(try Self.set([("r.avsc", text)]).schema(file: "r.avsc"))
    #expect(try schema.column(at: ["ts"]).type == .bigint)
    #expect(schema.misplacedLogicalTypes.map(\.field) == ["ts", "day", "id"])
    let found = try #require(schema.misplacedLogicalType(at: ["ts"]))
    #expect(found.place.description == "r.avsc:2:47")
    #expect(found.correction == #""type": {"type": "long", "logicalType": "timestamp-millis"}"#)
    #expect(
      schema.misplacedLogicalType(at: ["day"])?.correction
        == #""type": ["null", {"type": "int", "logicalType": "date"}]"#)
    #expect(schema.misplacedLogicalType(at: ["ok"]) == nil)
    #expect(schema.place(of: ["id"])?.line == 4)
    // Records that were written before the correction stay readable.
    let corrected = text.replacing(
      #""long", "logicalType": "timestamp-millis""#, with: "{\(found.correction.dropFirst(9))")
    #expect(try AvroSchema(parsing: corrected).fingerprint == schema.fingerprint)
  }

  @Test("ids are refused with their place in the file")
  func ids() {
    let error = #expect(throws: AvroError.self) {
      try SchemaSet(files: [("a.avsc", "\"int\"")], confluentIDs: "{\"1\": \"a.avsc\",\n \"2\": \"b.avsc\"}")
    }
    #expect(error?.description.hasPrefix("confluent-ids.json:2:7: the id 2 names \"b.avsc\"") == true)
  }
}
