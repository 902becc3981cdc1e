import Testing

@Suite struct SchemaErrorTests {
  private static let stream =
    "CREATE FOREIGN TABLE s () SERVER kafka OPTIONS (topic 't', format 'avro', schema 'FILE', event_time 'ts');"
  private static let aggregate =
    "CREATE MATERIALIZED VIEW m AS\r\nSELECT k, count(*) AS n FROM s\r\n"
    + "GROUP BY tumble(ts, INTERVAL '1 minute'), k;\r\n"

  private static func fields(_ time: String) -> String {
    "[\n {\"name\": \"ts\", \(time)},\n {\"name\": \"k\", \"type\": \"string\"}]"
  }

  private static let good = fields("\"type\": {\"type\": \"long\", \"logicalType\": \"timestamp-millis\"}")

  /// A project with one stream, one aggregate and these schemas.
  private static func project(_ schemas: [String: String], file: String = "event.avsc") throws -> ScratchProject {
    let project = try ScratchProject()
    project.removeDefinitions()
    try project.write("sql/streams/s.sql", stream.replacing("FILE", with: file))
    try project.write("sql/aggregates/m.sql", aggregate)
    for (name, text) in schemas { try project.write("schemas/\(name)", text) }
    return project
  }

  private static func record(_ fields: String) -> String {
    "{\"type\": \"record\", \"name\": \"a.E\", \"fields\": \(fields)}"
  }

  @Test("a logicalType beside the type is named where the event time needs it, with the schema's own place")
  func eventTime() throws {
    let text = Self.record(Self.fields("\"type\": \"long\", \"logicalType\": \"timestamp-millis\""))
    let error = try #require(try Self.project(["event.avsc": text]).loadingError())
    #expect(error.hasPrefix("schemas/event.avsc:2:48: event_time names ts, which is bigint: logicalType"))
    #expect(error.contains(#"write "type": {"type": "long", "logicalType": "timestamp-millis"}"#))
    #expect(try Self.project(["event.avsc": Self.record(Self.good)]).loadingError() == nil)
  }

  @Test("a field that no column can hold is not called missing")
  func unsupported() throws {
    let wide = "{\"type\": \"bytes\", \"logicalType\": \"decimal\", \"precision\": 40}"
    let fields = Self.good.replacing("\"type\": \"string\"", with: "\"type\": \(wide)")
    let error = try #require(try Self.project(["event.avsc": Self.record(fields)]).loadingError())
    #expect(error.contains("sql/aggregates/m.sql:3:43: the field k cannot be used"), "\(error)")
    #expect(error.contains("schemas/event.avsc:3:2: decimals of more than 38 digits do not fit"), "\(error)")
  }

  @Test("a schema's fault is said with its file in schemas/, line and column")
  func fault() throws {
    let text = Self.record("[\n {\"name\": \"ts\", \"type\": \"lng\"}]")
    #expect(try #require(try Self.project(["event.avsc": text]).loadingError()).hasPrefix("schemas/event.avsc:2:"))
  }

  @Test("a list of types is refused with what to write, which is then accepted")
  func list() throws {
    let list = "[\(Self.record(Self.good)), {\"type\": \"enum\", \"name\": \"a.F\", \"symbols\": []}]"
    let error = try #require(try Self.project(["event.avsc": list]).loadingError())
    #expect(error.contains("schemas/event.avsc:1:1: the file holds a list of types"))
    #expect(error.contains("write schema 'event.avsc#a.E'"))
    #expect(try Self.project(["event.avsc": list], file: "event.avsc#a.E").loadingError() == nil)
  }

  @Test("files with a byte order mark and Windows' line ends are read as others are")
  func byteOrderMark() throws {
    let project = try Self.project(["event.avsc": "\u{FEFF}" + Self.record(Self.good).replacing("\n", with: "\r\n")])
    try project.write("sql/aggregates/m.sql", "\u{FEFF}" + Self.aggregate)
    try project.write("schemas/confluent-ids.json", "\u{FEFF}{\r\n\"1\": \"event.avsc\"}\r\n")
    try project.write(
      "sql/endpoints/e.sql",
      "\u{FEFF}-- name: GET /api/e\r\n-- summary: All.\r\n-- param: n integer = 5 in 1..60 -- How many\r\n"
        + "-- returns: rows\r\nSELECT k\r\nFROM m LIMIT :n;\r\n")
    try project.write(
      "sql/alerts/a.sql",
      "\u{FEFF}-- name: A\r\n-- summary: s\r\n-- on: m\r\n-- metric: n\r\n-- detector: threshold above INFO 1\r\n"
        + "-- message: {k} {value}\r\nSELECT k, window_start, window_end, n AS value, n AS samples\r\nFROM m;\r\n")
    #expect(project.loadingError() == nil)
    try project.write("sql/endpoints/e.sql", "\u{FEFF}-- nme: GET /api/e\r\nSELEC 1")
    let error = try #require(project.loadingError())
    #expect(error.contains("sql/endpoints/e.sql:1:4: there is no annotation \"nme\""), "\(error)")
    #expect(error.contains("sql/endpoints/e.sql:2:1: syntax error near \"SELEC\""), "\(error)")
  }

  @Test("UTF-16 and other encodings are named with the file")
  func encodings() throws {
    let project = try Self.project(["event.avsc": Self.record(Self.good)])
    try project.write(
      "sql/aggregates/m.sql", bytes: [0xFF, 0xFE] + Self.aggregate.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
    var error = try #require(project.loadingError())
    #expect(error.hasPrefix("sql/aggregates/m.sql: this is UTF-16 text; save it as UTF-8"))
    try project.write("sql/aggregates/m.sql", bytes: Array("-- a\n-- s".utf8) + [0xFC, 0x64])
    error = try #require(project.loadingError())
    #expect(error.hasPrefix("sql/aggregates/m.sql:2:5: not UTF-8 text; save the file as UTF-8"), "\(error)")
  }

  @Test("a name that Postgres would cut off is refused", arguments: ["AS", "FROM"])
  func longNames(place: String) throws {
    let long = String(repeating: "x", count: 64)
    let project = try Self.project(["event.avsc": Self.record(Self.good)])
    let text =
      place == "AS"
      ? Self.aggregate.replacing("AS n", with: "AS \(long)")
      : Self.aggregate.replacing("SELECT k", with: "SELECT \"\(long)\"")
    try project.write("sql/aggregates/m.sql", text)
    let error = try #require(project.loadingError())
    #expect(error.hasPrefix("sql/aggregates/m.sql:2:"))
    #expect(error.contains("longer than 63 bytes"))
    try project.write("sql/aggregates/m.sql", Self.aggregate.replacing("AS n", with: "AS \(long.dropFirst())"))
    #expect(project.loadingError() == nil)
  }
}
