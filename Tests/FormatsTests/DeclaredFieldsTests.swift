import Avro
import Events
import Formats
import Plan
import Testing

/// Columns that an Avro stream declares, since its schema does not say enough of them.
@Suite struct DeclaredFieldsTests {
  private static let schema = """
    {"type": "record", "name": "e", "fields": [
      {"name": "at", "type": "long"},
      {"name": "note", "type": ["null", "string"]},
      {"name": "inner", "type": {"type": "record", "name": "i", "fields": [{"name": "n", "type": "int"}]}}]}
    """

  /// `at`, `note` and `inner.n`, by the Avro specification alone.
  private static func record(_ at: Int64, _ note: String? = nil, n: Int64 = 0) -> OwnedRecord {
    var bytes = varint(at)
    if let note { bytes += [2] + varint(Int64(note.utf8.count)) + Array(note.utf8) } else { bytes += [0] }
    return OwnedRecord(payload: bytes + varint(n))
  }

  private static func varint(_ value: Int64) -> [UInt8] {
    var rest = UInt64(bitPattern: value << 1 ^ value >> 63)
    var bytes: [UInt8] = []
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  private func rows(_ declared: [DeclaredColumn], _ records: [OwnedRecord], also fields: [ColumnSpec] = []) throws
    -> [[String]]
  {
    let columns = declared.map { ColumnSpec(path: [$0.name], type: $0.type, isNullable: $0.isNullable) } + fields
    let plan = plan(format: .avro, declared, columns: columns)
    let schema = RecordSchema.avro(
      reader: try AvroSchema(parsing: Self.schema), schemas: try SchemaSet(files: []))
    return try RecordDecoder(plan, topic: "t", schema: schema).rows(records, plan)
  }

  private func value(_ declared: DeclaredColumn, _ record: OwnedRecord) throws -> String {
    try #require(try rows([declared], [record]).first?.first)
  }

  @Test(
    "a long is a time by its unit",
    arguments: [
      (DeclaredColumn.EpochUnit.seconds, SQLType.timestamptz, 1_767_225_600, "1767225600000000"),
      (.milliseconds, .timestamptz, 1_767_225_600_123, "1767225600123000"),
      (.microseconds, .timestamp, -5, "-5"), (.nanoseconds, .timestamptz, 1_500, "2"),
      (.seconds, .date, 86_400 * 3 + 5, "3"),
      (
        .seconds, .timestamptz, .max,
        "DATETIME_FIELD_OVERFLOW at: 9223372036854775807 seconds are beyond the range of timestamptz"
      ),
    ] as [(DeclaredColumn.EpochUnit, SQLType, Int64, String)])
  func units(_ unit: DeclaredColumn.EpochUnit, _ type: SQLType, _ number: Int64, _ expected: String) throws {
    let column = DeclaredColumn(name: "at", type: type, isNullable: false, unit: unit)
    let value = try value(column, Self.record(number))
    #expect(expected.contains(" ") ? value.hasPrefix("DATETIME_FIELD_OVERFLOW at: ") : value == expected)
  }

  @Test(
    "a string is what its column is declared as",
    arguments: [
      (SQLType.timestamptz, "2026-01-01T00:00:00Z", "1767225600000000"), (.timestamp, "1970-01-01 00:00:01", "1000000"),
      (.date, "1970-01-04", "3"), (.time, "00:00:01.5", "1500000"), (.integer, "-17", "-17"),
      (.bigint, "9000000000", "9000000000"), (.numeric(scale: 2), "12.345", "12.35"),
      (.doublePrecision, "1e3", "1000.0"),
      (.boolean, "yes", "true"), (.text, "x", "x"),
      (.uuid, "123E4567-E89B-12D3-A456-426614174000", "123e4567-e89b-12d3-a456-426614174000"),
      (.timestamptz, "yesterday", "INVALID_TEXT_REPRESENTATION n: "),
      (.integer, "3000000000", "NUMERIC_VALUE_OUT_OF_RANGE n: "), (.uuid, "x", "INVALID_TEXT_REPRESENTATION n: "),
    ])
  func texts(_ type: SQLType, _ text: String, _ expected: String) throws {
    let column = DeclaredColumn(name: "n", type: type, path: [.member("note")])
    let value = try value(column, Self.record(0, text))
    #expect(expected.hasSuffix(" ") ? value.hasPrefix(expected) : value == expected)
    #expect(try self.value(column, Self.record(0, nil)) == "NULL")
  }

  @Test("a string is a time by its unit, too")
  func textUnits() throws {
    let column = DeclaredColumn(name: "n", type: .timestamptz, path: [.member("note")], unit: .seconds)
    #expect(try value(column, Self.record(0, "1767225600.25")) == "1767225600250000")
    #expect(try value(column, Self.record(0, "soon")).hasPrefix("INVALID_TEXT_REPRESENTATION n: "))
  }

  @Test("a greatest length and NOT NULL are the declaration's, whatever the schema says")
  func bounds() throws {
    let short = DeclaredColumn(name: "n", type: .text, maximumCharacters: 3, path: [.member("note")])
    #expect(try value(short, Self.record(0, "größe")).hasPrefix("STRING_DATA_RIGHT_TRUNCATION n: "))
    #expect(try value(short, Self.record(0, "grö")) == "grö")
    let needed = DeclaredColumn(name: "note", type: .text, isNullable: false)
    #expect(
      try value(needed, Self.record(0, nil))
        == "NOT_NULL_VIOLATION note: the field is null, and the column is declared NOT NULL")
    #expect(try value(needed, Self.record(0, "x")) == "x")
  }

  @Test("declared columns stand beside fields of the schema, and beside others of the same field")
  func together() throws {
    let declared = [
      DeclaredColumn(name: "at", type: .timestamptz, isNullable: false, unit: .seconds),
      DeclaredColumn(name: "number", type: .integer, path: [.member("inner"), .member("n")]),
      DeclaredColumn(name: "amount", type: .numeric(scale: 1), precision: 5, path: [.member("note")]),
    ]
    let fields = [
      ColumnSpec(path: ["note"], type: .text, isNullable: true),
      ColumnSpec(path: ["inner", "n"], type: .integer, isNullable: false), spec(.offset),
    ]
    var last = Self.record(2, nil, n: 8)
    last.offset = 9
    let records = [Self.record(1, "2.25", n: 7), Self.record(1, "two", n: 7), last]
    #expect(
      try rows(declared, records, also: fields).map {
        $0.count == 1 ? [$0[0].split(separator: ":")[0].description] : $0
      }
        == [
          ["1000000", "7", "2.3", "2.25", "7", "0"], ["INVALID_TEXT_REPRESENTATION amount"],
          ["2000000", "8", "NULL", "NULL", "8", "9"],
        ])
  }

  @Test("more rows than one block takes are converted row by row, and batches of any size")
  func manyRows() throws {
    let declared = [DeclaredColumn(name: "at", type: .timestamptz, isNullable: false, unit: .milliseconds)]
    let records = (0..<5000).map { Self.record($0) }
    let expected = (0..<5000).map { ["\($0 * 1000)"] }
    #expect(try rows(declared, records) == expected)
    let columns = [ColumnSpec(path: ["at"], type: .timestamptz, isNullable: false)]
    let plan = plan(format: .avro, declared, columns: columns)
    let schema = RecordSchema.avro(
      reader: try AvroSchema(parsing: Self.schema), schemas: try SchemaSet(files: []))
    let decoder = try RecordDecoder(plan, topic: "t", schema: schema)
    for capacity in [100, 5000, 10] {
      #expect(decoder.rows(records, plan, capacity: capacity) == expected)
    }
  }
}
