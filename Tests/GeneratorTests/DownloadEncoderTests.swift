import Downloads
import EventEncoding
import Events
import Synthesis
import Testing

@Suite struct DownloadEncoderTests {
  private func event(errorCode: TextView? = nil) -> DownloadEvent {
    DownloadEvent(
      eventID: TextView("01234567-89ab-4def-8123-456789abcdef"), timestampMilliseconds: newYear,
      contentID: TextView("mov_avengers_2"), title: TextView("Ein schöner Tag"), contentType: TextView("movie"),
      sizeGB: 4.25, userID: TextView("user_000001"), region: TextView("US-California"), deviceType: TextView("iPhone"),
      osVersion: TextView("iOS 17.2"), status: errorCode == nil ? .success : .failed, durationSeconds: 300,
      speedMbps: 113.3125, errorCode: errorCode)
  }

  @Test("an event is its fields in the schema's order, as the Avro specification encodes them")
  func bytes() throws {
    let encoder = try DownloadEncoder(schemaJSON: try eventSchema())
    func text(_ text: String) -> [UInt8] { [UInt8(text.utf8.count * 2)] + Array(text.utf8) }
    func double(_ value: Double) -> [UInt8] { withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    var expected = text("01234567-89ab-4def-8123-456789abcdef")
    // 1,767,225,600,000 zig-zag, seven bits a byte.
    expected += [0x80, 0xa0, 0xd5, 0xed, 0xee, 0x66]
    expected += text("mov_avengers_2") + text("Ein schöner Tag") + text("movie") + double(4.25)
    expected += text("user_000001") + text("US-California") + text("iPhone") + text("iOS 17.2")
    let failed = expected + text("failed") + [0xd8, 0x04] + double(113.3125) + [2] + text("NETWORK_TIMEOUT")
    expected += text("success") + [0xd8, 0x04] + double(113.3125) + [0]
    #expect(Array(try encoder.encode(event())) == expected)
    #expect(Array(try encoder.encode(event(errorCode: TextView("NETWORK_TIMEOUT")))) == failed)
    #expect(Array(try encoder.encode(event())) == expected)
  }

  @Test("libavro's generic reader gives the values back")
  func roundTrip() throws {
    let encoder = try DownloadEncoder(schemaJSON: try eventSchema())
    let reader = try ReferenceReader(schemaJSON: try eventSchema())
    let synthesizer = try DownloadSynthesizer(settings: SynthesisSettings(seed: 3, beginningMilliseconds: newYear))
    for index in 0..<1000 as Range<UInt64> {
      let event = synthesizer.event(index, timestampMilliseconds: newYear + Int64(index))
      #expect(reader.read(Array(try encoder.encode(event))) == KeptEvent(event))
    }
  }

  @Test(
    "the framing precedes every event",
    arguments: [
      ("bare", []), ("single-object", [0xc3, 0x01, 8, 7, 6, 5, 4, 3, 2, 1]), ("confluent:258", [0, 0, 0, 1, 2]),
    ] as [(String, [UInt8])])
  func framing(text: String, expected: [UInt8]) throws {
    let header = try EventFraming(parsing: text).header(fingerprint: 0x0102_0304_0506_0708)
    #expect(header == expected)
    let bare = try DownloadEncoder(schemaJSON: try eventSchema())
    let framed = try DownloadEncoder(schemaJSON: try eventSchema(), framing: header)
    for _ in 0..<2 {
      #expect(Array(try framed.encode(event())) == expected + Array(try bare.encode(event())))
    }
  }

  @Test(
    "a framing that is none is refused",
    arguments: ["", "Bare", "confluent", "confluent:", "confluent:0", "confluent:2147483648", "confluent:1:2"])
  func unknownFraming(text: String) {
    #expect(throws: EncodingError.unknownFraming(text)) { try EventFraming(parsing: text) }
  }

  @Test("a text that no broker would take is refused, and the encoder goes on")
  func tooLong() throws {
    let encoder = try DownloadEncoder(schemaJSON: try eventSchema())
    let long = [UInt8](repeating: 0x61, count: DownloadEncoder.maxEventBytes)
    long.withUnsafeBufferPointer { bytes in
      var event = event()
      event.title = TextView(start: bytes.baseAddress ?? event.title.start, count: bytes.count)
      #expect(throws: EncodingError.self) { try encoder.encode(event) }
      event.title.count -= 1
      #expect(throws: EncodingError.self) { try encoder.encode(event) }
    }
    #expect(try encoder.encode(event()).count > 100)
  }

  @Test(
    "a schema that events do not fit is refused with the field",
    arguments: [
      (#""name": "event_id", "type": "string""#, #""name": "event_id", "type": "bytes""#, "event_id", "string"),
      (#""name": "region""#, #""name": "area""#, "user.region", "string"),
      (#""name": "size_gb", "type": "double""#, #""name": "size_gb", "type": "float""#, "content.size_gb", "double"),
      (#"["null", "string"]"#, #"["null", "int"]"#, "download.error_code", "a union of null and string"),
    ])
  func unsuitable(found: String, replacement: String, field: String, expected: String) throws {
    let schema = try eventSchema()
    #expect(schema.contains(found))
    #expect(throws: EncodingError.unsuitableSchema(field: field, expected: expected)) {
      _ = try DownloadEncoder(schemaJSON: schema.replacing(found, with: replacement))
    }
  }

  @Test("text that is no schema is refused", arguments: ["", "{", #"{"type": "record"}"#])
  func invalid(schema: String) {
    let error = #expect(throws: EncodingError.self) { _ = try DownloadEncoder(schemaJSON: schema) }
    guard case .invalidSchema = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
