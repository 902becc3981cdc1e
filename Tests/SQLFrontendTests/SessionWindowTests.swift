import Dialects
import Plan
import SQLFrontend
import Testing

@Suite struct SessionWindowTests {
  private static let minute: Int64 = 60_000_000

  private func aggregate(
    _ window: String, select items: String = "count(*) AS n", by keys: String = ""
  ) throws -> (AggregatePlan, StreamPlan) {
    let stream = try plan(
      "CREATE MATERIALIZED VIEW visits AS SELECT \(items) FROM content_downloads GROUP BY \(window)\(keys);")
    return (try #require(stream.aggregates.first), stream)
  }

  @Test("a session has a gap, and a maximum where one is given; what is stored is the session itself")
  func reading() throws {
    let (endless, stream) = try aggregate("session(\"timestamp\", INTERVAL '30 minutes')")
    #expect(endless.window == .session(gapMicroseconds: 30 * Self.minute, maximumMicroseconds: nil))
    #expect(!endless.hasStateTable)
    #expect(
      TableShape(endless, of: stream).description.contains("window: session until 1800 seconds without events"))
    let (bounded, other) = try aggregate("session(\"timestamp\", INTERVAL '5 minutes', INTERVAL '4 hours')")
    #expect(bounded.window == .session(gapMicroseconds: 5 * Self.minute, maximumMicroseconds: 240 * Self.minute))
    #expect(
      TableShape(bounded, of: other).description.contains(
        "window: session until 300 seconds without events, cut every 14400 seconds"))
  }

  @Test("a key's sessions are found by an index, in which NULL equals itself")
  func index() throws {
    let window = "session(\"timestamp\", INTERVAL '5 minutes')"
    let table = ResultTable(
      try aggregate(window, by: ", \"user\".region, content.title, download.error_code").0)
    #expect(
      table.createStatements[1]
        == "CREATE INDEX ON visits (region, title, (ARRAY[error_code]), window_start)")
    #expect(table.upsertParameterTypes.prefix(2) == [.timestamptz, .timestamptz])
    #expect(!ResultTable(try aggregate(window).0).createStatements.contains { $0.hasPrefix("CREATE INDEX") })
  }

  @Test("the batch says of each event where its session begins; that stands for every call of the window")
  func batch() throws {
    let window = "session( \"timestamp\" , INTERVAL '5 minutes' )"
    let (visits, stream) = try aggregate(
      window, select: "\(window), /* session( */ \"user\".region, count(*) AS n", by: ", \"user\".region")
    let batch = try BatchSelect(visits, of: stream, events: "events")
    #expect(batch.text.contains("SELECT \"streampulse session\", /* session( */ \"user\".region, count(*) AS n"))
    #expect(batch.text.hasSuffix("GROUP BY \"streampulse session\", \"user\".region"))
    #expect(batch.text.contains("INTERVAL '300 seconds') OVER (PARTITION BY e."))
    #expect(batch.columns.map(\.name) == ["region", "window_start", "window_end", "session", "n"])
    #expect(batch.columns[3].source == batch.columns[1].source)
  }

  @Test("an alert watches sessions that have a longest length")
  func alert() throws {
    let text = """
      -- name: A
      -- summary: S.
      -- on: visits
      -- metric: m
      -- detector: threshold above WARNING 1
      -- message: {value}
      SELECT window_start, window_end, n AS value, n AS samples FROM visits
      """
    let parse = { (aggregate: AggregatePlan) throws in
      try parseAlert(SourceFile(path: "a.sql", text: text), aggregates: [aggregate])
    }
    let endless = try aggregate("session(\"timestamp\", INTERVAL '5 minutes')").0
    #expect(
      errors { _ = try parse(endless) }.map(\.description) == [
        """
        a.sql:3:8: an alert does not watch sessions of any length near "visits"
          hint: give the sessions of visits a longest length: session(…, INTERVAL '30 minutes', INTERVAL '4 hours')
        """
      ])
    let bounded = try aggregate("session(\"timestamp\", INTERVAL '5 minutes', INTERVAL '4 hours')").0
    #expect(try parse(bounded).statement.text.contains("window_start > $1::timestamptz - INTERVAL '14400 seconds'"))
  }
}
