import Events
import Plan
import Testing

@testable import TextFormats

/// Taxi rides as a stream of CSV declares them.
private let trips = [
  DeclaredColumn(name: "trip_id", type: .text, isNullable: false),
  DeclaredColumn(name: "region_id", type: .integer, isNullable: false),
  DeclaredColumn(name: "event_time", type: .timestamptz, isNullable: false),
  DeclaredColumn(name: "fare", type: .doublePrecision),
]

@Suite struct CSVRecordDecoderTests {
  @Test func `Fields become the values of their columns, in the order of the declaration`() {
    let rows = decode(["trip_1,7,2025-01-15T10:30:00.000Z,25.5", "trip_2,-1,2025-01-15T10:30:00+01:00,"], trips)
    #expect(
      rows == [
        .row(["trip_1", "7", "1736937000000000", "25.5"]), .row(["trip_2", "-1", "1736933400000000", "NULL"]),
      ])
  }

  @Test func `Every type is read`() {
    let columns = [
      DeclaredColumn(name: "boolean", type: .boolean), DeclaredColumn(name: "integer", type: .integer),
      DeclaredColumn(name: "bigint", type: .bigint),
      DeclaredColumn(name: "numeric", type: .numeric(scale: 2), precision: 12),
      DeclaredColumn(name: "double", type: .doublePrecision), DeclaredColumn(name: "text", type: .text),
      DeclaredColumn(name: "varchar", type: .text, maximumCharacters: 3),
      DeclaredColumn(name: "timestamptz", type: .timestamptz), DeclaredColumn(name: "timestamp", type: .timestamp),
      DeclaredColumn(name: "date", type: .date), DeclaredColumn(name: "time", type: .time),
      DeclaredColumn(name: "uuid", type: .uuid), DeclaredColumn(name: "jsonb", type: .jsonb),
      DeclaredColumn(name: "milliseconds", type: .timestamptz, unit: .milliseconds),
    ]
    let line =
      "yes,42,9223372036854775807,12.345,1e3,Zürich,abc  ,2025-01-15 10:30:00Z,2025-01-15 10:30:00,2025-01-15,10:30,"
      + "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11,\"{\"\"a\"\": [1, 2]}\",1736937000000"
    #expect(
      decode([line], columns) == [
        .row([
          "true", "42", "9223372036854775807", "1235", "1000.0", "Zürich", "abc", "1736937000000000",
          "1736937000000000", "20103", "37800000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "{\"a\": [1, 2]}",
          "1736937000000000",
        ])
      ])
  }

  private static let pair = [DeclaredColumn(name: "a", type: .text), DeclaredColumn(name: "b", type: .text)]

  @Test(
    "a line is read as RFC 4180 has it",
    arguments: [
      ("x,y", "x", "y"), ("x,y\n", "x", "y"), ("x,y\r\n", "x", "y"), ("x,y\r", "x", "y"), ("\u{FEFF}x,y", "x", "y"),
      ("\u{FEFF}\"x\",y", "x", "y"), (",", "NULL", "NULL"), ("x,", "x", "NULL"), (",y\n", "NULL", "y"),
      ("\"\",\"\"", "", ""), ("\"x,y\",z", "x,y", "z"), ("\"x\ny\r\n\",z\n", "x\ny\r\n", "z"),
      ("\"\"\"\",\"a \"\"quote\"\"\"", "\"", "a \"quote\""), ("x, y ", "x", " y "), ("'x','y'", "'x'", "'y'"),
      ("a rather long text without any quotes,another one", "a rather long text without any quotes", "another one"),
      (
        "\"a rather long text, with a \"\"doubled\"\" quote\",\"and one with a comma, which is not rare\"",
        "a rather long text, with a \"doubled\" quote", "and one with a comma, which is not rare"
      ),
      ("NULL,\\N", "NULL", "\\N"),
    ])
  func lines(_ line: String, _ first: String, _ second: String) {
    #expect(decode([line], Self.pair) == [.row([first, second])])
  }

  @Test(
    "what is no line of the declared columns is refused, with the place",
    arguments: [
      ("x", "the line has 1 field where 2 columns are declared"),
      ("x,y,z", "the line has 3 fields where 2 columns are declared"),
      ("", "the payload has no bytes"), ("\n", "the line has 1 field where 2 columns are declared"),
      ("x;y", "the line has 1 field where 2 columns are declared; with the delimiter ';' it would have as many"),
      ("x\ty", "the line has 1 field where 2 columns are declared; with the delimiter tab it would have as many"),
      ("{}", "the line has 1 field where 2 columns are declared; it begins like JSON"),
      (
        "{\"a\": 1}",
        "a: a quote inside of a field that does not begin with one (at byte 1); the payload begins like JSON"
      ),
      (
        "5\" pipe,y",
        "a: a quote inside of a field that does not begin with one (at byte 1); write the field in quotes, and quotes in it "
          + "twice"
      ),
      (
        "x, \"y\"",
        "b: a quote inside of a field that does not begin with one (at byte 3); write the field in quotes, and quotes in it "
          + "twice"
      ),
      (
        "\"x\"y\",z",
        "a: text behind the quote that ends the field (at byte 3); write quotes in a field twice"
      ),
      ("x,\"y", "b: the line ends inside of a quoted field"),
      ("x,\"y\"\"\n", "b: the line ends inside of a quoted field"),
      ("x,\"", "b: the line ends inside of a quoted field"),
      ("x,y\nx,y\n", "b: a line break outside of quotes (at byte 3); a record is one line"),
      ("x,y\n\n", "b: a line break outside of quotes (at byte 3); a record is one line"),
      ("x\r,y", "a: a line break outside of quotes (at byte 1); a record is one line"),
      ("x,y,z\nx", "field 3: a line break outside of quotes (at byte 5); a record is one line"),
    ])
  func malformed(_ line: String, _ message: String) {
    let code: EventErrorCode = line.isEmpty ? .empty : .malformed
    #expect(decode([line], Self.pair) == [.failure(code, message)])
  }

  @Test func `A tombstone is one`() {
    #expect(decode(payloads: [nil], Self.pair) == [.failure(.tombstone, "the record has no payload")])
  }

  @Test(
    "a value that does not fit its column is a dead letter that names both",
    arguments: [
      ("trip_1,INVALID_REGION,2025-01-15T10:31:00Z,30.0", .invalidText, "region_id: \"INVALID_REGION\" is no integer"),
      (
        "trip_1,2,INVALID_TIMESTAMP,20.5", .invalidText,
        "event_time: \"INVALID_TIMESTAMP\" is no timestamptz; write it like 2025-08-31T08:00:00Z"
      ),
      ("trip_1,3,2025-01-15T10:33:00Z,INVALID_FARE", .invalidText, "fare: \"INVALID_FARE\" is no double precision"),
      (
        "trip_1,,2025-01-15T10:33:00Z,1", .missingValue,
        "region_id: the field is NULL, and the column is declared NOT NULL"
      ),
      (
        "trip_1,\"\",2025-01-15T10:33:00Z,1", .invalidText, "region_id: \"\" is no integer"
      ),
      (
        "trip_1,2147483648,2025-01-15T10:33:00Z,1", .outOfRange,
        "region_id: \"2147483648\" is out of range for integer"
      ),
      (
        "trip_1,1,2025-02-29T10:33:00Z,1", .timeOutOfRange,
        "event_time: \"2025-02-29T10:33:00Z\" is out of range for timestamptz"
      ),
      ("trip_id,region_id,event_time,fare", .invalidText, "region_id: \"region_id\" is no integer"),
      ("trip\u{0},1,2025-01-15T10:33:00Z,1", .invalidUTF8, "trip_id: the text holds a zero byte"),
    ] as [(String, EventErrorCode, String)])
  func values(_ line: String, _ code: EventErrorCode, _ message: String) {
    // Between good ones, which it leaves alone.
    let good = "trip_0,1,2025-01-15T10:30:00Z,25.5"
    let row = Outcome.row(["trip_0", "1", "1736937000000000", "25.5"])
    #expect(decode([good, line, good], trips) == [row, .failure(code, message), row])
  }

  @Test func `A text that is too long for its varchar, no UTF-8 or no JSON is a dead letter`() {
    let columns = [
      DeclaredColumn(name: "code", type: .text, maximumCharacters: 3), DeclaredColumn(name: "tags", type: .jsonb),
    ]
    #expect(
      decode(
        payloads: [
          Array("äöüß,".utf8), [0xFF, 0x2C], Array("x,[1 2]".utf8), Array("x,\u{FEFF}1".utf8),
          Array("x,\"\"\"\\u0000\"\"\"".utf8), Array("x,1e999999".utf8), Array("x,\"{\"\"a\"\":1,\"\"a\"\":2}\"".utf8),
          Array("x, null".utf8),
        ], columns)
        == [
          .failure(.tooLong, "code: a text of 4 characters where varchar(3) is declared"),
          .failure(.invalidUTF8, "code: the text is not UTF-8"),
          .failure(.invalidText, "tags: not JSON: a comma or ] is expected (at byte 3)"),
          .failure(.invalidText, "tags: not JSON: a value is expected (at byte 0)"),
          .failure(.untranslatable, "tags: the value holds U+0000, which jsonb cannot hold"),
          .failure(.outOfRange, "tags: a number in the value is out of the range of numeric, which jsonb has"),
          .failure(.invalidText, "tags: the member \"a\" is there twice (at byte 7)"),
          .row(["x", " null"]),
        ])
  }

  @Test func `The delimiter and the text of NULL are the stream's`() {
    let csv = StreamDefinition.CSV(delimiter: UInt8(ascii: "\t"), null: "\\N")
    #expect(
      decode(["a,b\t\\N", "\t\"\\N\"", "\\n\t\\NN"], Self.pair, csv: csv) == [
        .row(["a,b", "NULL"]), .row(["", "\\N"]), .row(["\\n", "\\NN"]),
      ])
    let semicolon = StreamDefinition.CSV(delimiter: UInt8(ascii: ";"))
    #expect(decode(["1,5;\"x;y\""], Self.pair, csv: semicolon) == [.row(["1,5", "x;y"])])
  }

  @Test func `Only wanted columns are read, but the whole line must be one`() {
    let wanted = [trips[3], trips[1]]
    let lines = [
      "trip,1,no time,2.5", "trip,1,\"no \"\"time\"\"\",2.5", "trip,x,no time,y", "trip,1,a \"quote\",2.5",
      "trip,1,2.5",
    ]
    #expect(
      decode(lines, trips, wanted: wanted) == [
        .row(["2.5", "1"]), .row(["2.5", "1"]), .failure(.invalidText, "fare: \"y\" is no double precision"),
        .failure(
          .malformed,
          "event_time: a quote inside of a field that does not begin with one (at byte 9); write the field in quotes, and "
            + "quotes in it twice"),
        .failure(.malformed, "the line has 3 fields where 4 columns are declared"),
      ])
    #expect(decode(["a,b", "a"], Self.pair, wanted: []).map(\.isRow) == [true, false])
    let unread = decode(payloads: [[0xFF] + Array(",y".utf8)], Self.pair, wanted: [Self.pair[1]])
    #expect(unread == [.row(["y"])], "what is not read need not be UTF-8")
  }

  @Test func `Columns of the batch that are not the decoder's are left alone`() {
    let specs = [
      ColumnSpec(path: ["kafka", "offset"], type: .bigint, isNullable: false),
      ColumnSpec(path: ["b"], type: .text, isNullable: true),
    ]
    let batch = EventBatch(specs: specs, capacity: 2)
    let decoder = CSVRecordDecoder(columns: [(index: 1, declared: Self.pair[1])], declared: Self.pair, csv: .init())
    batch.columns[0].integers[0] = 77
    let records = RecordBatch(copying: [Array("x,y".utf8)])
    decoder.decode(records.records, into: batch)
    #expect(batch.columns[0].integers[0] == 77)
    #expect(batch.columns[1].texts[0].description == "y")
  }

  @Test func `Texts are views of the payload unless quotes in them are doubled`() {
    let batch = EventBatch(specs: specs(of: Self.pair), capacity: 1)
    let decoder = CSVRecordDecoder(columns: targets(of: Self.pair), declared: Self.pair, csv: .init())
    let records = RecordBatch(copying: [Array("plain,\"quo,ted\"".utf8)])
    decoder.decode(records.records, into: batch)
    let payload = records.records[0].payloadBytes
    #expect(batch.columns[0].texts[0].start == payload.baseAddress)
    #expect(batch.columns[1].texts[0].start == payload.baseAddress.map { $0 + 7 })
    #expect(batch.arena.capacity == 0)
  }

  @Test func `Blocks of records and slices of batches change nothing`() {
    let lines = (0..<300).map { index in
      index % 7 == 3 ? "trip_\(index)" : "trip_\(index),\(index),2025-01-15T10:30:00Z,\(index % 3 == 0 ? "" : "1.5")"
    }
    let apart = lines.flatMap { decode([$0], trips) }
    #expect(decode(lines, trips) == apart)
    #expect(decode(lines, trips, capacity: 70) == apart)
    #expect(apart.count { $0.isRow } == 257)
  }

  @Test func `Lines of any length end where they end`() {
    for count in 0..<40 {
      for other in [0, 1, 7, 8, 9] {
        let (first, second) = (String(repeating: "x", count: count), String(repeating: "y", count: other))
        let expected = Outcome.row([first.isEmpty ? "NULL" : first, second.isEmpty ? "NULL" : second])
        #expect(decode(["\(first),\(second)"], Self.pair) == [expected])
        #expect(decode(["\"\(first)\",\"\(second)\""], Self.pair) == [.row([first, second])])
        #expect(decode(["\"\(first)\"\"\",\"\"\"\(second)\"\r\n"], Self.pair) == [.row([first + "\"", "\"" + second])])
      }
    }
  }
}
