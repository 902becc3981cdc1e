import Explain
import Glibc
import JSON
import Plan
import Project
import Testing

@testable import ProcessingTestSupport

/// The repository itself is the first project.
private let repository = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
  .joined(separator: "/")

@Suite struct ExplanationTests {
  private static func aggregate(_ name: String) throws -> (AggregatePlan, StreamPlan) {
    let project = try Project(folder: repository)
    let stream = try #require(project.stream(of: name)).plan
    return (try #require(stream.aggregates.first { $0.name == name }), stream)
  }

  @Test("an aggregate is explained from the topic to the statements")
  func aggregate() throws {
    let (plan, stream) = try Self.aggregate("region_health")
    let text = Explanation(plan, of: stream, cost: nil).text
    for line in [
      "aggregate region_health of content_downloads",
      "reads       avro in topic content-downloads, with schemas/event.avsc; event time \"timestamp\"",
      "window      tumble 60 seconds", "keys        region  text NOT NULL from \"user\".region",
      "filter      none: every event counts", "kept        7 days of event time",
    ] {
      #expect(text.contains("\n" + line + "\n") || text.hasPrefix(line + "\n"), "\(line)\n\(text)")
    }
    #expect(text.contains("CREATE TABLE region_health ("))
    #expect(text.contains("INSERT INTO region_health AS t"))
    #expect(text.contains("GROUP BY tumble(\"timestamp\", INTERVAL '1 minute'), \"user\".region;"))
    #expect(!text.contains("\n            content.title"), "only the columns that it uses")
  }

  @Test("a cascade is explained with what feeds it")
  func cascade() throws {
    let (first, stream) = try Self.aggregate("region_health")
    var plan = first
    plan.source = .cascade(
      Cascade(
        first: first, columns: stream.columns.map { $0.path.last ?? "" }, keys: plan.keys.map(\.expression),
        accumulators: plan.accumulators))
    let explanation = Explanation(plan, of: stream, cost: nil)
    #expect(explanation.text.contains("fed by content_downloads through region_health: by the same events"))
    #expect(explanation.text.contains(") AS batch) AS region_health"))
    #expect(explanation.json["through"]?.arrayValue == [.string("region_health")])
  }

  @Test("the JSON has every documented member, whatever the aggregate is")
  func members() throws {
    for name in ["region_health", "region_errors", "content_stats", "device_stats"] {
      let (plan, stream) = try Self.aggregate(name)
      let json = Explanation(plan, of: stream, cost: nil).json
      #expect(
        json.objectValue?.map(\.name) == [
          "kind", "name", "comment", "stream", "topic", "format", "through", "schema", "event_time", "columns", "joins",
          "rows",
          "filter", "having", "window", "keys", "accumulators", "late", "allowed_lateness_seconds",
          "out_of_orderness_seconds",
          "idle_timeout_seconds", "retention_seconds", "forecast", "table", "view", "upsert", "batch", "cost",
        ])
      #expect(json["accumulators"]?.arrayValue?.count == plan.accumulators.count)
      #expect(json["retention_seconds"] == .number("604800"))
      #expect(try JSONValue(parsing: json.text) == json)
    }
  }

  @Test("the cost is measured of events that pass the definition's own conditions, and is the sum of its parts or so")
  func cost() throws {
    let (plan, stream) = try Self.aggregate("region_health")
    let cost = MeasuredCost(plan, of: stream, events: 5000)
    #expect(cost.events >= 5000 && cost.events % 2048 == 0)
    #expect(cost.aggregated == cost.events && cost.failed == 0)
    #expect(cost.groups > 100 && cost.stateBytes >= 8 * plan.accumulators.count)
    #expect(cost.total > 0 && cost.grouping > 0 && cost.grouping <= cost.total)
    #expect(cost.accumulators.map(\.column) == plan.accumulators.map(\.column))
    let json = Explanation(plan, of: stream, cost: cost).json
    #expect(json["cost"]?["events"] == .number(String(cost.events)))
  }

  @Test("streams, endpoints and alerts are explained more shortly")
  func others() throws {
    let project = try Project(folder: repository)
    let stream = try #require(project.streams.first)
    #expect(
      Explanation(stream.plan).text.contains("feeds       content_stats, device_stats, region_errors, region_health\n"))
    let endpoint = try #require(project.endpoints.first { $0.path.text == "/api/stats/regions" })
    #expect(
      Explanation(endpoint).text.contains("$1 minutes  integer = 5 in 1..1440, Look-back: so many complete minutes"))
    let alert = try #require(project.alerts.first { $0.name == "HIGH_ERROR_RATE" })
    #expect(Explanation(alert).text.contains("raises      WARNING above 0.1\n            CRITICAL above 0.15\n"))
    for json in [Explanation(stream.plan).json, Explanation(endpoint).json, Explanation(alert).json] {
      #expect(try JSONValue(parsing: json.text) == json)
    }
  }

  @Test("HAVING, the view above a table of states, and views of the project are shown")
  func views() throws {
    let project = try ScratchProject()
    try project.write(
      "sql/aggregates/busy.sql",
      """
      CREATE MATERIALIZED VIEW busy AS
      SELECT "user".region, count(*) AS n FROM content_downloads
      GROUP BY tumble("timestamp", INTERVAL '1 minute'), "user".region HAVING count(*) > 10;
      """)
    try #require(system("mkdir '\(project.folder)/sql/views'") == 0)
    try project.write("sql/views/busiest.sql", "-- Whoever is busy.\nCREATE VIEW busiest AS SELECT region FROM busy;")
    let loaded = try Project(folder: project.folder)
    let stream = try #require(loaded.stream(of: "busy")).plan
    let explanation = Explanation(try #require(stream.aggregates.first { $0.name == "busy" }), of: stream, cost: nil)
    #expect(explanation.text.contains("\nshown       groups of closed windows with n > 10"), "\(explanation.text)")
    #expect(explanation.text.contains("\nCREATE VIEW busy AS\n"))
    #expect(explanation.json["view"]?.arrayValue?.isEmpty == false)
    let view = Explanation(try #require(loaded.views.first))
    #expect(view.text.hasPrefix("view busiest\n  Whoever is busy.\n\nreads       busy\n"), "\(view.text)")
    #expect(view.text.contains("CREATE VIEW busiest AS\nSELECT region FROM busy"))
    #expect(try JSONValue(parsing: view.json.text) == view.json)
  }
}
