import Events
import JSON
import Project
import Tail
import Testing

@testable import ProcessingTestSupport

@Suite struct EventLinesTests {
  /// 2.5 s after the first minute of `Download`.
  private static let now: Int64 = Download.start * 1000 + 2_500_000

  private static let trips = """
    CREATE FOREIGN TABLE trips (
      trip_id text NOT NULL, region_id integer NOT NULL, event_time timestamptz, fare numeric(12,2), tags jsonb
    ) SERVER kafka OPTIONS (topic 'trips', format 'json', event_time 'event_time');
    """

  /// The shipped project with the stream trips.
  private func stream(_ name: String) throws -> Stream {
    let scratch = try ScratchProject()
    try scratch.write("sql/streams/trips.sql", Self.trips)
    return try #require(try Project(folder: scratch.folder).stream(named: name))
  }

  /// The lines of trips.
  private func lines(_ payloads: [String?], _ form: EventLines.Form = .init()) throws -> [String] {
    let records = payloads.enumerated().map {
      OwnedRecord(payload: $1.map { Array($0.utf8) }, partition: 2, offset: Int64($0) + 40)
    }
    return try lines("trips", records: records, form).lines
  }

  private func lines(
    _ name: String, records: [OwnedRecord], where condition: String? = nil, _ form: EventLines.Form = .init(),
    limit: Int = .max
  ) throws -> (lines: [String], writer: EventLines) {
    let stream = try stream(name)
    let writer = try EventLines(
      stream, stream.selectEvents(where: condition, place: "--where"), topic: "t", form: form)
    var lines: [String] = []
    let wantsMore = try writer.write(RecordBatch(copying: records), now: Self.now) { line in
      #expect(line.last == UInt8(ascii: "\n") && line.count { $0 == UInt8(ascii: "\n") } == 1)
      lines.append(String(decoding: line.dropLast(), as: UTF8.self))
      return lines.count < limit
    }
    #expect(wantsMore == (lines.count < limit))
    return (lines, writer)
  }

  private func trip(_ id: String, region: Int = 4, fare: String = "12.5", tags: String = "null") -> String {
    """
    {"trip_id": "\(id)", "region_id": \(region), "event_time": "2026-01-01T00:00:00Z", "fare": \(fare), "tags": \(tags), "more": 1}
    """
  }

  @Test("a line has the place, the event time, how long ago that is, and all declared columns")
  func events() throws {
    #expect(
      try lines([trip("a", tags: "[1,\n 2]"), trip("b\\u009b2J\\u007f", region: 7, fare: "null")]) == [
        #"2@40        2026-01-01T00:00:00Z  +2.500s  {"trip_id": "a", "region_id": 4, "#
          + #""event_time": "2026-01-01T00:00:00Z", "fare": 12.50, "tags": [1, 2]}"#,
        #"2@41        2026-01-01T00:00:00Z  +2.500s  {"trip_id": "b\u009b2J\u007f", "region_id": 7, "#
          + #""event_time": "2026-01-01T00:00:00Z", "fare": null, "tags": null}"#,
      ])
  }

  @Test("an Avro event has all fields of its schema, whatever aggregates use")
  func avro() throws {
    let record = OwnedRecord(payload: Download(region: "JP").encoded, offset: 3)
    let line = try #require(try lines("content_downloads", records: [record]).lines.first)
    #expect(line.hasPrefix("0@3         2026-01-01T00:00:00Z  +2.500s  {\"event_id\": \"00000000-0000-4000-8000-"))
    let document = try JSONValue(parsing: String(line.dropFirst("0@3         2026-01-01T00:00:00Z  +2.500s  ".count)))
    #expect(document["user"]?["user_id"] == .string("u1") && document["download"]?["error_code"] == .null)
  }

  @Test("events ahead of the clock are negative, and those without a time have none")
  func lateness() throws {
    let times = ["\"2026-01-01T00:00:12.5Z\"", "\"2026-01-01T00:00:02.4996Z\"", "null", "\"4714-01-01T00:00:00Z\""]
    let found = try lines(times.map { #"{"trip_id": "a", "region_id": 1, "event_time": \#($0)}"# }).map {
      $0.split(separator: " ").dropFirst().prefix(2).joined(separator: " ")
    }
    #expect(
      found == [
        "2026-01-01T00:00:12.500Z -10.000s", "2026-01-01T00:00:02.499600Z +0.000s", "- -",
        "4714-01-01T00:00:00Z -84825014397.500s",
      ])
  }

  @Test("what cannot be decoded is shown with the reason, which cannot steer a terminal")
  func failures() throws {
    let found = try lines(["{\u{1B}[31m", nil, trip("a", region: 1), #"{"trip_id": 7, "region_id": 1}"#])
    #expect(found[0].hasPrefix("2@40        MALFORMED: ") && !found[0].utf8.contains(0x1B))
    #expect(found[1].hasPrefix("2@41        TOMBSTONE: "))
    #expect(found[2].contains("+2.500s"))
    #expect(found[3].hasPrefix("2@43        DATATYPE_MISMATCH: trip_id: "))
  }

  @Test("a condition leaves out what it is not true of, what it is an error of, and what cannot be decoded")
  func condition() throws {
    let records = [trip("a", region: 4), trip("b", region: 5), "{", trip("c", region: 0), trip("d", region: 4)]
      .enumerated().map { OwnedRecord(payload: Array($1.utf8), key: Array("k\($0)".utf8), offset: Int64($0)) }
    let (found, writer) = try lines("trips", records: records, where: "20 / region_id = 5 AND kafka.key <> 'k4'")
    #expect(found.map { $0.prefix(3) } == ["0@0"])
    #expect(writer.leftOut == (1, 1))
  }

  @Test("with --raw the payload stands in place of the columns: printable text as it is, other bytes in hexadecimal")
  func raw() throws {
    let raw = EventLines.Form(isRaw: true)
    let payload = "{\"trip_id\":\t\"é\",\r\n\"region_id\": 1}"
    let found = try lines([payload, "\u{7}", nil, "", "\u{9B}", "grün"], raw)
    #expect(found[0] == "2@40        -  -  {\"trip_id\":\t\"é\",\\r\\n\"region_id\": 1}")
    #expect(found[1].hasPrefix("2@41        MALFORMED: ") && found[1].hasSuffix("  \\x07"))
    #expect(found[2].hasSuffix("  (no payload)"))
    #expect(found[3].hasPrefix("2@43        EMPTY: ") && found[3].hasSuffix("  "))
    #expect(found[4].hasSuffix("  \\xc29b"))
    #expect(found[5].hasSuffix("  grün"))
    let avro = OwnedRecord(payload: [0xC3, 1, 0xFF])
    #expect(try lines("content_downloads", records: [avro], raw).lines[0].hasSuffix("  \\xc301ff"))
  }

  @Test("as JSON a line is an object, whatever the record holds")
  func json() throws {
    let records = [
      OwnedRecord(payload: Array(trip("a").utf8), partition: 1, offset: 5, timestampMilliseconds: 1_767_225_601_250),
      OwnedRecord(payload: [0xFF], partition: 1, offset: 6),
    ]
    let found = try lines("trips", records: records, .init(isJSON: true)).lines
    #expect(
      found[0] == #"{"partition": 1, "offset": 5, "timestamp": "2026-01-01T00:00:01.250Z", "#
        + #""event_time": "2026-01-01T00:00:00Z", "lateness_seconds": 2.500000, "event": {"trip_id": "a", "#
        + #""region_id": 4, "event_time": "2026-01-01T00:00:00Z", "fare": 12.50, "tags": null}}"#)
    let dead = try JSONValue(parsing: found[1])
    #expect(dead["timestamp"] == .null && dead["code"] == .string("MALFORMED") && dead["event"] == nil)
    let raw = try lines("trips", records: records, .init(isJSON: true, isRaw: true)).lines.map {
      try JSONValue(parsing: $0)
    }
    #expect(raw[0]["payload"] == .string(trip("a")) && raw[0]["event"] == nil)
    #expect(raw[1]["payload_hex"] == .string("ff") && raw[1]["reason"] != nil)
  }

  @Test("no more lines are made than are wanted, and a batch may be of any size")
  func limit() throws {
    let records = (0..<1_300).map { OwnedRecord(payload: Array(trip("t\($0)").utf8), offset: Int64($0)) }
    #expect(try lines("trips", records: records).lines.count == 1_300)
    let found = try lines("trips", records: records, where: "trip_id <> 't0'", limit: 600).lines
    #expect(found.count == 600 && found.last?.hasPrefix("0@600 ") == true)
  }
}
