import Plan
import SQLFrontend
import Testing

@Suite struct PresentationTests {
  private func aggregate(_ header: String, _ above: String = "") throws -> AggregatePlan {
    let text = """
      -- Regions by the minute.
      \(header)
      CREATE MATERIALIZED VIEW x AS
      SELECT "user".region,
             -- All of them.
             \(above)
             count(*) AS downloads,
             avg(download.speed_mbps) AS speed
      FROM content_downloads
      GROUP BY tumble("timestamp", INTERVAL '1 minute'), "user".region;
      """
    let lines = text.split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }.joined(separator: "\n")
    return try plan([SourceFile(path: "sql/aggregates/x.sql", text: lines)]).aggregates[0]
  }

  @Test("the header says by a column's name how it is shown, and a line above a column how that one is")
  func places() throws {
    let plan = try aggregate(
      "-- format \"speed\", downloads: number Mbps\n-- thresholds speed: < 10, 5", "-- chart: bar")
    #expect(
      plan.presentation == [
        "speed": ColumnPresentation(
          format: .number(unit: "Mbps"), thresholds: .init(warning: 10, critical: 5, isAbove: false)),
        "downloads": ColumnPresentation(chart: .bar, format: .number(unit: "Mbps")),
      ])
    // What is said to pages is no comment of the table.
    #expect(plan.comment == "Regions by the minute.")
    #expect(plan.outputs.map(\.comment)[1...] == ["All of them.", "avg(download.speed_mbps)"])
  }

  @Test("a line of the header without a name is about all results that say nothing else")
  func all() throws {
    let plan = try aggregate("-- chart: line", "-- chart: none")
    #expect(
      plan.presentation == ["downloads": .init(chart: ColumnPresentation.Chart.none), "speed": .init(chart: .line)])
  }

  @Test(
    "values are written in these ways",
    arguments: [
      ("count", .count), ("number", .number(unit: nil)), ("number GB", .number(unit: "GB")), ("percent", .percent),
      ("bytes", .bytes), ("duration", .duration), ("milliseconds", .milliseconds), ("currency EUR", .currency("EUR")),
    ] as [(String, ColumnPresentation.Format)])
  func formats(_ text: String, _ expected: ColumnPresentation.Format) throws {
    #expect(try aggregate("", "-- format: \(text)").presentation["downloads"]?.format == expected)
  }

  @Test(
    "thresholds tell by their order, or by a sign, which values are bad",
    arguments: [
      ("0.90, 0.95", .init(warning: 0.9, critical: 0.95, isAbove: true)),
      ("0.95, 0.90", .init(warning: 0.95, critical: 0.9, isAbove: false)),
      ("> 10, 20", .init(warning: 10, critical: 20, isAbove: true)),
      ("<5", .init(warning: nil, critical: 5, isAbove: false)),
      ("> -1.5", .init(warning: nil, critical: -1.5, isAbove: true)),
    ] as [(String, ColumnPresentation.Thresholds)])
  func thresholds(_ text: String, _ expected: ColumnPresentation.Thresholds) throws {
    #expect(try aggregate("", "-- thresholds: \(text)").presentation["downloads"]?.thresholds == expected)
  }

  @Test("text that has a colon is a comment")
  func comments() throws {
    let plan = try aggregate("-- format of it: plain\n-- chat: what is said\n-- Chart: none of ours", "-- note: x")
    #expect(plan.presentation.isEmpty)
    #expect(plan.comment.split(separator: "\n").count == 4)
    #expect(plan.outputs[1].comment == "All of them. note: x")
  }

  @Test("a view says it in the same way; of columns that only the database knows nothing is refused")
  func views() throws {
    let named = try SQLFrontendTests.views([
      SourceFile(
        path: "sql/views/v.sql",
        text: """
          -- Hours.
          -- format region: percent
          CREATE VIEW v AS
          SELECT region,
                 -- Half of them.
                 -- chart: bar
                 total_downloads AS downloads
          FROM region_health;
          """)
    ])
    #expect(named[0].presentation == ["region": .init(format: .percent), "downloads": .init(chart: .bar)])
    #expect(named[0].columnComments == [.init(column: "downloads", text: "Half of them.")])
    let star = try SQLFrontendTests.views([
      SourceFile(path: "v.sql", text: "-- format success_rate: percent\nCREATE VIEW v AS SELECT * FROM region_health")
    ])
    #expect(star[0].presentation == ["success_rate": .init(format: .percent)])
  }
}
