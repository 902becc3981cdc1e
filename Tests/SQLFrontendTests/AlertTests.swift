import Detection
import Dialects
import Plan
import SQLFrontend
import Testing

@Suite struct AlertTests {
  private func alert(
    detector: String = "threshold above WARNING 0.10, CRITICAL 0.15", message: String = "m", _ more: String...,
    columns: String = "1 AS value, count AS samples"
  ) throws -> AlertPlan {
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
          \((more.map { "-- \($0)\n" }).joined())SELECT region, window_start, window_end, \(columns) FROM region_health;
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
    guard case .values(let configuration) = try alert().detector else { return }
    #expect(configuration.method == .threshold)
    #expect(configuration.direction == .above)
    #expect(configuration.levels.map(\.severity) == [.warning, .critical])
    #expect(configuration.levels.map(\.threshold) == [0.10, 0.15])
    #expect(throws: Never.self) { try alert(detector: "threshold below INFO 5, WARNING 2, CRITICAL -1") }
    #expect(throws: DefinitionErrors.self) { try alert(detector: "threshold below WARNING 2, CRITICAL 3") }
  }

  @Test("the columns that are no measure are the keys")
  func keys() throws {
    let alert = try alert()
    #expect(alert.keys == ["region"])
    #expect(alert.minimumSamples == 1)
    #expect(
      alert.statement.text.hasPrefix(
        "WITH region_health AS (\n  SELECT * FROM region_health\n  WHERE window_start > $1"))
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

  @Test(
    "each detector has its parameters, and those that one leaves away",
    arguments: [
      ("zscore above WARNING 4 over 30 windows", .rollingZ(windows: 30)),
      ("zscore both WARNING 4", .rollingZ(windows: 60)),
      ("mad below WARNING 4, CRITICAL 8 over 20 windows", .median(windows: 20)),
      ("ewma above WARNING 4 weight 0.3", .ewma(weight: 0.3)), ("cusum both WARNING 5 slack 1", .cusum(slack: 1)),
      ("seasonal below WARNING 4", .seasonal(.hourOfDay)),
      ("seasonal below WARNING 4 by hour_of_week", .seasonal(.hourOfWeek)),
      ("rate_of_change both WARNING 0.5", .change), ("adaptive", .adaptive), ("adaptive below WARNING 0.9", .adaptive),
    ] as [(String, DetectorConfiguration.Method)])
  func detectors(_ text: String, _ method: DetectorConfiguration.Method) throws {
    guard case .values(let configuration) = try alert(detector: text, "min_samples: 7").detector else {
      Issue.record("no values")
      return
    }
    #expect(configuration.method == method)
    #expect(configuration.minimumWeight == 7)
  }

  @Test("silence counts windows")
  func silence() throws {
    let silence = try alert(detector: "silence WARNING 3, CRITICAL 10")
    #expect(silence.detector == .silence(silence.levels))
    #expect(silence.levels.map(\.threshold) == [3, 10])
  }

  @Test("annotations say when an alert is raised, when it is over, and who hears of it")
  func lifecycle() throws {
    let alert = try alert(
      "for: 3 windows", "keep_firing: 2 windows", "cooldown: 10 minutes", "notify: on-call, chat", "group_by: region",
      "labels: team=video, service = cdn=1", "runbook: https://runbooks.example/errors", "missing: 0",
      "inhibits: SLOW_DOWNLOADS", "backfill: 2 hours")
    #expect(
      alert.lifecycle
        == AlertLifecycle(forWindows: 3, keepFiringWindows: 2, cooldownMicroseconds: 600_000_000))
    #expect(
      alert.routing
        == AlertRouting(
          notify: ["on-call", "chat"],
          labels: [.init(name: "team", value: "video"), .init(name: "service", value: "cdn=1")],
          runbook: "https://runbooks.example/errors", groupBy: ["region"], inhibits: ["SLOW_DOWNLOADS"]))
    #expect(alert.missing == 0)
    #expect(alert.backfillMicroseconds == 7_200_000_000)
    let plain = try self.alert()
    #expect(plain.lifecycle == AlertLifecycle())
    #expect(plain.routing == AlertRouting())
    #expect(plain.missing == nil)
  }

  @Test("a SELECT may say what is expected, and of how many something was counted")
  func measures() throws {
    let alert = try alert(
      "min_samples: 5",
      columns: "1.0 AS value, 2 AS expected, failed_downloads AS numerator, total_downloads AS denominator")
    #expect(alert.measures == [.expected, .numerator, .denominator])
    #expect(alert.keys == ["region"])
  }
}
