import Events
import Plan
import SQLFrontend
import Testing

/// A look at single events: which columns they are shown with, and which are wanted.
@Suite struct EventSelectionTests {
  private static let trips = RefusedStreamsTests.stream(
    "trip_id text NOT NULL, fare numeric(12,2), rode timestamptz, tags jsonb", "format 'json', event_time 'rode'")

  private func select(_ condition: String?, of definition: String? = nil) throws -> EventSelection {
    let stream = try definition.map { try parseStream(SourceFile(path: "s.sql", text: $0)) } ?? downloads()
    let isAvro = stream.definition.format == .avro
    return try selectEvents(
      of: stream.definition, fields: isAvro ? Fields.schema : .empty,
      where: condition.map { SourceFile(path: "--where", text: $0) })
  }

  private func paths(_ selection: EventSelection) -> [String] {
    selection.shown.map { selection.stream.columns[$0].path.joined(separator: ".") }
  }

  @Test("an event has all fields of the schema, or all declared columns, whatever aggregates use")
  func columns() throws {
    let downloads = try select(nil)
    #expect(paths(downloads) == Fields.all.map(\.path))
    #expect(downloads.stream.columns[0].path == ["timestamp"] && downloads.stream.eventTimeColumn == 0)
    #expect(downloads.stream.aggregates.isEmpty && downloads.condition == nil)
    let trips = try select(nil, of: Self.trips)
    #expect(paths(trips) == ["trip_id", "fare", "rode", "tags"])
    #expect(trips.stream.columns.map(\.path) == [["rode"], ["trip_id"], ["fare"], ["tags"]])
    #expect(trips.shown == [1, 2, 0, 3])
  }

  @Test("an Avro stream's own declarations stand behind the schema's fields, or in their place")
  func declarations() throws {
    let selection = try select(
      nil,
      of: """
        CREATE FOREIGN TABLE s (event_id uuid, big timestamptz OPTIONS (path 'extra.big', unit 'seconds')) SERVER kafka
        OPTIONS (topic 't', format 'avro', schema 'event.avsc', event_time 'timestamp');
        """)
    #expect(paths(selection) == Fields.all.map(\.path) + ["big"])
    #expect(selection.stream.columns.first { $0.path == ["event_id"] }?.type == .uuid)
  }

  @Test("a condition names columns as definitions do, and metadata, which is not shown")
  func conditions() throws {
    let selection = try select(#"fare > 20.5 AND kafka.key = 'EU' -- only these"#, of: Self.trips)
    #expect(selection.condition?.type == .boolean)
    #expect(selection.stream.columns.last?.path == ["kafka", "key"])
    #expect(paths(selection) == ["trip_id", "fare", "rode", "tags"])
    #expect(try select(#"content_downloads."user".region = 'JP';"#).condition != nil)
    #expect(try select("true").condition == .literal(.boolean(true)))
  }

  @Test("an event time that is the record's own is not shown among the columns")
  func recordTime() throws {
    let selection = try select(
      nil, of: RefusedStreamsTests.stream("a text", "format 'json', event_time 'kafka.timestamp'"))
    #expect(paths(selection) == ["a"])
    #expect(selection.stream.columns[selection.stream.eventTimeColumn].path == ["kafka", "timestamp"])
  }

  @Test(
    "a condition that cannot be is refused at its place",
    arguments: [
      ("fares > 20", "--where:1:1: the stream has no column fares near \"fares\"\n  hint: did you mean fare?"),
      ("fare > 1 AND\n  trip_idd = 'a'", "--where:2:3: the stream has no column trip_idd near \"trip_idd\""),
      ("fare", "--where:1:1: --where wants a condition (boolean), not numeric near \"fare\""),
      ("fare >", "--where:1:7: syntax error"),
      ("", "--where:1:1: the condition is empty"),
      ("  -- nothing", "--where:1:1: the condition is empty"),
      ("fare > 1; DELETE FROM x", "--where:1:9: there is something behind the condition near \";\""),
      ("fare > 1 GROUP BY fare", "--where:1:10: a condition has no clauses behind it near \"GROUP\""),
      ("fare > 1 ORDER BY fare", "--where:1:10: a condition has no clauses behind it near \"ORDER\""),
      ("fare > 1 LIMIT 3", "--where:1:10: a condition has no clauses behind it near \"LIMIT\""),
      ("true UNION SELECT 1", "--where:1:1: this is no condition"),
      ("count(*) > 3", "--where:1:1: an aggregate function is not allowed here near \"count(*)\""),
      ("fare > (SELECT 1)", "--where:1:8: a subquery is not supported near \"(SELECT\""),
      ("trip_id ~ '('", "--where:1:11: a parenthesis is not closed"),
      ("rode > now()", "--where:1:8: there is no function now"),
      ("trip_id = 'a", "--where:1:11: unterminated quoted string"),
    ])
  func refused(_ condition: String, _ expected: String) {
    let errors = errors { try select(condition, of: Self.trips) }
    #expect(errors.count == 1)
    #expect(errors.first?.description.hasPrefix(expected) == true, "\(errors)")
  }
}
