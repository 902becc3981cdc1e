import Office
import Plan
import Project
import Threads

/// How long an alert takes with the windows of many keys when they close: read, judged by the adaptive detector and
/// committed in Postgres.
struct AlertsBench {
  let workspace: Workspace
  let rounds: Int

  /// As many as an alert remembers.
  private static let keys = 10_000
  /// Windows before anything counts, so that states are as long as they become.
  private static let earlierWindows = 5
  private static let mostSeconds = 1.0
  private static let minute: Int64 = 60_000_000
  /// 2026-01-01T00:00:00Z.
  private static let start: Int64 = 1_767_225_600_000_000

  func run() throws -> BenchReport {
    let stream = workspace.stream.name
    let project = try makeProject(stream)
    let database = try Database(workspace, project: project)
    defer { database.close() }
    let connection = try database.connect()
    defer { connection.close() }
    try connection.execute("SET TIME ZONE 'UTC'")
    let evaluator = AlertEvaluator(
      connection, cluster: "bench", stream: stream, alerts: project.alerts, aggregates: project.aggregates)
    _ = try evaluator.evaluate(project.alerts, watermark: Self.start)
    var seconds: [Double] = []
    for window in 0..<Self.earlierWindows + rounds {
      try Interruption.check()
      let begin = Self.start + Int64(window) * Self.minute
      _ = try database.query(
        """
        INSERT INTO measured (device_type, window_start, window_end, downloads)
        SELECT 'device ' || k, to_timestamp(\(begin / 1_000_000)), to_timestamp(\((begin + Self.minute) / 1_000_000)),
               900 + (k * 7919 + \(window) * 104729) % 200
        FROM generate_series(1, \(Self.keys)) AS k
        """)
      let before = Clock.monotonicNanoseconds()
      let outcome = try evaluator.evaluate(project.alerts, watermark: begin + Self.minute)
      let took = Double(Clock.monotonicNanoseconds() - before) / 1e9
      guard !outcome.hasMore else { throw BenchmarkError.wrongAnswer("a window was left to be judged") }
      if window >= Self.earlierWindows { seconds.append(took) }
    }
    let judged = try database.query(
      """
      SELECT count(*) FROM pulse.alert_states
      WHERE last_window = to_timestamp(\(Self.start / 1_000_000 + 60 * Int64(Self.earlierWindows + rounds - 1)))
      """
    ).integer(0, 0)
    guard judged == Int64(Self.keys) else {
      throw BenchmarkError.wrongAnswer("\(judged ?? 0) of \(Self.keys) keys were judged in the last window")
    }
    return BenchReport(
      [
        Figure(bench: "alerts 10 k keys", unit: "s/window", ours: seconds, goal: .atMost(Self.mostSeconds))
      ],
      notes: [
        "alerts: windows of \(Self.keys) keys, read, judged by the adaptive detector and committed in Postgres"
      ])
  }

  /// With one aggregate and one alert.
  private func makeProject(_ stream: String) throws -> Project {
    let folder = "\(workspace.folder)/alerts"
    try workspace.makeProject(folder, "alerts")
    try workspace.write(try workspace.definition("streams", of: stream), "\(folder)/sql/streams/\(stream).sql")
    try workspace.write(
      """
      CREATE MATERIALIZED VIEW measured AS
      SELECT "user".device_type, count(*) AS downloads
      FROM \(stream) GROUP BY tumble("timestamp", INTERVAL '1 minute'), "user".device_type;
      """, "\(folder)/sql/aggregates/measured.sql")
    try workspace.write(
      """
      -- name: UNUSUAL
      -- summary: Far more or fewer downloads than usual.
      -- on: measured
      -- metric: downloads
      -- detector: adaptive both
      -- message: {device_type}: {value}
      SELECT device_type, window_start, window_end, downloads AS value FROM measured;
      """, "\(folder)/sql/alerts/unusual.sql")
    return try Project(folder: folder)
  }
}
