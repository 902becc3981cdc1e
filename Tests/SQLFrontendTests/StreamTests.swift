import Events
import Plan
import SQLFrontend
import Testing

@Suite struct StreamTests {
  private func stream(_ options: String) throws -> StreamDefinition {
    try parseStream(
      SourceFile(
        path: "s.sql",
        text: """
          CREATE FOREIGN TABLE s () SERVER kafka OPTIONS (
            topic 't', format 'avro', schema 'a.avsc', event_time 'meta.created'\(options));
          """)
    ).definition
  }

  /// A stream of format 'json', or of what `options` say.
  private func declared(_ columns: String, _ options: String = "format 'json'") throws -> StreamDefinition {
    let text = RefusedStreamsTests.stream(columns, "event_time 'kafka.timestamp', \(options)")
    let stream = try parseStream(SourceFile(path: "s.sql", text: text))
    _ = try plan([], of: stream)
    return stream.definition
  }

  private func column(_ declaration: String, _ options: String = "format 'json'") throws -> DeclaredColumn {
    try #require(try declared(declaration, options).columns.first)
  }

  @Test("options that may be left out have defaults")
  func defaults() throws {
    let stream = try stream("")
    #expect(stream.eventTime == ["meta", "created"])
    #expect(stream.outOfOrdernessMicroseconds == 5_000_000)
    #expect(stream.idleTimeoutMicroseconds == 10_000_000)
    #expect(stream.maxAheadMicroseconds == 86_400_000_000)
    #expect(stream.deadLetterTopic == nil)
    #expect(stream.framing == .automatic)
    #expect(stream.sampleIntervalMicroseconds == nil)
    #expect(stream.columns.isEmpty)
    #expect(stream.csv == StreamDefinition.CSV(delimiter: UInt8(ascii: ","), null: ""))
  }

  @Test(
    "a framing is named as the wire formats are",
    arguments: [
      ("auto", StreamDefinition.Framing.automatic), ("bare", .bare), ("single-object", .singleObject),
      ("confluent", .confluent),
    ])
  func framing(_ name: String, _ framing: StreamDefinition.Framing) throws {
    #expect(try stream(", framing '\(name)'").framing == framing)
  }

  @Test("a reader schema is a file, one type of a file, or a subject of a registry")
  func schemas() throws {
    let schema = { (name: String) in try self.declared("", "format 'avro', schema '\(name)'").schema }
    #expect(try schema("event.avsc") == .file("event.avsc"))
    #expect(try schema("event.avsc#my.ns.Name") == .file("event.avsc#my.ns.Name"))
    #expect(try schema("registry:content-downloads-value") == .subject("content-downloads-value"))
  }

  @Test(
    "a column's type is written as in Postgres",
    arguments: [
      ("boolean", SQLType.boolean), ("bool", .boolean), ("integer", .integer), ("int", .integer), ("int4", .integer),
      ("bigint", .bigint), ("int8", .bigint), ("double precision", .doublePrecision), ("float8", .doublePrecision),
      ("float", .doublePrecision), ("float(53)", .doublePrecision), ("text", .text), ("varchar", .text),
      ("character varying", .text), ("timestamptz", .timestamptz), ("timestamp with time zone", .timestamptz),
      ("timestamp", .timestamp), ("timestamp without time zone", .timestamp), ("date", .date), ("time", .time),
      ("time without time zone", .time), ("uuid", .uuid), ("jsonb", .jsonb), ("pg_catalog.int4", .integer),
    ])
  func types(_ type: String, _ expected: SQLType) throws {
    let column = try column("a \(type)")
    #expect(column.type == expected)
    #expect(column.isNullable && column.maximumCharacters == nil && column.precision == nil)
  }

  @Test(
    "numeric has digits in all and behind the point",
    arguments: [
      ("numeric(12,2)", 12, 2), ("decimal(38, 38)", 38, 38), ("numeric(5)", 5, 0), ("dec(1,0)", 1, 0),
    ])
  func numeric(_ type: String, _ precision: Int, _ scale: Int) throws {
    let column = try column("a \(type)")
    #expect(column.type == .numeric(scale: scale))
    #expect(column.precision == precision)
  }

  @Test("a text may have a greatest length", arguments: ["varchar(40)", "character varying(40)"])
  func varchar(_ type: String) throws {
    let column = try column("a \(type) NOT NULL")
    #expect(column.type == .text)
    #expect(column.maximumCharacters == 40)
    #expect(!column.isNullable)
  }

  @Test("columns keep their order, their comments and their places")
  func columns() throws {
    let columns = try declared(
      """
      -- Where it began,
      -- by the operator's own number.
      region_id integer NOT NULL, -- not this one
      "Fare" numeric(12,2) NULL,
        tags jsonb OPTIONS (path 'meta.tags')
      """
    ).columns
    #expect(columns.map(\.name) == ["region_id", "Fare", "tags"])
    #expect(columns.map(\.isNullable) == [false, true, true])
    #expect(columns.map(\.comment) == ["Where it began, by the operator's own number.", "", ""])
    #expect(columns.map(\.path) == [[.member("region_id")], [.member("Fare")], [.member("meta"), .member("tags")]])
    #expect(columns.compactMap(\.place).map { [$0.line, $0.column] } == [[4, 1], [5, 1], [6, 3]])
  }

  @Test(
    "a path leads through members and elements",
    arguments: [
      ("b", [DeclaredColumn.Step.member("b")]),
      ("a.b[0].c", [.member("a"), .member("b"), .element(0), .member("c")]),
      ("a[1][20]", [.member("a"), .element(1), .element(20)]),
      ("\"a.b\".c", [.member("a.b"), .member("c")]),
      ("a.\"say \"\"hi\"\"\"", [.member("a"), .member("say \"hi\"")]),
      ("\"\"", [.member("")]),
      ("@type.x-y.$id.Größe", [.member("@type"), .member("x-y"), .member("$id"), .member("Größe")]),
      ("a.\"0\"", [.member("a"), .member("0")]),
      ("\"$\".a", [.member("$"), .member("a")]),
      ("userId.B", [.member("userId"), .member("B")]),
    ])
  func paths(_ path: String, _ steps: [DeclaredColumn.Step]) throws {
    #expect(try column("a text OPTIONS (path '\(path)')").path == steps)
  }

  @Test(
    "a path is written again as it was read",
    arguments: ["a.b[0].c", "a.\"0\"", "\"$\".$a", "\"\"", "\"x y\"\"z\"[3][4]"])
  func pathTexts(_ path: String) throws {
    #expect(try column("a text OPTIONS (path '\(path)')").pathText == path)
  }

  @Test("a stream has as many columns as a table of Postgres")
  func manyColumns() throws {
    let columns = { (count: Int) in (1...count).map { "c\($0) integer" }.joined(separator: ",\n") }
    #expect(try declared(columns(1600)).columns.count == 1600)
    let errors = errors { try declared(columns(1601)) }
    #expect(errors.map(\.description) == ["s.sql:1602:1: a stream has at most 1600 columns near \"c1601\""])
  }

  @Test("a time may be a number with a unit, and a number a text")
  func columnOptions() throws {
    for unit in DeclaredColumn.EpochUnit.allCases {
      for type in ["timestamptz", "timestamp", "date", "time"] {
        #expect(try column("a \(type) OPTIONS (unit '\(unit.rawValue)')").unit == unit)
      }
    }
    for type in ["boolean", "integer", "bigint", "numeric(4,2)", "double precision"] {
      #expect(try column("a \(type) OPTIONS (coerce 'true')").isCoerced)
      #expect(try !column("a \(type) OPTIONS (coerce 'false')").isCoerced)
    }
    let both = try column("a timestamptz OPTIONS (unit 'seconds', coerce 'true', path 'b')")
    #expect(both.unit == .seconds && both.isCoerced && both.path == [.member("b")])
    #expect(try column("a timestamptz OPTIONS (unit 'seconds')", "format 'csv'").unit == .seconds)
  }

  @Test(
    "CSV has a dialect",
    arguments: [
      ("", UInt8(ascii: ","), ""), (", delimiter ';'", UInt8(ascii: ";"), ""),
      (", delimiter 'tab', null 'NULL'", UInt8(ascii: "\t"), "NULL"), (", null ''", UInt8(ascii: ","), ""),
      (", delimiter '|', null ','", UInt8(ascii: "|"), ","), (", delimiter E'\\x01'", 1, ""),
    ])
  func csv(_ options: String, _ delimiter: UInt8, _ null: String) throws {
    let stream = try declared("a text, \"userId\" text, userName text", "format 'csv'\(options)")
    #expect(stream.csv == StreamDefinition.CSV(delimiter: delimiter, null: null))
    // Fields of a line have no names of their own: capital letters mean nothing there.
    #expect(stream.columns.map(\.name) == ["a", "userId", "username"])
  }

  @Test("a bounded sample of the events may be asked for")
  func sample() throws {
    let stream = try declared("a text", "format 'json', sample '1 second'")
    #expect(stream.sampleIntervalMicroseconds == 1_000_000)
    #expect(stream.sampleKeepMicroseconds == 7 * 86_400_000_000)
    let short = try declared("a text", "format 'json', sample '100 milliseconds', sample_keep '1 hour'")
    #expect(short.sampleIntervalMicroseconds == 100_000)
    #expect(short.sampleKeepMicroseconds == 3_600_000_000)
  }

  @Test(
    "the event time is a declared column, a field, or the record's own",
    arguments: [
      ("t timestamptz", "format 'json', event_time 't'", ["t"]),
      ("\"a.b\" timestamptz", "format 'json', event_time '\"a.b\"'", ["a.b"]),
      ("t timestamptz OPTIONS (unit 'seconds')", "format 'csv', event_time 't'", ["t"]),
      ("t text", "format 'json', event_time 'kafka.timestamp'", ["kafka", "timestamp"]),
      ("", "format 'avro', schema 'event.avsc', event_time 'timestamp'", ["timestamp"]),
      ("", "format 'avro', schema 'event.avsc', event_time 'kafka.timestamp'", ["kafka", "timestamp"]),
      (
        "made timestamptz OPTIONS (path 'extra.big', unit 'milliseconds')",
        "format 'avro', schema 'event.avsc', event_time 'made'", ["made"]
      ),
      ("event_id timestamptz", "format 'avro', schema 'event.avsc', event_time 'event_id'", ["event_id"]),
    ])
  func eventTime(_ columns: String, _ options: String, _ path: [String]) throws {
    let file = SourceFile(path: "s.sql", text: RefusedStreamsTests.stream(columns, options))
    let plan = try plan([], of: try parseStream(file))
    #expect(plan.columns.map(\.path) == [path])
    #expect(plan.columns[plan.eventTimeColumn].type == .timestamptz)
  }

  @Test("an Avro stream declares what its schema does not say enough of: a field by its name, or by another")
  func avroColumns() throws {
    let columns =
      "event_id uuid, price2 numeric(8,3) OPTIONS (path 'content.title'), made date OPTIONS (path 'extra.big', "
      + "unit 'seconds'), region varchar(20) OPTIONS (path 'user.region') NOT NULL, tags jsonb OPTIONS (path 'extra.tags')"
    let stream = try parseStream(
      SourceFile(
        path: "s.sql",
        text: RefusedStreamsTests.stream(columns, "format 'avro', schema 'event.avsc', event_time 'timestamp'")))
    let plan = try plan(
      [
        SourceFile(
          path: "x.sql",
          text: """
            CREATE MATERIALIZED VIEW x AS SELECT region, event_id, sum(price2) AS price, count(made) AS n FROM s
            GROUP BY tumble("timestamp", INTERVAL '1 minute'), region, s.event_id;
            """)
      ], of: stream)
    #expect(
      Set(plan.columns) == [
        ColumnSpec(path: ["timestamp"], type: .timestamptz, isNullable: false),
        ColumnSpec(path: ["region"], type: .text, isNullable: false),
        ColumnSpec(path: ["event_id"], type: .uuid, isNullable: true),
        ColumnSpec(path: ["price2"], type: .numeric(scale: 3), isNullable: true),
        ColumnSpec(path: ["made"], type: .date, isNullable: true),
      ])
    // The schema's documentation goes with a field under any name.
    #expect(plan.aggregates[0].keys.first?.comment == "Country and region, e.g. US-California.")
  }
}
