import EngineSchema
import Glibc
import Postgres
import Project
import TestThreads
import Testing

@testable import ProcessingTestSupport
@testable import Storage

@Suite(.blocking) struct MigrationPlanTests {
  private let connection: PostgresConnection
  private let scratch: ScratchProject

  init() throws {
    connection = try PostgresConnection(TestCluster.makeDatabase())
    scratch = try ScratchProject()
    try #require(system("mkdir '\(scratch.folder)/sql/views'") == 0)
  }

  private var migrator: Migrator { Migrator(connection) { _ in } }
  private var project: Project { get throws { try Project(folder: scratch.folder) } }

  private func plan() throws -> MigrationPlan { try migrator.plan(project) }

  /// All that is not as it should be, a line each.
  private func lines(_ plan: MigrationPlan) -> [String] {
    plan.steps.filter { $0.effect != .nothing }.map {
      "\($0.subject.rawValue) \($0.name): \($0.effect.rawValue)"
        + ($0.changes.isEmpty ? "" : ": ") + $0.changes.joined(separator: "; ")
    }
  }

  private func refusal(following plan: MigrationPlan) -> String {
    do {
      _ = try migrator.migrate(project, following: plan)
      return "nothing was refused"
    } catch {
      return "\(error)"
    }
  }

  private func writeView(_ name: String, _ select: String) throws {
    try scratch.write("sql/views/\(name).sql", "CREATE VIEW \(name) AS \(select);\n")
  }

  @Test("of an empty database everything is new, and looking changes nothing")
  func empty() throws {
    try writeView("regions", "SELECT DISTINCT region FROM region_health")
    let plan = try plan()
    #expect(
      plan.steps.map { "\($0.subject.rawValue) \($0.name) \($0.effect.rawValue)" } == [
        "engine schema new", "aggregate content_stats new", "aggregate device_stats new",
        "aggregate region_errors new", "aggregate region_health new", "view regions new",
      ])
    #expect(plan.steps.first?.changes.count == EngineSchema.files.count)
    #expect(plan.isPossible && !plan.isEmpty)
    #expect(try connection.query("SELECT to_regnamespace('pulse') IS NULL")[0, 0] == "t")
    #expect(try migrator.migrate(project, following: plan).last == "created the view regions")
    #expect(try self.plan().isEmpty)
  }

  @Test("comments, retention and the text of a SELECT are changed in place, and a shorter retention says what it does")
  func inPlace() throws {
    _ = try migrator.migrate(project)
    _ = try scratch.change("sql/aggregates/region_health.sql", "s/7 days/36 hours/; s/^-- Health/-- Wellness/")
    _ = try scratch.change("sql/aggregates/device_stats.sql", "s/count(\\*)  */count( * ) /")
    #expect(
      try lines(plan()) == [
        "aggregate device_stats: in place: the text of its SELECT",
        "aggregate region_health: in place: retention was 7 days, now is 1 day 12:00:00: older rows are removed; "
          + "the comment of the table",
      ])
    _ = try migrator.migrate(project)
    #expect(try plan().isEmpty)
  }

  @Test("a result that is computed of what rows store is added where they are, to a table as to a view")
  func computed() throws {
    try scratch.write(
      "sql/aggregates/recent.sql",
      """
      CREATE MATERIALIZED VIEW recent AS
      SELECT "user".region, count(*) AS n, sum(content.size_gb) AS size
      FROM content_downloads
      GROUP BY hop("timestamp", INTERVAL '1 minute', INTERVAL '5 minutes'), "user".region;
      """)
    _ = try migrator.migrate(project)
    try connection.execute(
      """
      INSERT INTO recent_state (region, n, size, window_start, window_end)
      VALUES ('R', 8, 4, '2026-01-01 00:00Z', '2026-01-01 00:01Z');
      INSERT INTO device_stats (device_type, os_version, total_downloads, successful_downloads, failed_downloads,
        window_start, window_end)
      VALUES ('d', 'o', 8, 2, 4, '2026-01-01 00:00Z', '2026-01-01 00:01Z')
      """)
    try writeView("shares", "SELECT failed_share FROM device_stats")
    let share = "count(*) FILTER (WHERE download.status = '\\''failed'\\'')"
    _ = try scratch.change(
      "sql/aggregates/device_stats.sql",
      "s/^FROM/, (\(share))::double precision \\/ count(*) AS failed_share\\nFROM/")
    _ = try scratch.change(
      "sql/aggregates/recent.sql", "s/ AS size/ AS size, avg(content.size_gb) AS mean, 2 * count(*) AS twice/")
    let plan = try plan()
    #expect(
      lines(plan) == [
        "aggregate device_stats: in place: the computed column failed_share is added: all rows are written anew "
          + "meanwhile; the text of its SELECT",
        "aggregate recent: in place: the computed column mean is added; the computed column twice is added; "
          + "the text of its SELECT",
        "view shares: new",
      ])
    #expect(
      try migrator.migrate(project, following: plan) == [
        "added the column failed_share to device_stats", "added the column mean to recent",
        "added the column twice to recent", "created the view shares",
      ])
    #expect(try connection.query("SELECT failed_share FROM shares")[0, 0] == "0.5")
    #expect(try connection.query("SELECT min(mean) + min(twice) FROM recent")[0, 0] == "16.5")
    #expect(try self.plan().isEmpty)
    try Migrator.verify(project, connection)
  }

  @Test("what stored rows do not have is beside, with each difference and the way to it")
  func beside() throws {
    _ = try migrator.migrate(project)
    _ = try scratch.change(
      "sql/aggregates/region_health.sql", "s/1 minute/2 minutes/; s/ AS total_size_gb/ AS gigabytes/")
    let plan = try plan()
    #expect(!plan.isPossible)
    let step = try #require(plan.steps.first { $0.effect == .beside })
    #expect(
      step.changes == [
        "column gigabytes is new (double precision from sum(content.size_gb))",
        "column total_size_gb is gone (double precision from sum(content.size_gb))",
        "window was tumble 60 seconds, now is tumble 120 seconds",
      ])
    #expect(step.advice?.contains("streampulse replay region_health --from beginning") == true)
    #expect(refusal(following: plan).contains("region_health has changed"))
  }

  @Test("what cannot be done says why: a table of somebody else, one that is gone, an edited migration")
  func impossible() throws {
    _ = try migrator.migrate(project)
    try connection.execute(
      "DROP TABLE device_stats; CREATE TABLE error_stats (a integer); UPDATE pulse.migrations SET checksum = 'x' "
        + "WHERE name = '0003_replay.sql'")
    try scratch.write(
      "sql/aggregates/error_stats.sql",
      """
      CREATE MATERIALIZED VIEW error_stats AS SELECT download.error_code, count(*) AS n FROM content_downloads
      GROUP BY tumble("timestamp", INTERVAL '1 minute'), download.error_code;
      """)
    let plan = try plan()
    #expect(!plan.isPossible)
    #expect(
      lines(plan) == [
        "engine 0003_replay.sql: impossible: 0003_replay.sql was changed after it had been applied",
        "aggregate device_stats: impossible: its table is gone, though the rows were counted",
        "aggregate error_stats: impossible: there is a table error_stats already, which StreamPulse has not made",
      ])
  }

  @Test("views are new, made anew with those that read them, dropped, or what Postgres says against them")
  func views() throws {
    try writeView("regions", "SELECT region, window_start FROM region_health")
    try writeView("latest", "SELECT region, max(window_start) AS latest FROM regions GROUP BY region")
    try writeView("devices", "SELECT device_type FROM device_stats")
    _ = try migrator.migrate(project)
    #expect(try plan().isEmpty)
    try writeView("regions", "SELECT region, window_start, window_end FROM region_health")
    try scratch.write(
      "sql/views/devices.sql", "-- Devices.\nCREATE VIEW devices AS SELECT device_type FROM device_stats;\n")
    #expect(
      try lines(plan()) == [
        "view devices: in place: the comment of the view",
        "view regions: in place: made anew: its SELECT has changed, or what it reads",
        "view latest: in place: made anew: its SELECT has changed, or what it reads",
      ])
    _ = system("rm '\(scratch.folder)/sql/views/devices.sql'")
    try writeView("regions", "SELECT regio FROM region_health")
    try writeView("other", "SELECT 1 AS a")
    let plan = try plan()
    #expect(!plan.isPossible)
    #expect(
      lines(plan) == [
        "view regions: impossible: sql/views/regions.sql:1:31: column \"regio\" does not exist\n"
          + "  hint: Perhaps you meant to reference the column \"region_health.region\".",
        "view latest: in place: made anew: its SELECT has changed, or what it reads",
        "view other: new", "view devices: dropped: its file is gone",
      ])
    let views = try connection.query(
      "SELECT count(*) FROM pg_views WHERE schemaname = 'public' AND viewname <> 'forecast_errors'")
    #expect(views[0, 0] == "3")
  }

  @Test("a view whose file is gone is wanted by those that still read it: they are impossible")
  func missedView() throws {
    try writeView("regions", "SELECT region FROM region_health")
    try writeView("latest", "SELECT region FROM regions")
    try writeView("newest", "SELECT region FROM latest")
    _ = try migrator.migrate(project)
    _ = system("rm '\(scratch.folder)/sql/views/regions.sql'")
    let plan = try plan()
    #expect(!plan.isPossible)
    #expect(
      lines(plan) == [
        "view latest: impossible: it reads the view regions, whose file is gone",
        "view newest: in place: made anew: its SELECT has changed, or what it reads",
        "view regions: dropped: its file is gone",
      ])
  }

  @Test("a table without a definition is named, and is no reason to refuse")
  func abandoned() throws {
    _ = try migrator.migrate(project)
    _ = system("rm '\(scratch.folder)'/sql/aggregates/device_stats.sql")
    let plan = try plan()
    #expect(plan.isPossible && plan.isEmpty)
    #expect(plan.steps.last?.subject == .table && plan.steps.last?.name == "device_stats")
  }

  @Test("what was planned is done, or nothing when the database or the definitions have moved on")
  func following() throws {
    _ = try migrator.migrate(project)
    _ = try scratch.change("sql/aggregates/region_health.sql", "s/7 days/8 days/")
    let planned = try MigrationPlan(json: plan().json)
    #expect(try planned == plan())

    try connection.execute("COMMENT ON TABLE device_stats IS 'Ours.'")
    #expect(
      refusal(following: planned)
        == "the database has moved on since the plan was made: aggregate device_stats; nothing was done\n"
        + "  hint: streampulse plan says what there is to do now")
    _ = try migrator.migrate(project, following: plan())

    let again = try plan()
    _ = try scratch.change("sql/aggregates/region_health.sql", "s/8 days/9 days/")
    #expect(refusal(following: again).hasPrefix("the definitions are not those that the plan was made for"))
    #expect(
      try connection.query("SELECT retention FROM pulse.definitions WHERE aggregate = 'region_health'")[0, 0]
        == "192:00:00")
  }

  @Test(
    "what is no plan is refused",
    arguments: ["", "{}", "[]", "{\"streampulse_plan\": 2}", "{\"streampulse_plan\": 1, \"steps\": [{}]}"])
  func noPlan(_ text: String) {
    #expect(throws: StorageError.self) { try MigrationPlan(json: text) }
  }
}
