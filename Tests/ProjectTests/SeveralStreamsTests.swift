import Events
import Formats
import Plan
import Project
import Testing

/// A project with an Avro stream, a JSON stream and a CSV stream.
@Suite struct SeveralStreamsTests {
  private static let trips = """
    CREATE FOREIGN TABLE trips (
      region_id integer NOT NULL, fare numeric(12,2), started timestamptz NOT NULL
    ) SERVER kafka OPTIONS (topic 'events', format 'json', event_time 'started', sample '1 second');
    """
  private static let log = """
    CREATE FOREIGN TABLE access_log (path text, status integer) SERVER kafka OPTIONS (
      topic 'events', format 'csv', delimiter 'tab', event_time 'kafka.timestamp');
    """

  private static func aggregate(_ name: String, of stream: String, by time: String, _ key: String) -> String {
    """
    CREATE MATERIALIZED VIEW \(name) AS
    SELECT \(key), count(*) AS n FROM \(stream)
    GROUP BY tumble(\(time), INTERVAL '1 minute'), 1;
    """
  }

  /// The shipped project with two more streams, an aggregate of each, and an alert on one.
  private static func project() throws -> ScratchProject {
    let project = try ScratchProject()
    try project.write("sql/streams/trips.sql", trips)
    try project.write("sql/streams/log.sql", log)
    try project.write("sql/aggregates/by_region.sql", aggregate("by_region", of: "trips", by: "started", "region_id"))
    try project.write(
      "sql/aggregates/by_status.sql", aggregate("by_status", of: "access_log", by: "kafka.timestamp", "status"))
    try project.write(
      "sql/alerts/many_errors.sql",
      """
      -- name: MANY_ERRORS
      -- summary: Many errors.
      -- on: by_status
      -- metric: errors
      -- detector: threshold above WARNING 10
      -- message: {value}
      SELECT status, window_start, window_end, n AS value, n AS samples FROM by_status;
      """)
    return project
  }

  @Test("streams are loaded by name, each with the aggregates that name it")
  func loaded() throws {
    let project = try Self.project().load()
    #expect(project.streams.map(\.name) == ["access_log", "content_downloads", "trips"])
    #expect(
      project.streams.map { $0.plan.aggregates.map(\.name) } == [
        ["by_status"], ["content_stats", "device_stats", "region_errors", "region_health"], ["by_region"],
      ])
    #expect(project.stream(named: "trips")?.plan.definition.format == .json)
    #expect(project.stream(named: "trips")?.plan.definition.sampleIntervalMicroseconds == 1_000_000)
    #expect(project.stream(named: "nothing") == nil)
    #expect(project.stream(of: "by_status")?.name == "access_log")
    #expect(project.stream(of: project.alerts[0].aggregate)?.name == "content_downloads")
    #expect(project.stream(of: "nothing") == nil)
    #expect(project.aggregates.count == 6)
  }

  @Test("each stream has a decoder of its own format, for whatever topic")
  func decoders() throws {
    let project = try Self.project().load()
    let trips = try #require(project.stream(named: "trips"))
    let batch = EventBatch(specs: trips.plan.columns, capacity: 1)
    let records = RecordBatch(copying: [
      Array(#"{"region_id": 7, "started": "2026-01-01T00:00:00Z", "fare": 1}"#.utf8)
    ])
    try trips.makeDecoder(topic: "another").decode(records, into: batch)
    #expect(batch.failures.isEmpty)
    #expect(batch.columns.map { $0.integers[0] } == [1_767_225_600_000_000, 7])
    let log = try #require(project.stream(named: "access_log"))
    let lines = EventBatch(specs: log.plan.columns, capacity: 1)
    let line = RecordBatch(copying: [
      OwnedRecord(payload: Array("/x\t404".utf8), timestampMilliseconds: 5)
    ])
    try log.makeDecoder().decode(line, into: lines)
    #expect(lines.columns.map { $0.integers[0] } == [5000, 404])
  }

  @Test("a project without an Avro stream needs no schemas")
  func noSchemas() throws {
    let project = try Self.project()
    project.removeDefinitions()
    #expect(project.loadingError()?.contains("holds no stream definition") == true)
    try project.write("sql/streams/log.sql", Self.log)
    #expect(project.loadingError() == nil)
    // Nor is a schema looked at that nobody reads.
    try project.write("schemas/broken.avsc", "{")
    #expect(project.loadingError() == nil)
  }

  @Test(
    "what is wrong with one stream is said at its place, and neither its aggregates nor the other streams are blamed",
    arguments: [
      ("sql/streams/trips.sql", "'started'", "'startd'", "sql/streams/trips.sql:3:56: event_time names startd"),
      ("sql/streams/trips.sql", "numeric(12,2)", "numeric", "sql/streams/trips.sql:2:36: numeric needs"),
      ("sql/streams/trips.sql", "CREATE", "CREAT", "sql/streams/trips.sql:1:1: syntax error"),
      ("sql/streams/log.sql", "'tab'", "'tabs'", "sql/streams/log.sql:2:33: a delimiter is one"),
      (
        "sql/streams/content_downloads.sql", "'timestamp'", "'timestmp'",
        "sql/streams/content_downloads.sql:7:3: event_time names timestmp"
      ),
      (
        "sql/streams/content_downloads.sql", "'event.avsc'", "'events.avsc'",
        "sql/streams/content_downloads.sql:6:3: there is no file schemas/events.avsc"
      ),
      (
        "sql/streams/content_downloads.sql", "'event.avsc'", "'registry:downloads'",
        "sql/streams/content_downloads.sql:6:3: the schema is a subject of a schema registry, and none is configured"
      ),
    ])
  func oneWrongStream(_ path: String, _ right: String, _ wrong: String, _ message: String) throws {
    let project = try Self.project()
    let text = try project.read(path)
    #expect(text.contains(right))
    try project.write(path, text.replacing(right, with: wrong))
    let lines = try #require(project.loadingError()).split(separator: "\n").filter { !$0.hasPrefix("  hint:") }
    #expect(lines.count == 1, "\(lines)")
    #expect(lines.first?.hasPrefix(message) == true, "\(lines)")
  }

  @Test("a type that a schema's file does not have is told from a file that is not there")
  func missingType() throws {
    let project = try Self.project()
    let path = "sql/streams/content_downloads.sql"
    let text = try project.read(path)
    try project.write(path, text.replacing("'event.avsc'", with: "'event.avsc#foo.Bar'"))
    var error = try #require(project.loadingError())
    #expect(error.hasPrefix("\(path):6:3: the file schemas/event.avsc has no type foo.Bar near \"schema\""), "\(error)")
    #expect(error.contains("\n  hint: it has streampulse.DownloadEvent, "), "\(error)")
    try project.write(path, text.replacing("'event.avsc'", with: "'event.avsc#streampulse.DownloadEvnt'"))
    error = try #require(project.loadingError())
    #expect(error.contains("hint: did you mean 'event.avsc#streampulse.DownloadEvent'? it has "), "\(error)")
    try project.write(path, text.replacing("'event.avsc'", with: "'event.avsc#'"))
    error = try #require(project.loadingError())
    #expect(error.contains("schema 'event.avsc#' names no type"), "\(error)")
    try project.write(path, text.replacing("'event.avsc'", with: "'evnt.avsc#foo.Bar'"))
    error = try #require(project.loadingError())
    #expect(error.contains("there is no file schemas/evnt.avsc#foo.Bar"), "\(error)")
    try project.write(path, text.replacing("'event.avsc'", with: "'event.avsc#streampulse.DownloadEvent'"))
    #expect(project.loadingError() == nil)
  }

  @Test("everything that is wrong anywhere is said in one run")
  func everything() throws {
    let project = try Self.project()
    try project.write("sql/streams/trips.sql", Self.trips.replacing("'json'", with: "'jsn'"))
    try project.write("sql/streams/zz.sql", Self.log)
    try project.write("sql/aggregates/by_status.sql", Self.aggregate("by_status", of: "access_logs", by: "x", "status"))
    try project.write("sql/aggregates/zz.sql", Self.aggregate("zz", of: "access_log", by: "kafka.timestamp", "stats"))
    try project.write("sql/endpoints/zz.sql", "-- name: GET /api/zz\nSELEC 1")
    try project.write("schemas/broken.avsc", "{")
    let error = try #require(project.loadingError())
    for expected in [
      "sql/streams/trips.sql:3:41: option \"format\" does not take 'jsn'",
      "sql/streams/zz.sql:1:22: sql/streams/log.sql defines the stream access_log already",
      "sql/aggregates/by_status.sql:2:35: there is no stream \"access_logs\"",
      "sql/aggregates/zz.sql:2:8: the stream has no column stats", "  hint: did you mean status?",
      "sql/endpoints/zz.sql:2:1: syntax error", "schemas/broken.avsc:1:2:",
    ] {
      #expect(error.contains(expected), "\(expected) in \(error)")
    }
    // What is right is not blamed: the aggregates of the streams that are wrong, and the alert.
    for path in ["by_region.sql", "region_health.sql", "many_errors.sql", "high_error_rate.sql"] {
      #expect(!error.contains(path), "\(path) in \(error)")
    }
  }

  @Test("a reader schema is asked for by its subject, and used as a file's is")
  func subject() throws {
    let project = try Self.project()
    let schema = try project.read("schemas/event.avsc")
    let path = "sql/streams/content_downloads.sql"
    try project.write(path, try project.read(path).replacing("'event.avsc'", with: "'registry:downloads-value'"))
    let lookup = SchemaLookup { subject throws(SchemaLookup.Failure) in
      guard subject == "downloads-value" else { throw SchemaLookup.Failure("no \(subject)") }
      return RegisteredSchema(id: 7, text: schema)
    }
    let stream = try #require(try project.load(lookup).stream(named: "content_downloads"))
    #expect(stream.plan.definition.schema == .subject("downloads-value"))
    #expect(throws: Never.self) { try stream.makeDecoder() }
    let broken = SchemaLookup { _ throws(SchemaLookup.Failure) in RegisteredSchema(id: 7, text: "{") }
    let error = #expect(throws: ProjectError.self) { try project.load(broken) }
    #expect(
      error?.description.hasPrefix(
        "\(path):6:3: the registry's schema 7 of downloads-value cannot be used: registry:downloads-value:1:2") == true,
      "\(error?.description ?? "")")
  }

  @Test("what an Avro stream declares is decoded as declared, and judged against its schema")
  func declaredAvro() throws {
    let project = try Self.project()
    let path = "sql/streams/content_downloads.sql"
    let text = try project.read(path)
    let declare = { (columns: String) in
      try project.write(path, text.replacing("content_downloads ()", with: "content_downloads (\(columns))"))
    }
    try declare(
      "event_id uuid NOT NULL, seconds timestamptz OPTIONS (path 'download.duration_seconds', unit 'seconds')")
    try project.write(
      "sql/aggregates/ids.sql",
      """
      CREATE MATERIALIZED VIEW ids AS
      SELECT event_id, max(seconds) AS latest, max(download.duration_seconds) AS longest FROM content_downloads
      GROUP BY tumble("timestamp", INTERVAL '1 minute'), 1;
      """)
    let stream = try #require(try project.load().stream(of: "ids"))
    #expect(stream.plan.columns.contains(ColumnSpec(path: ["event_id"], type: .uuid, isNullable: false)))
    #expect(stream.plan.columns.contains(ColumnSpec(path: ["seconds"], type: .timestamptz, isNullable: true)))
    #expect(throws: Never.self) { try stream.makeDecoder() }
    try declare("evnt_id uuid")
    #expect(
      try #require(project.loadingError()).hasPrefix(
        "\(path):3:41: the schema has no field evnt_id near \"evnt_id\"\n  hint: did you mean event_id?"))
  }

  @Test("a schema's own field kafka goes before the records' metadata")
  func ownField() throws {
    let project = try ScratchProject()
    project.removeDefinitions()
    let own =
      #"{"name": "kafka", "type": {"type": "record", "name": "K", "fields": [{"name": "offset", "type": "string"}]}}"#
    try project.write(
      "schemas/e.avsc",
      #"{"type": "record", "name": "E", "fields": [{"name": "at", "type": {"type": "long", "#
        + #""logicalType": "timestamp-millis"}}, "# + own + "]}")
    try project.write(
      "sql/streams/s.sql",
      "CREATE FOREIGN TABLE s () SERVER kafka OPTIONS (topic 't', format 'avro', schema 'e.avsc', event_time 'at');")
    try project.write("sql/aggregates/m.sql", Self.aggregate("m", of: "s", by: "at", "kafka.offset"))
    let stream = try #require(try project.load().streams.first)
    #expect(stream.plan.columns.last == ColumnSpec(path: ["kafka", "offset"], type: .text, isNullable: false))
    let batch = EventBatch(specs: stream.plan.columns, capacity: 1)
    let records = RecordBatch(copying: [[0, 4, 0x68, 0x69]])
    try stream.makeDecoder().decode(records, into: batch)
    #expect(batch.columns[1].texts[0].description == "hi")
    try project.write("sql/aggregates/m.sql", Self.aggregate("m", of: "s", by: "at", "kafka.topic"))
    #expect(try #require(project.loadingError()).contains("the stream has no field kafka.topic"))
  }
}
