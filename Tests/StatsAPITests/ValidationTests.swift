import HTTPTestClient
import SQLFrontend
import StatsAPI
import Testing

@Suite struct ValidationTests {
  @Test(
    "a query's values reach the database in the order of the parameters, in one spelling",
    arguments: [
      ("/api/stats/trending", ["5", "5"]),
      ("/api/stats/trending?limit=7", ["5", "7"]),
      ("/api/stats/trending?limit=20&minutes=60", ["60", "20"]),
      ("/api/stats/trending?minutes=007", ["7", "5"]),
      ("/api/stats/alerts", [nil, "false", nil]),
      ("/api/stats/alerts?region=&acknowledged=true", [nil, "true", ""]),
      ("/api/stats/alerts?region", [nil, "false", ""]),
      ("/api/stats/alerts?region=%20", [nil, "false", " "]),
      ("/api/stats/alerts?region=+", [nil, "false", " "]),
      ("/api/stats/region?region=", ["", nil]),
      ("/api/stats/alerts?severity=CRITICAL", ["CRITICAL", "false", nil]),
      ("/api/stats/alerts?severity=critical", ["CRITICAL", "false", nil]),
      ("/api/stats/alerts?acknowledged=True", [nil, "true", nil]),
      ("/api/stats/alerts?acknowledged=FALSE", [nil, "false", nil]),
      ("/api/stats/alerts?acknowledged=1", [nil, "true", nil]),
      ("/api/stats/alerts?acknowledged=0", [nil, "false", nil]),
      ("/api/stats/trending/?limit=7", ["5", "7"]),
      ("/api/stats/sizes?unit=GB", ["GB"]),
      ("/api/stats/sizes?unit=gb", ["gb"]),
      ("/api/stats/region?region=a&offset=-2147483648", ["a", "-2147483648"]),
      ("/api/stats/alerts?region=US%2DCalifornia%27%3B--", [nil, "false", "US-California';--"]),
    ] as [(String, [String?])])
  func accepted(target: String, arguments: [String?]) throws {
    let fixture = try Fixture(result: nil)
    let client = try fixture.client()
    client.request(target)
    let query = try #require(fixture.nextQuery())
    #expect(query.arguments == arguments)
    query.complete(.success(Array("{}".utf8)))
    #expect(try client.answer().status == 200)
  }

  @Test(
    "what does not fit is a 400 problem that names the parameter",
    arguments: [
      ("/api/stats/trending?minutes=abc", "minutes", "minutes must be an integer between 1 and 60, got \\\"abc\\\""),
      ("/api/stats/trending?minutes=0", "minutes", "minutes must be an integer between 1 and 60, got \\\"0\\\""),
      ("/api/stats/trending?minutes=61", "minutes", "between 1 and 60, got \\\"61\\\""),
      ("/api/stats/trending?minutes=5.0", "minutes", "got \\\"5.0\\\""),
      ("/api/stats/trending?minutes=%2B5", "minutes", "got \\\"+5\\\""),
      ("/api/stats/trending?minutes=+5", "minutes", "got \\\" 5\\\""),
      ("/api/stats/trending?minutes=1&minutes=2", "minutes", "minutes may be given once"),
      ("/api/stats/trending?minutes=1&minutes=", "minutes", "minutes may be given once"),
      ("/api/stats/trending?hours=1", "hours", "hours is not a parameter: the parameters are minutes, limit"),
      ("/api/stats/trending?Minutes=1", "Minutes", "Minutes is not a parameter"),
      ("/api/stats/realtime?x", "x", "x is not a parameter: there are no parameters"),
      ("/api/stats/alerts?severity=fatal", "severity", "severity must be one of INFO, WARNING, CRITICAL"),
      ("/api/stats/alerts?acknowledged=2", "acknowledged", "acknowledged must be true or false"),
      ("/api/stats/alerts?acknowledged=yes", "acknowledged", "acknowledged must be true or false"),
      ("/api/stats/sizes?unit=Gb", "unit", "unit must be one of GB, gb"),
      ("/api/stats/region?region=a&offset=2147483648", "offset", "offset must be an integer between"),
      ("/api/stats/region", "region", "region must be given: a text of at most 256 characters"),
      ("/api/stats/alerts?region=&region=a", "region", "region may be given once"),
      ("/api/stats/alerts?region&region", "region", "region may be given once"),
      ("/api/stats/trending?minutes=", "minutes", "minutes is given empty: it must be an integer between 1 and 60"),
      ("/api/stats/trending?minutes", "minutes", "minutes is given empty"),
      ("/api/stats/trending?minutes=%20", "minutes", "minutes must be an integer between 1 and 60, got \\\" \\\""),
      ("/api/stats/alerts?acknowledged=", "acknowledged", "acknowledged is given empty: it must be true or false"),
      ("/api/stats/alerts?severity=", "severity", "severity is given empty: it must be one of INFO, WARNING, CRITICAL"),
      ("/api/stats/realtime?format=xml", "format", "format must be one of json, csv, jsonl"),
      ("/api/stats/realtime?format=", "format", "format is given empty"),
      ("/api/stats/realtime?format=csv&format=csv", "format", "format may be given once"),
      ("/api/stats/realtime?=1", "", " is not a parameter"),
      ("/api/stats/alerts?region=" + String(repeating: "x", count: 257), "region", "a text of at most 256 characters"),
    ])
  func refused(target: String, parameter: String, detail: String) throws {
    let fixture = try Fixture()
    let answer = try fixture.get(target)
    #expect(answer.status == 400)
    #expect(answer.header("Content-Type") == "application/problem+json")
    #expect(answer.text.contains("\"parameter\":\"\(parameter)\""))
    #expect(answer.text.contains(detail))
    #expect(fixture.queryCount == 0)
  }

  private static let typed = """
    -- name: GET /typed/{kind}
    -- summary: S.
    -- param: kind text ~ '^[a-z-]+$'
    -- param: since timestamptz = -15m
    -- param: until timestamptz ?
    -- param: step interval = 1m in 1s..1d
    -- param: ids uuid[] ?
    -- param: tags text[] = a|b
    -- param: ratio double ? in 0..1
    -- param: serial bigint ?
    -- returns: rows
    SELECT :kind AS a, :since AS b, :until AS c, :step AS d, :ids AS e, :tags AS f, :ratio AS g, :serial AS h
    """

  private func typed() throws -> Fixture {
    try Fixture(endpoints: [try parseEndpoint(SourceFile(path: "x.sql", text: Self.typed))])
  }

  @Test(
    "times, lengths, UUIDs, numbers and lists come in one spelling",
    arguments: [
      ("until=2026-01-31T12:00:00Z", 2, "2026-01-31T12:00:00Z"),
      ("until=2026-01-31T13:00:00%2B01:00", 2, "2026-01-31T12:00:00Z"),
      ("until=2026-01-31T13:30:00.25+0130", 2, "2026-01-31T12:00:00.250Z"),
      ("until=2026-01-31", 2, "2026-01-31T00:00:00Z"),
      ("step=90", 3, "90s"), ("step=5+minutes", 3, "5m"), ("step=24h", 3, "24h"), ("step=00:01:30", 3, "90s"),
      ("ids=7D9F1C9E-6A43-4F0E-9F3B-2F5B6F0C8A11", 4, "{\"7d9f1c9e-6a43-4f0e-9f3b-2f5b6f0c8a11\"}"),
      ("", 5, "{\"a\",\"b\"}"), ("tags=x&tags=", 5, "{\"x\",\"\"}"), ("tags=a,b", 5, "{\"a,b\"}"),
      ("tags=%22%5C}", 5, "{\"\\\"\\\\}\"}"), ("ratio=.25", 6, "0.25"), ("ratio=-0", 6, "0.0"),
      ("ratio=1e-3", 6, "0.001"), ("serial=-9223372036854775808", 7, "-9223372036854775808"),
    ] as [(String, Int, String)])
  func typedValues(query: String, index: Int, value: String) throws {
    let fixture = try typed()
    #expect(try fixture.get("/typed/x-y?\(query)").status == 200)
    let values = try #require(fixture.lastStatement?.values)
    #expect(values[0] == "x-y")
    #expect(values[index] == value)
  }

  @Test("a time that is relative to the present is bound as one, and is one entry of the cache")
  func relativeTimes() throws {
    let fixture = try typed()
    for query in ["until=-2h", "until=-120m", "since=-15+min&until=-2h"] {
      #expect(try fixture.get("/typed/x?\(query)").status == 200)
    }
    #expect(fixture.queryCount == 1)
    let times = (fixture.lastStatement?.values[1...2] ?? []).compactMap { $0 }
    #expect(times.count == 2 && times.allSatisfy { $0.hasPrefix("20") && $0.hasSuffix("Z") })
    #expect(times[0] > times[1])
  }

  @Test(
    "what is no value of the type is refused and says what would be one",
    arguments: [
      ("x?until=yesterday", "until", "a time like 2026-01-31T12:00:00Z"),
      ("x?until=2026-02-30T00:00:00Z", "until", "a time like"), ("x?until=-1month", "until", "or one like -15m"),
      ("x?until=", "until", "until is given empty"), ("x?step=0s", "step", "a length of time between 1s and 24h"),
      ("x?step=-5m", "step", "a length of time"), ("x?step=2+days", "step", "a length of time"),
      ("x?ids=7d9f", "ids", "a UUID"), ("x?ratio=1.5", "ratio", "a number between 0.0 and 1.0"),
      ("x?ratio=nan", "ratio", "a number"), ("x?ratio=0x1", "ratio", "a number"),
      ("x?serial=9223372036854775808", "serial", "an integer of 64 bits"),
      ("X", "kind", "a text of at most 256 characters that matches ^[a-z-]+$"),
      ("x?" + Array(repeating: "tags=a", count: 101).joined(separator: "&"), "tags", "tags may be given 100 times"),
    ])
  func refusedTyped(target: String, parameter: String, detail: String) throws {
    let fixture = try typed()
    let answer = try fixture.get("/typed/\(target)")
    #expect(answer.status == 400)
    #expect(answer.text.contains("\"parameter\":\"\(parameter)\""))
    #expect(answer.text.contains(detail))
    #expect(fixture.queryCount == 0)
  }

  @Test("the problem of a value out of range is complete")
  func wholeProblem() throws {
    let answer = try Fixture().get("/api/stats/trending?minutes=abc")
    let expected =
      #"{"type":"about:blank","title":"Invalid parameter","status":400,"#
      + #""detail":"minutes must be an integer between 1 and 60, got \"abc\"","#
      + #""parameter":"minutes","minimum":1,"maximum":60}"#
    #expect(answer.text == expected)
  }

  @Test("a problem does not mirror kilobytes")
  func shortened() throws {
    let answer = try Fixture().get("/api/stats/trending?minutes=" + String(repeating: "9", count: 5000))
    #expect(answer.status == 400)
    #expect(answer.body.count < 400)
  }
}
