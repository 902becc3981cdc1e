import HTTPTestClient
import JSON
import SQLFrontend
import StatsAPI
import Testing

@Suite struct RouteTests {
  @Test(
    "an unknown path is a 404 problem", arguments: ["/nothing", "/api", "/api/stats/trending//", "/health/x", "/-/"])
  func unknownPath(path: String) throws {
    let answer = try Fixture().get(path)
    #expect(answer.status == 404)
    #expect(answer.header("Content-Type") == "application/problem+json")
  }

  @Test("only GET, HEAD and OPTIONS are allowed", arguments: ["POST", "PUT", "DELETE", "PATCH", "BREW"])
  func methods(method: String) throws {
    let fixture = try Fixture()
    let answer = try fixture.client().get("/api/stats/realtime", method: method)
    #expect(answer.status == 405)
    #expect(answer.header("Allow") == "GET, HEAD, OPTIONS")
    #expect(fixture.queryCount == 0)
  }

  @Test("the server says that it answers, and which version it is")
  func identity() throws {
    let fixture = try Fixture()
    #expect(try fixture.get("/ping").text == #"{"status":"ok"}"#)
    #expect(try fixture.get("/version").text == #"{"name":"StreamPulse","version":"1.2.3"}"#)
  }

  @Test(
    "a project may have /metrics, /ping and /version as routes of its own, and /-/metrics stays",
    arguments: ["/metrics", "/ping", "/version"])
  func claimed(path: String) throws {
    let endpoint = try parseEndpoint(
      SourceFile(path: "x.sql", text: "-- name: GET \(path)\n-- summary: Ours.\n-- returns: object\nSELECT 1 AS n"))
    let fixture = try Fixture(result: "{\"n\":1}", endpoints: [endpoint])
    #expect(try fixture.get(path).text == "{\"n\":1}")
    #expect(try fixture.get("/-/metrics").text.hasPrefix("# TYPE"))
    let description = try JSONValue(parsing: fixture.get("/openapi.json").body)
    #expect(description["paths"]?[path]?["get"]?["summary"]?.stringValue == "Ours.")
  }

  @Test(
    "every route that answers GET answers HEAD with the same status and type",
    arguments: [
      "/api/stats/realtime", "/api/stats/trending?minutes=0", "/health", "/metrics", "/-/metrics", "/ping", "/version",
      "/openapi.json", "/nothing",
    ])
  func headOfAll(target: String) throws {
    let client = try Fixture().client()
    let head = try client.get(target, method: "HEAD")
    let get = try client.get(target)
    #expect(head.status == get.status)
    #expect(head.header("Content-Type") == get.header("Content-Type"))
    #expect(head.body.isEmpty)
  }

  @Test(
    "a path with parameters is found behind those without, whose own words stand further to the left first",
    arguments: [
      ("/m/one", "/m/one", []), ("/m/two", "/m/{id}", ["two"]), ("/m/two/", "/m/{id}", ["two"]),
      ("/m/a%2Fb?", "/m/{id}", ["a/b"]), ("/m/a%20b+c", "/m/{id}", ["a b+c"]), ("/n/x/y", "/{a}/x/{b}", ["n", "y"]),
      ("/m/x/y", "/m/{id}/{day}", ["x", "y"]), ("/m/z/y", "/m/{id}/{day}", ["z", "y"]),
      ("http://host/m/two", "/m/{id}", ["two"]),
    ] as [(String, String, [String?])])
  func templates(target: String, path: String, values: [String?]) throws {
    let endpoints = try ["/m/{id}/{day}", "/{a}/x/{b}", "/m/{id}", "/m/one"].map { path in
      let names = path.split(separator: "/").filter { $0.hasPrefix("{") }.map { $0.dropFirst().dropLast() }
      let parameters = names.map { "-- param: \($0) text\n" }.joined()
      let select = (["1"] + names.map { ":\($0)" }).enumerated().map { "\($1) AS c\($0)" }.joined(separator: ", ")
      return try parseEndpoint(
        SourceFile(
          path: "x.sql", text: "-- name: GET \(path)\n-- summary: S.\n\(parameters)-- returns: rows\nSELECT \(select)"))
    }
    let fixture = try Fixture(endpoints: endpoints)
    #expect(try fixture.get(target).status == 200)
    #expect(fixture.lastStatement?.values == values)
    #expect(fixture.observations.last?.route == path)
    #expect(try fixture.get("/m//").status == 404)
    #expect(try fixture.get("/m/two?id=3").status == 400)
  }

  @Test("HEAD of an endpoint has GET's head")
  func head() throws {
    let fixture = try Fixture(result: "{\"a\":1}")
    let answer = try fixture.client().get("/api/stats/realtime", method: "HEAD")
    #expect(answer.status == 200)
    #expect(answer.header("Content-Length") == "7")
    #expect(answer.header("ETag") == (try fixture.get("/api/stats/realtime").header("ETag")))
  }

  @Test(
    "what goes wrong in the database has a status of its own",
    arguments: [
      (QueryFailure.unavailable, 503, "2"), (.overloaded, 503, "1"), (.timeout, 504, nil), (.noResult, 404, nil),
      (.failed(message: "relation secret does not exist"), 500, nil),
    ] as [(QueryFailure, Int, String?)])
  func databaseFailures(failure: QueryFailure, status: Int, retryAfter: String?) throws {
    let fixture = try Fixture()
    fixture.setResult(.failure(failure))
    let answer = try fixture.get("/api/stats/realtime")
    #expect(answer.status == status)
    #expect(answer.header("Retry-After") == retryAfter)
    #expect(answer.header("Content-Type") == "application/problem+json")
    #expect(!answer.text.contains("secret"))
    #expect(fixture.observations.last?.failure == failure)
  }

  @Test("a failure is not kept")
  func failureIsNotCached() throws {
    let fixture = try Fixture()
    fixture.setResult(.failure(.unavailable))
    #expect(try fixture.get("/api/stats/realtime").status == 503)
    fixture.setResult("{}")
    #expect(try fixture.get("/api/stats/realtime").status == 200)
  }

  @Test(
    "every answer has the safety headers",
    arguments: [
      "/api/stats/realtime", "/health", "/metrics", "/openapi.json", "/nothing", "/api/stats/realtime?x=1",
    ])
  func safetyHeaders(target: String) throws {
    let answer = try Fixture().get(target)
    #expect(answer.header("X-Content-Type-Options") == "nosniff")
    #expect(answer.header("Referrer-Policy") == "no-referrer")
  }

  @Test("metrics are passed on as Prometheus expects them", arguments: ["/metrics", "/-/metrics", "/metrics/"])
  func metrics(path: String) throws {
    let answer = try Fixture().get(path)
    #expect(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
    #expect(answer.text == "# TYPE up gauge\nup 1\n")
  }

  @Test(
    "health is what the report says, and 503 when a dependency is down",
    arguments: [
      (true, true, false, 200, "ok"), (true, true, true, 200, "degraded"), (false, true, false, 503, "down"),
      (true, false, true, 503, "down"),
    ])
  func health(database: Bool, broker: Bool, isStalled: Bool, status: Int, word: String) throws {
    let report = HealthReport(
      database: .init(isUp: database), broker: .init(isUp: broker, detail: "3 \"partitions\""),
      streams: [
        .init(
          name: "s", topic: "t",
          processor: .init(
            lagRecords: nil, lastCommitAgeSeconds: isStalled ? .infinity : 1.5, isStalled: isStalled))
      ])
    let answer = try Fixture(health: report).get("/health")
    #expect(answer.status == status)
    let json = try JSONValue(parsing: answer.body)
    #expect(json["version"]?.stringValue == "1.2.3")
    #expect(json["timestamp"]?.stringValue?.hasPrefix("20") == true)
    #expect(json["status"]?.stringValue == word)
    #expect(json["database"]?["status"]?.stringValue == (database ? "up" : "down"))
    #expect(json["broker"]?["detail"]?.stringValue == "3 \"partitions\"")
    #expect(json["processor"]?["lag_records"]?.isNull == true)
    #expect(json["processor"]?["last_commit_age_seconds"]?.doubleValue == (isStalled ? nil : 1.5))
  }

  @Test(
    "a processor that is not there and a source that is silent degrade it; the age of the newest event is told",
    arguments: [("A", nil, "absent"), (nil, "S", "silent"), ("A", "S", "absent"), (nil, nil, "running")]
      as [(String?, String?, String)])
  func presence(absence: String?, silence: String?, word: String) throws {
    let processor = HealthReport.Processor(
      lagRecords: 0, lastCommitAgeSeconds: 1, isStalled: false, absence: absence, silence: silence,
      newestEventAgeSeconds: 200.1234)
    let other = HealthReport.Processor(
      lagRecords: 0, lastCommitAgeSeconds: 1, isStalled: false, newestEventAgeSeconds: 300)
    let report = HealthReport(
      database: .init(isUp: true), broker: .init(isUp: true),
      streams: [.init(name: "s", topic: "t", processor: processor), .init(name: "o", topic: "u", processor: other)])
    let json = try JSONValue(parsing: Fixture(health: report.aged(bySeconds: 0.5)).get("/health").body)
    #expect(json["status"]?.stringValue == (word == "running" ? "ok" : "degraded"))
    #expect(json["processor"]?["status"]?.stringValue == word)
    #expect(json["streams"]?.arrayValue?[0]["status"]?.stringValue == word)
    #expect(json["streams"]?.arrayValue?[1]["status"]?.stringValue == "running")
    #expect(json["processor"]?["newest_event_age_seconds"]?.doubleValue == 200.623)
    #expect(json["streams"]?.arrayValue?[1]["newest_event_age_seconds"]?.doubleValue == 300.5)
  }

  @Test(
    "where the servers are is told to this machine alone, and not through a proxy",
    arguments: [nil, "X-Forwarded-For", "Forwarded", "X-Real-IP", "via"], [true, false])
  func concealed(proxy: String?, isUp: Bool) throws {
    let report = HealthReport(
      database: .init(isUp: isUp, detail: "postgresql://user@secret:5432"),
      broker: .init(isUp: isUp, detail: "secret:9092"), streams: [])
    let answer = try Fixture(health: report).get("/health", headers: proxy.map { [$0: "192.0.2.1"] } ?? [:])
    #expect(answer.text.contains("secret") == (proxy == nil))
    #expect(answer.text.contains("user@") == (proxy == nil))
    #expect(answer.text.contains(isUp ? "\"up\"" : "\"down\""))
  }

  @Test(
    "a topic that cannot be read and records that all die degrade it, with why in the processor's detail",
    arguments: [
      (nil, [], [], nil, "running", "ok"), ("T", [], [], nil, "waiting", "degraded"),
      (nil, ["H"], [], nil, "held", "degraded"), (nil, [], ["W"], nil, "waiting", "degraded"),
      (nil, ["H"], ["W"], nil, "held", "degraded"), (nil, [], [], "D", "rejecting", "degraded"),
      ("T", ["H"], ["W"], "D", "waiting", "degraded"),
    ] as [(String?, [String], [String], String?, String, String)])
  func processorProblems(
    topic: String?, held: [String], waiting: [String], dead: String?, word: String, status: String
  ) throws {
    let report = HealthReport(
      database: .init(isUp: true), broker: .init(isUp: true),
      streams: [
        .init(
          name: "s", topic: "t",
          processor: .init(
            lagRecords: 0, lastCommitAgeSeconds: 1, isStalled: false, held: held, waiting: waiting, topicFault: topic,
            deadShare: dead))
      ])
    let answer = try Fixture(health: report).get("/health")
    #expect(answer.status == 200)
    let json = try JSONValue(parsing: answer.body)
    #expect(json["status"]?.stringValue == status)
    #expect(json["processor"]?["status"]?.stringValue == word)
    let problems = [topic, held.first, waiting.first, dead].compactMap { $0 }
    #expect(json["processor"]?["detail"]?.stringValue == (problems.isEmpty ? nil : problems.joined(separator: "; ")))
  }

  @Test("operations of paths that read alike have identifiers of their own")
  func operationIdentifiers() throws {
    let endpoints = try ["/api/a-b", "/api/a_b", "/api/a/b"].map { path in
      try parseEndpoint(
        SourceFile(path: "x.sql", text: "-- name: GET \(path)\n-- summary: S.\n-- returns: rows\nSELECT 1 AS n"))
    }
    let json = try JSONValue(parsing: openAPIDescription(of: endpoints))
    let identifiers = endpoints.map { json["paths"]?[$0.path.text]?["get"]?["operationId"]?.stringValue ?? "" }
    #expect(Set(identifiers).count == 3)
    #expect(identifiers[0] == "get_api_a_b")
  }

  @Test("the description has every endpoint with its parameters")
  func description() throws {
    let json = try JSONValue(parsing: try Fixture().get("/openapi.json").body)
    #expect(json["openapi"]?.stringValue == "3.1.0")
    for endpoint in try Fixture.endpoints() {
      let operation = json["paths"]?[endpoint.path.text]?["get"]
      #expect(operation?["summary"]?.stringValue == endpoint.summary)
      let parameters = operation?["parameters"]?.arrayValue ?? []
      #expect(parameters.map { $0["name"]?.stringValue } == endpoint.parameters.map(\.name) + ["format"])
      for (described, parameter) in zip(parameters, endpoint.parameters) {
        if case .integers(let range) = parameter.range {
          #expect(described["schema"]?["minimum"]?.intValue == Int(range.lowerBound))
          #expect(described["schema"]?["maximum"]?.intValue == Int(range.upperBound))
        }
        let isRequired = parameter.name == "region" && endpoint.path.text.hasSuffix("/region")
        #expect(described["required"]?.boolValue == isRequired)
        #expect((described["schema"]?["enum"]?.arrayValue ?? []).map(\.stringValue) == parameter.allowedValues)
      }
    }
    #expect(json["paths"]?["/health"] != nil)
  }

  @Test("a request is observed by its route, never by what a client made up")
  func observed() throws {
    let fixture = try Fixture()
    let client = try fixture.client()
    _ = try client.get("/api/stats/realtime")
    _ = try client.get("/api/stats/realtime")
    _ = try client.get("/../../etc/passwd")
    _ = try client.get("/health", method: "BREW")
    let observations = fixture.observations
    #expect(observations.map(\.method) == ["GET", "GET", "GET", "OTHER"])
    #expect(observations.map(\.route) == ["/api/stats/realtime", "/api/stats/realtime", "unknown", "/health"])
    #expect(observations.map(\.status) == [200, 200, 404, 405])
    #expect(observations.map(\.isCached) == [false, true, nil, nil])
  }
}
