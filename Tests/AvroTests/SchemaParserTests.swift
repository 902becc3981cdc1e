import Avro
import AvroTestSupport
import Events
import Testing

@Suite struct SchemaParserTests {
  @Test(
    "what is wrong is named with its place",
    arguments: [
      ("{", "1:2", "member"),
      ("12", "1:1", "a schema is a name"),
      ("\"strin\"", "1:1", "\"strin\" is not defined"),
      ("{\"name\": \"R\"}", "1:1", "no \"type\""),
      ("{\"type\": \"record\",\n \"name\": \"R\"}", "1:1", "\"fields\""),
      ("{\"type\": \"record\",\n \"name\": \"1R\", \"fields\": []}", "2:10", "not a valid name"),
      ("{\"type\": \"record\", \"name\": \"a..R\", \"fields\": []}", "1:28", "not a valid name"),
      ("{\"type\": \"record\", \"name\": \"int\", \"fields\": []}", "1:28", "primitive"),
      (
        "{\"type\": \"record\", \"name\": \"R\", \"fields\": [\n  {\"name\": \"a\", \"type\": \"int\"},\n"
          + "  {\"name\": \"b\", \"type\": \"intt\"}]}", "3:25", "\"intt\" is not defined"
      ),
      (
        "{\"type\": \"record\", \"name\": \"R\", \"fields\": [\n  {\"name\": \"a\", \"type\": \"int\"},\n"
          + "  {\"name\": \"a\", \"type\": \"int\"}]}", "3:3", "twice"
      ),
      (recordOfX("\"int\"", attributes: ",\n\"default\": \"a\""), "2:12", "default"),
      (recordOfX("\"int\"", attributes: ",\n\"default\": 3000000000"), "2:12", "32-bit"),
      (recordOfX("[\"null\",\"string\"]", attributes: ",\n\"default\": 1"), "2:12", "no branch"),
      (recordOfX("\"int\"", attributes: ",\n\"order\": \"up\""), "2:10", "ascending"),
      (recordOfX("\"int\"", attributes: ",\n\"aliases\": \"y\""), "2:12", "array of strings"),
      ("[\"int\",\n[\"null\"]]", "2:1", "union"),
      ("[\"int\",\n \"int\"]", "2:2", "twice"),
      ("[]", "1:1", "no branches"),
      ("{\"type\": \"enum\", \"name\": \"E\", \"symbols\": [\"A\", \"A\"]}", "1:42", "repeats"),
      ("{\"type\": \"enum\", \"name\": \"E\", \"symbols\": [\"A-B\"]}", "1:42", "symbol"),
      ("{\"type\": \"enum\", \"name\": \"E\", \"symbols\": [\"A\"], \"default\": \"B\"}", "1:60", "default"),
      ("{\"type\": \"fixed\", \"name\": \"F\", \"size\": -1}", "1:1", "size"),
      ("{\"type\": \"array\"}", "1:1", "\"items\""),
      ("{\"type\": \"map\"}", "1:1", "\"values\""),
      (recordOfX("{\"type\":\"fixed\",\"name\":\"R\",\"size\":1}"), "1:81", "defined twice"),
      (recordOfX("\"R\""), "1:1", "contains itself"),
    ])
  func errors(text: String, place: String, message: String) throws {
    let error = try #require(throws: AvroError.self) { try AvroSchema(parsing: text, file: "a.avsc") }
    #expect(error.description.hasPrefix("a.avsc:\(place): "), "\(error)")
    #expect(error.description.contains(message), "\(error)")
  }

  @Test(
    "what the specification allows is accepted",
    arguments: [
      "{\"type\": \"string\"}", "{\"type\": {\"type\": \"string\"}}", "[\"null\", \"string\"]",
      recordOfX("[\"null\",\"string\"]", attributes: ",\"default\":null,\"order\":\"ignore\",\"more\":1"),
      recordOfX("[\"null\",\"string\"]", attributes: ",\"default\":\"x\""),
      recordOfX("[\"null\",\"R\"]"), recordOfX("{\"type\":\"array\",\"items\":\"R\"}"),
      recordOfX("{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":0}"),
      recordOfX("\"bytes\"", attributes: ",\"default\":\"\\u00ff\""),
      "{\"type\":\"record\",\"name\":\"a.b.R\",\"fields\":["
        + "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[]}},"
        + "{\"name\":\"f\",\"type\":\"a.b.E\"},{\"name\":\"g\",\"type\":\"E\"}]}",
    ])
  func accepted(text: String) {
    #expect(throws: Never.self) { try AvroSchema(parsing: text) }
  }

  @Test("defaults that lead back to their own record, or double from record to record, are refused in little time")
  func endlessDefaults() {
    let doubling = (1..<64).map { level in
      "{\"name\":\"f\(level)\",\"type\":{\"type\":\"record\",\"name\":\"L\(level)\",\"fields\":["
        + "{\"name\":\"a\",\"type\":\"L\(level - 1)\",\"default\":{}},"
        + "{\"name\":\"b\",\"type\":\"L\(level - 1)\",\"default\":{}}]},\"default\":{}}"
    }
    let first = "{\"name\":\"f0\",\"type\":{\"type\":\"record\",\"name\":\"L0\",\"fields\":[]}}"
    let fields = [
      "{\"name\":\"next\",\"type\":[\"R\",\"null\"],\"default\":{}}",
      "{\"name\":\"next\",\"type\":[\"R\",{\"type\":\"map\",\"values\":\"int\"}],\"default\":{}}",
      ([first] + doubling).joined(separator: ","),
    ]
    for list in fields {
      #expect(throws: AvroError.self) {
        try AvroSchema(parsing: "{\"type\":\"record\",\"name\":\"R\",\"fields\":[\(list)]}")
      }
    }
  }

  /// From Avro's own test data, share/test/data/schema-tests.txt.
  @Test(
    "fingerprints are those of Avro's other implementations",
    arguments: [
      ("\"null\"", 7_195_948_357_588_979_594), ("\"boolean\"", -6_970_731_678_124_411_036),
      ("\"int\"", 8_247_732_601_305_521_295), ("\"long\"", -3_434_872_931_120_570_953),
      ("\"float\"", 5_583_340_709_985_441_680), ("\"double\"", -8_181_574_048_448_539_266),
      ("\"bytes\"", 5_746_618_253_357_095_269), ("\"string\"", -8_142_146_995_180_207_161),
      ("[ \"int\"  ]", -5_232_228_896_498_058_493), ("[ \"int\" , {\"type\":\"boolean\"} ]", 5_392_556_393_470_105_090),
      ("{\"fields\":[], \"type\":\"record\", \"name\":\"foo\"}", -4_824_392_279_771_201_922),
      ("{\"type\":\"long\",\"logicalType\":\"date\"}", -3_434_872_931_120_570_953),
    ] as [(String, Int64)])
  func fingerprints(text: String, fingerprint: Int64) throws {
    let schema = try AvroSchema(parsing: text)
    #expect(schema.fingerprint == UInt64(bitPattern: fingerprint), "\(schema.canonicalForm)")
  }

  @Test("the canonical form has full names, an order of its own and nothing that decoding does not need")
  func canonicalForm() throws {
    let text = """
      { "doc": "d", "namespace": "n", "type": "record", "aliases": ["Old"], "name": "R", "fields": [
        { "type": {"type": "int", "logicalType": "date"}, "default": 1, "name": "a", "order": "ignore" },
        { "name": "b", "type": { "type": "fixed", "size": 12, "name": "F" } },
        { "name": "c", "type": [ "null", "F", { "type": "enum", "name": "m.E", "symbols": [ "X" ] } ] },
        { "name": "d", "type": { "type": "map", "values": { "type": "array", "items": "R" } } } ] }
      """
    let expected =
      #"{"name":"n.R","type":"record","fields":[{"name":"a","type":"int"},"#
      + #"{"name":"b","type":{"name":"n.F","type":"fixed","size":12}},"#
      + #"{"name":"c","type":["null","n.F",{"name":"m.E","type":"enum","symbols":["X"]}]},"#
      + #"{"name":"d","type":{"type":"map","values":{"type":"array","items":"n.R"}}}]}"#
    let schema = try AvroSchema(parsing: text)
    #expect(schema.canonicalForm == expected)
    #expect(try AvroSchema(parsing: expected).canonicalForm == expected)
    #expect(try AvroSchema(parsing: expected).fingerprint == schema.fingerprint)
  }
}
