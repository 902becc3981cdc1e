import Dialects
import Hexadecimal
import JSON
import Plan
import SQLFrontend
import Testing

@testable import StatsAPI

@Suite struct RelationRouteTests {
  /// Aggregates of trips: with all kinds of results, of names that need quotes, and without keys; and a view.
  private static func relations() throws -> [Relation] {
    let stream = try parseStream(
      SourceFile(
        path: "trips.sql",
        text: """
          CREATE FOREIGN TABLE trips (
            city text NOT NULL, driver integer, fare numeric(12,2), minutes double precision, ok boolean,
            at timestamptz NOT NULL
          ) SERVER kafka OPTIONS (topic 'trips', format 'json', event_time 'at');
          """))
    let aggregates = [
      """
      -- Trips by city.
      CREATE MATERIALIZED VIEW trips_by_city AS
      SELECT city, driver,
             -- All trips.
             count(*) AS trips,
             count(*) FILTER (WHERE ok) AS good,
             round((count(*) FILTER (WHERE ok))::double precision / NULLIF(count(*), 0)) AS good_share,
             1 - (count(*) FILTER (WHERE ok))::double precision / count(*) AS bad_share,
             100 * (count(*) FILTER (WHERE ok))::double precision / count(*) AS good_percent,
             count(fare) - count(minutes) AS difference,
             sum(fare) AS revenue, sum(fare) / 100 AS hundreds, sum(minutes) / count(*) AS own_mean,
             avg(minutes) AS mean_minutes, coalesce(avg(minutes), 0) AS mean_or_zero,
             percentile_cont(0.95) WITHIN GROUP (ORDER BY minutes) AS p95, approx_count_distinct(driver) AS drivers,
             min(fare) AS lowest, max(fare) AS highest, bool_and(ok) AS all_good, count(*) > 100 AS is_busy,
             stddev(minutes) AS spread
      FROM trips GROUP BY tumble(at, INTERVAL '1 minute'), city, driver;
      """,
      #"""
      CREATE MATERIALIZED VIEW "Odd/Name" AS
      SELECT city AS "the city", count(*) AS "n""" FROM trips
      GROUP BY hop(at, INTERVAL '1 minute', INTERVAL '5 minutes'), city;
      """#,
      "CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n FROM trips GROUP BY tumble(at, INTERVAL '1 hour');",
    ]
    let files = aggregates.enumerated().map { SourceFile(path: "\($0).sql", text: $1) }
    let plan = try planStream(stream, aggregates: files, fields: .empty)
    let planned = plan.aggregates.map { Relation($0, of: plan) }
    let view = ViewPlan(
      name: "cities", comment: "Cities.", columnComments: [], reads: ["trips_by_city"], select: FileText())
    let columns = [
      ("hour", "timestamp with time zone"), ("city", "text"), ("trips", "numeric"), ("extra", "json"),
    ].map { Relation.Column(name: $0, type: $1, isNullable: true, comment: "") }
    return planned + [Relation(view, columns: columns, aggregates: planned)]
  }

  private static func fixture(result: String = #"{"data":[{"n":1}],"count":1}"#) throws -> Fixture {
    try Fixture(result: result, relations: relations())
  }

  @Test("what a column is to its readers follows from the definition")
  func roles() throws {
    let relations = try Self.relations()
    let roles = Dictionary(uniqueKeysWithValues: relations[0].columns.map { ($0.name, $0.role) })
    #expect(
      roles == [
        "city": .key, "driver": .key, "window_start": .window, "window_end": .window, "trips": .count, "good": .count,
        "good_share": .share, "bad_share": .share, "good_percent": .other, "difference": .count, "revenue": .sum,
        "hundreds": .sum, "own_mean": .average, "mean_minutes": .average, "mean_or_zero": .average, "p95": .percentile,
        "drivers": .count, "lowest": .minimum, "highest": .maximum, "all_good": .flag, "is_busy": .flag,
        "spread": .other, "updated_at": .other,
      ])
    #expect(relations[3].columns.map(\.role) == [.window, .key, .count, .other])
    #expect(relations[3].time == "hour")
  }

  @Test("the list tells all that a reader needs, and has a tag")
  func catalogue() throws {
    let fixture = try Self.fixture()
    let answer = try fixture.get("/api/aggregates")
    let list = try JSONValue(parsing: answer.body)
    #expect(list["count"]?.intValue == 4)
    let first = try #require(list["data"]?.arrayValue?.first)
    #expect(first["name"]?.stringValue == "trips_by_city")
    #expect(first["comment"]?.stringValue == "Trips by city.")
    #expect(first["window"]?.stringValue == "tumble 60 seconds")
    #expect(first["stream"]?.stringValue == "trips")
    #expect(first["keys"]?.arrayValue?.map(\.stringValue) == ["city", "driver"])
    #expect(first["sql"]?.stringValue?.hasPrefix("SELECT city, driver,") == true)
    let trips = first["columns"]?.arrayValue?.first { $0["name"]?.stringValue == "trips" }
    #expect(trips?.text == #"{"name":"trips","type":"bigint","nullable":false,"role":"count","comment":"All trips."}"#)
    #expect(list["data"]?.arrayValue?[1]["path"]?.stringValue == "/api/aggregates/Odd%2FName")
    #expect(list["endpoints"]?.arrayValue?.count == 5)
    let tag = try #require(answer.header("ETag"))
    #expect(try fixture.get("/api/aggregates", headers: ["If-None-Match": tag]).status == 304)
    #expect(try fixture.get("/api/aggregates?minutes=1").status == 400)
    #expect(try fixture.get("/api/aggregates/").status == 200)
    #expect(fixture.queryCount == 0)
  }

  @Test("a server that shows no aggregates has no list of them")
  func none() throws {
    #expect(try Fixture().get("/api/aggregates").status == 404)
  }

  @Test("rows have the forms, the cache and the headers of endpoints")
  func forms() throws {
    let fixture = try Self.fixture()
    let answer = try fixture.get("/api/aggregates/total?limit=5")
    #expect(answer.status == 200)
    #expect(answer.header("ETag") != nil && answer.header("Server-Timing") != nil)
    #expect(try fixture.get("/api/aggregates/total?limit=05&format=csv").text == "n\r\n1\r\n")
    #expect(try fixture.get("/api/aggregates/total?limit=5&format=jsonl").text == "{\"n\":1}\n")
    #expect(fixture.queryCount == 1)
    #expect(try fixture.get("/api/aggregates/Odd%2FName").status == 200)
    #expect(try fixture.get("/api/aggregates/absent").status == 404)
    #expect(fixture.observations.first?.route == "/api/aggregates/total")
  }

  @Test("values are bound and names are the definition's own")
  func bound() throws {
    let fixture = try Self.fixture()
    _ = try fixture.get("/api/aggregates/Odd%2FName?key.the%20city=O'Hara%22%3B--&minutes=7&order=-n%22&limit=9")
    let statement = try #require(fixture.lastStatement)
    #expect(statement.values == ["7", "O'Hara\";--", "9"])
    #expect(statement.text.contains("s.\"the city\" = $2::text"))
    #expect(statement.text.contains("ORDER BY \"n\"\"\" DESC NULLS LAST"))
    #expect(!statement.text.contains("O'Hara"))
  }

  @Test(
    "what does not fit is a 400 that says what would",
    arguments: [
      ("trips_by_city?limit=0", "limit", "an integer between 1 and 10000"),
      ("trips_by_city?minutes=5&start=2026-01-01", "minutes", "start says already"),
      ("trips_by_city?order=fares", "order", "one of city, -city"),
      ("trips_by_city?by=town", "by", "the keys are city, driver"),
      ("trips_by_city?by=city&order=driver", "order", "no column of what is summed up"),
      ("trips_by_city?top=3", "top", "give step or by"), ("trips_by_city?by=&top=3", "top", "names no key"),
      ("trips_by_city?step=7m", "step", "one of 10s, 30s"),
      ("trips_by_city?key.town=x", "key.town", "the parameters are"),
      ("trips_by_city?key.city.null=true", "key.city.null", "the parameters are"),
      ("trips_by_city?key.driver.null=perhaps", "key.driver.null", "true or false"),
      ("total?top=1", "top", "the parameters are"), ("cities?step=1m", "step", "the parameters are"),
      ("cities?order=extra", "order", "one of hour, -hour"), ("total?key.city=x", "key.city", "the parameters are"),
    ])
  func refused(target: String, parameter: String, detail: String) throws {
    let fixture = try Self.fixture()
    let answer = try fixture.get("/api/aggregates/\(target)")
    #expect(answer.status == 400)
    #expect(answer.header("Content-Type") == "application/problem+json")
    let problem = try JSONValue(parsing: answer.body)
    #expect(problem["parameter"]?.stringValue == parameter)
    #expect(problem["detail"]?.stringValue?.contains(detail) == true, "\(problem.text)")
    #expect(fixture.queryCount == 0)
  }

  private static func cursor(_ json: String) -> String {
    Base64.encode(Array(json.utf8)).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  @Test("a cursor's values are bound, as what the columns are")
  func cursorIsBound() throws {
    let fixture = try Self.fixture()
    let cursor = Self.cursor(#"["-window_start,city,driver","2026-01-31 12:00:00+00","O'Hara\");--",null]"#)
    _ = try fixture.get("/api/aggregates/trips_by_city?limit=7&cursor=\(cursor)")
    let statement = try #require(fixture.lastStatement)
    #expect(statement.values == ["O'Hara\");--", "2026-01-31 12:00:00+00", "7"])
    #expect(statement.text.contains("s.window_start < $2::timestamp with time zone"))
    #expect(!statement.text.contains("O'Hara"))
  }

  @Test("where a page is full, the answer says in each form where the next one is")
  func link() throws {
    let fixture = try Self.fixture(result: #"{"data" : [{"n":1}], "count" : 1, "next" : "WyJhIl0"}"#)
    let target = "/api/aggregates/trips_by_city?limit=1&key.city=a%26b"
    #expect(
      try fixture.get(target).header("Link") == "<?limit=1&cursor=WyJhIl0&key.city=a%26b>; rel=\"next\"")
    #expect(
      try fixture.get("\(target)&format=csv").header("Link")
        == "<?limit=1&cursor=WyJhIl0&key.city=a%26b&format=csv>; rel=\"next\"")
    for last in [#"{"data" : [], "count" : 0, "next" : null}"#, #"{"data":[{"next" : "x"}]}"#] {
      let fixture = try Self.fixture(result: last)
      #expect(try fixture.get(target).header("Link") == nil)
    }
  }

  @Test(
    "what is no cursor of this list in this order is a 400",
    arguments: [
      "x", "", "WyJhIl0", "WyJhIl0=", cursor("{}"), cursor("null"), cursor(#"["-window_start,city,driver"]"#),
      cursor(#"["-window_start,city,driver",1,"a","2"]"#),
      cursor(#"["trips,-window_start,city,driver","1","2","a","3"]"#),
      cursor(#"["-window_start,city,driver","2026-01-31 12:00:00+00","a\u0000","2"]"#),
      String(repeating: "A", count: 7_001),
    ])
  func wrongCursor(cursor: String) throws {
    let fixture = try Self.fixture()
    let answer = try fixture.get("/api/aggregates/trips_by_city?cursor=\(cursor)")
    #expect(answer.status == 400)
    #expect(try JSONValue(parsing: answer.body)["parameter"]?.stringValue == "cursor")
    #expect(fixture.queryCount == 0)
  }

  @Test("neither roll-ups nor views come page by page")
  func noPages() throws {
    let fixture = try Self.fixture()
    let cursor = Self.cursor(#"["-window_start,city,driver","2026-01-31 12:00:00+00","a","2"]"#)
    for target in ["trips_by_city?by=city&cursor=\(cursor)", "cities?cursor=\(cursor)"] {
      #expect(try fixture.get("/api/aggregates/\(target)").status == 400)
    }
  }

  @Test("requests that mean the same are one query")
  func sameMeaning() throws {
    let fixture = try Self.fixture()
    for query in ["by=city,driver", "by=driver,city", "by=driver,city,", "limit=1000&by=city,driver"] {
      _ = try fixture.get("/api/aggregates/trips_by_city?\(query)")
    }
    #expect(fixture.queryCount == 1)
    #expect(fixture.lastStatement?.text.contains("GROUP BY s.city, s.driver\n") == true)
  }

  @Test("a stream of events begins with the rows and goes on when they change")
  func push() throws {
    let fixture = try Self.fixture()
    let client = try fixture.client()
    client.request("/api/aggregates/total", headers: ["Accept": "text/event-stream"])
    #expect(try client.head().header("Content-Type") == "text/event-stream")
    #expect(try client.chunks(through: "}\n\n").contains(#"data: {"data":[{"n":1}],"count":1}"#))
    fixture.setResult(#"{"data":[{"n":2}],"count":1}"#)
    fixture.dataVersion.notify()
    #expect(try client.chunks(through: "}\n\n").contains(#"{"n":2}"#))
  }

  @Test("the description names the routes, their parameters and the types of the columns")
  func description() throws {
    let fixture = try Self.fixture()
    let paths = try #require(JSONValue(parsing: fixture.get("/openapi.json").body)["paths"])
    #expect(paths["/api/aggregates"]?["get"]?["operationId"]?.stringValue == "list_aggregates")
    let get = try #require(paths["/api/aggregates/trips_by_city"]?["get"])
    #expect(get["summary"]?.stringValue == "Rows of the aggregate trips_by_city: Trips by city.")
    #expect(
      get["parameters"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == [
        "minutes", "start", "end", "limit", "cursor", "order", "step", "by", "top", "rank", "key.city", "key.driver",
        "key.driver.null", "format",
      ])
    let row = get["responses"]?["200"]?["content"]?["application/json"]?["schema"]?["properties"]?["data"]?["items"]?[
      "properties"]
    #expect(row?["trips"]?.text == #"{"type":"integer","format":"int64","description":"All trips."}"#)
    #expect(row?["driver"]?.text == #"{"type":["integer","null"],"format":"int32","description":"driver"}"#)
    #expect(paths["/api/aggregates/Odd%2FName"] != nil)
    #expect(paths["/api/aggregates/cities"] != nil)
  }
}
