import Events
import Plan
import Replay
import Synthesis
import Testing

@Suite struct RowConversionTests {
  /// What the record's only column becomes in JSON, and why it is malformed.
  private func converted(_ record: String, _ values: FileColumn.Values, null: String = "") throws -> (
    json: String, fault: String?
  ) {
    let columns = [FileColumn(name: "x", values: values)]
    var reader = CSVFields(delimiter: UInt8(ascii: ","))
    var conversion = RowConversion(columns: columns, null: null)
    let row = EventRow(count: 1)
    var record = record
    return try record.withUTF8 { bytes in
      try reader.read(bytes)
      let fault = conversion.convert(reader.fields, into: row)
      var text: [UInt8] = []
      try JSONForm(paths: columns.map(\.path), timeText: .iso8601).append(row, to: &text)
      return (String(String(decoding: text, as: UTF8.self).dropFirst(5).dropLast()), fault)
    }
  }

  @Test(
    "what looks like a number of JSON is one, everything else a text",
    arguments: [
      ("5", "5"), ("-0.50", "-0.50"), ("1e5", "1e5"), ("12345678901234567890.5", "12345678901234567890.5"),
      ("007", "\"007\""), ("+5", "\"+5\""), (".5", "\".5\""), ("5.", "\"5.\""), (" 5", "\" 5\""), ("1e", "\"1e\""),
      ("NaN", "\"NaN\""), ("true", "\"true\""), ("-", "\"-\""), ("a \\ b", "\"a \\\\ b\""), ("", "null"),
      ("\"\"", "\"\""), ("\"5\"", "5"),
    ])
  func guessed(record: String, json: String) throws {
    let (found, fault) = try converted(record, .guessed)
    #expect(found == json && fault == nil)
  }

  @Test("a column of texts has texts alone, and the null text is the one that is given")
  func texts() throws {
    #expect(try converted("5", .texts).json == "\"5\"")
    #expect(try converted("", .texts, null: "NULL").json == "\"\"")
    #expect(try converted("NULL", .texts, null: "NULL").json == "null")
    #expect(try converted("\"NULL\"", .texts, null: "NULL").json == "\"NULL\"")
  }

  private static let text = DeclaredColumn(name: "x", type: .text, maximumCharacters: 3, isNullable: false)
  private static let integer = DeclaredColumn(name: "x", type: .integer)
  private static let double = DeclaredColumn(name: "x", type: .doublePrecision)
  private static let decimal = DeclaredColumn(name: "x", type: .numeric(scale: 2), precision: 5)
  private static let time = DeclaredColumn(name: "x", type: .timestamptz)
  private static let epoch = DeclaredColumn(name: "x", type: .timestamptz, unit: .milliseconds)

  @Test(
    "a declared column has values of its type, written as JSON has them",
    arguments: [
      (text, "07", "\"07\""), (text, "ab   ", "\"ab   \""), (integer, " +007", "7"), (integer, "-5", "-5"),
      (double, "48.96", "48.96"), (double, ".5", "0.5"), (double, "+05.", "5"), (double, "-00.50e3", "-0.50e3"),
      (decimal, "123.456", "123.456"), (time, "2025-08-31 08:00+02", "\"2025-08-31 08:00+02\""),
      (epoch, "1756627200000", "1756627200000"),
      (DeclaredColumn(name: "x", type: .boolean), "yes", "true"),
      (DeclaredColumn(name: "x", type: .boolean), "F", "false"),
      (DeclaredColumn(name: "x", type: .jsonb), "\"{\"\"a\"\":[1]}\"", "{\"a\":[1]}"), (integer, "", "null"),
      (
        DeclaredColumn(name: "x", type: .uuid), "A0EEBC999C0B4EF8BB6D6BB9BD380A11",
        "\"A0EEBC999C0B4EF8BB6D6BB9BD380A11\""
      ),
    ])
  func declared(column: DeclaredColumn, record: String, json: String) throws {
    let (found, fault) = try converted(record, .declared(column))
    #expect(found == json && fault == nil)
  }

  @Test(
    "a value that does not fit its column is malformed, with a reason, and stays a text",
    arguments: [
      (text, "abcd", "\"abcd\"", "x: a text of 4 characters where varchar(3) is declared"),
      (text, "", "null", "x: no value where NOT NULL is declared"),
      (integer, "4.5", "\"4.5\"", "x: \"4.5\" is no integer"),
      (integer, "3000000000", "\"3000000000\"", "x: \"3000000000\" is out of range for integer"),
      (double, "fast", "\"fast\"", "x: \"fast\" is no double precision"),
      (decimal, "1234", "\"1234\"", "x: \"1234\" is out of range for numeric(5,2)"),
      (time, "INVALID", "\"INVALID\"", "x: \"INVALID\" is no timestamptz; write it like 2025-08-31T08:00:00Z"),
      (epoch, "soon", "\"soon\"", "x: \"soon\" is no number of milliseconds"),
      (DeclaredColumn(name: "x", type: .jsonb), "\"1,2\"", "\"1,2\"", "x: the text is no JSON document"),
    ])
  func malformed(column: DeclaredColumn, record: String, json: String, reason: String) throws {
    let (found, fault) = try converted(record, .declared(column))
    #expect(found == json)
    #expect(fault?.hasPrefix(reason) == true, "\(fault ?? "")")
  }

  @Test("a text that is not UTF-8 is malformed, and stands there as it is")
  func notUTF8() throws {
    var reader = CSVFields(delimiter: UInt8(ascii: ","))
    var conversion = RowConversion(columns: [FileColumn(name: "x", values: .guessed)], null: "")
    let row = EventRow(count: 1)
    try ([0x61, 0xff] as [UInt8]).withUnsafeBufferPointer { bytes in
      try reader.read(bytes)
      #expect(conversion.convert(reader.fields, into: row) == "x: the text is not UTF-8, or has a zero byte in it")
      guard case .text(let text) = row[0] else {
        Issue.record("\(row[0])")
        return
      }
      #expect(Array(text.bytes) == [0x61, 0xff])
    }
  }
}
