import Dialects
import Plan
import SQLFrontend
import Testing

@Suite struct AlertTests {
  private func alert(detector: String = "threshold above WARNING 0.10, CRITICAL 0.15", message: String = "m") throws
    -> AlertPlan
  {
    let aggregates = try plan(ShippedDefinitionsTests.files("aggregates")).aggregates
    return try parseAlert(
      SourceFile(
        path: "x.sql",
        text: """
          -- name: A
          -- summary: S.
          -- on: region_health
          -- metric: m
          -- detector: \(detector)
          -- message: \(message)
          SELECT region, window_start, window_end, 1 AS value, count AS samples FROM region_health;
          """), aggregates: aggregates)
  }

  @Test(
    "a result of several values is not what an alert judges",
    arguments: [
      ("speeds AS value", "speeds has several values"), ("titles AS value", "titles has several values"),
      ("speeds[2] AS value", ""), ("(titles->0->>'count')::bigint AS value", ""),
    ])
  func severalValues(_ item: String, _ message: String) throws {
    let aggregates = try plan(
      select: """
        histogram(content.size_gb, ARRAY[1, 2]) AS speeds, approx_top_k(content.title COLLATE "C", 3) AS titles,
        count(*) AS n
        """
    ).aggregates
    let file = SourceFile(
      path: "x.sql",
      text: """
        -- name: A
        -- summary: S.
        -- on: x
        -- metric: m
        -- detector: threshold above WARNING 0.10
        -- message: m
        SELECT window_start, window_end, \(item), n AS samples FROM x;
        """)
    let found = errors { try parseAlert(file, aggregates: aggregates) }.map(\.message)
    #expect(found.count == (message.isEmpty ? 0 : 1))
    #expect(message.isEmpty || found[0].hasPrefix(message))
  }

  @Test("a threshold has levels that grow more severe")
  func threshold() throws {
    guard case .threshold(let direction, let levels) = try alert().detector else { return }
    #expect(direction == .above)
    #expect(levels.map(\.severity) == [.warning, .critical])
    #expect(levels.map(\.value) == [0.10, 0.15])
    #expect(throws: Never.self) { try alert(detector: "threshold below INFO 5, WARNING 2, CRITICAL -1") }
    #expect(throws: DefinitionErrors.self) { try alert(detector: "threshold below WARNING 2, CRITICAL 3") }
  }

  @Test("the columns that are no measure are the keys")
  func keys() throws {
    let alert = try alert()
    #expect(alert.keys == ["region"])
    #expect(alert.minimumSamples == 1)
    #expect(
      alert.statement.text.hasPrefix("WITH region_health AS (\n  SELECT * FROM region_health\n  WHERE window_end > $1"))
  }

  @Test(
    "a message shows values as they are meant",
    arguments: [
      ("{region}: {value:percent}", 0.1234, "Tokyo: 12.3 %"), ("{value}", 5, "5"), ("{value}", 0.126, "0.13"),
      ("{value}", -2.5, "-2.5"), ("{value:percent} of {samples}", 1, "100.0 % of 40"), ("{value}", 0, "0"),
      ("above {threshold}", 0, "above "),
    ])
  func messages(_ template: String, _ value: Double, _ expected: String) throws {
    let message = try alert(message: template).message
    #expect(message.render(["region": .text("Tokyo"), "value": .number(value), "samples": .number(40)]) == expected)
  }
}
