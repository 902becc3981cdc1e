import Postgres
import Project
import Storage
import Synthesis
import TestThreads
import Testing

@testable import Office
@testable import ProcessingTestSupport

/// Regions' downloads by the minute, whose rows tests write themselves, and the forecasts of them.
@Suite(.blocking) struct ForecastTests {
  private let bench: Bench

  init() throws {
    bench = try Bench()
    try bench.connection.execute("SET TIME ZONE 'UTC'")
  }

  private func keeper(_ connection: PostgresConnection? = nil) -> ForecastKeeper {
    ForecastKeeper(connection ?? bench.connection, aggregates: bench.plan.aggregates)
  }

  /// Learns all windows that have ended by the minute.
  private func update(_ keeper: ForecastKeeper, _ minute: Int) throws {
    while try keeper.update(watermark: AlertBench.start + Int64(minute) * 60_000_000) {}
  }

  /// Stores minutes of regions in one statement; `total` 0 stores no row.
  private func store(_ minutes: Range<Int>, _ regions: Int = 2, from bench: Bench? = nil) throws {
    let values = minutes.flatMap { minute in
      (0..<regions).map { region in
        var random = RandomNumbers(seed: 7, index: UInt64(minute * 64 + region))
        return "('R\(region)', \(minute), \(100 + minute % 7 + Int(random.next(below: 20))))"
      }
    }
    try (bench ?? self.bench).connection.execute(
      """
      INSERT INTO region_health (region, window_start, window_end, total_downloads, successful_downloads,
        failed_downloads, avg_speed_mbps_sum, avg_duration_seconds_sum, total_size_gb)
      SELECT d.region, '2026-01-01Z'::timestamptz + d.minute * INTERVAL '1 minute',
             '2026-01-01Z'::timestamptz + (d.minute + 1) * INTERVAL '1 minute', d.total, d.total, 0, d.total, d.total,
             d.total
      FROM (VALUES \(values.joined(separator: ", "))) AS d (region, minute, total)
      """)
  }

  private func outcome(_ bench: Bench) throws -> [String] {
    try bench.rows(
      """
      SELECT key, made_at, horizon, window_start, expected, low80, high80, low95, high95, actual
      FROM trending_predictions ORDER BY key, window_start, horizon
      """)
      + bench.rows("SELECT key, last_window, md5(state) FROM pulse.forecast_states ORDER BY key")
      + bench.rows("SELECT aggregate, measure, learnt_until FROM pulse.forecast_progress")
  }

  @Test("windows that close are learnt, what is to come is written down, and what came is put beside it")
  func windowsClose() throws {
    let keeper = keeper()
    try store(0..<100)
    try update(keeper, 100)
    let written = try bench.rows(
      """
      SELECT key ->> 'region', horizon, count(*), count(actual), max(window_start), bool_and(low95 <= low80 AND
             low80 <= expected AND expected <= high80 AND high80 <= high95)
      FROM trending_predictions GROUP BY 1, 2 ORDER BY 1, 2
      """)
    #expect(written.count == 6)
    #expect(written.allSatisfy { $0.hasSuffix(" t") })
    // The newest window began at 01:39.
    #expect(written.contains { $0.hasPrefix("R0 00:05:00 ") && $0.contains(" 2026-01-01 01:44:00+00 ") })
    #expect(
      try bench.rows(
        "SELECT count(*) FROM trending_predictions WHERE actual IS NULL AND window_start < '2026-01-01 01:40Z'")
        == ["0"])
    #expect(try bench.rows("SELECT bool_and(is_in_95 IS NOT NULL), count(*) > 100 FROM forecast_errors") == ["t t"])
    try store(100..<101)
    try update(keeper, 101)
    #expect(
      try bench.rows(
        "SELECT count(*) FROM trending_predictions WHERE actual IS NOT NULL AND window_start = '2026-01-01 01:40Z'")
        == ["4"])
  }

  @Test("while no window has closed the database is asked nothing")
  func nothingClosed() throws {
    let keeper = keeper()
    try store(0..<30)
    try update(keeper, 30)
    // Whatever it asked would fail.
    try bench.connection.execute("ALTER TABLE region_health RENAME TO away")
    #expect(try keeper.update(watermark: AlertBench.start + 30 * 60_000_000 + 59_000_000) == false)
    #expect(throws: PostgresError.self) { try keeper.update(watermark: AlertBench.start + 31 * 60_000_000) }
  }

  @Test("a late event corrects what came, and not what was expected")
  func lateEvent() throws {
    let keeper = keeper()
    try store(0..<60)
    try update(keeper, 60)
    let question = """
      SELECT round(max(expected)), max(actual) FROM trending_predictions
      WHERE window_start = '2026-01-01 00:58Z' AND key ->> 'region' = 'R0' AND horizon = INTERVAL '5 minutes'
      """
    let before = try bench.rows(question)
    try bench.connection.execute(
      """
      UPDATE region_health SET total_downloads = 500, updated_at = clock_timestamp()
      WHERE region = 'R0' AND window_start = '2026-01-01 00:58Z'
      """)
    try store(60..<61)
    try update(keeper, 61)
    let after = try bench.rows(question)
    #expect(after[0].hasSuffix(" 500"))
    #expect(after[0].split(separator: " ").first == before[0].split(separator: " ").first)
  }

  @Test("who knows nothing but what is stored goes on as if nothing had happened, also when it died at any write")
  func crashes() throws {
    let reference = try Bench()
    try reference.connection.execute("SET TIME ZONE 'UTC'")
    try store(0..<40, from: reference)
    try store(0..<40)
    let steps = [20, 21, 30, 40]
    let whole = ForecastKeeper(reference.connection, aggregates: reference.plan.aggregates)
    for minute in steps { try update(whole, minute) }
    let fatal = try FatalWrites(
      bench, to: ["trending_predictions", "pulse.forecast_states", "pulse.forecast_progress"], each: "STATEMENT")
    var crashes = 0
    for minute in steps {
      for write in 1..<30 {
        try fatal.kill(at: write)
        let connection = try PostgresConnection(bench.settings)
        defer { connection.close() }
        do {
          try update(keeper(connection), minute)
          break
        } catch let error as PostgresError {
          #expect(error.isConnectionLost, "\(error)")
          crashes += 1
        }
      }
    }
    #expect(crashes >= 4 * steps.count)
    let (actual, expected) = (try outcome(bench), try outcome(reference))
    #expect(actual == expected)
    #expect(expected.count > 60)
  }

  @Test("new forecasts learn from what is stored, in portions, and times without windows are passed over")
  func history() throws {
    try store(0..<30)
    try store(3000..<3130)
    let keeper = keeper()
    var portions = 1
    while try keeper.update(watermark: AlertBench.start + 3130 * 60_000_000) { portions += 1 }
    #expect((8...12).contains(portions))
    // Of the first half hour, two days before, nothing is written: it is learnt alone.
    #expect(
      try bench.rows("SELECT min(made_at) >= '2026-01-03Z', count(*) > 500 FROM trending_predictions") == ["t t"])
    #expect(try bench.rows("SELECT learnt_until FROM pulse.forecast_progress") == ["2026-01-03 04:10:00+00"])
  }

  @Test("windows beyond the watermark wait, however far they are")
  func beyondTheWatermark() throws {
    try store(0..<2)
    try store(5000..<5002)
    let keeper = keeper()
    for minute in [2, 60, 120] { try update(keeper, minute) }
    #expect(try bench.rows("SELECT learnt_until FROM pulse.forecast_progress") == ["2026-01-01 02:00:00+00"])
    #expect(try bench.rows("SELECT max(last_window) FROM pulse.forecast_states") == ["2026-01-01 00:01:00+00"])
  }

  @Test("what is no longer forecast is forgotten, and old predictions go")
  func retention() throws {
    try store(0..<60)
    try update(keeper(), 60)
    let plan = try #require(bench.plan.aggregates.first { $0.name == "region_health" })
    let later = AlertBench.start + ForecastKeeper.keptMicroseconds + 30 * 60_000_000
    #expect(try ForecastKeeper.removePortion(of: plan, before: later, 10, bench.connection) == 10)
    _ = try ForecastKeeper.removePortion(of: plan, before: later, 10_000, bench.connection)
    #expect(try bench.rows("SELECT min(window_start) FROM trending_predictions") == ["2026-01-01 00:30:00+00"])
    var former = bench.plan.aggregates
    for index in former.indices { former[index].forecasts = [] }
    _ = try ForecastKeeper(bench.connection, aggregates: former).update(watermark: AlertBench.start)
    #expect(try bench.rows("SELECT count(*) FROM pulse.forecast_states") == ["0"])
  }

  @Test("the API's role reads predictions by the shipped endpoint, of one key and horizon")
  func endpoint() throws {
    try store(0..<60)
    try update(keeper(), 60)
    let endpoint = try #require(bench.project.endpoints.first { $0.path.text == "/api/stats/predictions" })
    try bench.connection.execute("PREPARE predictions AS \(endpoint.statement.text)")
    try bench.connection.execute("SET ROLE \(Migrator.readerRole(for: bench.connection))")
    defer { try? bench.connection.execute("RESET ROLE") }
    let answer = try bench.rows(
      "EXECUTE predictions ('region_health', 'total_downloads', 'R1', 5, 60, '2026-01-01Z', NULL, 500)")
    #expect(answer.count == 1)
    #expect(answer[0].contains("\"horizon_minutes\":5") || answer[0].contains("\"horizon_minutes\": 5"))
    #expect(!answer[0].contains("R0"))
  }

  @Test("of more keys than a bound the first are forecast", .timeLimit(.minutes(2)))
  func manyKeys() throws {
    try store(0..<2, ForecastJournal.maximumKeys + 50)
    let keeper = keeper()
    try update(keeper, 2)
    #expect(try bench.rows("SELECT count(*) FROM pulse.forecast_states") == ["\(ForecastJournal.maximumKeys)"])
  }
}
