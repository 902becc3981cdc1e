import Avro
import Events
import Formats
import Plan
import Testing

/// Arrays of Avro that a stream declares.
@Suite struct DeclaredArraysTests {
  /// A record of one array.
  private func value(_ items: String, _ declared: SQLType, unit: DeclaredColumn.EpochUnit? = nil, _ elements: [[UInt8]])
    throws -> String
  {
    let schema = """
      {"type": "record", "name": "e", "fields": [{"name": "a", "type": {"type": "array", "items": \(items)}}]}
      """
    let column = DeclaredColumn(name: "a", type: declared, isNullable: false, unit: unit)
    let plan = plan(
      format: .avro, [column], columns: [ColumnSpec(path: ["a"], type: declared, isNullable: false)])
    let decoder = try RecordDecoder(
      plan, topic: "t", schema: .avro(reader: AvroSchema(parsing: schema), schemas: SchemaSet(files: [])))
    let block = elements.isEmpty ? [] : Self.varint(Int64(elements.count)) + elements.flatMap(\.self)
    let records = RecordBatch(copying: [OwnedRecord(payload: block + [0])])
    let batch = EventBatch(specs: plan.columns, capacity: 1)
    decoder.decode(records, into: batch)
    if let failure = batch.failures.first { return "\(failure.code.rawValue) \(failure.message)" }
    var text: [UInt8] = []
    EventDocuments(plan.columns).append(batch, row: 0, to: &text)
    return String(decoding: text, as: UTF8.self)
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

  private static func text(_ text: String) -> [UInt8] { varint(Int64(text.utf8.count)) + Array(text.utf8) }

  @Test("elements are what their type says")
  func elements() throws {
    #expect(try value("\"string\"", .array(.text), [Self.text("x"), Self.text("\"é\"")]) == #"{"a": ["x", "\"é\""]}"#)
    #expect(try value("\"int\"", .array(.bigint), [Self.varint(-7)]) == #"{"a": [-7]}"#)
    #expect(try value("\"boolean\"", .array(.boolean), [[1], [0]]) == #"{"a": [true, false]}"#)
    #expect(
      try value(#"["null", "long"]"#, .array(.bigint), [[0], Self.varint(1) + Self.varint(1 << 40)])
        == #"{"a": [null, 1099511627776]}"#)
    #expect(try value("\"string\"", .array(.text), []) == #"{"a": []}"#)
    let nan = (0..<8).map { UInt8(truncatingIfNeeded: Double.nan.bitPattern >> UInt64(8 * $0)) }
    #expect(try value("\"double\"", .array(.doublePrecision), [nan]) == #"{"a": ["NaN"]}"#)
  }

  @Test("times are read by their logical type or by their unit")
  func times() throws {
    let millis = #"{"type": "long", "logicalType": "timestamp-millis"}"#
    #expect(
      try value(millis, .array(.timestamptz), [Self.varint(1_767_225_600_123)])
        == #"{"a": ["2026-01-01T00:00:00.123Z"]}"#)
    #expect(
      try value("\"long\"", .array(.date), unit: .seconds, [Self.varint(86_400)]) == #"{"a": ["1970-01-02"]}"#)
  }

  @Test("texts are read as what is declared, and what is none names its element")
  func texts() throws {
    #expect(try value("\"string\"", .array(.integer), [Self.text("5")]) == #"{"a": [5]}"#)
    #expect(
      try value("\"string\"", .array(.integer), [Self.text("5"), Self.text("x")])
        == #"INVALID_TEXT_REPRESENTATION a: element 2: "x" is no integer"#)
    #expect(
      try value("\"long\"", .array(.integer), [Self.varint(1 << 40)])
        == #"NUMERIC_VALUE_OUT_OF_RANGE a: element 1: "1099511627776" is out of range for integer"#)
  }

  @Test("records are jsonb")
  func records() throws {
    let record = #"{"type": "record", "name": "i", "fields": [{"name": "sku", "type": "string"}]}"#
    #expect(try value(record, .array(.jsonb), [Self.text("s1")]) == #"{"a": [{"sku": "s1"}]}"#)
  }
}
