import Events
import Plan
import Testing
import TextFormats

/// Columns of a stream of JSON that are declared as arrays.
@Suite struct JSONArrayTests {
  private func value(
    _ document: String, _ type: SQLType, isNullable: Bool = true, precision: Int? = nil,
    unit: DeclaredColumn.EpochUnit? = nil, isCoerced: Bool = false
  ) -> String {
    let column = DeclaredColumn(
      name: "a", type: type, precision: precision, isNullable: isNullable, unit: unit, isCoerced: isCoerced)
    let batch = EventBatch(specs: specs(of: [column]), capacity: 3)
    let decoder = JSONRecordDecoder(columns: targets(of: [column]))
    // The second one may be read by its shape.
    let records = RecordBatch(copying: [document, document, document].map { Array($0.utf8) })
    decoder.decode(records.records, into: batch)
    let found = (0..<3).map { shown(batch, $0) }
    #expect(found.allSatisfy { $0 == found[0] })
    return found[0]
  }

  private func shown(_ batch: EventBatch, _ row: Int) -> String {
    if let failure = batch.failures.first(where: { $0.row == row }) {
      return "\(failure.code.rawValue) \(failure.message)"
    }
    let column = batch.columns[0]
    guard column.validity[row] == 1, let element = column.type.element else { return "NULL" }
    let array = ArrayView(column.texts[row], of: element)
    let value = Column(type: element.type, isNullable: true, capacity: 2)
    defer { value.deallocate() }
    let elements = (0..<array.count).map { index -> String in
      array.copy(index..<index + 1, to: value, at: 1)
      guard value.validity[1] == 1 else { return "NULL" }
      return switch element.type.physical {
      case .boolean: value.booleans[1] == 1 ? "true" : "false"
      case .integer: String(value.integers[1])
      case .decimal: String(value.decimals[1])
      case .double: String(value.doubles[1])
      case .text: value.texts[1].description
      }
    }
    return "{\(elements.joined(separator: "; "))}"
  }

  @Test(
    "each element is read as a column of its type would be",
    arguments: [
      (.text, #"["x", "", "\u00e9\n", null, "日"]"#, "{x; ; é\n; NULL; 日}"),
      (.integer, "[1, -2,3e2 , 4.0]", "{1; -2; 300; 4}"), (.bigint, "[9000000000]", "{9000000000}"),
      (.boolean, "[true, false,null]", "{true; false; NULL}"),
      (.doublePrecision, "[1.5, -0, 1e300]", "{1.5; 0.0; 1e+300}"),
      (.date, #"["1970-01-03"]"#, "{2}"), (.timestamptz, #"["1970-01-01T00:00:01Z"]"#, "{1000000}"),
      (.time, #"["00:00:02"]"#, "{2000000}"),
      (.uuid, #"["00112233445566778899AABBCCDDEEFF"]"#, "{00112233-4455-6677-8899-aabbccddeeff}"),
      (
        .jsonb, #"[{"a": [1, "]"]}, [2], "s\"]", 1.0, true, null]"#, #"{{"a": [1, "]"]}; [2]; "s\"]"; 1.0; true; NULL}"#
      ),
      (.text, "[]", "{}"), (.text, "[ ]", "{}"), (.text, "null", "NULL"), (.integer, "[null]", "{NULL}"),
    ] as [(ArrayElement, String, String)])
  func elements(_ element: ArrayElement, _ text: String, _ expected: String) {
    #expect(value("{\"a\": \(text), \"b\": 1}", .array(element)) == expected)
  }

  @Test("options of a column are options of its elements")
  func options() {
    #expect(value(#"{"a": [1.005, 2]}"#, .array(.numeric(scale: 2)), precision: 8) == "{101; 200}")
    #expect(value(#"{"a": [1, 2]}"#, .array(.timestamptz), unit: .seconds) == "{1000000; 2000000}")
    #expect(value(#"{"a": ["1", 2]}"#, .array(.integer), isCoerced: true) == "{1; 2}")
    #expect(value(#"{"b": 1}"#, .array(.text)) == "NULL")
    #expect(
      value(#"{"b": 1}"#, .array(.text), isNullable: false) == "NOT_NULL_VIOLATION a: the member is missing")
  }

  @Test("an array of many elements keeps them all, in order")
  func long() {
    let numbers = (0..<5000).map(String.init)
    let read = value("{\"a\": [\(numbers.joined(separator: ","))]}", .array(.integer))
    #expect(read == "{\(numbers.joined(separator: "; "))}")
  }

  @Test(
    "what does not fit names its element",
    arguments: [
      (.text, #"["x", 1]"#, "DATATYPE_MISMATCH a: element 2: a number where a text is declared"),
      (.integer, "[1.5]", "DATATYPE_MISMATCH a: element 1: a number with a fraction where an integer is declared"),
      (
        .integer, "[1, 3000000000]",
        "NUMERIC_VALUE_OUT_OF_RANGE a: element 2: \"3000000000\" is out of range for integer"
      ),
      (
        .integer, "[[1]]",
        "DATATYPE_MISMATCH a: element 1: an array where an integer is declared; declare jsonb[] to take any"
      ),
      (
        .text, "[{}]", "DATATYPE_MISMATCH a: element 1: an object where a text is declared; declare jsonb[] to take any"
      ),
      (.integer, "1", "DATATYPE_MISMATCH a: a number where an array of integer is declared"),
      (.text, "\"x\"", "DATATYPE_MISMATCH a: a text where an array of text is declared"),
      (.text, "{}", "DATATYPE_MISMATCH a: an object where an array of text is declared"),
      (.boolean, "true", "DATATYPE_MISMATCH a: a boolean where an array of boolean is declared"),
      (
        .text, #"["\u0000"]"#,
        "CHARACTER_NOT_IN_REPERTOIRE a: element 1: the text holds U+0000, which Postgres cannot store"
      ),
      (.jsonb, #"["\u0000"]"#, "UNTRANSLATABLE_CHARACTER a: the value holds U+0000, which jsonb cannot hold"),
      (.date, #"["x"]"#, "INVALID_TEXT_REPRESENTATION a: element 1: \"x\" is no date; write it like 2025-08-31"),
    ] as [(ArrayElement, String, String)])
  func faults(_ element: ArrayElement, _ text: String, _ expected: String) {
    #expect(value("{\"a\": \(text)}", .array(element)) == expected)
  }
}
