import Dialects
import Events
import Plan
import SQLFrontend
import Testing

/// Arrays in definitions, and UNNEST in FROM.
@Suite struct UnnestTests {
  private static let stream = """
    CREATE FOREIGN TABLE orders (ts timestamptz NOT NULL, g integer, tags text[], sizes bigint[], items jsonb,
      parts jsonb[] NOT NULL, value integer)
    SERVER kafka OPTIONS (topic 'orders', format 'json', event_time 'ts');
    """

  private func planned(_ select: String) throws -> StreamPlan {
    try planStream(
      parseStream(SourceFile(path: "s.sql", text: Self.stream)),
      aggregates: [
        SourceFile(
          path: "x.sql",
          text: "CREATE MATERIALIZED VIEW x AS\n\(select)\nGROUP BY tumble(ts, INTERVAL '1 minute');")
      ], fields: .empty)
  }

  @Test(
    "an expression over arrays has its type",
    arguments: [
      ("max(sizes[1])", "sizes[1]", .bigint), ("sum(cardinality(tags))", "cardinality(tags)", .bigint),
      ("max((parts[1] ->> 'a') COLLATE \"C\")", "parts[1] ->> 'a'", .text),
      ("max(sizes[g + 1])", "sizes[g + 1]", .bigint), ("max(array_length(tags, 1))", "array_length(tags, 1)", .integer),
      ("max((orders.sizes)[2])", "sizes[2]", .bigint), ("count(tags)", "tags", .bigint),
      ("bool_or('x' = ANY (tags))", "'x' = ANY (tags)", .boolean),
      ("bool_or(g <> ALL (sizes))", "NOT (g = ANY (sizes))", .boolean),
    ] as [(String, String, SQLType)])
  func expressions(_ call: String, _ argument: String, _ type: SQLType) throws {
    let plan = try planned("SELECT \(call) AS n FROM orders")
    let accumulator = plan.aggregates[0].accumulators[0]
    #expect(accumulator.argument?.sql { plan.columns[$0].path[0] } == argument)
    #expect(accumulator.type == type)
  }

  @Test(
    "an element has the name that FROM gives it",
    arguments: [
      ("UNNEST(tags) AS tag", "tag = 'a'"), ("unnest(orders.tags) tag", "tag.tag = 'a'"),
      ("LATERAL UNNEST(tags) AS t (tag)", "tag = t.tag"), ("UNNEST(tags)", "unnest = 'a'"),
      ("jsonb_array_elements(items) AS item", "item ->> 'a' = 'b'"),
      ("jsonb_array_elements(items -> 'x') AS item", "item.value ->> 'a' = 'b'"),
      ("jsonb_array_elements_text(items) AS item", "item = 'b'"),
      ("UNNEST(parts) AS part", "(part ->> 'n')::integer = g"),
    ])
  func names(_ call: String, _ condition: String) throws {
    for from in ["orders, \(call)", "orders CROSS JOIN \(call)"] {
      let plan = try planned("SELECT count(*) AS n FROM \(from) WHERE \(condition)")
      let aggregate = try #require(plan.aggregates.first)
      #expect(aggregate.unnest != nil)
      #expect(aggregate.filter?.readsElement == true)
      #expect(aggregate.select.whole.contains(call))
    }
  }

  @Test("what rows are made of is part of what a table means")
  func shape() throws {
    let plan = try planned("SELECT count(*) AS n FROM orders, UNNEST(tags) AS tag")
    let shape = TableShape(plan.aggregates[0], of: plan)
    #expect(shape.meaning(of: "rows of") == "unnest(tags) as tag")
    let other = try planned("SELECT count(*) AS n FROM orders, UNNEST(sizes) AS tag")
    let changes = TableShape.changes(stored: shape, planned: TableShape(other.aggregates[0], of: other))
    #expect(changes == ["rows of was unnest(tags) as tag, now is unnest(sizes) as tag"])
  }

  @Test("the batch reads the definition's own FROM behind the table of events")
  func batch() throws {
    let plan = try planned("SELECT count(*) AS n FROM orders CROSS JOIN UNNEST(tags) AS tag WHERE tag <> ''")
    let text = try BatchSelect(plan.aggregates[0], of: plan, events: "events").text
    #expect(text.contains("AS orders CROSS JOIN UNNEST(tags) AS tag WHERE tag <> ''"))
  }

  @Test(
    "what cannot be is refused with its place and what to write",
    arguments: [
      (
        "SELECT count(*) AS n FROM orders, UNNEST(tags) AS a, UNNEST(sizes) AS b",
        "2:54 a definition makes rows of one array"
      ),
      (
        "SELECT count(*) AS n FROM UNNEST(tags) AS a, orders",
        "2:27 the stream stands in front of what is made of its events"
      ),
      (
        "SELECT count(*) AS n FROM orders, UNNEST(tags) WITH ORDINALITY AS a (b, c)",
        "2:35 WITH ORDINALITY is not supported"
      ),
      ("SELECT count(*) AS n FROM orders, ROWS FROM (UNNEST(tags)) AS a", "2:46 ROWS FROM is not supported"),
      (
        "SELECT count(*) AS n FROM orders LEFT JOIN UNNEST(tags) AS a ON true",
        "2:44 an array is joined by CROSS JOIN: an event without elements has no row"
      ),
      (
        "SELECT count(*) AS n FROM orders JOIN UNNEST(tags) AS a ON a = 'x'",
        "2:39 an array is joined by CROSS JOIN: an event without elements has no row"
      ),
      (
        "SELECT count(*) AS n FROM orders, UNNEST(tags) AS a JOIN t ON t.id = a",
        "2:35 a table that is joined with the array alone: its condition cannot name the stream"
      ),
      ("SELECT count(*) AS n FROM orders, UNNEST(tags, sizes) AS a", "2:35 unnest takes one array here"),
      ("SELECT count(*) AS n FROM orders, UNNEST(items) AS a", "2:42 UNNEST takes an array, not jsonb"),
      ("SELECT count(*) AS n FROM orders, UNNEST(g) AS a", "2:42 unnest takes an array, not integer"),
      (
        "SELECT count(*) AS n FROM orders, jsonb_array_elements(tags) AS a",
        "2:56 jsonb_array_elements takes jsonb, not an array"
      ),
      (
        "SELECT count(*) AS n FROM orders, jsonb_each(items) AS a",
        "2:35 jsonb_each(…) is not supported in FROM: rows are made of arrays"
      ),
      (
        "SELECT count(*) AS n FROM orders, json_array_elements(items) AS a",
        "2:35 json_array_elements(…) is not supported in FROM: rows are made of arrays"
      ),
      (
        "SELECT count(*) AS n FROM orders, UNNEST(tags) AS g",
        "2:35 the stream has g already: an element needs a name of its own"
      ),
      (
        "SELECT count(*) AS n FROM orders, UNNEST(tags) AS orders",
        "2:35 the stream has orders already: an element needs a name of its own"
      ),
      ("SELECT count(*) AS n FROM orders, UNNEST(nothing) AS a", "2:42 the stream has no column nothing"),
      ("SELECT count(*) AS n FROM orders, UNNEST(tags) AS a (b, c)", "2:35 an element is one column"),
      (
        "SELECT count(*) AS n FROM orders, UNNEST(parts) AS part WHERE part.sku = 'a'",
        "2:63 part.sku is not there: an element is jsonb"
      ),
      (
        "SELECT count(*) AS n FROM orders, UNNEST(tags) AS tag WHERE tag.x = 'a'",
        "2:61 tag.x is not there: an element is text"
      ),
      (
        "SELECT count(*) AS n FROM orders, LATERAL (SELECT 1) AS a",
        "2:22 a definition reads one stream: subqueries, functions and other relations in FROM are not supported"
      ),
      ("SELECT unnest(tags) AS tag, count(*) AS n FROM orders", "2:8 there is no function unnest"),
      ("SELECT count(*) AS n FROM orders WHERE tags = tags", "2:45 = does not take arrays"),
      (
        "SELECT count(*) AS n FROM orders WHERE items[1] IS NULL",
        "2:40 [] of jsonb and integer is not supported for events"
      ),
      ("SELECT count(*) AS n FROM orders WHERE tags[1:2] IS NULL", "2:40 slices of arrays are not supported"),
      (
        "SELECT count(*) AS n FROM orders WHERE tags[1][2] IS NULL",
        "2:40 nothing may stand behind an element: arrays have one dimension here"
      ),
      (
        "SELECT approx_count_distinct(tags) AS n FROM orders",
        "2:8 approx_count_distinct takes a value of any type but bytea and jsonb, not text[]"
      ),
      ("SELECT count(*) AS n FROM orders WHERE 1 < ANY (sizes)", "2:42 < ANY of a column is not supported"),
      (
        "SELECT count(*) AS n FROM orders WHERE g::text = ANY (sizes)",
        "2:41 = ANY takes a value and an array of its type, not text and bigint[]"
      ),
      ("SELECT max(tags) AS n FROM orders", "2:8 max takes a number, a time, a uuid or text, not text[]"),
    ])
  func refused(_ select: String, _ expected: String) {
    let errors = errors { try planned(select) }
    #expect(errors.first.map { "\($0.line):\($0.column) \($0.message)" } == expected)
    #expect(errors.allSatisfy { $0.hint != nil || $0.message.hasSuffix("one column") })
  }

  @Test("an array is no key, an element is")
  func keys() throws {
    let text = { (key: String) in
      """
      CREATE MATERIALIZED VIEW x AS SELECT count(*) AS n FROM orders, UNNEST(tags) AS tag
      GROUP BY tumble(ts, INTERVAL '1 minute'), \(key);
      """
    }
    let stream = try parseStream(SourceFile(path: "s.sql", text: Self.stream))
    let found = errors {
      try planStream(stream, aggregates: [SourceFile(path: "x.sql", text: text("tags"))], fields: .empty)
    }
    #expect(found.map(\.message) == ["a key cannot be an array"])
    let plan = try planStream(stream, aggregates: [SourceFile(path: "x.sql", text: text("tag"))], fields: .empty)
    #expect(plan.aggregates[0].keys.map(\.name) == ["tag"])
    #expect(plan.aggregates[0].keys[0].type == .text && plan.aggregates[0].keys[0].isNullable)
  }
}
