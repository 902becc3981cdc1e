import Events
import Plan
import Testing

@testable import TextFormats

/// What the declared columns get of a document's values.
@Suite struct JSONValueTests {
  private static func value(_ json: String, _ column: DeclaredColumn) -> Outcome {
    let outcome = read(["{\"v\":\(json)}"], [column])[0]
    // With more around it, other loops read it.
    let around = "{\"before\":\"a text\",\"v\":\(json),\"behind\":\"another one, a little longer\"}"
    #expect(read([around], [column]) == [outcome], "\(json)")
    return outcome
  }

  @Test(
    "a number is the nearest double",
    arguments: [
      ("0", "0.0"), ("-0", "0.0"), ("0.0", "0.0"), ("-0.0e5", "0.0"), ("1", "1.0"), ("-1.5", "-1.5"), ("0.1", "0.1"),
      ("0.30000000000000004", "0.30000000000000004"), ("37.774929000000003", "37.774929"),
      ("-122.41941550000001", "-122.41941550000001"), ("1e3", "1000.0"), ("1E+3", "1000.0"), ("1e-3", "0.001"),
      ("1e22", "1e+22"), ("1e23", "1e+23"), ("9007199254740993", "9007199254740992.0"),
      ("9007199254740993.0000001", "9.007199254740994e+15"), ("1.7976931348623157e308", "1.7976931348623157e+308"),
      ("5e-324", "5e-324"), ("2.2250738585072011e-308", "2.225073858507201e-308"),
      ("123456789012345678901234567890", "1.2345678901234568e+29"), ("12345678.5", "12345678.5"),
      ("0.000000000000000000000000000000000000001", "1e-39"), ("3.141592653589793238462643383279", "3.141592653589793"),
      ("1000000000000000000000000000000000000000000e-42", "1.0"),
    ])
  func doubles(_ json: String, _ expected: String) {
    #expect(Self.value(json, column(.doublePrecision)) == .row([expected]))
  }

  @Test(
    "a double that is too large, or too small to be more than zero, is out of range",
    arguments: ["1e309", "-1e309", "1.8e308", "1e-400", "1e99999999999999999999"])
  func doublesOutOfRange(_ json: String) {
    #expect(
      Self.value(json, column(.doublePrecision))
        == .failure(.outOfRange, "v: \"\(json)\" is out of range for double precision"))
  }

  @Test(
    "a whole number may be written in any way",
    arguments: [
      ("0", "0"), ("-0", "0"), ("7", "7"), ("-7", "-7"), ("1.0", "1"), ("-1.00", "-1"), ("1e2", "100"), ("1.5e1", "15"),
      ("100e-2", "1"), ("0e-5", "0"), ("0.000", "0"), ("0e99999999999", "0"), ("123456789012345", "123456789012345"),
      ("1234567890123456", "1234567890123456"), ("9223372036854775807", "9223372036854775807"),
      ("-9223372036854775808", "-9223372036854775808"), ("922337203685477580.7e1", "9223372036854775807"),
      ("1.00000000000000000000000000000000", "1"), ("12300000000000000000000000000e-27", "12.3"),
      ("10000000000000000000000000000000e-30", "10"),
    ])
  func integers(_ json: String, _ expected: String) {
    let hasFraction = expected.contains(".")
    let outcome: Outcome =
      hasFraction
      ? .failure(.wrongType, "v: a number with a fraction where a bigint is declared") : .row([expected])
    #expect(Self.value(json, column(.bigint)) == outcome)
    if !hasFraction, let value = Int64(expected), Int32(exactly: value) != nil {
      #expect(Self.value(json, column(.integer)) == outcome)
    }
  }

  @Test(
    "an integer beyond its type, or with a fraction, is a dead letter that says so",
    arguments: [
      (SQLType.integer, "2147483648", .outOfRange, "v: \"2147483648\" is out of range for integer"),
      (.integer, "-2147483649", .outOfRange, "v: \"-2147483649\" is out of range for integer"),
      (.integer, "1e10", .outOfRange, "v: \"1e10\" is out of range for integer"),
      (.bigint, "9223372036854775808", .outOfRange, "v: \"9223372036854775808\" is out of range for bigint"),
      (.bigint, "-9223372036854775809", .outOfRange, "v: \"-9223372036854775809\" is out of range for bigint"),
      (.bigint, "1e19", .outOfRange, "v: \"1e19\" is out of range for bigint"),
      (.bigint, "1e999999999999999999999", .outOfRange, "v: \"1e999999999999999999999\" is out of range for bigint"),
      (
        .bigint, "12345678901234567890123456789012345678901234567890", .outOfRange,
        "v: \"1234567890123456789012345678901234567890…\" is out of range for bigint"
      ),
      (.integer, "1.5", .wrongType, "v: a number with a fraction where an integer is declared"),
      (.integer, "-0.001", .wrongType, "v: a number with a fraction where an integer is declared"),
      (.bigint, "1e-1", .wrongType, "v: a number with a fraction where a bigint is declared"),
      (.bigint, "1e-999999999999", .wrongType, "v: a number with a fraction where a bigint is declared"),
      (
        .bigint, "1.00000000000000000000000000000001", .wrongType,
        "v: a number with a fraction where a bigint is declared"
      ),
      (.bigint, "1234567890123456789.5", .wrongType, "v: a number with a fraction where a bigint is declared"),
    ] as [(SQLType, String, EventErrorCode, String)])
  func wrongIntegers(_ type: SQLType, _ json: String, _ code: EventErrorCode, _ message: String) {
    #expect(Self.value(json, column(type)) == .failure(code, message))
  }

  @Test(
    "a numeric is exact, and rounded to its places as Postgres does",
    arguments: [
      ("12.34", "1234"), ("-12.34", "-1234"), ("12", "1200"), ("12.345", "1235"), ("-12.345", "-1235"),
      ("12.344", "1234"), ("1e3", "100000"), ("0.004", "0"), ("0.005", "1"), ("-0", "0"),
      ("9999999999.99", "999999999999"),
      ("1.2300000000000000000000000000000000000000", "123"),
    ])
  func numerics(_ json: String, _ unscaled: String) {
    let numeric = DeclaredColumn(name: "v", type: .numeric(scale: 2), precision: 12)
    #expect(Self.value(json, numeric) == .row([unscaled]))
  }

  @Test func `A numeric of too many digits is out of range`() {
    let numeric = DeclaredColumn(name: "v", type: .numeric(scale: 2), precision: 4)
    #expect(Self.value("100", numeric) == .failure(.outOfRange, "v: \"100\" is out of range for numeric(4,2)"))
    #expect(Self.value("99.995", numeric) == .failure(.outOfRange, "v: \"99.995\" is out of range for numeric(4,2)"))
    #expect(Self.value("99.994", numeric) == .row(["9999"]))
    let widest = DeclaredColumn(name: "v", type: .numeric(scale: 38), precision: 38)
    #expect(Self.value("0.5", widest) == .row(["50000000000000000000000000000000000000"]))
    #expect(Self.value("1", widest) == .failure(.outOfRange, "v: \"1\" is out of range for numeric(38,38)"))
  }

  private static let moments = [
    (column(.timestamptz), "\"2025-01-15T10:30:00Z\"", "1736937000000000"),
    (column(.timestamptz), "\"2025-01-15T10:30:00.123+01:00\"", "1736933400123000"),
    (column(.timestamptz), "\"2025-01-15T10:30:00\\u005a\"", "1736937000000000"),
    (column(.timestamp), "\"2025-01-15 10:30:00\"", "1736937000000000"),
    (column(.date), "\"2025-01-15\"", "20103"), (column(.time), "\"10:30\"", "37800000000"),
    (DeclaredColumn(name: "v", type: .timestamptz, unit: .seconds), "1736937000", "1736937000000000"),
    (DeclaredColumn(name: "v", type: .timestamptz, unit: .seconds), "1736937000.25", "1736937000250000"),
    (DeclaredColumn(name: "v", type: .timestamptz, unit: .milliseconds), "1736937000001", "1736937000001000"),
    (DeclaredColumn(name: "v", type: .timestamp, unit: .microseconds), "1736937000000001", "1736937000000001"),
    (DeclaredColumn(name: "v", type: .timestamptz, unit: .nanoseconds), "1736937000000001499", "1736937000000001"),
    (DeclaredColumn(name: "v", type: .timestamptz, unit: .milliseconds), "-1", "-1000"),
    (DeclaredColumn(name: "v", type: .timestamptz, unit: .milliseconds), "1.736937e12", "1736937000000000"),
    (DeclaredColumn(name: "v", type: .date, unit: .seconds), "1736937000", "20103"),
    (DeclaredColumn(name: "v", type: .time, unit: .milliseconds), "37800000", "37800000000"),
    (
      DeclaredColumn(name: "v", type: .timestamptz, unit: .milliseconds, isCoerced: true), "\"1736937000000\"",
      "1736937000000000"
    ),
  ]

  @Test("times are texts in ISO 8601, or numbers of a unit", arguments: moments)
  func times(_ column: DeclaredColumn, _ json: String, _ value: String) {
    #expect(Self.value(json, column) == .row([value]))
  }

  @Test(
    "what is no time is a dead letter",
    arguments: [
      (
        column(.timestamptz), "1736937000", .wrongType,
        "v: a number where a timestamptz is declared; write OPTIONS (unit 'milliseconds') to take numbers"
      ),
      (
        DeclaredColumn(name: "v", type: .timestamptz, unit: .milliseconds), "\"2025-01-15T10:30:00Z\"", .wrongType,
        "v: a text where a number of milliseconds is declared"
      ),
      (
        column(.timestamptz), "\"2025-01-15T10:30:00\"", .invalidText,
        "v: \"2025-01-15T10:30:00\" has no offset from UTC; write it like 2025-08-31T08:00:00Z, or declare the column as "
          + "timestamp"
      ),
      (
        column(.timestamptz), "\"2025-02-29T10:30:00Z\"", .timeOutOfRange,
        "v: \"2025-02-29T10:30:00Z\" is out of range for timestamptz"
      ),
      (
        DeclaredColumn(name: "v", type: .timestamptz, unit: .seconds), "99999999999999", .timeOutOfRange,
        "v: 99999999999999 seconds are out of range for timestamptz"
      ),
    ] as [(DeclaredColumn, String, EventErrorCode, String)])
  func wrongTimes(_ column: DeclaredColumn, _ json: String, _ code: EventErrorCode, _ message: String) {
    #expect(Self.value(json, column) == .failure(code, message))
  }

  @Test func `Booleans, uuids and texts are read`() {
    #expect(Self.value("true", column(.boolean)) == .row(["true"]))
    #expect(Self.value("false", column(.boolean)) == .row(["false"]))
    let uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
    #expect(Self.value("\"\(uuid)\"", column(.uuid)) == .row([uuid]))
    #expect(Self.value("\"{\(uuid.uppercased())}\"", column(.uuid)) == .row([uuid]))
    #expect(Self.value("\"\(uuid)0\"", column(.uuid)) == .failure(.invalidText, "v: \"\(uuid)0\" is no uuid"))
    #expect(Self.value("\"\"", column(.text)) == .row([""]))
    #expect(
      Self.value("\"\\\"\\\\\\/\\b\\f\\n\\r\\tä\\u00e4\\ud83d\\ude00\"", column(.text))
        == .row(["\"\\/\u{8}\u{C}\n\r\tää😀"]))
    let varchar = DeclaredColumn(name: "v", type: .text, maximumCharacters: 3)
    #expect(Self.value("\"äöü\"", varchar) == .row(["äöü"]))
    #expect(Self.value("\"abc  \"", varchar) == .row(["abc"]))
    #expect(Self.value("\"abc\\u0020\"", varchar) == .row(["abc"]))
    #expect(
      Self.value("\"abcd\"", varchar)
        == .failure(.tooLong, "v: a text of 4 characters where varchar(3) is declared"))
  }

  @Test func `A text with U+0000 is a dead letter where it is read`() {
    let message = "the text holds U+0000, which Postgres cannot store"
    #expect(Self.value("\"a\\u0000b\"", column(.text)) == .failure(.invalidUTF8, "v: \(message)"))
    #expect(
      Self.value("{\"a\":[\"\\u0000\"]}", column(.jsonb))
        == .failure(.untranslatable, "v: the value holds U+0000, which jsonb cannot hold"))
    #expect(Self.value("{\"\\u0000\":1}", column(.jsonb)).isRow == false)
    #expect(Self.value("\"\\\\u0000\"", column(.text)) == .row(["\\u0000"]))
    #expect(Self.value("\"\\\\u0000\"", column(.jsonb)) == .row(["\"\\\\u0000\""]))
  }

  @Test(
    "jsonb takes every value as it is written",
    arguments: [
      "1", "-1.50e3", "true", "false", "\"a\\nb\"", "[]", "{}", "[1, {\"a\" : null}]", "{\"b\":{\"c\":[ ]}}", "\"\"",
      "1e131071", "0.0e-16382",
    ])
  func jsonb(_ json: String) {
    #expect(Self.value(json, column(.jsonb)) == .row([json]))
  }

  @Test(
    "what numeric cannot hold jsonb cannot either",
    arguments: ["1e131072", "[1,[1e-16384]]", "{\"a\":1e999999999999}", "0e999999999999", "0e-16384"])
  func wideNumbers(_ json: String) {
    #expect(
      Self.value(json, column(.jsonb))
        == .failure(.outOfRange, "v: a number in the value is out of the range of numeric, which jsonb has"))
    // Elsewhere in the document nobody asks for it.
    #expect(read(["{\"x\":\(json),\"v\":[1]}"], [column(.jsonb)]) == [.row(["[1]"])])
  }

  @Test func `The null of JSON is NULL, also of jsonb`() {
    for type in [SQLType.boolean, .integer, .numeric(scale: 2), .doublePrecision, .text, .timestamptz, .uuid, .jsonb] {
      #expect(Self.value("null", column(type)) == .row(["NULL"]))
      #expect(
        Self.value("null", column(type, isNullable: false))
          == .failure(.missingValue, "v: the member is null, and the column is declared NOT NULL"))
    }
  }

  @Test func `A member that is missing is NULL where that is allowed`() {
    let columns = [column(.bigint, name: "a"), column(.text, name: "b", isNullable: false)]
    #expect(
      read(["{\"b\":\"x\"}", "{\"a\":1}", "{}"], columns) == [
        .row(["NULL", "x"]), .failure(.missingValue, "b: the member is missing"),
        .failure(.missingValue, "b: the member is missing"),
      ])
  }

  private static let kinds: [(json: String, kind: String)] = [
    ("{}", "an object"), ("[1]", "an array"), ("\"x\"", "a text"), ("17", "a number"), ("true", "a boolean"),
  ]

  @Test(
    "a value of another kind is a dead letter that names both",
    arguments: [
      (column(.boolean), "a boolean", "a boolean"), (column(.integer), "an integer", "a number"),
      (column(.bigint), "a bigint", "a number"),
      (DeclaredColumn(name: "v", type: .numeric(scale: 2), precision: 12), "a numeric(12,2)", "a number"),
      (column(.doublePrecision), "a double precision", "a number"), (column(.text), "a text", "a text"),
      (DeclaredColumn(name: "v", type: .text, maximumCharacters: 40), "a varchar(40)", "a text"),
      (DeclaredColumn(name: "v", type: .timestamptz, unit: .seconds), "a number of seconds", "a number"),
      (column(.uuid), "a uuid", "a text"),
    ])
  func wrongTypes(_ column: DeclaredColumn, _ wanted: String, _ taken: String) {
    for value in Self.kinds where value.kind != taken {
      #expect(
        Self.value(value.json, column) == .failure(.wrongType, "v: \(value.kind) where \(wanted) is declared"))
    }
  }

  @Test(
    "a number or a boolean written as a text is taken where that is allowed, and only there",
    arguments: [
      (SQLType.integer, "\" 42 \"", "42"), (.bigint, "\"-9223372036854775808\"", "-9223372036854775808"),
      (.numeric(scale: 2), "\"12.345\"", "1235"), (.doublePrecision, "\"1e3\"", "1000.0"),
      (.doublePrecision, "\"0.5\"", "0.5"), (.boolean, "\"yes\"", "true"), (.boolean, "\"f\"", "false"),
      (.integer, "\"\\u0034\\u0032\"", "42"), (.integer, "42", "42"),
    ] as [(SQLType, String, String)])
  func coerced(_ type: SQLType, _ json: String, _ value: String) {
    let declared = DeclaredColumn(name: "v", type: type, isCoerced: true)
    #expect(Self.value(json, declared) == .row([value]))
    guard json.hasPrefix("\"") else { return }
    if case .failure(.wrongType, _) = Self.value(json, column(type)) { return }
    Issue.record("\(json) is taken as \(type)")
  }

  @Test func `A text that does not read as a number is a dead letter`() {
    let declared = DeclaredColumn(name: "fare", type: .doublePrecision, path: [.member("v")], isCoerced: true)
    for (json, text) in [("\"\"", ""), ("\"INVALID\"", "INVALID"), ("\"NaN\"", "NaN"), ("\"0x1F\"", "0x1F")] {
      #expect(Self.value(json, declared) == .failure(.invalidText, "fare: \"\(text)\" is no double precision"))
    }
    let integer = DeclaredColumn(name: "v", type: .integer, isCoerced: true)
    #expect(Self.value("\"1.0\"", integer) == .failure(.invalidText, "v: \"1.0\" is no integer"))
    #expect(Self.value("true", integer) == .failure(.wrongType, "v: a boolean where an integer is declared"))
  }

  @Test func `A document that is not JSON is said to be that, whatever its values are`() {
    #expect(
      read(["{\"v\":\"x\",\"w\":tru}"], [column(.bigint)])
        == [.failure(.malformed, "not JSON: a value is expected (at byte 13)")])
    let columns = [
      column(.bigint, name: "a"), column(.bigint, name: "b"), column(.bigint, name: "c", isNullable: false),
    ]
    #expect(
      read(["{\"b\":\"x\",\"a\":true}"], columns)
        == [.failure(.wrongType, "b: a text where a bigint is declared")], "the first one of the document is told")
  }

  @Test func `Texts are views of the payload unless something in them is escaped`() {
    let reading = JSONReading([column(.text, name: "a"), column(.text, name: "b"), column(.jsonb, name: "c")])
    let document = "{\"a\":\"plain\",\"b\":\"with ü\",\"c\":{\"x\":[\"\\n\"]}}"
    let records = RecordBatch(copying: Array(repeating: Array(document.utf8), count: 3))
    reading.decoder.decode(records.records, into: reading.batch)
    for row in 0..<3 {
      let payload = records.records[row].payloadBytes
      for (column, offset) in zip(reading.batch.columns, [6, 18, 31]) {
        #expect(column.texts[row].start == payload.baseAddress.map { $0 + offset })
      }
    }
    #expect(reading.batch.arena.capacity == 0)
  }

  @Test func `Columns of the batch that are not the decoder's are left alone`() {
    let specs = [
      ColumnSpec(path: ["kafka", "offset"], type: .bigint, isNullable: false),
      ColumnSpec(path: ["v"], type: .text, isNullable: true),
    ]
    let batch = EventBatch(specs: specs, capacity: 2)
    let decoder = JSONRecordDecoder(columns: [(index: 1, declared: column(.text))])
    batch.columns[0].integers[0] = 77
    let records = RecordBatch(copying: [Array("{\"v\":\"y\"}".utf8)])
    decoder.decode(records.records, into: batch)
    #expect(batch.columns[0].integers[0] == 77)
    #expect(batch.columns[1].texts[0].description == "y")
  }
}
