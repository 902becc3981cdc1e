import Events
import Project
import Testing

@testable import Audit
@testable import ProcessingTestSupport

/// Rows of arrays, all the way: from the topic to tables, ledger and dead letters, and back by Postgres alone.
@Suite(.serialized) struct UnnestRecountTests {
  @Test("the ledger counts events and the rows that they become; a recount finds every row")
  func json() throws {
    let scratch = try ScratchProject()
    let load = try Load()
    scratch.removeDefinitions()
    try scratch.write(
      "sql/streams/orders.sql",
      """
      CREATE FOREIGN TABLE orders (
        shop text, tags text[], prices numeric(8,2)[], moments timestamptz[] OPTIONS (unit 'milliseconds'),
        items jsonb[], payload jsonb, made timestamptz OPTIONS (unit 'milliseconds') NOT NULL
      ) SERVER kafka OPTIONS (topic 'elsewhere', format 'json', event_time 'made');
      """)
    try scratch.write(
      "sql/aggregates/by_tag.sql",
      """
      CREATE MATERIALIZED VIEW by_tag AS
      SELECT tag, shop, count(*) AS n, sum(prices[1]) AS firsts, max(cardinality(items)) AS most
      FROM orders, UNNEST(tags) AS tag WHERE tag <> 'none'
      GROUP BY tumble(made, INTERVAL '1 minute'), tag, shop;
      """)
    try scratch.write(
      "sql/aggregates/by_sku.sql",
      """
      CREATE MATERIALIZED VIEW by_sku AS
      SELECT item ->> 'sku' AS sku, count(*) AS n, sum((item ->> 'quantity')::integer) AS quantity
      FROM orders CROSS JOIN UNNEST(items) AS item
      GROUP BY hop(made, INTERVAL '1 minute', INTERVAL '2 minutes'), item ->> 'sku';
      """)
    try scratch.write(
      "sql/aggregates/payloads.sql",
      """
      CREATE MATERIALIZED VIEW payloads AS
      SELECT x, count(*) AS n, max(moments[2]) AS second FROM orders, jsonb_array_elements_text(payload -> 'x') AS x
      WHERE jsonb_typeof(payload -> 'x') = 'array' GROUP BY tumble(made, INTERVAL '1 minute'), x;
      """)
    let words = ["\"a\"", "\"b\\\"{,\"", "null", "\"\"", "\"none\""]
    for index in 0..<300 {
      let tags = (0..<index % 4).map { words[(index / 4 + $0) % 5] }.joined(separator: ", ")
      let items = (0..<index % 3).map { "{\"sku\": \"s\($0)\", \"quantity\": \(index % 50 == 7 ? "\"x\"" : "2")}" }
      let document = """
        {"shop": "s\(index % 3)", "tags": \(index % 7 == 0 ? "null" : "[\(tags)]"), "prices": [\(index % 9).125, null],
         "moments": [0, \(index)], "items": [\(items.joined(separator: ","))],
         "payload": {"x": \(index % 5 == 0 ? "{}" : "[1, \"\\u00e9\", null, [\(index % 2)]]")},
         "made": \(Download.start + Int64(index % 180) * 1000)}
        """
      try load.send(bytes: Array(document.utf8), to: Int32(index % 3), timestamp: Download.start)
    }
    try load.settle()
    let bench = try Bench(project: try Project(folder: scratch.folder))
    try bench.process(300, of: load)
    // Of every fiftieth order an item has no number: those with an item are no events.
    #expect(
      try bench.rows("SELECT code, count(*), min(reason) LIKE '%in element 1 of items' FROM dead_letters GROUP BY 1")
        == ["INVALID_TEXT_REPRESENTATION 4 t"])
    for (table, name) in [("by_tag", "by_tag"), ("by_sku_state", "by_sku"), ("payloads", "payloads")] {
      let ledger = try bench.rows("SELECT sum(rows) FROM pulse.ledger_counts WHERE aggregate = '\(name)'")
      #expect(try bench.rows("SELECT sum(n) FROM \(table)") == ledger)
    }
    #expect(
      try bench.rows(
        """
        SELECT DISTINCT sum(l.consumed) = sum(c.aggregated + c.filtered + c.late + c.dead + l.dead)
        FROM pulse.ledger AS l JOIN pulse.ledger_counts AS c USING (stream, cluster, topic, partition, first_offset)
        GROUP BY c.aggregate
        """) == ["t"])
    let report = try bench.recount(load)
    #expect(report.holds, "\(report)")
    #expect(report.aggregates.flatMap(\.skipped) == [])
    #expect(try bench.verify().checks.flatMap(\.violations) == [])
    try bench.connection.execute("UPDATE by_tag SET n = n + 1 WHERE tag = 'a' AND shop = 's1'")
    #expect(try bench.recount(load).aggregates.flatMap(\.differences).isEmpty == false)
    let violations = try bench.verify().checks.flatMap(\.violations)
    #expect(violations.count == 1 && violations[0].hasPrefix("by_tag: the ledger says"), "\(violations)")
    #expect(violations.first?.contains(" elements, the rows hold ") == true)
  }
}
