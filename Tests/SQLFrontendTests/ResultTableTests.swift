import Dialects
import Events
import Plan
import SQLFrontend
import Testing

@Suite struct ResultTableTests {
  @Test("columns: keys, the window, results in the order of the SELECT, parts, the time of the update")
  func order() throws {
    let stream = try plan(
      select: "avg(content.size_gb) AS mean, \"user\".region, count(*) AS n", by: "\"user\".region")
    let table = ResultTable(stream.aggregates[0])
    #expect(
      table.columns.map(\.name) == [
        "region", "window_start", "window_end", "mean", "n", "mean_sum", "updated_at",
      ])
    #expect(table.identity == ["window_start", "region"])
    #expect(table.upsertParameterTypes == [.timestamptz, .text, .bigint, .doublePrecision])
    #expect(table.columns.allSatisfy { !$0.comment.isEmpty })
  }

  @Test("a key that can be NULL makes the constraint take NULLs for equal")
  func nullableKey() throws {
    let create = { (key: String) in
      try ResultTable(plan(select: "count(*) AS n", by: key).aggregates[0]).createStatements[0]
    }
    #expect(try create("download.error_code").contains("UNIQUE NULLS NOT DISTINCT (window_start, error_code)"))
    #expect(try create("download.status").contains("PRIMARY KEY (window_start, status)"))
  }

  @Test("each function merges in its own way, and NULL is the sum of nothing")
  func merging() throws {
    let stream = try plan(
      select: """
        count(*) AS c, sum(extra.big) AS s, min(extra.day) AS low, max(content.title COLLATE "C") AS "group"
        """)
    let upsert = ResultTable(stream.aggregates[0]).upsertStatement
    #expect(upsert.contains("c = t.c + excluded.c"))
    #expect(upsert.contains("s = COALESCE(t.s + excluded.s, t.s, excluded.s)"))
    #expect(upsert.contains("low = LEAST(t.low, excluded.low)"))
    #expect(upsert.contains("\"group\" = GREATEST(t.\"group\" COLLATE \"C\", excluded.\"group\" COLLATE \"C\")"))
    #expect(upsert.contains("ON CONFLICT (window_start) DO UPDATE"))
  }

  @Test("windows that overlap are stored as panes, below a view that reads like the definition")
  func overlapping() throws {
    let hop = "hop(\"timestamp\", INTERVAL '2 minutes', INTERVAL '5 minutes')"
    let stream = try plan(
      "CREATE MATERIALIZED VIEW x AS SELECT avg(content.size_gb) AS mean, count(*) AS n FROM content_downloads "
        + "GROUP BY \(hop), \"user\".region;")
    let aggregate = stream.aggregates[0]
    #expect(aggregate.window == .hop(slideMicroseconds: 120_000_000, sizeMicroseconds: 300_000_000))
    let table = ResultTable(aggregate)
    #expect(table.name == "x_state")
    #expect(table.columns.map(\.name) == ["region", "window_start", "window_end", "n", "mean_sum", "updated_at"])
    #expect(table.upsertStatement.contains("d.window_start + INTERVAL '60 seconds'"))
    let view = try #require(ResultView(aggregate))
    #expect(view.columns.map(\.name) == ["region", "window_start", "window_end", "mean", "n", "updated_at"])
    #expect(view.columns == aggregate.shownColumns)
    #expect(TableShape(aggregate, of: stream).description.contains("window: hop 120 seconds of 300 seconds"))
    let plain = try plan(select: "count(*) AS n").aggregates[0]
    #expect(ResultView(plain) == nil && plain.shownColumns == ResultTable(plain).columns)
  }

  @Test("a state table takes no name that another aggregate has, in whichever order")
  func stateNames() throws {
    let definition = { (name: String, window: String) in
      SourceFile(
        path: "\(name).sql",
        text: "CREATE MATERIALIZED VIEW \(name) AS SELECT count(*) AS n FROM content_downloads GROUP BY \(window);")
    }
    let hop = definition("x", "hop(\"timestamp\", INTERVAL '1 minute', INTERVAL '5 minutes')")
    let table = definition("x_state", "tumble(\"timestamp\", INTERVAL '1 minute')")
    #expect(
      errors { try plan([hop, table]) }.map(\.description) == [
        """
        x_state.sql:1:26: the rows of x, of x.sql, are stored in a table x_state near "x_state"
          hint: give one of them another name
        """
      ])
    #expect(
      errors { try plan([table, hop]) }.map(\.description) == [
        """
        x.sql:1:26: the rows of x would be stored in a table x_state, which x_state.sql defines near "x"
          hint: give one of them another name
        """
      ])
  }

  private func shape(_ items: String, where filter: String? = nil, by keys: String? = nil) throws -> TableShape {
    let stream = try plan(select: items, where: filter, by: keys)
    return TableShape(stream.aggregates[0], of: stream)
  }

  @Test(
    "a change of what rows mean is told",
    arguments: [
      ("count(*) AS n", "extra.flag", nil, "filter is new (extra.flag)"),
      ("count(*) AS n, sum(extra.big) AS s", nil, nil, "column s is new (numeric from sum(extra.big))"),
      (
        "count(extra.flag) AS n", nil, nil,
        "column n was bigint from count(*), now is bigint from count(extra.flag)"
      ),
      ("count(*) AS m", nil, nil, "column m is new (bigint from count(*)); column n is gone (bigint from count(*))"),
      ("count(*) AS n", nil, "\"user\".region", "key region is new (text NOT NULL from \"user\".region)"),
    ] as [(String, String?, String?, String)])
  func incompatible(_ items: String, _ filter: String?, _ keys: String?, _ message: String) throws {
    let stored = try shape("count(*) AS n")
    #expect(TableShape.incompatibility(stored: stored, planned: try shape(items, where: filter, by: keys)) == message)
  }

  @Test("comments, order and options may change, and a shape survives being stored")
  func compatible() throws {
    let before = try shape("count(*) AS n, sum(extra.big) AS s", where: "content.title = E'a\\nb: c'")
    let after = try shape("-- New.\nsum(extra.big) AS s, count(*) AS n", where: "content.title = E'a\\nb: c'")
    #expect(TableShape.incompatibility(stored: TableShape(description: before.description), planned: after) == nil)
    #expect(before.description == after.description)
  }

  @Test("the numbers of columns are no part of the shape")
  func columnNumbers() throws {
    let alone = try shape("sum(extra.big) AS s")
    let stream = try plan([
      SourceFile(
        path: "a.sql",
        text: """
          CREATE MATERIALIZED VIEW y AS SELECT sum(extra.price) AS s FROM content_downloads
          GROUP BY tumble("timestamp", INTERVAL '1 minute');
          """),
      SourceFile(
        path: "b.sql",
        text: """
          CREATE MATERIALIZED VIEW x AS SELECT sum(extra.big) AS s FROM content_downloads
          GROUP BY tumble("timestamp", INTERVAL '1 minute');
          """),
    ])
    #expect(TableShape(stream.aggregates[1], of: stream) == alone)
  }
}
