import Events
import Formats
import JSON
import Plan
import Testing

@Suite struct MetadataTests {
  private static let document = Array(#"{"a": 1}"#.utf8)
  private static let declared = [DeclaredColumn(name: "a", type: .integer)]
  private static let a = ColumnSpec(path: ["a"], type: .integer, isNullable: true)

  private func rows(_ columns: [MetadataColumn], _ records: [OwnedRecord]) throws -> [[String]] {
    let plan = jsonPlan(Self.declared, columns: [Self.a] + columns.map(spec))
    return try RecordDecoder(plan, topic: "t", schema: .declared).rows(records, plan)
  }

  private func value(_ column: MetadataColumn, _ record: OwnedRecord) throws -> String {
    try #require(try rows([column], [record]).first?.last)
  }

  @Test("a record's place is where it came from, whatever topic its definition names")
  func place() throws {
    let records = [3, 4, 7].map { OwnedRecord(payload: Self.document, partition: Int32($0 % 2), offset: $0 * 1000) }
    #expect(
      try rows([.topic, .partition, .offset], records) == [
        ["1", "t", "1", "3000"], ["1", "t", "0", "4000"], ["1", "t", "1", "7000"],
      ])
  }

  @Test(
    "a key is text, or NULL",
    arguments: [
      (nil, "NULL"), ([], ""), (Array("EU-7".utf8), "EU-7"),
      (Array("größer als acht Bytes".utf8), "größer als acht Bytes"),
      ([0xFF, 0xFE], "NULL"), ([0x61, 0x00], "NULL"), ([0xC3], "NULL"),
    ] as [([UInt8]?, String)])
  func key(_ key: [UInt8]?, _ expected: String) throws {
    #expect(try value(.key, OwnedRecord(payload: Self.document, key: key)) == expected)
  }

  @Test(
    "a record's time is in microseconds, and NULL where it has none or one that no time is",
    arguments: [
      (-1, "NULL"), (0, "0"), (1_767_225_600_123, "1767225600123000"), (.max, "NULL"), (-5, "NULL"),
      (.max / 1000, "\(Int64.max / 1000 * 1000)"),
    ] as [(Int64, String)])
  func timestamp(_ milliseconds: Int64, _ expected: String) throws {
    #expect(try value(.timestamp, OwnedRecord(payload: Self.document, timestampMilliseconds: milliseconds)) == expected)
  }

  @Test(
    "headers are an object of texts: the last of equal names, bytes that are no text as Postgres shows them",
    arguments: [
      ([], "{}"),
      ([RecordHeader(name: "trace", value: Array("abc".utf8))], #"{"trace":"abc"}"#),
      (
        [
          RecordHeader(name: "a", value: Array("1".utf8)), RecordHeader(name: "b", value: nil),
          RecordHeader(name: "a", value: Array("2".utf8)),
        ], #"{"b":null,"a":"2"}"#
      ),
      ([RecordHeader(name: "say \"hi\"\n", value: Array("\\\u{1}\"".utf8))], #"{"say \"hi\"\n":"\\\u0001\""}"#),
      (
        [RecordHeader(name: "raw", value: [0, 0xFF]), RecordHeader(name: "none", value: [])],
        #"{"raw":"\\x00ff","none":""}"#
      ),
    ])
  func headers(_ headers: [RecordHeader], _ expected: String) throws {
    let text = try value(.headers, OwnedRecord(payload: Self.document, headers: headers))
    #expect(text == expected)
    #expect(throws: Never.self) { try JSONValue(parsing: text) }
  }

  @Test("a record that cannot be decoded has no metadata either, and nothing of another record")
  func failures() throws {
    let record = OwnedRecord(payload: Self.document, key: Array("k".utf8), offset: 5)
    var broken = record
    broken.payload = Array("{".utf8)
    let plan = jsonPlan(Self.declared, columns: [Self.a] + MetadataColumn.allCases.map(spec))
    let decoder = try RecordDecoder(plan, topic: "t", schema: .declared)
    let batch = EventBatch(specs: plan.columns, capacity: 2)
    let good = RecordBatch(copying: [record, record])
    decoder.decode(good, into: batch)
    let mixed = RecordBatch(copying: [broken, record])
    decoder.decode(mixed, into: batch)
    #expect(batch.failures.map(\.code) == [.malformed])
    #expect(batch.columns.allSatisfy { $0.type.physical != .text || $0.texts[0].count == 0 })
    #expect(batch.columns.allSatisfy { $0.type.physical != .integer || $0.integers[0] == 0 })
    #expect(batch.columns[1].texts[1].description == "k")
    // The texts are the records'.
    #expect(good.count == mixed.count)
  }

  @Test("slices take the metadata of their own records, in every format")
  func slices() throws {
    let json = jsonPlan(Self.declared, columns: [Self.a, spec(.offset), spec(.key)])
    let csv = plan(format: .csv, Self.declared, columns: json.columns)
    for (plan, payload) in [(json, Self.document), (csv, Array("1".utf8))] {
      let records = (0..<10).map { number in
        OwnedRecord(payload: payload, key: Array("k\(number)".utf8), offset: Int64(number))
      }
      let rows = try RecordDecoder(plan, topic: "t", schema: .declared).rows(records, plan, capacity: 3)
      #expect(rows == (0..<10).map { ["1", "\($0)", "k\($0)"] })
    }
  }

  @Test("a stream may be of nothing but metadata")
  func nothingElse() throws {
    let plan = jsonPlan(Self.declared, columns: [spec(.timestamp)])
    let decoder = try RecordDecoder(plan, topic: "t", schema: .declared)
    let records = [
      OwnedRecord(payload: Self.document, timestampMilliseconds: 7), OwnedRecord(payload: Array("no".utf8)),
      OwnedRecord(payload: nil, timestampMilliseconds: 9),
    ]
    let rows = decoder.rows(records, plan)
    #expect(rows[0] == ["7000"])
    #expect(rows[1][0].hasPrefix("MALFORMED") && rows[2][0].hasPrefix("TOMBSTONE"))
  }
}
