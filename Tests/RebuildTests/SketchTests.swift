import Audit
import Kafka
import Postgres
import Project
import TestThreads
import Testing

@testable import ProcessingTestSupport
@testable import Rebuild

/// Aggregates whose states are sketches and deviations: from the topic to what readers, `verify` and a replay make of them.
@Suite(.blocking) struct SketchTests {
  private let bench: Bench
  private let load: Load

  private static func definition(_ name: String, _ window: String) -> String {
    """
    CREATE MATERIALIZED VIEW \(name) AS
    SELECT "user".region, count(*) AS n,
           bool_and(content.size_gb > 0) AS all_large, bool_or(download.status = 'failed') AS any_failed,
           stddev(content.size_gb) AS spread, var_pop(download.duration_seconds) AS durations,
           regr_slope(content.size_gb, download.duration_seconds) AS slope,
           approx_count_distinct(content.title) AS titles,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY content.size_gb) AS p95,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY download.duration_seconds)
             FILTER (WHERE download.status = 'success') AS median,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY content.size_gb)
             - percentile_cont(0.5) WITHIN GROUP (ORDER BY content.size_gb) AS tail,
           percentile_cont(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY content.size_gb) AS quartiles,
           first(content.title COLLATE "C") AS first_title,
           last(content.size_gb) FILTER (WHERE download.status = 'success') AS last_size,
           mode() WITHIN GROUP (ORDER BY content.title COLLATE "C") AS favourite,
           approx_top_k(download.duration_seconds / 100, 3) AS durations_by_100,
           histogram(content.size_gb, ARRAY[1, 10, 50.5]) AS sizes
    FROM content_downloads
    GROUP BY \(window), "user".region;
    """
  }

  init() throws {
    let scratch = try ScratchProject()
    try scratch.write(
      "sql/aggregates/minutes.sql", Self.definition("minutes", "tumble(\"timestamp\", INTERVAL '1 minute')"))
    try scratch.write(
      "sql/aggregates/recent.sql",
      Self.definition("recent", "hop(\"timestamp\", INTERVAL '1 minute', INTERVAL '3 minutes')"))
    bench = try Bench(project: Project(folder: scratch.folder))
    load = try Load()
    try load.send(2000)
    try bench.process(2000, of: load)
  }

  private func expectProven() throws {
    let stream = bench.project.streams[0]
    #expect(try Verifier(bench.connection, [stream.plan]).verify().checks.flatMap(\.violations) == [])
    let report = try bench.recount(load, stream)
    #expect(report.contradictions + report.aggregates.flatMap(\.differences) == [])
  }

  @Test(
    "views show results and no states; what they show is what Postgres makes of the events, in tumbling and hop windows"
  )
  func proven() throws {
    #expect(
      try bench.rows(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'minutes'::regclass AND attnum > 0 ORDER BY attnum"
      ) == [
        "region", "window_start", "window_end", "n", "all_large", "any_failed", "spread", "durations", "slope",
        "titles",
        "p95", "median", "tail", "quartiles", "first_title", "last_size", "favourite", "durations_by_100", "sizes",
        "updated_at",
      ])
    #expect(try bench.rows("SELECT count(*) FROM minutes WHERE p95 IS NULL OR titles = 0 OR spread IS NULL") == ["0"])
    #expect(try bench.rows("SELECT sum(n) FROM minutes") == ["2000"])
    #expect(try bench.rows("SELECT sum(n) FROM recent") == ["6000"])
    try expectProven()
  }

  @Test("a lost part of a sketch is found, and a replay makes it anew")
  func repair() throws {
    let query = """
      SELECT region, window_start, titles, p95, median, durations, first_title, last_size, favourite, durations_by_100, sizes
      FROM minutes ORDER BY 1, 2
      """
    let before = try bench.rows(query)
    try bench.connection.execute(
      """
      UPDATE minutes_state SET titles_state = NULL, p95_state = percentile_state(ARRAY[1000]), last_size_value = -1,
        favourite_counts = '{"none": 1}', sizes = histogram_union(sizes, sizes)
      """)
    let lines = try bench.recount(load).aggregates.flatMap(\.differences)
    #expect(lines.contains { $0.contains(", titles: stored 0") })
    for column in ["p95", "last_size", "favourite", "sizes"] {
      #expect(lines.contains { $0.contains(", \(column): stored") }, "\(column)")
    }
    let connection = try PostgresConnection(bench.settings)
    defer { connection.close() }
    _ = try Replay(
      connection, bench.project.streams[0], aggregate: "minutes",
      kafka: KafkaConfiguration(bootstrapServers: load.broker.bootstrapServers), topic: Bench.topic, group: "replay"
    ).run(from: nil)
    #expect(try bench.rows(query) == before)
    try expectProven()
  }
}
