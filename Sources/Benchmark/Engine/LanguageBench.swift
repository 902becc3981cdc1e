import Project

/// What parts of the language cost an event: the engine with an aggregate that has the part, beside the same aggregate
/// without it.
struct LanguageBench {
  let workspace: Workspace
  let events: Int
  let rounds: Int

  private struct Case {
    var name: String
    /// Its results beside the key.
    var results: String
    var window = LanguageBench.tumble
    var limit: String
    var goal: Figure.Goal
    /// Whether the figure is what the part adds, and not the ratio of both.
    var isDifference = true
  }

  private static let tumble = "tumble(\"timestamp\", INTERVAL '1 minute')"
  private static let counted = "count(*) AS events"
  private static let cases = [
    Case(
      name: "hop of 5 minutes", results: "\(counted), avg(download.duration_seconds) AS duration",
      window: "hop(\"timestamp\", INTERVAL '1 minute', INTERVAL '5 minutes')",
      limit: "\(counted), avg(download.duration_seconds) AS duration", goal: .ratioAtMost(1.3), isDifference: false),
    Case(
      name: "session of 1 minute", results: "\(counted), avg(download.duration_seconds) AS duration",
      window: "session(\"timestamp\", INTERVAL '1 minute')",
      limit: "\(counted), avg(download.duration_seconds) AS duration", goal: .ratioAtMost(2.5), isDifference: false),
    Case(
      name: "percentile",
      results: "\(counted), percentile_cont(0.95) WITHIN GROUP (ORDER BY download.speed_mbps) AS p95",
      limit: counted, goal: .atMost(30)),
    Case(
      name: "distinct count", results: "\(counted), approx_count_distinct(\"user\".user_id) AS users",
      limit: "\(counted), max(\"user\".user_id COLLATE \"C\") AS users", goal: .atMost(20)),
    Case(name: "last", results: "\(counted), last(download.speed_mbps) AS speed", limit: counted, goal: .atMost(20)),
    Case(
      name: "top k", results: "\(counted), approx_top_k(content.title COLLATE \"C\", 10) AS titles",
      limit: "\(counted), max(content.title COLLATE \"C\") AS titles", goal: .atMost(30)),
    Case(
      name: "histogram",
      results: "\(counted), histogram(download.speed_mbps, ARRAY[1, 2, 5, 10, 20, 50, 100, 200, 500]) AS speeds",
      limit: counted, goal: .atMost(20)),
    Case(
      name: "lower", results: "count(*) FILTER (WHERE lower(content.type COLLATE \"C\") = 'movie') AS movies",
      limit: "count(*) FILTER (WHERE content.type = 'movie') AS movies", goal: .atMost(5)),
    Case(
      name: "LIKE", results: "count(*) FILTER (WHERE content.type LIKE 'm%') AS movies",
      limit: "count(*) FILTER (WHERE content.type = 'movie') AS movies", goal: .atMost(5)),
  ]

  func run() throws -> BenchReport {
    let corpus = try EventCorpus(EventSequence(count: events, schemaJSON: workspace.schemaJSON))
    let figures = try Self.cases.enumerated().map { index, each in
      let ours = try engine(number: 2 * index, results: each.results, window: each.window)
      let usual = try engine(number: 2 * index + 1, results: each.limit, window: Self.tumble)
      return try compare(each, ours, usual, corpus)
    }
    return BenchReport(
      figures,
      notes: [
        "language: \(events) events, decoded and added to one aggregate by device and minute; ratios to it without the part, "
          + "else nanoseconds that the part adds"
      ])
  }

  private func compare(_ each: Case, _ ours: EngineRun, _ usual: EngineRun, _ corpus: EventCorpus) throws -> Figure {
    _ = try ours.secondsPerEvent(corpus)
    _ = try usual.secondsPerEvent(corpus)
    var with: [Double] = []
    var without: [Double] = []
    for _ in 0..<rounds {
      without.append(try usual.secondsPerEvent(corpus) * 1e9)
      with.append(try ours.secondsPerEvent(corpus) * 1e9)
    }
    guard each.isDifference else {
      return Figure(bench: each.name, unit: "ns/event", ours: with, limit: without, goal: each.goal)
    }
    return Figure(bench: each.name, unit: "ns/event", ours: zip(with, without).map { $0 - $1 }, goal: each.goal)
  }

  /// Of a project with that one aggregate.
  private func engine(number: Int, results: String, window: String) throws -> EngineRun {
    let stream = workspace.stream.name
    let folder = "\(workspace.folder)/language-\(number)"
    try workspace.makeProject(folder)
    try workspace.write(try workspace.definition("streams", of: stream), "\(folder)/sql/streams/\(stream).sql")
    try workspace.write(
      """
      CREATE MATERIALIZED VIEW measured AS
      SELECT "user".device_type, \(results)
      FROM \(stream) GROUP BY \(window), "user".device_type;
      """, "\(folder)/sql/aggregates/measured.sql")
    guard let planned = try Project(folder: folder).stream(named: stream) else {
      throw BenchmarkError.setup("\(folder) has no stream \(stream)")
    }
    return EngineRun(planned)
  }
}
