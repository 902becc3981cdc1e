import Access
import HTTPTestClient
import JSON
import Testing

@testable import StatsAPI

private func position(_ data: String, at log: Int64 = 0) -> String {
  ResultPosition(log: log, EntityTag(of: Array(data.utf8))).text
}

/// Subscriptions over `/api/stream`.
@Suite struct SocketTests {
  private func socket(_ fixture: Fixture, headers: [String: String] = [:]) throws -> HTTPTestClient {
    let client = try fixture.client()
    #expect(try client.upgrade("/api/stream", headers: headers).status == 101)
    return client
  }

  @Test("a subscription begins with the present result and goes on with each that new data has changed")
  func subscribes() throws {
    let fixture = try Fixture(result: "{\"n\":0}")
    let client = try socket(fixture)
    client.say(#"{"subscribe": "now", "endpoint": "/api/stats/realtime"}"#)
    #expect(
      try client.message() == #"{"id":"now","position":"\#(position("{\"n\":0}"))","data":{"n":0}}"#)
    for number in 1...20 {
      fixture.setResult("{\"n\":\(number)}")
      fixture.dataVersion.notify(TableChanges(tables: nil, position: Int64(number)))
      let data = "{\"n\":\(number)}"
      #expect(
        try client.message() == #"{"id":"now","position":"\#(position(data, at: Int64(number)))","data":\#(data)}"#)
    }
  }

  @Test("one socket has many subscriptions, each with the arguments of its own, and they end one by one")
  func many() throws {
    let fixture = try Fixture(result: "1")
    let client = try socket(fixture)
    for minutes in 1...10 {
      client.say(#"{"subscribe":"\#(minutes)","endpoint":"/api/stats/trending?minutes=\#(minutes)&limit=3"}"#)
      #expect(try client.message() == #"{"id":"\#(minutes)","position":"\#(position("1"))","data":1}"#)
      #expect(fixture.hasRun(with: [String(minutes), "3"]))
    }
    for minutes in 2...10 {
      client.say(#"{"unsubscribe":"\#(minutes)"}"#)
      #expect(try client.message() == #"{"id":"\#(minutes)","ended":true}"#)
    }
    fixture.setResult("2")
    fixture.dataVersion.notify()
    #expect(try client.message() == #"{"id":"1","position":"\#(position("2"))","data":2}"#)
  }

  @Test("a client that comes back with its position gets nothing twice, and with an older one the present result")
  func resumes() throws {
    let fixture = try Fixture(result: "1")
    let client = try socket(fixture)
    let present = position("1")
    client.say(#"{"subscribe":"a","endpoint":"/api/stats/realtime","position":"\#(present)"}"#)
    #expect(try client.message() == #"{"id":"a","position":"\#(present)"}"#)
    for (id, old) in [("b", position("0")), ("c", "of another world"), ("d", "")] {
      client.say(#"{"subscribe":"\#(id)","endpoint":"/api/stats/realtime","position":"\#(old)"}"#)
      #expect(try client.message() == #"{"id":"\#(id)","position":"\#(present)","data":1}"#)
    }
  }

  @Test("one query a change, however many listen and by whichever way")
  func shared() throws {
    let fixture = try Fixture(result: "0")
    let clients = try (0..<20).map { _ in try socket(fixture) }
    for client in clients {
      client.say(#"{"subscribe":"x","endpoint":"/api/stats/realtime"}"#)
      _ = try client.message()
    }
    let events = try fixture.client()
    events.request("/api/stats/realtime", headers: ["Accept": "text/event-stream"])
    _ = try events.head()
    _ = try events.chunks(through: "data: 0\n\n")
    let before = fixture.queryCount
    fixture.setResult("1")
    fixture.dataVersion.notify()
    for client in clients { #expect(try client.message().hasSuffix("\"data\":1}")) }
    _ = try events.chunks(through: "data: 1\n\n")
    // One for the commit, and perhaps one that the last subscription's beginning asked for.
    #expect(fixture.queryCount - before <= 2)
  }

  @Test("alerts are subscribed to by what they are, and run again when alerts change")
  func alerts() throws {
    let fixture = try Fixture(result: #"{"data":[],"count":0}"#)
    let client = try socket(fixture)
    client.say(#"{"subscribe":"alerts","alerts":true}"#)
    #expect(try client.message().hasSuffix(#""data":{"data":[],"count":0}}"#))
    #expect(fixture.lastStatement?.text.contains("FROM alerts") == true)
    fixture.setResult(#"{"data":[{"id":1}],"count":1}"#)
    fixture.dataVersion.notify(TableChanges(tables: ["alerts"]))
    #expect(try client.message().hasSuffix(#""data":{"data":[{"id":1}],"count":1}}"#))
    // They are no route of their own.
    #expect(try fixture.get("/alerts").status == 404)
  }

  @Test(
    "what is wrong with a message is said, and the socket goes on",
    arguments: [
      ("hello", nil, 400), ("[]", nil, 400), ("{}", nil, 400), (#"{"subscribe":1,"endpoint":"/"}"#, nil, 400),
      (#"{"subscribe":"x"}"#, "x", 400), (#"{"subscribe":"x","endpoint":"/nothing"}"#, "x", 404),
      (#"{"subscribe":"x","endpoint":"/health"}"#, "x", 404), (#"{"subscribe":"x","endpoint":"%"}"#, "x", 400),
      (#"{"subscribe":"x","endpoint":"/api/stats/trending?minutes=0"}"#, "x", 400),
      (#"{"subscribe":"x","endpoint":"/api/stats/trending?format=csv"}"#, "x", 400),
      (#"{"subscribe":"x","alerts":true,"endpoint":"/api/stats/realtime"}"#, "x", 400),
      (#"{"subscribe":"x","alerts":false}"#, "x", 400), (#"{"subscribe":"x","alerts":true,"more":1}"#, "x", 400),
      (#"{"subscribe":"x","subscribe":"y","alerts":true}"#, nil, 400), (#"{"unsubscribe":"x"}"#, "x", 404),
      (#"{"subscribe":"x","alerts":true,"position":5}"#, "x", 400),
    ] as [(String, String?, Int)])
  func wrong(message: String, id: String?, status: Int) throws {
    let fixture = try Fixture()
    let client = try socket(fixture)
    client.say(message)
    let answer = try JSONValue(parsing: try client.message())
    #expect(answer["error"]?["status"]?.intValue == status)
    #expect(answer["error"]?["detail"]?.stringValue?.isEmpty == false)
    #expect(answer["id"]?.stringValue == id)
    #expect(answer["ended"]?.boolValue == (id == nil ? nil : true))
    client.say(#"{"subscribe":"y","endpoint":"/api/stats/realtime"}"#)
    #expect(try client.message().hasPrefix(#"{"id":"y","position""#))
  }

  @Test("a query that fails is an error, and the subscription goes on; without a first result there is none")
  func failure() throws {
    let fixture = try Fixture(result: "0")
    let client = try socket(fixture)
    client.say(#"{"subscribe":"x","endpoint":"/api/stats/realtime"}"#)
    _ = try client.message()
    fixture.setResult(.failure(.timeout))
    fixture.dataVersion.notify()
    let error = try JSONValue(parsing: try client.message())
    #expect(error["id"]?.stringValue == "x" && error["error"]?["status"]?.intValue == 504 && error["ended"] == nil)
    client.say(#"{"subscribe":"y","endpoint":"/api/stats/trending"}"#)
    // The query that follows each subscription may have come to the failure, too: a second error of `x`.
    func next(after isExpected: (JSONValue) -> Bool) throws -> String {
      let message = try client.message()
      return isExpected(try JSONValue(parsing: message)) ? try client.message() : message
    }
    let answer = try next { $0["id"]?.stringValue == "x" }
    let refused = try JSONValue(parsing: answer)
    #expect(refused["id"]?.stringValue == "y" && refused["ended"]?.boolValue == true)
    fixture.setResult("0")
    fixture.dataVersion.notify()
    let last = try next { $0["error"] != nil }
    #expect(last == #"{"id":"x","position":"\#(position("0"))","data":0}"#)
  }

  @Test("ids are a socket's own, and a socket has so many subscriptions at most")
  func bounded() throws {
    let fixture = try Fixture { $0.maximumSubscriptions = 2 }
    let (first, second) = (try socket(fixture), try socket(fixture))
    for client in [first, second] {
      client.say(#"{"subscribe":"x","endpoint":"/api/stats/realtime"}"#)
      #expect(try client.message().hasPrefix(#"{"id":"x","position""#))
    }
    first.say(#"{"subscribe":"x","endpoint":"/api/stats/trending"}"#)
    let taken = try JSONValue(parsing: try first.message())
    #expect(taken["error"]?["status"]?.intValue == 409 && taken["ended"] == nil)
    first.say(#"{"subscribe":"y","endpoint":"/api/stats/realtime"}"#)
    _ = try first.message()
    first.say(#"{"subscribe":"z","endpoint":"/api/stats/realtime"}"#)
    #expect(try JSONValue(parsing: try first.message())["error"]?["status"]?.intValue == 429)
  }

  @Test("sockets are bounded together with streams, and one that ends makes room")
  func places() throws {
    let fixture = try Fixture { $0.maximumStreams = 1 }
    do {
      let client = try socket(fixture)
      let refused = try fixture.client().upgrade("/api/stream")
      #expect(refused.status == 503)
      #expect(refused.header("Retry-After") == "5")
      client.send(HTTPTestClient.frame(8, []))
      _ = try client.nextFrame()
      #expect(client.isAtEnd())
    }
    var status = 503
    for _ in 0..<10_000 where status != 101 { status = try fixture.client().upgrade("/api/stream").status }
    #expect(status == 101)
  }

  // MARK: Access

  private static func token() throws -> (secret: String, tokens: AccessTokens) {
    let (secret, token) = try AccessToken.make(name: "screen", scopes: [.read], expires: nil)
    return (secret, try AccessTokens(list: token.entry))
  }

  @Test("where tokens are needed, a client shows its own in the handshake or in the first message")
  func tokens() throws {
    let (secret, tokens) = try Self.token()
    let fixture = try Fixture(result: "1") { $0.access = AccessPolicy(tokens: tokens, allowsAnonymous: false) }
    let first = try socket(fixture, headers: ["Authorization": "Bearer \(secret)"])
    first.say(#"{"subscribe":"x","alerts":true}"#)
    #expect(try first.message().hasSuffix("\"data\":1}"))

    let second = try socket(fixture)
    second.say(#"{"token":"\#(secret)"}"#)
    #expect(try second.message() == #"{"authorized":true}"#)
    second.say(#"{"subscribe":"x","alerts":true}"#)
    #expect(try second.message().hasSuffix("\"data\":1}"))

    #expect(try fixture.client().upgrade("/api/stream", headers: ["Authorization": "Bearer wrong"]).status == 401)
    for message in [#"{"token":"wrong"}"#, #"{"subscribe":"x","alerts":true}"#] {
      let client = try socket(fixture)
      client.say(message)
      #expect(try JSONValue(parsing: try client.message())["error"]?["status"]?.intValue == 401)
      #expect(try client.nextFrame().closeCode == 1008)
    }
    let rude = try socket(fixture)
    rude.say("hello")
    #expect(try rude.nextFrame().closeCode == 1008)
  }

  @Test("each subscription counts as a request")
  func limits() throws {
    let fixture = try Fixture { $0.access = AccessPolicy(requestsPerSecond: 1) }
    let client = try socket(fixture)
    var statuses: [Int?] = []
    for number in 0..<4 {
      client.say(#"{"subscribe":"\#(number)","alerts":true}"#)
      statuses.append(try JSONValue(parsing: try client.message())["error"]?["status"]?.intValue)
    }
    // Two at once are allowed, and the handshake was one.
    #expect(statuses.filter { $0 == 429 }.count >= 2)
  }

  @Test(
    "a page of another origin opens no socket, unless it may read the answers, too",
    arguments: [
      (nil, "", 101), ("http://localhost", "", 101), ("https://localhost", "", 101), ("http://evil.example", "", 403),
      ("null", "", 403), ("http://localhost.evil.example", "", 403),
      ("https://good.example", "https://good.example", 101), ("http://good.example", "https://good.example", 403),
      ("http://evil.example", "*", 101),
    ] as [(String?, String, Int)])
  func origins(origin: String?, allowed: String, status: Int) throws {
    let fixture = try Fixture { $0.allowedOrigins = AllowedOrigins(setting: allowed) }
    let answer = try fixture.client().upgrade("/api/stream", headers: origin.map { ["Origin": $0] } ?? [:])
    #expect(answer.status == status)
  }

  @Test("a request without a handshake is told what the route is")
  func plain() throws {
    let fixture = try Fixture()
    let answer = try fixture.get("/api/stream")
    #expect(answer.status == 426)
    #expect(answer.header("Upgrade") == "websocket")
  }

  @Test("when the definitions are replaced, sockets are told to come back")
  func restart() throws {
    let fixture = try Fixture()
    let client = try socket(fixture)
    client.say(#"{"subscribe":"x","alerts":true}"#)
    _ = try client.message()
    fixture.api.stop()
    #expect(try client.nextFrame().closeCode == 1012)
    #expect(client.isAtEnd())
    #expect(try fixture.client().upgrade("/api/stream").status == 503)
  }
}
