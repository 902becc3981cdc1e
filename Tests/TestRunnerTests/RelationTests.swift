import Glibc
import Hexadecimal
import Project
import TestThreads
import Testing

@testable import ProcessingTestSupport
@testable import TestRunner

/// What `/api/aggregates/NAME` gives, from events to JSON.
@Suite(.blocking) struct RelationTests {
  /// - Parameter endpoint: of the project; nil: it has none.
  private static func failures(_ test: String, endpoint: String? = nil) throws -> [String] {
    let project = try ScratchProject()
    project.removeDefinitions()
    _ = system("cd '\(project.folder)' && rm -rf sql/tests && mkdir sql/tests sql/views")
    try project.write(
      "sql/streams/trips.sql",
      """
      CREATE FOREIGN TABLE trips (
        city text, driver integer NOT NULL, minutes double precision NOT NULL, at timestamptz NOT NULL
      ) SERVER kafka OPTIONS (topic 'trips', format 'json', event_time 'at', out_of_orderness '5 seconds');
      """)
    try project.write(
      "sql/aggregates/trips_by_city.sql",
      """
      CREATE MATERIALIZED VIEW trips_by_city AS
      SELECT city, driver, count(*) AS n, avg(minutes) AS mean, max(minutes) AS longest,
             count(*) FILTER (WHERE minutes > 5)::double precision / count(*) AS long_share,
             driver * 100 + count(*) AS mixed
      FROM trips GROUP BY tumble(at, INTERVAL '1 minute'), city, driver;
      """)
    try project.write(
      "sql/aggregates/speed.sql",
      """
      CREATE MATERIALIZED VIEW speed AS
      SELECT city, count(*) AS n, percentile_disc(0.5) WITHIN GROUP (ORDER BY driver) AS median,
             approx_count_distinct(driver) AS drivers
      FROM trips GROUP BY hop(at, INTERVAL '1 minute', INTERVAL '5 minutes'), city;
      """)
    try project.write(
      "sql/aggregates/busy.sql",
      """
      CREATE MATERIALIZED VIEW busy AS
      SELECT city, count(*) AS n FROM trips GROUP BY tumble(at, INTERVAL '1 minute'), city HAVING count(*) > 1;
      """)
    try project.write(
      "sql/views/cities.sql",
      """
      CREATE VIEW cities AS
      SELECT city, window_start, sum(n)::bigint AS n FROM trips_by_city GROUP BY city, window_start;
      """)
    if let endpoint { try project.write("sql/endpoints/own.sql", endpoint) }
    let events = [
      ("'Bonn'", 1, 4, "11:57:10"), ("'Bonn'", 1, 8, "11:57:20"), ("'Bonn'", 2, 6, "11:58:10"),
      ("'Köln'", 3, 2, "11:58:20"), ("null", 4, 3, "11:59:10"), ("'Bonn'", 2, 10, "11:59:20"),
    ].map { city, driver, minutes, time in
      "-- {\"city\": \(city.replacing("'", with: "\"")), \"driver\": \(driver), \"minutes\": \(minutes), "
        + "\"at\": \"2026-01-31T\(time)Z\"}"
    }
    try project.write(
      "sql/tests/rows.sql",
      "-- Rows.\n-- at: 2026-01-31 12:00:00Z\n-- events: trips\n\(events.joined(separator: "\n"))\n\(test)\n")
    let review = try ProjectReview(folder: project.folder)
    let tests = try TestFolder(in: project.folder, of: review)
    try #require(tests.errors.isEmpty, "\(tests.errors)")
    let runner = try TestRunner(Project(folder: project.folder), database: TestCluster.makeDatabase())
    defer { runner.close() }
    return tests.tests.flatMap { runner.run($0).failures }.map { "\($0.message): \($0.lines)" }
  }

  @Test("rows come newest first, in the range, the order and with the keys that are asked for")
  func rows() throws {
    #expect(
      try Self.failures(
        """
        -- get: /api/aggregates/trips_by_city
        -- {"count": 5, "start": null, "newest": "2026-01-31T11:59:00Z"}
        -- get: /api/aggregates/trips_by_city?limit=2
        -- {"count": 2, "data": [
        --  {"city": "Bonn", "window_start": "2026-01-31T11:59:00Z", "n": 1, "mean": 10},
        --  {"city": null, "window_start": "2026-01-31T11:59:00Z", "driver": 4}]}
        -- get: /api/aggregates/trips_by_city?minutes=1
        -- {"count": 4, "start": "2026-01-31T11:58:00Z"}
        -- get: /api/aggregates/trips_by_city?start=2026-01-31T12:57:00%2B01:00&end=2026-01-31T11:58:00Z
        -- {"data": [{"city": "Bonn", "driver": 1, "n": 2, "mean": 6, "longest": 8}]}
        -- get: /api/aggregates/trips_by_city?minutes=1&end=2026-01-31T11:58:00Z
        -- {"count": 1}
        -- get: /api/aggregates/trips_by_city?key.driver=2&order=longest
        -- {"data": [{"longest": 6}, {"longest": 10}]}
        -- get: /api/aggregates/trips_by_city?key.city.null=true
        -- {"data": [{"driver": 4}]}
        -- get: /api/aggregates/trips_by_city?key.city=K%C3%B6ln&key.city.null=false
        -- {"data": [{"driver": 3}]}
        -- get: /api/aggregates/trips_by_city?key.driver=two 400
        -- get: /api/aggregates/trips_by_city?key.driver=99999999999 400
        -- get: /api/aggregates/trips_by_city?start=soon 400
        -- get: /api/aggregates/cities?key.city=Bonn&minutes=1
        -- {"count": 2, "data": [{"n": 1}, {"n": 1, "window_start": "2026-01-31T11:58:00Z"}]}
        """) == [])
  }

  /// As an answer has it, and as a request gives it.
  private static func cursor(_ json: String) -> String {
    Base64.encode(Array(json.utf8)).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  @Test("pages follow one another by a cursor over the window and the keys, also those that are NULL")
  func pages() throws {
    let order = #""-window_start,city,driver""#
    let first = Self.cursor("[\(order), \"2026-01-31 11:59:00+00\", null, \"4\"]")
    let second = Self.cursor("[\(order), \"2026-01-31 11:58:00+00\", \"Köln\", \"3\"]")
    let beforeNull = Self.cursor("[\(order), \"2026-01-31 11:59:00+00\", \"Bonn\", \"2\"]")
    let longest = Self.cursor(
      #"["longest,-window_start,city,driver", "3", "2026-01-31 11:59:00+00", null, "4"]"#)
    let path = "/api/aggregates/trips_by_city"
    #expect(
      try Self.failures(
        """
        -- get: \(path)?limit=2
        -- {"count": 2, "data": [{"driver": 2}, {"driver": 4}], "next": "\(first)"}
        -- get: \(path)?limit=2&cursor=\(first)
        -- {"count": 2, "data": [{"driver": 2, "window_start": "2026-01-31T11:58:00Z"}, {"driver": 3}],
        --  "next": "\(second)"}
        -- get: \(path)?limit=2&cursor=\(second)
        -- {"data": [{"driver": 1}], "next": null}
        -- get: \(path)?limit=1&cursor=\(beforeNull)
        -- {"data": [{"driver": 4}], "next": "\(first)"}
        -- get: \(path)?order=longest&cursor=\(longest)
        -- {"data": [{"longest": 6}, {"longest": 8}, {"longest": 10}], "next": null}
        -- get: \(path)?by=city&limit=1
        -- {"count": 1, "next": null}
        """) == [])
  }

  @Test(
    "a cursor that the database cannot read is refused, whatever its values are",
    arguments: [
      #"["-window_start,city,driver", "soon", "Bonn", "4"]"#,
      #"["-window_start,city,driver", "2026-01-31 11:59:00+00", "Bonn", "4; DROP TABLE trips_by_city"]"#,
      #"["-window_start,city,driver", "2026-01-31 11:59:00+00", "Bonn", "99999999999"]"#,
      #"["-window_start,city,driver", "2026-99-31 11:59:00+00", "Bonn", "4"]"#,
    ])
  func wrongCursor(json: String) throws {
    #expect(try Self.failures("-- get: /api/aggregates/trips_by_city?cursor=\(Self.cursor(json)) 400") == [])
  }

  @Test("an endpoint reads the engine's own tables, which of this project are in a schema of another name")
  func books() throws {
    let endpoint = """
      -- name: GET /api/reach
      -- summary: How far each stream is.
      -- returns: rows
      -- meta: known = (SELECT count(*) >= 0 FROM pulse.ledger)
      SELECT 'pulse.progress' AS source, count(*) >= 0 AS known FROM Pulse.progress AS p
      """
    #expect(
      try Self.failures(
        #"""
        -- get: /api/reach
        -- {"data": [{"source": "pulse.progress", "known": true}], "known": true}
        """#, endpoint: endpoint) == [])
  }

  @Test("roll-ups merge states: means, shares, percentiles and distinct counts are those of all events together")
  func rollUps() throws {
    #expect(
      try Self.failures(
        """
        -- get: /api/aggregates/trips_by_city?by=
        -- {"data": [{"window_start": "2026-01-31T11:57:00Z", "window_end": "2026-01-31T12:00:00Z", "n": 6, "mean": 5.5,
        --  "longest": 10, "long_share": 0.5}]}
        -- get: /api/aggregates/trips_by_city?by=city
        -- {"count": 3, "data": [{"city": "Bonn", "n": 4, "mean": 7}, {"city": null, "n": 1}, {"city": "Köln", "n": 1}]}
        -- get: /api/aggregates/trips_by_city?by=driver&order=-mixed&limit=1
        -- {"data": [{"driver": 4, "mixed": 401}]}
        -- get: /api/aggregates/trips_by_city?step=2m&by=city&key.city=Bonn
        -- {"data": [{"window_start": "2026-01-31T11:58:00Z", "window_end": "2026-01-31T12:00:00Z", "n": 2, "mean": 8},
        --  {"window_start": "2026-01-31T11:56:00Z", "window_end": "2026-01-31T11:58:00Z", "n": 2, "mean": 6}]}
        -- get: /api/aggregates/trips_by_city?step=10s&by=&order=window_start
        -- {"count": 3, "data": [{"n": 2, "window_end": "2026-01-31T11:58:00Z"}, {"n": 2}, {"n": 2}]}
        -- get: /api/aggregates/trips_by_city?step=1m&by=city&top=1&order=window_start
        -- {"count": 3, "data": [{"city": "Bonn", "n": 2}, {"city": "Bonn", "n": 1}, {"city": "Bonn", "n": 1}]}
        -- get: /api/aggregates/trips_by_city?step=1m&by=city&top=1&rank=mean
        -- {"data": [{"city": "Köln", "mean": 2}]}
        -- get: /api/aggregates/trips_by_city?step=1m&by=city&top=1&rank=-n&key.city.null=true
        -- {"data": [{"city": null, "n": 1}]}
        -- get: /api/aggregates/trips_by_city?minutes=1&by=
        -- {"data": [{"n": 2}], "start": "2026-01-31T11:58:00Z", "end": "2026-01-31T11:59:00Z"}
        -- get: /api/aggregates/trips_by_city?minutes=1&by=&end=2026-01-31T12:00:00Z
        -- {"data": [{"n": 2, "window_start": "2026-01-31T11:59:00Z"}]}
        -- get: /api/aggregates/trips_by_city?by=&start=2027-01-01
        -- {"count": 0, "data": []}
        -- get: /api/aggregates/speed?by=
        -- {"data": [{"n": 6, "median": 2, "drivers": 4, "window_start": "2026-01-31T11:57:00Z"}]}
        -- get: /api/aggregates/speed?by=city&step=5m&key.city=Bonn
        -- {"data": [{"n": 4, "drivers": 2, "window_start": "2026-01-31T11:55:00Z", "window_end": "2026-01-31T12:00:00Z"}]}
        """) == [])
  }

  @Test("groups that HAVING leaves out, and windows that are not closed, take part in roll-ups alone")
  func having() throws {
    #expect(
      try Self.failures(
        """
        -- get: /api/aggregates/busy
        -- {"count": 1, "data": [{"city": "Bonn", "n": 2, "window_start": "2026-01-31T11:57:00Z"}]}
        -- get: /api/aggregates/busy?by=
        -- {"data": [{"n": 6}]}
        """) == [])
  }
}
