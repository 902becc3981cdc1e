import Dialects
import Events
import Plan
import SQLFrontend
import SystemTimeZones
import Testing

@Suite struct AggregateTests {
  /// The expressions of the table's generated columns.
  private func generated(_ plan: AggregatePlan) -> [String] {
    ResultTable(plan).columns.compactMap { column in
      if case .generated(let sql) = column.role { sql } else { nil }
    }
  }

  @Test(
    "a stored result has the type that Postgres gives the function",
    arguments: [
      ("count(*)", SQLType.bigint), ("count(extra.tags)", .bigint), ("sum(download.duration_seconds)", .bigint),
      ("sum(extra.big)", .numeric(scale: 0)), ("sum(extra.price)", .numeric(scale: 2)),
      ("sum(content.size_gb)", .doublePrecision), ("min(extra.price)", .numeric(scale: 2)),
      ("max(\"timestamp\")", .timestamptz), ("min(extra.day)", .date),
      ("max(content.title COLLATE \"C\")", .text),
    ])
  func storedTypes(_ call: String, _ type: SQLType) throws {
    let plan = try plan(select: "\(call) AS x").aggregates[0]
    #expect(plan.outputs.map(\.source) == [.accumulator(0)])
    #expect(plan.accumulators.map(\.type) == [type])
    #expect(plan.accumulators[0].comment.isEmpty)
  }

  @Test(
    "a mean is computed from its sum and its count",
    arguments: [
      (
        "avg(download.duration_seconds)", SQLType.bigint, SQLType.numeric(scale: 0),
        "x_sum::numeric / NULLIF(x_count, 0)::numeric"
      ),
      ("avg(extra.big)", .numeric(scale: 0), .numeric(scale: 0), "x_sum::numeric / NULLIF(x_count, 0)::numeric"),
      ("avg(extra.price)", .numeric(scale: 2), .numeric(scale: 0), "x_sum::numeric / NULLIF(x_count, 0)::numeric"),
      ("avg(content.size_gb)", .doublePrecision, .doublePrecision, "x_sum / NULLIF(x_count, 0)::double precision"),
    ])
  func means(_ call: String, _ sum: SQLType, _ result: SQLType, _ sql: String) throws {
    let plan = try plan(select: "\(call) FILTER (WHERE extra.flag) AS x").aggregates[0]
    #expect(generated(plan) == [sql])
    #expect(ResultTable(plan).columns.first { $0.name == "x" }?.type == result)
    #expect(plan.accumulators.map(\.function) == [.sum, .count])
    #expect(plan.accumulators.map(\.column) == ["x_sum", "x_count"])
    #expect(plan.accumulators.map(\.type) == [sum, .bigint])
    #expect(plan.accumulators.allSatisfy { $0.filter != nil && $0.comment.hasPrefix("Part of x:") })
  }

  @Test(
    "an expression over aggregates is computed from stored columns",
    arguments: [
      ("count(*) + 1", "x_count + 1::bigint", SQLType.bigint),
      (
        "sum(extra.big) / NULLIF(count(extra.flag), 0)",
        "x_sum / (CASE WHEN x_count = 0::bigint THEN NULL::bigint ELSE x_count END)::numeric", .numeric(scale: 0)
      ),
      ("sum(content.size_gb) / count(*)", "x_sum / x_count::double precision", .doublePrecision),
      (
        "count(extra.flag)::double precision / count(*)",
        "x_count::double precision / x_count_2::double precision", .doublePrecision
      ),
      ("COALESCE(sum(download.duration_seconds), 0)", "COALESCE(x_sum, 0::bigint)", .bigint),
      (
        "100 * avg(content.size_gb)",
        "'100.0'::double precision * (x_sum / NULLIF(x_count, 0)::double precision)", .doublePrecision
      ),
      (
        "CASE WHEN count(*) > 10 THEN 'many' ELSE 'few' END",
        "CASE WHEN x_count > 10::bigint THEN 'many' ELSE 'few' END",
        .text
      ),
      ("count(*)::text", "x_count::text", .text),
    ])
  func derived(_ expression: String, _ sql: String, _ type: SQLType) throws {
    let plan = try plan(select: "\(expression) AS x").aggregates[0]
    #expect(generated(plan) == [sql])
    #expect(ResultTable(plan).columns.first { $0.name == "x" }?.type == type)
  }

  @Test(
    "a computed result that can leave its type's range is NULL there, and others are as they are written",
    arguments: [
      ("sum(extra.big) - max(extra.big)", false), ("max(download.duration_seconds)::bigint * 1000", false),
      ("sum(content.size_gb) * sum(content.size_gb)", false), ("avg(content.size_gb) / 2", false),
      ("sum(download.duration_seconds) / count(*)", false), ("count(*) * 1000000", true),
      ("max(extra.big) - min(extra.big)", true), ("max(extra.big) + 1", true), ("- min(extra.big)", true),
      ("max(content.size_gb) * 2", true), ("max(content.size_gb) - 1", true),
      ("sum(content.size_gb) * sum(content.size_gb) * sum(content.size_gb)", true),
      ("min(extra.big) / NULLIF(max(extra.big), 0)", true), ("min(extra.big) / count(*)", false),
    ])
  func safeResults(_ expression: String, _ isGuarded: Bool) throws {
    let output = try #require(try plan(select: "\(expression) AS x").aggregates[0].outputs.first)
    guard case .derived(let derived) = output.source else {
      Issue.record("\(expression) is not computed")
      return
    }
    #expect((derived.safeExpression != derived.expression) == isGuarded, "\(derived.safeExpression)")
  }

  @Test("equal accumulators are stored once, whatever the order of the SELECT list")
  func sharing() throws {
    let plan = try plan(
      select: """
        avg(content.size_gb) AS mean, avg(content.size_gb) * 2 AS twice, count(content.size_gb) AS n,
        sum(content.size_gb) FILTER (WHERE extra.flag) AS flagged
        """
    ).aggregates[0]
    #expect(plan.accumulators.map(\.column) == ["n", "flagged", "mean_sum"])
    #expect(
      generated(plan) == [
        "mean_sum / NULLIF(n, 0)::double precision",
        "(mean_sum / NULLIF(n, 0)::double precision) * '2.0'::double precision",
      ])
  }

  @Test("two plain results of the same function keep a column each")
  func repeated() throws {
    let plan = try plan(select: "count(*) AS a, count(*) AS b").aggregates[0]
    #expect(plan.accumulators.map(\.column) == ["a", "b"])
    #expect(plan.outputs.map(\.source) == [.accumulator(0), .accumulator(1)])
  }

  @Test("names are those that Postgres gives columns without AS")
  func names() throws {
    let plan = try plan(select: "count(*), sum(extra.big), \"user\".region", by: "\"user\".region").aggregates[0]
    #expect(plan.outputs.map(\.name) == ["count", "sum", "region"])
  }

  @Test("keys come in the order of the SELECT list; those that it lacks come last, named after their field")
  func keys() throws {
    let stream = try plan(
      select: "download.error_code AS code, count(*) AS n, \"user\".region",
      by: "content.type, \"user\".region, download.error_code")
    let plan = stream.aggregates[0]
    #expect(plan.keys.map(\.name) == ["code", "region", "type"])
    #expect(plan.keys.map(\.isNullable) == [true, false, false])
    #expect(plan.outputs.map(\.source) == [.key(0), .accumulator(0), .key(1)])
  }

  @Test("a key may be an expression, and GROUP BY may name it by position or alias")
  func keyExpressions() throws {
    let items = "CASE WHEN content.size_gb > 10 THEN 'big' ELSE 'small' END AS class, count(*) AS n"
    for key in ["1", "class", "CASE WHEN content.size_gb > 10 THEN 'big' ELSE 'small' END"] {
      let plan = try plan(select: items, by: key).aggregates[0]
      #expect(plan.keys.map(\.name) == ["class"])
      #expect(plan.keys.map(\.type) == [.text])
      #expect(!plan.keys[0].isNullable)
    }
  }

  @Test("a window's size may be of a calendar, and of a time zone's")
  func calendarWindows() throws {
    let window = { (arguments: String) in
      try plan(
        "CREATE MATERIALIZED VIEW x AS SELECT count(*) AS n FROM content_downloads "
          + "GROUP BY tumble(\"timestamp\", \(arguments));"
      ).aggregates[0].window
    }
    let berlin = try #require(ZoneDatabase.rules(named: "Europe/Berlin"))
    #expect(try window("INTERVAL '1 month'") == .calendar(CalendarWindows(length: .months(1), zone: nil)))
    #expect(try window("INTERVAL '1 year 6 mons'") == .calendar(CalendarWindows(length: .months(18), zone: nil)))
    #expect(
      try window("INTERVAL '1 year', 'Europe/Berlin'") == .calendar(CalendarWindows(length: .months(12), zone: berlin)))
    #expect(
      try window("INTERVAL '1 week', 'Europe/Berlin'") == .calendar(CalendarWindows(length: .days(7), zone: berlin)))
    #expect(try window("INTERVAL '1 month', 'UTC'") == .calendar(CalendarWindows(length: .months(1), zone: nil)))
    // Days of UTC are all equally long.
    #expect(try window("INTERVAL '1 day', 'UTC'") == .tumble(sizeMicroseconds: 86_400_000_000))
    #expect(try window("INTERVAL '1.5 days'") == .tumble(sizeMicroseconds: 129_600_000_000))
  }

  @Test("the window may be selected under any name, and grouped by its alias")
  func window() throws {
    let tumble = "tumble(\"timestamp\", INTERVAL '5 minutes')"
    let stream = try plan(
      "CREATE MATERIALIZED VIEW x AS SELECT \(tumble) AS slot, count(*) AS n FROM content_downloads GROUP BY slot;")
    #expect(stream.aggregates[0].window == .tumble(sizeMicroseconds: 300_000_000))
    #expect(stream.aggregates[0].outputs[0] == OutputColumn(name: "slot", source: .windowStart, comment: tumble))
    let plain = try plan(select: "tumble(\"timestamp\", INTERVAL '1 minute') AS window_start, count(*) AS n")
    #expect(ResultTable(plain.aggregates[0]).columns.map(\.name) == ["window_start", "window_end", "n", "updated_at"])
  }

  @Test("a result may use a key")
  func keyInResult() throws {
    let plan = try plan(
      select: "\"user\".region, CASE WHEN \"user\".region = 'x' THEN count(*) ELSE 0 END AS n", by: "\"user\".region"
    ).aggregates[0]
    #expect(generated(plan) == ["CASE WHEN region = 'x' THEN n_count ELSE 0::bigint END"])
    #expect(ResultTable(plan).columns.first { $0.name == "n" }?.type == .bigint)
  }

  @Test("comments: the one above the item, else the field's, else the expression; none from behind another item")
  func comments() throws {
    let plan = try plan(
      """
      -- What the table is.
      -- Grain: region.

      -- Not part of it.
      CREATE MATERIALIZED VIEW x AS
      SELECT "user".region, -- behind the key
             count(*) AS a,
             -- Two lines
             -- of comment.
             count(*) + 1 AS b, -- behind b
             content.title,
             count(*)   FILTER (WHERE extra.flag) AS c
      FROM content_downloads
      GROUP BY tumble("timestamp", INTERVAL '1 minute'), "user".region, content.title -- end
      ; -- after
      """
    ).aggregates[0]
    #expect(plan.comment == "What the table is.\nGrain: region.")
    #expect(
      plan.outputs.map(\.comment) == [
        "Country and region, e.g. US-California.", "count(*)", "Two lines of comment.", "content.title",
        "count(*) FILTER (WHERE extra.flag)",
      ])
    #expect(plan.select.text.hasPrefix("SELECT \"user\".region, -- behind the key"))
    #expect(plan.select.text.hasSuffix("\"user\".region, content.title"))
  }

  @Test(
    "options are read in Postgres' interval syntax",
    arguments: [
      ("5 seconds", 5_000_000), ("1 minute 30 seconds", 90_000_000), ("00:05:00", 300_000_000),
      ("1 day 02:00", 93_600_000_000), ("2 hours", 7_200_000_000), ("7 days", 604_800_000_000),
      ("1.5 seconds", 1_500_000), ("250ms", 250_000), ("1 week", 604_800_000_000), ("30", 30_000_000),
      ("0 seconds", 0),
    ] as [(String, Int64)])
  func intervals(_ text: String, _ microseconds: Int64) throws {
    let stream = try plan(
      """
      CREATE MATERIALIZED VIEW x WITH (allowed_lateness = '\(text)', late = 'drop') AS
      SELECT count(*) AS n FROM content_downloads GROUP BY tumble("timestamp", INTERVAL '1 minute');
      """)
    #expect(stream.aggregates[0].allowedLatenessMicroseconds == microseconds)
    #expect(stream.aggregates[0].latePolicy == .drop)
    #expect(stream.aggregates[0].retentionMicroseconds == nil)
  }

  @Test("the errors of all files are reported together")
  func allFiles() {
    let bad = { (path: String) in
      SourceFile(path: path, text: "CREATE MATERIALIZED VIEW x AS SELECT 1 FROM content_downloads;")
    }
    let errors = errors { try plan([bad("a.sql"), bad("b.sql")]) }
    #expect(Set(errors.map(\.path)) == ["a.sql", "b.sql"])
  }

  @Test("two files cannot define one table")
  func duplicates() throws {
    let text = """
      CREATE MATERIALIZED VIEW x AS SELECT count(*) AS n FROM content_downloads
      GROUP BY tumble("timestamp", INTERVAL '1 minute');
      """
    let errors = errors { try plan([SourceFile(path: "a.sql", text: text), SourceFile(path: "b.sql", text: text)]) }
    #expect(
      errors.map(\.description) == ["b.sql:1:26: a.sql defines x already near \"x\"\n  hint: give it another name"])
  }

  @Test(
    "the event time must be a field of type timestamp with time zone: the error is at the stream's own option",
    arguments: [
      ("nothing", "s.sql:3:3: event_time names nothing, which the schema does not have near \"event_time\""),
      ("timestmp", "s.sql:3:3: event_time names timestmp, which the schema does not have near \"event_time\""),
      ("extra.day", "s.sql:3:3: event_time names extra.day, which is date near \"event_time\""),
    ])
  func eventTime(_ path: String, _ error: String) throws {
    let stream = try downloads(eventTime: path)
    // The aggregate groups by the right name: it is not judged, and not blamed.
    let aggregate = SourceFile(
      path: "x.sql",
      text: """
        CREATE MATERIALIZED VIEW x AS SELECT count(*) AS n FROM content_downloads
        GROUP BY tumble("timestamp", INTERVAL '1 minute');
        """)
    let errors = errors { try plan([aggregate], of: stream) }
    #expect(errors.map { $0.description.split(separator: "\n").first.map(String.init) } == [error])
  }

  @Test("a file with a zero byte is refused, not cut off")
  func zeroByte() {
    let errors = errors { try plan("CREATE MATERIALIZED VIEW x AS SELECT 1\u{0}") }
    #expect(errors.map(\.message) == ["the file contains a zero byte"])
  }
}
