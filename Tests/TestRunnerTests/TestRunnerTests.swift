import Glibc
import Postgres
import Project
import TestThreads
import Testing

@testable import ProcessingTestSupport
@testable import TestRunner

@Suite(.blocking) struct TestRunnerTests {
  /// Two streams in JSON and CSV, an aggregate of each that treats late events in another way, an endpoint and an alert.
  private static func project(_ tests: [String: String]) throws -> ScratchProject {
    let project = try ScratchProject()
    project.removeDefinitions()
    _ = system("rm -rf '\(project.folder)/sql/tests' && mkdir '\(project.folder)/sql/tests'")
    try project.write(
      "sql/streams/orders.sql",
      """
      CREATE FOREIGN TABLE orders (
        shop text NOT NULL, amount numeric(12,2), at timestamptz OPTIONS (path 'meta.at') NOT NULL, note jsonb
      ) SERVER kafka OPTIONS (topic 'orders', format 'json', event_time 'at', out_of_orderness '5 seconds');
      """)
    try project.write(
      "sql/streams/visits.sql",
      """
      CREATE FOREIGN TABLE visits (path text, status integer) SERVER kafka OPTIONS (
        topic 'visits', format 'csv', event_time 'kafka.timestamp');
      """)
    try project.write(
      "sql/aggregates/sales.sql",
      """
      CREATE MATERIALIZED VIEW sales WITH (late = 'dead_letter') AS
      SELECT shop, count(*) AS n, sum(amount) AS total, avg(amount) AS mean
      FROM orders GROUP BY tumble(at, INTERVAL '1 minute'), shop;
      """)
    try project.write(
      "sql/aggregates/errors.sql",
      """
      CREATE MATERIALIZED VIEW errors WITH (retention = '1 hour') AS
      SELECT path, kafka.key AS client, count(*) FILTER (WHERE status >= 500) AS n
      FROM visits GROUP BY tumble(kafka.timestamp, INTERVAL '1 minute'), path, kafka.key;
      """)
    try project.write(
      "sql/endpoints/sales.sql",
      """
      -- name: GET /api/sales
      -- summary: Sales.
      -- param: minutes integer = 5 in 1..60
      -- returns: rows
      SELECT shop, sum(total) AS total FROM sales
      WHERE window_start >= now() - :minutes * INTERVAL '1 minute' GROUP BY shop ORDER BY shop;
      """)
    try project.write(
      "sql/alerts/many.sql",
      """
      -- name: MANY
      -- summary: Many.
      -- on: sales
      -- metric: n
      -- detector: threshold above WARNING 1
      -- message: {shop} has {value}
      SELECT shop, window_start, window_end, n AS value, n AS samples FROM sales;
      """)
    for (name, text) in tests { try project.write("sql/tests/\(name)", text) }
    return project
  }

  private static func run(_ tests: [String: String]) throws -> [TestOutcome] {
    let scratch = try project(tests)
    return try run(in: scratch.folder)
  }

  private static func run(in folder: String) throws -> [TestOutcome] {
    let review = try ProjectReview(folder: folder)
    let tests = try TestFolder(in: folder, of: review)
    try #require(tests.errors.isEmpty, "\(tests.errors)")
    let runner = try TestRunner(
      Project(folder: folder), database: TestCluster.makeDatabase())
    defer { runner.close() }
    return tests.tests.map { runner.run($0) }
  }

  private static let orders = """
    -- Orders.
    -- at: 2026-01-31 12:00:00Z
    -- events: orders
    -- {"shop": "a", "amount": 1.50, "meta": {"at": "2026-01-31T11:59:50Z"}}
    -- {"shop": "a", "amount": 2, "meta": {"at": "2026-01-31T11:59:51Z"}}
    -- {"shop": "b", "amount": null, "meta": {"at": "2026-01-31T12:00:00Z"}}

    """

  private func text(_ outcomes: [TestOutcome]) -> String {
    outcomes.flatMap(\.failures).map(\.text).joined(separator: "\n")
  }

  @Test("the shipped project's tests pass")
  func shipped() throws {
    let outcomes = try Self.run(in: repository)
    #expect(outcomes.map(\.test.name) == ["cdn_failure", "high_error_rate", "look_back", "no_data", "region_health"])
    #expect(text(outcomes) == "")
  }

  @Test("rows, alerts and answers are those of the engine at the test's time")
  func expectations() throws {
    let outcomes = try Self.run([
      "t.sql": Self.orders + """
        -- rows:
        SELECT shop, window_start, n, total, mean FROM sales ORDER BY shop;
        -- {"shop": "a", "window_start": "2026-01-31 11:59:00Z", "n": 2, "total": 3.5, "mean": 1.75}
        -- {"shop": "b", "n": 1, "total": null}
        -- alerts:
        -- get: /api/sales
        -- {"count": 2, "data": [{"shop": "a", "total": 3.50}, {"shop": "b"}]}
        -- at: 2026-01-31 12:00:20Z
        -- alerts:
        -- {"alert_type": "MANY", "message": "a has 2", "window_end": "2026-01-31T12:00:00Z"}
        -- get: /api/sales?minutes=0 400
        -- at: +1 hour
        -- alerts:
        -- get: /api/sales?minutes=60
        -- {"count": 0}
        -- rows:
        SELECT now() AS now, clock_timestamp() AS clock;
        -- {"now": "2026-01-31 13:00:20Z", "clock": "2026-01-31 13:00:20Z"}
        """
    ])
    #expect(text(outcomes) == "")
  }

  @Test("every test begins with empty tables, and late events become the dead letters that it expects")
  func isolation() throws {
    let late = """
      -- at: +2 minutes
      -- events: orders
      -- {"shop": "a", "meta": {"at": "2026-01-31T11:59:52Z"}}
      -- {"shop": null, "meta": {"at": "2026-01-31T12:02:00Z"}}
      -- dead_letters:
      -- {"code": "NOT_NULL_VIOLATION", "stream": "orders", "aggregate": null}
      -- {"code": "LATE", "aggregate": "sales", "window_start": "2026-01-31 11:59:00Z"}
      -- rows:
      SELECT sum(n) AS n FROM sales;
      -- {"n": 3}
      """
    let outcomes = try Self.run(["a.sql": Self.orders + late, "b.sql": Self.orders + late])
    #expect(outcomes.count == 2)
    #expect(text(outcomes) == "")
  }

  @Test("events of any format are JSON objects of the columns, and a record's key and time are its member kafka")
  func otherFormats() throws {
    let outcomes = try Self.run([
      "t.sql": """
      -- at: 2026-01-31 12:00:00Z
      -- events: visits
      -- {"path": "/", "status": 500, "kafka": {"key": "me", "timestamp": "2026-01-31 11:58:00+00"}}
      -- {"path": "/", "status": 200}
      -- rows:
      SELECT path, client, n, window_start FROM errors ORDER BY window_start;
      -- {"path": "/", "client": "me", "n": 1, "window_start": "2026-01-31 11:58:00Z"}
      -- {"path": "/", "client": null, "n": 0, "window_start": "2026-01-31 12:00:00Z"}
      -- at: +3 hours
      -- events: visits
      -- {"path": "/new", "status": 200}
      -- rows:
      SELECT path FROM errors;
      -- {"path": "/new"}
      """
    ])
    #expect(text(outcomes) == "")
  }

  @Test("what differs is shown row by row, with its place")
  func differences() throws {
    let outcomes = try Self.run([
      "t.sql": Self.orders + """
        -- rows:
        SELECT shop, n, total FROM sales ORDER BY shop;
        -- {"shop": "a", "n": 3}
        -- {"shop": "b", "n": 1}
        -- {"shop": "c"}
        -- get: /api/sales
        -- {"count": 3}
        -- get: /api/sales?minutes=x
        -- {}
        """,
      "u.sql": Self.orders + "-- rows:\nSELECT shop,\n  nothing FROM sales;\n",
      "v.sql": Self.orders + "-- at: 2026-01-31 11:00Z\n-- alerts:\n",
      "w.sql": Self.orders
        + "-- events: orders\n-- {\"meta\": {\"at\": \"2026-01-31T11:59:50Z\"}}\n-- rows:\nSELECT 1 AS one;\n-- {\"one\": 1}\n",
    ])
    let passed = outcomes.filter(\.passed).map(\.test.name)
    #expect(passed.isEmpty)
    #expect(
      outcomes[0].failures.map(\.text) == [
        """
        sql/tests/t.sql:7:4: the rows differ
            - {"shop": "a", "n": 3}
            + {"shop": "a", "n": 2}
              {"shop":"b","n":1,"total":null}
            - {"shop": "c"}
        """.replacing("{\"shop\":\"b\",\"n\":1,\"total\":null}", with: "{\"shop\": \"b\", \"n\": 1, \"total\": null}"),
        """
        sql/tests/t.sql:12:4: the answer differs
            - {"count": 3}
            + {"count": 2}
        """,
        "sql/tests/t.sql:14:4: the status is 400, expected 200: minutes must be an integer between 1 and 60, got \"x\"",
      ])
    #expect(outcomes[1].failures[0].text == "sql/tests/u.sql:9:3: column \"nothing\" does not exist")
    #expect(outcomes[2].failures[0].text == "sql/tests/v.sql:7:4: the clock cannot go back")
    #expect(outcomes[3].failures[0].message == "events became dead letters, and no step dead_letters expects them")
    #expect(outcomes[3].failures[0].lines.first?.contains("NOT_NULL_VIOLATION") == true)
    let report = junitReport(of: outcomes)
    #expect(report.contains("<testsuite name=\"streampulse\" tests=\"4\" failures=\"4\""))
    #expect(report.contains("- {&quot;shop&quot;: &quot;a&quot;, &quot;n&quot;: 3}\n"))
  }

  @Test("whole numbers are compared exactly, others but for their last digits")
  func numbers() {
    let matches = { JSONDifference.matches(.number($0), .number($1)) }
    #expect(!matches("10000000001", "10000000000"))
    #expect(matches("10000000000", "10000000000"))
    #expect(matches("0.30000000000000004", "0.3"))
    #expect(matches("3.0", "3"))
    #expect(!matches("3.1", "3"))
  }

  @Test("a clock that would go further than a time can is an error of the step")
  func endOfTime() throws {
    let outcomes = try Self.run([
      "t.sql": "-- at: 2026-01-31 12:00:00Z\n-- at: +106751991 days\n-- rows:\nSELECT 1 AS one;\n-- {\"one\": 1}\n"
    ])
    #expect(outcomes[0].failures[0].message == "no clock goes that far")
  }

  @Test("nothing is left in the database, neither by a run that was killed nor by a project that cannot be migrated")
  func leavesNothing() throws {
    let scratch = try Self.project([:])
    let database = try TestCluster.makeDatabase()
    let connection = try PostgresConnection(database)
    defer { connection.close() }
    try connection.execute(
      """
      CREATE SCHEMA streampulse_test_killed; CREATE SCHEMA streampulse_test_killed_pulse;
      COMMENT ON SCHEMA streampulse_test_killed IS 'Scratch of streampulse test, which drops it.';
      CREATE SCHEMA streampulse_test_eu; CREATE TABLE streampulse_test_eu.sales (); CREATE SCHEMA streampulse_tests
      """)
    let runner = try TestRunner(Project(folder: scratch.folder), database: database)
    runner.close()
    let wrong = try scratch.change("sql/endpoints/sales.sql", "s/FROM sales/FROM slaes/")
    let error = #expect(throws: (any Error).self) {
      try TestRunner(wrong, database: database)
    }
    #expect("\(error as Any)".contains("did you mean sales?"), "\(error as Any)")
    let left = try connection.query(
      """
      SELECT (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'streampulse%')
        + (SELECT count(*) FROM pg_roles WHERE rolname LIKE 'streampulse_reader_streampulse%')
      """)
    // Those of somebody else, of whatever name.
    #expect(left.integer(0, 0) == 2)
  }

  @Test("what a test names and the project does not have is refused with the nearest name")
  func unknownNames() throws {
    let scratch = try Self.project([
      "t.sql": """
      -- at: 2026-01-31 12:00:00Z
      -- events: order
      -- {"shop": "a"}
      -- events: orders
      -- {"shop": "a", "meta": {"att": 1}, "note": {"anything": 1}}
      -- get: /api/sale
      -- {}
      """
    ])
    let tests = try TestFolder(in: scratch.folder, of: ProjectReview(folder: scratch.folder))
    #expect(tests.tests.isEmpty)
    #expect(
      tests.errors.map(\.description) == [
        "sql/tests/t.sql:2:4: there is no stream order\n  hint: did you mean orders? streams are orders, visits",
        "sql/tests/t.sql:5:4: there is no column meta.att\n  hint: did you mean meta.at? columns are shop, amount, meta.at, note",
        "sql/tests/t.sql:6:4: there is no endpoint /api/sale\n  hint: did you mean /api/sales? endpoints are /api/sales",
      ])
  }

  @Test("a table of reference data has the rows that the test gives it, from then on")
  func references() throws {
    let scratch = try Self.project([
      "t.sql": """
      -- at: 2026-01-31 12:00:00Z
      -- table: shops
      -- {"shop": "a", "city": "Bonn", "rank": 1}
      -- {"shop": "b"}
      -- events: orders
      -- {"shop": "a", "amount": 1, "meta": {"at": "2026-01-31T12:00:00Z"}}
      -- {"shop": "b", "amount": 1, "meta": {"at": "2026-01-31T12:00:00Z"}}
      -- {"shop": "c", "amount": 1, "meta": {"at": "2026-01-31T12:00:00Z"}}
      -- table: shops
      -- {"shop": "a", "city": "Köln"}
      -- events: orders
      -- {"shop": "a", "amount": 2, "meta": {"at": "2026-01-31T12:00:00Z"}}
      -- rows:
      SELECT city, n, ranks FROM cities ORDER BY city;
      -- {"city": "Bonn", "n": 1, "ranks": 1}
      -- {"city": "Köln", "n": 1, "ranks": 0}
      -- {"city": null, "n": 2, "ranks": 0}
      """,
      "u.sql": """
      -- at: 2026-01-31 12:00:00Z
      -- events: orders
      -- {"shop": "a", "amount": 2, "meta": {"at": "2026-01-31T12:00:00Z"}}
      -- rows:
      SELECT city, n FROM cities;
      -- {"city": null, "n": 1}
      """,
    ])
    scratch.makeFolder("sql/references")
    try scratch.write(
      "sql/references/shops.sql", "CREATE TABLE shops (shop text PRIMARY KEY, city text, rank integer);")
    try scratch.write(
      "sql/aggregates/cities.sql",
      """
      CREATE MATERIALIZED VIEW cities AS SELECT s.city, count(*) AS n, count(s.rank) AS ranks
      FROM orders LEFT JOIN shops AS s ON s.shop = orders.shop GROUP BY tumble(at, INTERVAL '1 minute'), s.city;
      """)
    #expect(text(try Self.run(in: scratch.folder)) == "")
    try scratch.write(
      "sql/tests/u.sql", "-- at: 2026-01-31 12:00:00Z\n-- table: shops\n-- {\"ctiy\": 1}\n-- rows:\nSELECT 1;\n")
    let errors = try TestFolder(in: scratch.folder, of: ProjectReview(folder: scratch.folder)).errors
    #expect(errors.map(\.message) == ["there is no column ctiy"])
  }
}
