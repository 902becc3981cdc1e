import Access
import HTTPTestClient
import JSON
import Plan
import SQLFrontend
import Testing

@testable import StatsAPI

@Suite(.serialized) struct WritingTests {
  private static let restart = """
    -- name: POST /api/regions/{region}/restart
    -- summary: Restarts a region.
    -- param: region text
    -- param: count integer = 1 in 1..9
    -- param: kinds text[] ?
    -- returns: object
    SELECT restart(:region, :count, :kinds, :who) AS id
    """

  private static func fixture(
    tokens: [(name: String, scopes: Set<AccessScope>)] = [], anonymous: Bool = true
  ) throws -> (fixture: Fixture, secrets: [String]) {
    let made = try tokens.map { try AccessToken.make(name: $0.name, scopes: $0.scopes, expires: nil) }
    let list = try AccessTokens(list: made.map(\.token.entry).joined(separator: ","))
    let endpoints =
      [try parseEndpoint(SourceFile(path: "x.sql", text: Self.restart))] + AlertActions.endpoints(pulse: "pulse")
      + Administration.endpoints(pulse: "pulse")
    let fixture = try Fixture(result: #"{"id":7}"#, endpoints: endpoints) {
      $0.access = AccessPolicy(tokens: list, allowsAnonymous: anonymous)
      $0.allowedOrigins = .list(["https://ops.example"])
    }
    return (fixture, made.map(\.secret))
  }

  private static func post(
    _ fixture: Fixture, _ target: String, _ body: String? = nil, method: String = "POST", headers: [String] = [],
    host: String = "localhost:8000"
  ) throws -> HTTPTestClient.Answer {
    let client = try fixture.client()
    let content =
      body.map { ["Content-Type: application/json", "Content-Length: \($0.utf8.count)"] } ?? ["Content-Length: 0"]
    let lines = (["\(method) \(target) HTTP/1.1", "Host: \(host)"] + content + headers).joined(separator: "\r\n")
    client.send("\(lines)\r\n\r\n\(body ?? "")")
    return try client.answer()
  }

  @Test("what a project has for POST is called with what path and body give, and with who asks")
  func call() throws {
    let (fixture, secrets) = try Self.fixture(tokens: [("ops", [.write])])
    let answer = try Self.post(
      fixture, "/api/regions/eu%2F1/restart", #"{"count": 3, "kinds": ["a", "b,c"]}"#,
      headers: ["Authorization: Bearer \(secrets[0])"])
    #expect(answer.status == 200)
    #expect(answer.text == #"{"id":7}"#)
    #expect(answer.header("Cache-Control") == "no-store")
    let write = try #require(fixture.writes.last)
    #expect(write.values == ["eu/1", "3", #"{"a","b,c"}"#, "ops"])
    #expect(write.record?.who == "ops")
    #expect(write.record?.origin == "127.0.0.1")
    #expect(write.record?.action == "POST /api/regions/{region}/restart")
    #expect(write.record?.subject == #"region=eu/1 count=3 kinds={"a","b,c"}"#)
    #expect(fixture.queryCount == 0)
  }

  @Test("alerts are acknowledged and silenced in every project")
  func alerts() throws {
    let (fixture, _) = try Self.fixture()
    #expect(try Self.post(fixture, "/api/stats/alerts/42/acknowledge").status == 200)
    #expect(fixture.writes.last?.values == ["42", "local"])
    let silence = #"{"matcher": {"region": "eu"}, "until": "2030-01-01T00:00:00+01:00"}"#
    #expect(try Self.post(fixture, "/api/stats/silences", silence).status == 200)
    #expect(fixture.writes.last?.values == [#"{"region":"eu"}"#, "2029-12-31T23:00:00Z", "", "local"])
    #expect(try Self.post(fixture, "/api/stats/silences/3", method: "DELETE").status == 200)
    #expect(try Self.post(fixture, "/api/stats/silences/3/unsilence").status == 200)
    #expect(fixture.writes.last?.values == ["3", "local"])
    #expect(try fixture.get("/api/stats/silences").status == 200)
    #expect(try fixture.get("/api/stats/alerts/42/acknowledge").status == 405)
    #expect(try fixture.get("/api/stats/alerts/42/acknowledge").header("Allow") == "POST, OPTIONS")
  }

  @Test(
    "a body that does not fit is refused and says why",
    arguments: [
      (#"{"count": 10}"#, 400, "count must be an integer between 1 and 9"),
      (#"{"count": "3"}"#, 400, "count must be an integer"), (#"{"count": 3.5}"#, 400, "count must be an integer"),
      (#"{"count": null}"#, 400, "count must be"), (#"{"kinds": "a"}"#, 400, "kinds must be"),
      (#"{"kinds": [1]}"#, 400, "kinds must be"),
      (#"{"region": "x"}"#, 400, "region is not a parameter: the parameters are count, kinds"),
      (#"{"who": "x"}"#, 400, "who is not a parameter"), (#"{"count": 1, "count": 2}"#, 400, "no JSON object"),
      ("[]", 400, "no JSON object"), ("{", 400, "no JSON object"),
    ])
  func refusedBody(body: String, status: Int, detail: String) throws {
    let (fixture, _) = try Self.fixture()
    let answer = try Self.post(fixture, "/api/regions/eu/restart", body)
    #expect(answer.status == status)
    #expect(answer.text.contains(detail), "\(answer.text)")
    #expect(fixture.writes.isEmpty)
  }

  @Test("parameters do not come by the query, and a body says that it is JSON")
  func form() throws {
    let (fixture, _) = try Self.fixture()
    #expect(try Self.post(fixture, "/api/regions/eu/restart?count=3").status == 400)
    let client = try fixture.client()
    client.send(
      "POST /api/regions/eu/restart HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"
    )
    #expect(try client.answer().status == 415)
    #expect(fixture.writes.isEmpty)
  }

  @Test("with tokens, only those of scope write write, whoever may read")
  func scopes() throws {
    let (fixture, secrets) = try Self.fixture(tokens: [("reader", [.read]), ("writer", [.write])], anonymous: true)
    let path = "/api/stats/alerts/1/acknowledge"
    #expect(try Self.post(fixture, path).status == 401)
    #expect(try Self.post(fixture, path, headers: ["Authorization: Bearer \(secrets[0])"]).status == 403)
    #expect(try Self.post(fixture, path, headers: ["Authorization: Bearer \(secrets[1])"]).status == 200)
    #expect(fixture.writes.count == 1)
    // What a page of another origin sends with a token is meant.
    let other = ["Authorization: Bearer \(secrets[1])", "Origin: https://elsewhere.example"]
    #expect(try Self.post(fixture, path, headers: other, host: "api.example").status == 200)
  }

  @Test(
    "without tokens, only this machine writes, and of web pages only this server's own",
    arguments: [
      ([], "localhost", 200), ([], "127.0.0.1:8000", 200), ([], "[::1]:8000", 200),
      (["Origin: http://localhost:8000"], "localhost:8000", 200),
      (["Origin: https://ops.example"], "localhost:8000", 200),
      (["Origin: http://localhost:9000"], "localhost:8000", 403), (["Origin: https://evil.example"], "localhost", 403),
      (["Origin: null"], "localhost", 403), ([], "evil.example", 403), ([], "127.0.0.1.evil.example", 403),
      (["X-Forwarded-For: 10.0.0.1"], "localhost", 403), (["Via: 1.1 proxy"], "localhost", 403),
    ])
  func local(headers: [String], host: String, status: Int) throws {
    let (fixture, _) = try Self.fixture()
    let answer = try Self.post(fixture, "/api/stats/alerts/1/acknowledge", headers: headers, host: host)
    #expect(answer.status == status)
    #expect(fixture.writes.count == (status == 200 ? 1 : 0))
  }

  @Test("the audit log and dead letters are for the scope admin, and looking at a letter is an entry")
  func administration() throws {
    let (fixture, secrets) = try Self.fixture(
      tokens: [("reader", [.read]), ("writer", [.read, .write]), ("root", [.admin])], anonymous: true)
    func get(_ target: String, _ secret: String?, headers: [String: String] = [:]) throws -> HTTPTestClient.Answer {
      try fixture.get(target, headers: headers.merging(secret.map { ["Authorization": "Bearer \($0)"] } ?? [:]) { $1 })
    }
    for target in ["/api/audit", "/api/dead-letters", "/api/dead-letters/7"] {
      #expect(try get(target, nil).status == 401)
      #expect(try get(target, secrets[0]).status == 403)
      #expect(try get(target, secrets[1]).text.contains("no scope admin"))
      let answer = try get(target, secrets[2], headers: ["Accept": "text/event-stream"])
      #expect(answer.status == 200)
      #expect(answer.header("Content-Type") == "application/json")
      #expect(answer.header("Cache-Control") == "no-store")
    }
    // It is read as what writes is, and nothing of it is kept.
    #expect(fixture.queryCount == 0)
    #expect(fixture.writes.map { $0.record?.subject } == [nil, "stream= code= open=false limit=100 cursor=", "id=7"])
    #expect(fixture.writes.map { $0.record?.who } == [nil, "root", "root"])
    #expect(try get("/api/audit?limit=0", secrets[2]).status == 400)
    #expect(try get("/api/audit?limit=5&format=csv", secrets[2]).header("Content-Type")?.hasPrefix("text/csv") == true)
    #expect(fixture.writes.last?.values == [nil, nil, nil, nil, "5", nil])
    // The ledger's sums are for all who read.
    #expect(try get("/api/ledger", secrets[0]).status == 200)
    #expect(fixture.queryCount == 1)
  }

  @Test("without tokens, what is not for everybody is for this machine")
  func localAdministration() throws {
    let (fixture, _) = try Self.fixture()
    #expect(try fixture.get("/api/audit").status == 200)
    #expect(try fixture.get("/api/audit", headers: ["X-Forwarded-For": "10.0.0.1"]).status == 403)
  }

  @Test("what was written is seen at once: the cache is empty")
  func forgets() throws {
    let (fixture, _) = try Self.fixture()
    for _ in 0..<2 { _ = try fixture.get("/api/stats/silences") }
    #expect(fixture.queryCount == 1)
    _ = try Self.post(fixture, "/api/stats/alerts/1/acknowledge")
    _ = try fixture.get("/api/stats/silences")
    #expect(fixture.queryCount == 2)
  }

  @Test(
    "what the database refuses has a status of its own",
    arguments: [
      (.noResult, 404), (.refused(reason: "no such region"), 422), (.conflict, 409), (.unavailable, 503),
      (.failed(message: "secret"), 500),
    ] as [(QueryFailure, Int)])
  func failures(failure: QueryFailure, status: Int) throws {
    let (fixture, _) = try Self.fixture()
    fixture.setResult(.failure(failure))
    let answer = try Self.post(fixture, "/api/regions/eu/restart")
    #expect(answer.status == status)
    #expect(!answer.text.contains("secret"))
    if case .refused(let reason) = failure { #expect(answer.text.contains(reason)) }
  }

  @Test("of what a token may not do, its name is noted")
  func refusedByName() throws {
    let (fixture, secrets) = try Self.fixture(tokens: [("grafana", [.read])], anonymous: false)
    _ = try Self.post(fixture, "/api/stats/alerts/1/acknowledge", headers: ["Authorization: Bearer \(secrets[0])"])
    fixture.stop()
    #expect(fixture.records.map(\.who) == ["grafana"])
    #expect(fixture.records.map(\.result) == ["no scope write"])
  }

  @Test("what is refused is counted and not written down one by one")
  func trail() throws {
    let (fixture, _) = try Self.fixture(tokens: [("writer", [.write])], anonymous: false)
    for _ in 0..<50 { _ = try fixture.get("/api/stats/silences") }
    _ = try Self.post(fixture, "/api/stats/alerts/1/acknowledge")
    fixture.stop()
    let records = fixture.records
    #expect(records.count == 2)
    #expect(records.map(\.times).sorted() == [1, 50])
    #expect(Set(records.map(\.action)) == ["GET /api/stats/silences", "POST /api/stats/alerts/{id}/acknowledge"])
    #expect(Set(records.map(\.result)) == ["no token"])
  }

  @Test("the description says what a body holds, and that a token is needed")
  func description() throws {
    let (fixture, secrets) = try Self.fixture(tokens: [("all", [.read, .write])], anonymous: false)
    let answer = try fixture.get("/openapi.json", headers: ["Authorization": "Bearer \(secrets[0])"])
    let json = try JSONValue(parsing: answer.body)
    #expect(json["security"]?.arrayValue?.count == 1)
    let post = try #require(json["paths"]?["/api/regions/{region}/restart"]?["post"])
    let schema = post["requestBody"]?["content"]?["application/json"]?["schema"]
    #expect(schema?["properties"]?["count"]?["maximum"]?.intValue == 9)
    #expect(schema?["properties"]?["kinds"]?["anyOf"]?[0]?["type"]?.stringValue == "array")
    #expect(schema?["properties"]?["who"] == nil)
    #expect(post["parameters"]?.arrayValue?.compactMap { $0["in"]?.stringValue } == ["path"])
    let delete = json["paths"]?["/api/stats/silences/{id}"]?["delete"]
    #expect(delete?["responses"]?["404"] != nil)
  }
}

@Suite struct AuditTrailTests {
  @Test("guessing from many addresses makes a bounded number of entries, and none is lost")
  func bounded() {
    let written = Box<[AuditRecord]>([])
    let trail = AuditTrail(
      sink: { records, completion in
        written.update { $0 += records }
        completion(true)
      }, now: { 0 })
    for address in 0..<10_000 {
      trail.note(
        AuditRecord(who: "", origin: "10.0.\(address / 256).\(address % 256)", action: "GET /x", result: "wrong token"))
    }
    trail.stop()
    trail.run()
    let records = written.value
    #expect(records.count <= AuditTrail.maximumKinds + 1)
    #expect(records.reduce(0) { $0 + $1.times } == 10_000)
  }

  @Test("what cannot be written is kept and written later")
  func kept() {
    let attempts = Box<[[AuditRecord]]>([])
    let trail = AuditTrail(
      sink: { records, completion in
        attempts.update { $0.append(records) }
        completion(attempts.value.count > 1)
      }, now: { 0 })
    trail.note(AuditRecord(who: "", origin: "a", action: "GET /x", result: "no token"))
    trail.stop()
    trail.run()
    trail.note(AuditRecord(who: "", origin: "a", action: "GET /x", result: "no token"))
    trail.run()
    #expect(attempts.value.map { $0.map(\.times) } == [[1], [2]])
  }
}
