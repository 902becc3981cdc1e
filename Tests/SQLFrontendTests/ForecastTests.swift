import Plan
import SQLFrontend
import Testing

@Suite struct ForecastTests {
  private func aggregate(_ header: String, window: String = "tumble(\"timestamp\", INTERVAL '1 minute')") throws
    -> AggregatePlan
  {
    let text = """
      -- Regions by the minute.
      \(header)
      CREATE MATERIALIZED VIEW x AS
      SELECT "user".region,
             count(*) AS downloads,
             avg(download.speed_mbps) AS speed,
             max(content.title COLLATE "C") AS title
      FROM content_downloads
      GROUP BY \(window), "user".region;
      """
    return try plan([SourceFile(path: "sql/aggregates/x.sql", text: text)]).aggregates[0]
  }

  @Test("the header says which results are forecast, which is no comment of the table")
  func header() throws {
    let plan = try aggregate("-- forecast: downloads, speed")
    #expect(plan.forecasts == ["downloads", "speed"])
    #expect(plan.forecastHorizons == [300, 900, 3600, 86_400].map { $0 * 1_000_000 })
    #expect(plan.comment == "Regions by the minute.")
    #expect(try aggregate("-- What is to come.").forecasts.isEmpty)
  }

  @Test(
    "what cannot be forecast is refused at its place",
    arguments: [
      ("-- forecast: download", "2:14: there is no column \"download\""),
      ("-- forecast: region", "2:14: forecasts are of results, and region is what they are grouped by"),
      ("-- forecast: downloads, downloads", "2:25: a forecast of downloads is asked for twice"),
      ("-- forecast: title", "2:14: title is text, and forecasts are of numbers"),
      ("-- forecast: downloads,", "a result is missing"),
      ("-- forcast: downloads", "2:4: there is no annotation \"forcast\""),
    ])
  func refused(header: String, message: String) {
    let found = errors { try aggregate(header) }.map(\.description)
    #expect(found.first?.contains(message) == true, "\(found)")
  }

  @Test(
    "windows that overlap, that follow events or that do not divide a day are not forecast",
    arguments: [
      "hop(\"timestamp\", INTERVAL '1 minute', INTERVAL '5 minutes')", "session(\"timestamp\", INTERVAL '1 minute')",
      "tumble(\"timestamp\", INTERVAL '7 minutes')", "tumble(\"timestamp\", INTERVAL '2 days')",
    ])
  func windows(window: String) {
    let found = errors { try aggregate("-- forecast: downloads", window: window) }.map(\.description)
    #expect(found.contains { $0.contains("2:14: forecasts are of windows that") }, "\(found)")
  }
}
