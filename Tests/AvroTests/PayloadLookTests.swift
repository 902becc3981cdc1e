import Avro
import AvroTestSupport
import Events
import Testing

/// The reason of a dead letter says what its bytes look like.
@Suite struct PayloadLookTests {
  private static let schema =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"at\",\"type\":\"long\"},"
    + "{\"name\":\"k\",\"type\":\"string\"},{\"name\":\"d\",\"type\":\"double\"}]}"

  private static func reason(_ payload: [UInt8], _ framing: Framing = .auto) throws -> String {
    let decoding = Decoding(
      reader: schema, files: [("r.avsc", schema)], confluentIDs: "{\"7\":\"r.avsc\"}", framing: framing)
    return try #require(try decoding.outcomes([payload]).first?.message)
  }

  private static let uuid = [UInt8](0x10..<0x20)
  private static let record = varint(1_764_302_400_000) + encoded("a") + [UInt8](repeating: 0, count: 8)
  private static let json = Array(" {\"at\": 1764302400000, \"k\": \"a\"}\n".utf8)

  @Test(
    "a payload of another format is called by its name",
    arguments: [
      (json, "; it begins like JSON"), ([0xEF, 0xBB, 0xBF] + json, "; it begins like JSON"),
      (Array("[1, 2]".utf8), "; it begins like JSON"),
      (Array("Obj\u{1}\u{4}\u{14}avro.codec".utf8), "; it begins like an Avro container file"),
      ([0, 0, 0, 0, 0, 0, 0, 0, 7] + record, "; it begins like Apicurio's header with the 8-byte id 7"),
      (
        [3, 0] + uuid + record,
        "; it begins like AWS Glue's header with the schema version 10111213-1415-1617-1819-1a1b1c1d1e1f"
      ),
      ([3, 5] + uuid + record, "compressed with zlib"),
      ([0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0], "; it begins like gzip data"),
      ([0x28, 0xB5, 0x2F, 0xFD, 4], "; it begins like zstd data"),
      (Array("<?xml version=\"1.0\"?><event/>".utf8), "; it begins like XML"),
      (Array("2026-01-31,US,failed".utf8), "; it begins like text"),
    ] as [([UInt8], String)])
  func formats(payload: [UInt8], look: String) throws {
    for framing in [Framing.auto, .bare] {
      #expect(try Self.reason(payload, framing).contains(look), "\(framing)")
    }
  }

  @Test("a header that the stream's framing does not have is named")
  func headers() throws {
    let confluent = [0, 0, 0, 0, 7] + Self.record
    #expect(try Self.reason(confluent, .bare).contains("; it begins like a Confluent header with the schema id 7"))
    #expect(try Self.reason(confluent, .singleObject).contains("a Confluent header with the schema id 7"))
    let single = [0xC3, 0x01] + Self.uuid.prefix(8) + Self.record
    #expect(try Self.reason(single, .bare).contains("Avro's single-object encoding"))
    #expect(try Self.reason(single, .confluent).contains("Avro's single-object encoding"))
    #expect(try Self.reason(Self.record, .confluent).contains("it begins like") == false)
  }

  @Test("behind a Confluent header it is said that JSON follows, whether the id is known or not", arguments: [7, 9])
  func jsonSchema(id: UInt8) throws {
    for framing in [Framing.auto, .confluent] {
      let reason = try Self.reason([0, 0, 0, 0, id] + Self.json, framing)
      #expect(reason.contains("behind the schema id \(id) it begins like JSON"))
    }
    #expect(try Self.reason([0, 0, 0, 0, id] + Self.json, .bare).contains("schema id \(id), and behind it JSON"))
  }

  @Test("a record that is only cut off or too long looks like nothing else")
  func damaged() throws {
    for payload in [Array(Self.record.dropLast()), Self.record + [0], [0x7B], [0x7B, 0x01, 0x7D, 0x02]] {
      #expect(try !Self.reason(payload, .bare).contains("it begins like"))
    }
  }

  @Test("nothing and no payload keep their reasons")
  func nothing() throws {
    #expect(try Self.reason([]) == "the payload has no bytes")
    let outcomes = try Decoding(reader: Self.schema).outcomes([nil])
    #expect(outcomes.first?.message == "the record has no payload")
  }

  @Test("a symbol that the reader lacks is said by name, with its enum and field")
  func symbol() throws {
    func schema(_ symbols: String) -> String {
      recordOfX("{\"type\":\"enum\",\"name\":\"my.Status\",\"symbols\":[\(symbols)]}")
    }
    let decoding = Decoding(
      reader: schema("\"ON\""), files: [("w.avsc", schema("\"ON\",\"PAUSED\""))], confluentIDs: "{\"7\":\"w.avsc\"}")
    let outcome = try #require(try decoding.outcomes([[0, 0, 0, 0, 7, 2]]).first)
    let message = "x: the reader's enum my.Status lacks the writer's symbol \"PAUSED\", and has no default"
    #expect(outcome.message?.hasPrefix(message) == true, "\(outcome)")
  }
}
