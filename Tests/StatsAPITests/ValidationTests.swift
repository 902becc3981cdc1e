import HTTPTestClient
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
      ("/api/stats/region", "region", "region must be given: a text of at most 256 bytes"),
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
      ("/api/stats/alerts?region=" + String(repeating: "x", count: 257), "region", "a text of at most 256 bytes"),
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
