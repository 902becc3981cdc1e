import Avro
import AvroTestSupport
import Events
import Testing

@Suite struct FramingTests {
  static let reader = recordOfX("\"string\"", attributes: ",\"default\":\"none\"")
  static let other = """
    {"type":"record","name":"R","fields":[{"name":"n","type":"int"},{"name":"x","type":"string"}]}
    """

  static func decoding(_ framing: Framing, reader: String = reader) -> Decoding {
    Decoding(
      reader: reader, files: [("event.avsc", reader), ("other.avsc", other)],
      confluentIDs: "{\"1\": \"event.avsc\", \"4294967295\": \"other.avsc\"}", columns: ["x"], framing: framing)
  }

  static func singleObject(_ schema: String, _ body: [UInt8]) throws -> [UInt8] {
    let fingerprint = try AvroSchema(parsing: schema).fingerprint
    return [0xC3, 0x01] + (0..<8).map { UInt8(truncatingIfNeeded: fingerprint >> ($0 * 8)) } + body
  }

  @Test("each framing reads its own form, and auto reads all", arguments: Framing.allCases)
  func forms(framing: Framing) throws {
    let forms: [(Framing, [UInt8], Cell)] = [
      (.bare, encoded("a"), .text("a")),
      (.singleObject, try Self.singleObject(Self.reader, encoded("b")), .text("b")),
      (.singleObject, try Self.singleObject(Self.other, varint(9) + encoded("c")), .text("c")),
      (.confluent, [0, 0, 0, 0, 1] + encoded("d"), .text("d")),
      (.confluent, [0, 255, 255, 255, 255] + varint(9) + encoded("e"), .text("e")),
    ]
    let outcomes = try Self.decoding(framing).outcomes(forms.map(\.1))
    for (form, outcome) in zip(forms, outcomes) {
      if framing == .auto || framing == form.0 {
        #expect(outcome == .row([form.2]))
      } else {
        #expect(outcome.code != nil)
      }
    }
  }

  @Test("records of several schemas and bad ones may be mixed in any order")
  func mixture() throws {
    var generator = SeededGenerator(seed: 5)
    var payloads: [[UInt8]?] = []
    var expected: [Cell?] = []
    for index in 0..<1000 {
      let text = "value \(index)"
      expected.append(.text(text))
      switch generator.below(index < 500 ? 6 : 40) {
      case 0: payloads.append([0, 0, 0, 0, 1] + encoded(text))
      case 1: payloads.append([0, 255, 255, 255, 255] + varint(Int64(index)) + encoded(text))
      case 2: payloads.append(try Self.singleObject(Self.other, varint(3) + encoded(text)))
      case 3:
        payloads.append(index % 2 == 0 ? nil : encoded(text).dropLast())
        expected[index] = nil
      default: payloads.append(encoded(text))
      }
    }
    let outcomes = try Self.decoding(.auto).outcomes(payloads)
    for (outcome, cell) in zip(outcomes, expected) {
      if let cell {
        #expect(outcome == .row([cell]))
      } else {
        #expect(outcome.code != nil)
      }
    }
  }

  @Test("an unknown fingerprint is named in hexadecimal", arguments: [Framing.auto, .singleObject])
  func unknownFingerprint(framing: Framing) throws {
    let payload: [UInt8] = [0xC3, 0x01, 0xEF, 0xCD, 0xAB, 0x89, 0x67, 0x45, 0x23, 0x01] + encoded("a")
    let outcome = try #require(try Self.decoding(framing).outcomes([payload]).first)
    #expect(outcome.code == .unknownSchema)
    #expect(outcome.message?.contains("0123456789abcdef") == true)
  }

  @Test("an unknown Confluent id is named", arguments: [Framing.auto, .confluent])
  func unknownID(framing: Framing) throws {
    let outcome = try #require(try Self.decoding(framing).outcomes([[0, 0, 0, 0, 42] + encoded("a")]).first)
    #expect(outcome.code == .unknownSchema)
    #expect(outcome.message?.contains("42") == true)
  }

  @Test("what only looks like an unknown frame is bare when it can be read so")
  func lookalikes() throws {
    // C3 01 is -98 as a long, and a zero byte is an empty string or a zero.
    let longs =
      "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"x\",\"type\":\"long\"},"
      + "{\"name\":\"y\",\"type\":\"double\"}]}"
    let outcomes = try Self.decoding(.auto, reader: longs).outcomes([
      [0xC3, 0x01] + [UInt8](repeating: 0, count: 8), [0, 0, 0, 0, 9, 0, 0, 0, 0],
    ])
    #expect(outcomes == [.row([.integer(-98)]), .row([.integer(0)])])
    #expect(try Self.decoding(.auto).outcomes([[0]]) == [.row([.text("")])])
  }

  @Test(
    "a payload without the framing's header is malformed",
    arguments: [
      (Framing.singleObject, [0xC3, 0x01, 0]), (.singleObject, encoded("aaaaaaaaaaaaa")), (.confluent, [0, 0]),
      (.confluent, encoded("aaaaaaa")),
    ] as [(Framing, [UInt8])])
  func noHeader(framing: Framing, payload: [UInt8]) throws {
    #expect(try Self.decoding(framing).outcomes([payload]).first?.code == .malformed)
  }

  @Test("schemas are found by file, fingerprint and id")
  func lookup() throws {
    let set = try SchemaSet(
      files: [("a.avsc", "\"int\""), ("b.avsc", "\"string\"")], confluentIDs: "{\"3\": \"b.avsc\"}")
    #expect(set.schema(file: "a.avsc")?.canonicalForm == "\"int\"")
    #expect(set.schema(fingerprint: 0x8F01_4872_6345_03C7)?.canonicalForm == "\"string\"")
    #expect(set.schema(confluentID: 3)?.canonicalForm == "\"string\"")
    #expect(set.schema(confluentID: 4) == nil)
    #expect(set.schema(file: "c.avsc") == nil)
    #expect(set.entries.map(\.file) == ["a.avsc", "b.avsc"])
  }

  @Test(
    "a map of ids that is wrong is refused",
    arguments: ["{", "[]", "{\"x\": \"a.avsc\"}", "{\"1\": \"b.avsc\"}", "{\"-1\": \"a.avsc\"}"])
  func badIDs(text: String) {
    let error = #expect(throws: AvroError.self) {
      try SchemaSet(files: [("a.avsc", "\"int\"")], confluentIDs: text)
    }
    #expect(error?.description.hasPrefix("confluent-ids.json:") == true)
  }
}
