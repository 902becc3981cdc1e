import AvroTestSupport
import Events
import Testing

@testable import Avro

/// Schemas that become known while records are decoded.
@Suite struct LearningTests {
  private static let reader = recordOfX("\"string\"", attributes: ",\"default\":\"none\"")
  private static let other = """
    {"type":"record","name":"R","fields":[{"name":"n","type":"int"},{"name":"x","type":"string"}]}
    """

  private func decoder(_ framing: Framing = .auto) throws -> AvroDecoder {
    try Decoding(
      reader: Self.reader, files: [("event.avsc", Self.reader)], confluentIDs: #"{"1": "event.avsc"}"#, columns: ["x"],
      framing: framing
    ).decoder()
  }

  private func framed(_ id: UInt32, _ body: [UInt8]) -> [UInt8] {
    [0] + withUnsafeBytes(of: id.bigEndian, Array.init) + body
  }

  private func unknown(_ decoder: AvroDecoder, _ payloads: [[UInt8]?], runs: [Range<Int>]? = nil) -> [String] {
    let records = RecordBatch(copying: payloads)
    return decoder.unknownSchemas(in: records.records, runs: runs ?? [0..<payloads.count]).map { "\($0.row):\($0.id)" }
  }

  @Test("the first record of each run that names an unknown schema is found", arguments: [Framing.auto, .confluent])
  func finds(framing: Framing) throws {
    let decoder = try decoder(framing)
    let known = framed(1, encoded("a"))
    let payloads: [[UInt8]?] = [known, framed(7, []), framed(8, []), known, nil, [], [0, 0], framed(9, []), known]
    #expect(unknown(decoder, payloads) == ["1:7"])
    #expect(unknown(decoder, payloads, runs: [0..<1, 1..<2, 2..<5, 5..<9]) == ["1:7", "2:8", "7:9"])
    #expect(unknown(decoder, [known, known, nil]) == [])
  }

  @Test("what is no header, or hardly an id, is not asked for where records may be bare")
  func unlikely() throws {
    #expect(unknown(try decoder(), [encoded("a"), framed(0, []), framed(1 << 24, [])]) == [])
    #expect(unknown(try decoder(.confluent), [framed(1 << 24, [])]) == ["0:16777216"])
    for framing in [Framing.bare, .singleObject] {
      #expect(try !decoder(framing).canLearn)
      #expect(unknown(try decoder(framing), [framed(7, [])]) == [])
    }
  }

  @Test("a schema that was learnt decodes its records", arguments: [Framing.auto, .confluent])
  func learns(framing: Framing) throws {
    let decoder = try decoder(framing)
    decoder.learn(try AvroSchema(parsing: Self.other), id: 7, name: "schema 7")
    let payloads = [framed(7, varint(9) + encoded("b")), framed(1, encoded("a")), framed(7, varint(1) + encoded("c"))]
    #expect(unknown(decoder, payloads) == [])
    #expect(decoder.outcomes(payloads) == [.row([.text("b")]), .row([.text("a")]), .row([.text("c")])])
  }

  @Test("a project's own file goes before what was learnt")
  func ownFileFirst() throws {
    let decoder = try decoder()
    decoder.learn(try AvroSchema(parsing: Self.other), id: 1, name: "schema 1")
    #expect(decoder.outcomes([framed(1, encoded("a"))]) == [.row([.text("a")])])
  }

  @Test("a learnt schema that cannot be resolved makes its records dead letters with the reason")
  func unresolvable() throws {
    let decoder = try decoder()
    decoder.learn(try AvroSchema(parsing: recordOfX("\"int\"")), id: 7, name: "schema 7")
    let payload = framed(7, varint(3))
    #expect(unknown(decoder, [payload]) == [])
    let outcome = decoder.outcomes([payload])[0]
    #expect(outcome.code == .unresolvable)
    #expect(outcome.message?.contains("written with schema 7") == true)
  }

  @Test("an id that nobody knows gives its own reason, and a bare record is read all the same")
  func refused() throws {
    let confluent = try decoder(.confluent)
    confluent.refuse(7, .unknownSchema, "nobody knows 7")
    #expect(unknown(confluent, [framed(7, [])]) == [])
    #expect(confluent.outcomes([framed(7, encoded("a"))])[0].code == .unknownSchema)
    #expect(confluent.outcomes([framed(7, encoded("a"))])[0].message?.hasPrefix("nobody knows 7") == true)

    let auto = try decoder()
    auto.refuse(7, .unknownSchema, "nobody knows 7")
    let failed = auto.outcomes([framed(7, encoded("a"))])[0]
    #expect(failed.code == .unknownSchema)
    #expect(failed.message?.hasPrefix("nobody knows 7, and bare it cannot be read either") == true)
    // A record that begins like a header and is none: a text of no bytes, and four more fields.
    let five = try Decoding(
      reader: """
        {"type":"record","name":"R","fields":[{"name":"x","type":"string"},{"name":"a","type":"int"},
        {"name":"b","type":"int"},{"name":"c","type":"int"},{"name":"d","type":"int"}]}
        """, columns: ["x"]
    ).decoder()
    five.refuse(7, .unknownSchema, "nobody knows 7")
    #expect(five.outcomes([[0, 0, 0, 0, 7]]) == [.row([.text("")])])
  }

  @Test("ids that nobody knew are asked for again when they are forgotten, and those of no use are not")
  func forgets() throws {
    let decoder = try decoder()
    decoder.refuse(7, .unknownSchema, "nobody knows 7")
    decoder.refuse(8, .unresolvable, "8 is no Avro")
    decoder.forgetUnknownSchemas()
    #expect(unknown(decoder, [framed(7, []), framed(8, [])], runs: [0..<1, 1..<2]) == ["0:7"])
    let outcome = decoder.outcomes([framed(8, encoded("a"))])[0]
    #expect(outcome.code == .unresolvable && outcome.message == "8 is no Avro")
  }

  @Test("what is remembered of ids without a schema is bounded, and a batch is not forgotten half-way")
  func bounded() throws {
    let decoder = try decoder(.confluent)
    let ids = 1..<UInt32(AvroDecoder.maximumRefusals + 10)
    for id in ids { decoder.refuse(id, .unknownSchema, "") }
    #expect(decoder.refused.count == ids.count)
    _ = decoder.outcomes([framed(1, encoded("a"))])
    #expect(decoder.refused.isEmpty)
  }

  @Test("a schema may name types that the texts beside it define")
  func references() throws {
    let inner = #"{"type":"record","name":"a.In","fields":[{"name":"x","type":"string"}]}"#
    let schema = try AvroSchema(
      parsing: #"{"type":"record","name":"a.Out","fields":[{"name":"in","type":"a.In"}]}"#,
      referringTo: [(name: "a.In", text: inner)])
    #expect(try schema.column(at: ["in", "x"]).type == .text)
    #expect(throws: AvroError.self) {
      try AvroSchema(parsing: #"{"type":"record","name":"a.Out","fields":[{"name":"in","type":"a.In"}]}"#)
    }
  }
}
