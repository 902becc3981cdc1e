import Dialects
import Events
import Plan
import SQLFrontend
import Testing

@Suite struct SeveralStreamsTests {
  private static let trips = SourceFile(
    path: "trips.sql",
    text: """
      CREATE FOREIGN TABLE trips (
        -- Where the trip began.
        region_id integer NOT NULL, fare numeric(12,2), started timestamptz NOT NULL, tags jsonb
      ) SERVER kafka OPTIONS (topic 'events', format 'json', event_time 'started');
      """)
  private static let log = SourceFile(
    path: "log.sql",
    text: """
      CREATE FOREIGN TABLE access_log (at timestamptz, path text, status integer) SERVER kafka OPTIONS (
        topic 'events', format 'csv', event_time 'kafka.timestamp');
      """)

  private func aggregate(
    _ name: String, of stream: String, by time: String, select items: String = "count(*) AS n", keys: String = ""
  ) -> SourceFile {
    SourceFile(
      path: "\(name).sql",
      text: """
        CREATE MATERIALIZED VIEW \(name) AS
        SELECT \(items) FROM \(stream)
        GROUP BY tumble(\(time), INTERVAL '1 minute')\(keys);
        """)
  }

  private func plan(_ files: [SourceFile], _ aggregates: [SourceFile]) -> PlannedStreams {
    planStreams(parseStreams(files), fields: { _ in .empty }, aggregates: aggregates)
  }

  @Test("an aggregate's stream is the one in its FROM; each stream has the columns of its own aggregates")
  func from() {
    let planned = plan(
      [Self.trips, Self.log],
      [
        aggregate(
          "by_region", of: "trips", by: "started", select: "region_id, sum(fare) AS fares", keys: ", region_id"),
        aggregate(
          "by_status", of: "access_log", by: "kafka.timestamp", select: "status, count(path) AS n", keys: ", 1"),
        aggregate("all_trips", of: "trips", by: "trips.started"),
      ])
    #expect(planned.errors.isEmpty, "\(planned.errors)")
    #expect(planned.plans.map(\.definition.name) == ["trips", "access_log"])
    #expect(planned.plans.map { $0.aggregates.map(\.name) } == [["by_region", "all_trips"], ["by_status"]])
    #expect(planned.plans[0].columns.map(\.path) == [["started"], ["region_id"], ["fare"]])
    #expect(planned.plans[1].columns.map(\.path) == [["kafka", "timestamp"], ["status"], ["path"]])
    #expect(planned.plans[0].aggregates[0].keys.map(\.comment) == ["Where the trip began."])
  }

  /// Streams that each read one topic and send their dead letters to another, and what they are refused with.
  @Test(
    "streams whose dead letters would come back to the topic that they are from are refused, each loop once",
    arguments: [
      ("a>b b>a", ["s1: b → a → b"]), ("a>b b>c c>a", ["s2: c → a → b → c"]), ("a>b b>c", []),
      ("a>d b>d c>d", []), ("a>b a>c c>a", ["s2: c → a → c"]), ("a>b b>a c>d d>c", ["s1: b → a → b", "s3: d → c → d"]),
      ("a>b b>c b>a c>a", ["s2: b → a → b", "s3: c → a → b → c"]), ("a>b c>a b>d", []),
    ])
  func deadLetterLoops(_ routes: String, _ expected: [String]) {
    let files = routes.split(separator: " ").enumerated().map { index, route in
      let topics = route.split(separator: ">")
      return SourceFile(
        path: "s\(index)",
        text: """
          CREATE FOREIGN TABLE s\(index) (at timestamptz) SERVER kafka OPTIONS (
            topic '\(topics[0])', format 'json', event_time 'at',
            dead_letter_topic '\(topics[1])');
          """)
    }
    let errors = parseStreams(files).errors
    #expect(
      errors.map(\.description)
        == expected.map {
          let parts = $0.split(separator: ":")
          return "\(parts[0]):3:3: dead letters would be read again, for ever:\(parts[1]) near \"dead_letter_topic\"\n"
            + "  hint: name a dead_letter_topic that no stream reads"
        })
  }

  @Test("what every record has beside its payload is a column of every stream")
  func metadata() {
    let planned = plan(
      [Self.trips],
      [
        aggregate(
          "meta", of: "trips", by: "started",
          select: "kafka.topic, kafka.partition, max(kafka.offset) AS last, max(trips.kafka.timestamp) AS newest, "
            + "count(kafka.key) AS keyed, count(*) FILTER (WHERE kafka.headers::text = '{}') AS plain",
          keys: ", kafka.topic, kafka.partition")
      ])
    #expect(planned.errors.isEmpty, "\(planned.errors)")
    #expect(
      Set(planned.plans[0].columns.dropFirst())
        == Set(
          MetadataColumn.allCases.map { ColumnSpec(path: $0.path, type: $0.type, isNullable: $0.isNullable) }))
    #expect(planned.plans[0].aggregates[0].keys.map(\.name) == ["topic", "partition"])
  }

  @Test("a schema's own field of the name goes before metadata, all of it")
  func ownField() throws {
    let file = SourceFile(
      path: "s.sql",
      text: """
        CREATE FOREIGN TABLE s () SERVER kafka OPTIONS (
          topic 't', format 'avro', schema 'a', event_time 'at');
        """)
    let fields = SchemaFields(paths: [["at"], ["kafka", "offset"]], hidesMetadata: true) { path in
      switch path {
      case ["at"]: FieldDescription(type: .timestamptz, isNullable: false, comment: "")
      case ["kafka", "offset"]: FieldDescription(type: .text, isNullable: false, comment: "")
      default: nil
      }
    }
    let planned = { (item: String) in
      planStreams(
        parseStreams([file]), fields: { _ in fields },
        aggregates: [self.aggregate("x", of: "s", by: "at", select: "count(\(item)) AS n")])
    }
    #expect(planned("kafka.offset").plans.first?.columns.last?.type == .text)
    #expect(planned("kafka.topic").errors.map(\.message) == ["the stream has no field kafka.topic"])
  }

  @Test(
    "an unknown stream is an error with the nearest as its hint",
    arguments: [
      ("trip", "did you mean trips? streams are trips, access_log"), ("orders", "streams are trips, access_log"),
    ])
  func unknown(_ name: String, _ hint: String) {
    let planned = plan([Self.trips, Self.log], [aggregate("x", of: name, by: "started")])
    #expect(planned.errors.map(\.message) == ["there is no stream \"\(name)\""])
    #expect(planned.errors.map { [$0.line, $0.column] } == [[2, 27]])
    #expect(planned.errors.first?.hint == hint)
  }

  @Test(
    "a misspelt column is one of the columns that its own stream declares",
    arguments: [
      ("farre", "the stream has no column farre", "did you mean fare?"),
      ("trips.region", "the stream has no column trips.region", "columns are region_id, fare, started, tags"),
      ("status", "the stream has no column status", "columns are region_id, fare, started, tags"),
      (
        "tags.vendor", "the stream trips declares no column for tags.vendor",
        "declare one: vendor type OPTIONS (path 'tags.vendor')"
      ),
      (
        "kafka.ofset", "the stream has no column kafka.ofset",
        "columns are kafka.key, kafka.topic, kafka.partition, kafka.offset, kafka.timestamp, kafka.headers"
      ),
    ])
  func misspelt(_ column: String, _ message: String, _ hint: String) {
    let planned = plan(
      [Self.trips, Self.log], [aggregate("x", of: "trips", by: "started", select: "count(\(column)) AS n")])
    #expect(planned.errors.map(\.message) == [message])
    #expect(planned.errors.first?.hint == hint)
  }

  @Test("aggregates of a stream that something is wrong with are not judged, those of the others are")
  func brokenStream() {
    let broken = SourceFile(path: "trips.sql", text: Self.trips.text.replacing("numeric(12,2)", with: "numeric"))
    let files = [
      aggregate("a", of: "trips", by: "nothing"), aggregate("b", of: "access_log", by: "kafka.timestamp"),
      aggregate("c", of: "access_log", by: "nothing"),
    ]
    var planned = plan([Self.log, broken], files)
    #expect(planned.plans.map { $0.aggregates.map(\.name) } == [["b"]])
    #expect(planned.errors.map(\.path) == ["c.sql"])
    // The event time alone is wrong.
    let late = SourceFile(
      path: "trips.sql", text: Self.trips.text.replacing("event_time 'started'", with: "event_time 'startd'"))
    planned = plan([Self.log, late], files)
    #expect(planned.errors.map(\.path) == ["c.sql", "trips.sql"])
    #expect(planned.errors.last?.hint == "did you mean started?")
    // A file that does not even say which stream it is may be any.
    planned = plan([Self.log, SourceFile(path: "trips.sql", text: "what is this")], files)
    #expect(planned.errors.map(\.path) == ["c.sql"])
  }

  @Test("two streams of one name are refused, two that read one topic are not")
  func names() {
    let again = SourceFile(path: "z.sql", text: Self.trips.text)
    let parsed = parseStreams([Self.trips, Self.log, again])
    #expect(
      parsed.errors.map(\.description) == [
        "z.sql:1:22: trips.sql defines the stream trips already near \"trips\"\n  hint: give it another name"
      ])
    #expect(parsed.streams.map(\.definition.topic) == ["events", "events"])
  }

  @Test("no two aggregates share a name, whatever their streams")
  func aggregateNames() {
    let planned = plan(
      [Self.trips, Self.log],
      [
        aggregate("x", of: "trips", by: "started"),
        SourceFile(path: "y.sql", text: aggregate("x", of: "access_log", by: "kafka.timestamp").text),
      ])
    #expect(planned.errors.map(\.message) == ["x.sql defines x already"])
  }

  @Test("all that is wrong with one aggregate is said at once: clauses, items, options")
  func allErrors() {
    let file = SourceFile(
      path: "x.sql",
      text: """
        CREATE MATERIALIZED VIEW IF NOT EXISTS x WITH (late = 'never') AS
        SELECT count(DISTINCT fare) AS n, count(nothing) AS m, max(fare LIKE 'x') AS b
        FROM trips
        WHERE now() > started
        GROUP BY tumble(started, INTERVAL '1 hour'), tags[1]
        HAVING count(*) > 1 ORDER BY 1;
        """)
    let errors = plan([Self.trips], [file]).errors
    #expect(
      errors.map { "\($0.line):\($0.column) \($0.message)" } == [
        "1:40 IF NOT EXISTS has no meaning here", "1:48 option \"late\" does not take 'never'",
        "2:8 count(DISTINCT …) is not supported: distinct values cannot be merged from partial results",
        "2:41 the stream has no column nothing", "2:65 LIKE does not take numeric and text",
        "4:7 there is no function now", "5:46 [] of jsonb and integer is not supported for events",
        "6:21 ORDER BY is not supported: a table has no order",
      ])
  }

  @Test("a jsonb key of a stream of JSON has a way out: a column for the value")
  func jsonKey() {
    let errors = plan(
      [Self.trips], [aggregate("by_tags", of: "trips", by: "started", select: "tags, count(*) AS n", keys: ", tags")]
    ).errors
    #expect(
      errors.map(\.hint) == [
        "declare a column for the value in the stream, with OPTIONS (path 'a.b'), and group by that; or cast it to text"
      ])
  }

  @Test("a database reads the SELECT without the stream's name before fields of records, else as it is written")
  func batchText() throws {
    let planned = plan(
      [Self.trips],
      [
        aggregate(
          "x", of: "trips", by: "trips.started",
          select: "/* trips.kafka.key */ (trips . kafka).partition, max(trips.\"kafka\".offset) AS last, "
            + "max(trips.region_id) AS r, max(kafka.offset) AS o", keys: ", 1")
      ])
    let text = try #require(planned.plans.first?.aggregates.first?.select)
    #expect(
      text.text
        == """
        SELECT /* trips.kafka.key */   kafka.partition, max("kafka".offset) AS last, max(trips.region_id) AS r, \
        max(kafka.offset) AS o FROM trips
        GROUP BY tumble(trips.started, INTERVAL '1 minute'), 1
        """)
    let bytes = Array(text.text.utf8)
    #expect(String(decoding: bytes[text.from], as: UTF8.self) == "FROM trips")
    let byRecord = plan([Self.log], [aggregate("x", of: "access_log", by: "access_log.kafka.timestamp")])
    #expect(
      byRecord.plans.first?.aggregates.first?.select.window == "tumble(kafka.timestamp, INTERVAL '1 minute')",
      "\(byRecord.errors)")
  }

  @Test("where a used column is found is part of what the rows mean, and a comment is not")
  func shapes() throws {
    let shape = { (columns: String) throws in
      let file = SourceFile(
        path: "s.sql",
        text:
          "CREATE FOREIGN TABLE s (\n\(columns)\n) SERVER kafka OPTIONS (topic 't', format 'json', event_time 'at');")
      let planned = self.plan(
        [file], [self.aggregate("x", of: "s", by: "at", select: "a, sum(b) AS b", keys: ", a")])
      let plan = try #require(planned.plans.first)
      return TableShape(try #require(plan.aggregates.first), of: plan)
    }
    let plain = try shape("at timestamptz, a text, b integer, c text")
    #expect(!plain.description.contains("source"))
    for same in [
      "at timestamptz, a text OPTIONS (path 'a'), b integer, c text OPTIONS (path 'd')",
      "at timestamptz,\n-- A.\na text, b integer",
    ] {
      #expect(try shape(same) == plain)
    }
    for (columns, change) in [
      ("at timestamptz OPTIONS (unit 'seconds'), a text, b integer", "source of \"at\" is new (\"at\" in seconds)"),
      ("at timestamptz, a text OPTIONS (path 'd.a'), b integer", "source of a is new (d.a)"),
      ("at timestamptz, a text, b integer OPTIONS (path 'c[1]')", "source of b is new (c[1])"),
    ] {
      let other = try shape(columns)
      let said = TableShape.incompatibility(stored: plain, planned: other)
      #expect(said?.replacing("\"at\"", with: "at") == change.replacing("\"at\"", with: "at"))
    }
  }
}
