import Dialects
import Events
import Plan
import SQLFrontend
import Testing

@Suite struct CascadeTests {
  private static let minutes = """
    CREATE MATERIALIZED VIEW minutes WITH (retention = '1 day') AS
    SELECT "user".region AS region, download.status, count(*) AS n, count(*) FILTER (WHERE extra.flag) AS flagged,
      sum(download.duration_seconds) AS seconds, avg(download.speed_mbps) AS speed, max(extra.day) AS last_day,
      approx_count_distinct("user".user_id) AS users, stddev(download.speed_mbps) AS spread, min(extra.big) AS least
    FROM content_downloads WHERE content.type = 'movie'
    GROUP BY tumble("timestamp", INTERVAL '1 minute'), "user".region, download.status;
    """

  private static let simple = """
    CREATE MATERIALIZED VIEW minutes AS
    SELECT "user".region AS region, count(*) AS n, avg(extra.big) AS mean FROM content_downloads
    GROUP BY tumble("timestamp", INTERVAL '1 minute'), region;
    """

  private static func hours(_ items: String, _ rest: String = "", from: String = "minutes", with: String = "") -> String
  {
    """
    CREATE MATERIALIZED VIEW hours \(with) AS
    SELECT \(items)
    FROM \(from)
    \(rest.contains("GROUP BY") ? rest : "\(rest) GROUP BY tumble(window_start, INTERVAL '1 hour')");
    """
  }

  private func plan(_ texts: String...) throws -> StreamPlan {
    try SQLFrontendTests.plan(texts.enumerated().map { SourceFile(path: "\($0).sql", text: $1) })
  }

  private func refusal(_ cascade: String, over first: String = minutes) -> String {
    errors { try plan(first, cascade) }.map(\.description).joined(separator: "\n")
  }

  @Test("it is planned over the stream: keys are the first one's expressions, sums of results are sums of events")
  func composition() throws {
    let stream = try plan(
      Self.hours(
        "region, sum(n) AS n, sum(seconds) FILTER (WHERE status = 'failed') AS seconds",
        """
        WHERE region <> 'X' GROUP BY tumble(window_start, INTERVAL '1 hour'), region
        """), Self.minutes)
    #expect(stream.aggregates.map(\.name) == ["hours", "minutes"])
    let hours = stream.aggregates[0]
    #expect(hours.window == .tumble(sizeMicroseconds: 3_600_000_000))
    #expect(hours.feeders.map(\.name) == ["minutes"])
    #expect(hours.retentionMicroseconds == nil)
    let shape = TableShape(hours, of: stream).description
    #expect(
      shape == """
        column n: numeric from sum(1::bigint)
        column seconds: numeric from sum(download.duration_seconds::bigint) where download.status = 'failed'
        filter: CASE WHEN content.type = 'movie' THEN "user".region <> 'X' ELSE false END
        key region: text NOT NULL from "user".region
        stream: content_downloads
        window: tumble 3600 seconds
        """)
  }

  @Test("the batch that judges it reads the first one's batch")
  func batch() throws {
    let stream = try plan(Self.hours("sum(n) AS n"), Self.simple)
    let batch = try BatchSelect(stream.aggregates[0], of: stream, events: "events").text
    #expect(batch.contains("FROM (SELECT \"region\" AS region") || batch.contains("FROM (SELECT region AS region"))
    #expect(batch.contains(") AS batch) AS minutes"))
    #expect(batch.contains("GROUP BY tumble(\"timestamp\", INTERVAL '1 minute'), region"))
    #expect(batch.hasSuffix("GROUP BY tumble(window_start, INTERVAL '1 hour')"))
  }

  @Test("it may read another cascade, and its files may have any names; options are its own")
  func levels() throws {
    let stream = try plan(
      """
      CREATE MATERIALIZED VIEW days WITH (retention = '1 year') AS SELECT sum(n) AS n FROM hours
      GROUP BY tumble(window_start, INTERVAL '1 day')
      """.replacing("1 year", with: "365 days"), Self.hours("sum(n) AS n"), Self.simple)
    let days = try #require(stream.aggregates.first { $0.name == "days" })
    #expect(days.feeders.map(\.name) == ["hours", "minutes"])
    #expect(days.retentionMicroseconds == 31_536_000_000_000)
    #expect(days.accumulators[0].argument == stream.aggregates[1].accumulators[0].argument)
  }

  @Test(
    "windows that fill whole windows of the first one are taken, others refused",
    arguments: [
      ("INTERVAL '1 minute'", "tumble(window_start, INTERVAL '1 minute')", true),
      ("INTERVAL '1 minute'", "tumble(window_start, INTERVAL '90 seconds')", false),
      ("INTERVAL '1 minute'", "hop(window_start, INTERVAL '1 minute', INTERVAL '5 minutes')", true),
      ("INTERVAL '2 minutes'", "hop(window_start, INTERVAL '3 minutes', INTERVAL '6 minutes')", false),
      ("INTERVAL '1 minute'", "tumble(window_start, INTERVAL '1 month')", true),
      ("INTERVAL '7 days'", "tumble(window_start, INTERVAL '1 month')", false),
      ("INTERVAL '1 month'", "tumble(window_start, INTERVAL '1 year')", true),
      ("INTERVAL '2 months'", "tumble(window_start, INTERVAL '3 months')", false),
      ("INTERVAL '1 month'", "tumble(window_start, INTERVAL '60 days')", false),
      ("INTERVAL '15 minutes'", "tumble(window_start, INTERVAL '1 day', 'Asia/Kathmandu')", true),
      ("INTERVAL '1 hour'", "tumble(window_start, INTERVAL '1 day', 'Asia/Kathmandu')", false),
      ("INTERVAL '1 hour'", "tumble(window_start, INTERVAL '1 week', 'Europe/Berlin')", true),
      ("INTERVAL '1 day', 'Europe/Berlin'", "tumble(window_start, INTERVAL '1 month', 'Europe/Berlin')", true),
      ("INTERVAL '1 day', 'Europe/Berlin'", "tumble(window_start, INTERVAL '1 month', 'Europe/Paris')", false),
      ("INTERVAL '1 day', 'Europe/Berlin'", "tumble(window_start, INTERVAL '1 day')", false),
      ("INTERVAL '2 days', 'Europe/Berlin'", "tumble(window_start, INTERVAL '1 month', 'Europe/Berlin')", false),
    ])
  func windows(_ inner: String, _ outer: String, _ isTaken: Bool) {
    let message = refusal(
      Self.hours("sum(n) AS n", "GROUP BY \(outer)"),
      over: Self.simple.replacing("INTERVAL '1 minute'", with: inner))
    if isTaken {
      #expect(message == "")
    } else {
      #expect(message.contains("1.sql:4:10: a window would begin or end within one of minutes"), "\(message)")
    }
  }

  @Test(
    "what rows do not say of their events is refused where it stands",
    arguments: [
      ("count(*) AS n", "", "2:8: count(*) would count the rows of minutes", "write sum(n); or write a view"),
      ("avg(n) AS a", "", "2:8: avg of n says nothing about", "write sum(n); or"),
      ("max(n) AS a", "", "2:8: max of n says nothing about", "write sum(n); or"),
      ("sum(speed) AS a", "", "2:8: sum of speed says nothing", "write sum(speed_sum) / nullif(sum(n), 0); or"),
      ("min(last_day) AS a", "", "2:8: min of last_day says nothing", "write max(last_day); or"),
      ("max(users) AS a", "", "2:8: max of users says nothing", "write a view in sql/views/ that reads minutes"),
      ("sum(spread) AS a", "", "2:8: sum of spread says nothing", "write a view"),
      ("sum(n + flagged) AS a", "", "2:8: sum takes a result of minutes as it is", "sum(a) + sum(b)"),
      ("count(region) AS a", "", "2:8: what count of keys says depends on how many rows", "read the stream that"),
      ("max(window_end) AS a", "", "2:8: max of window_end says nothing", "windows and times of rows"),
      ("sum(n) AS a", "WHERE n > 5", "4:7: n is a result of minutes", "group and filter by its keys: region, status"),
      ("sum(n) FILTER (WHERE users > 5) AS a", "", "2:29: users of minutes belongs to its rows", "its keys: region"),
      (
        "sum(n) AS a", "WHERE extract(hour FROM window_start) = 5",
        "4:25: window_start of minutes stands in the window",
        "tumble(window_start"
      ),
      ("sum(n) AS a", "WHERE updated_at IS NULL", "4:7: updated_at of minutes belongs to its rows", "its keys"),
      ("sum(m) AS a", "", "2:12: minutes has no column m", ""),
      (
        "sum(n) AS a", "GROUP BY tumble(\"timestamp\", INTERVAL '1 hour')",
        "4:17: the window must be over window_start of the rows", "tumble(window_start"
      ),
    ])
  func refusals(_ items: String, _ rest: String, _ message: String, _ hint: String) {
    let first =
      items.contains("speed")
      ? Self.minutes.replacing(", stddev(download.speed_mbps) AS spread", with: "")
        .replacing("approx_count_distinct(\"user\".user_id) AS users,", with: "") : Self.minutes
    let description = refusal(Self.hours(items, rest), over: first)
    #expect(description.hasPrefix("1.sql:\(message)"), "\(description)")
    #expect(description.contains(hint), "\(description)")
  }

  @Test(
    "an aggregate that cannot feed another is refused in FROM",
    arguments: [
      (simple.replacing("tumble(\"timestamp\",", with: "hop(\"timestamp\", INTERVAL '1 minute',"), "", ""),
      (simple.replacing("region;", with: "region HAVING count(*) > 5;"), "", "minutes has HAVING"),
      (
        simple.replacing("minutes AS", with: "minutes WITH (late = 'drop') AS"), "", "minutes does not take late events"
      ),
      (simple, "WITH (late = 'drop')", "what is late is decided by minutes"),
    ])
  func firsts(_ first: String, _ options: String, _ message: String) {
    let isOverlapping = first.contains("hop(")
    let first = isOverlapping ? first.replacing("INTERVAL '1 minute')", with: "INTERVAL '2 minutes')") : first
    let description = refusal(Self.hours("sum(n) AS n", with: options), over: first)
    #expect(
      description.contains(isOverlapping ? "1.sql:3:6: an event is in several rows of minutes" : message),
      "\(description)")
  }

  @Test(
    "circles are refused once, in the last of their files; what reads them is not judged, nor what reads a wrong one")
  func circles() throws {
    let files = [
      Self.hours("sum(n) AS n", from: "days"),
      "CREATE MATERIALIZED VIEW days AS SELECT sum(n) AS n FROM hours GROUP BY tumble(window_start, INTERVAL '1 day')",
      "CREATE MATERIALIZED VIEW weeks AS SELECT sum(n) AS n FROM days GROUP BY tumble(window_start, INTERVAL '7 days')",
      "CREATE MATERIALIZED VIEW own AS SELECT sum(n) AS n FROM own GROUP BY tumble(window_start, INTERVAL '7 days')",
      "CREATE MATERIALIZED VIEW wrong AS SELECT sum(x) AS n FROM content_downloads",
      "CREATE MATERIALIZED VIEW more AS SELECT sum(n) AS n FROM wrong GROUP BY tumble(window_start, INTERVAL '7 days')",
      "CREATE MATERIALIZED VIEW typo AS SELECT sum(n) AS n FROM day GROUP BY tumble(window_start, INTERVAL '7 days')",
    ].enumerated().map { SourceFile(path: "\($0).sql", text: $1) }
    let stream = SourceFile(
      path: "s.sql",
      text: """
        CREATE FOREIGN TABLE content_downloads (x integer, ts timestamptz)
        SERVER kafka OPTIONS (topic 't', format 'json', event_time 'ts')
        """)
    let planned = planStreams(parseStreams([stream]), fields: { _ in .empty }, aggregates: files)
    #expect(
      planned.errors.map(\.description) == [
        "1.sql:1:58: aggregates read one another in a circle: days → hours → days near \"hours\"\n"
          + "  hint: let one of them read a stream",
        "3.sql:1:57: the aggregate own reads itself near \"own\"\n  hint: let one of them read a stream",
        "4.sql:1:59: GROUP BY names no window of time near \"content_downloads\"\n"
          + "  hint: write GROUP BY tumble(ts, INTERVAL '1 minute'), …",
        "6.sql:1:58: there is no stream \"day\" near \"day\"\n  hint: the stream is content_downloads",
      ])
    #expect(
      planned.unjudged.map(\.description) == ["aggregate weeks, which needs days", "aggregate more, which needs wrong"])
  }
}
