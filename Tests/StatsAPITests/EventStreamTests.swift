import HTTPTestClient
import Testing

@testable import StatsAPI

private let acceptEvents = ["Accept": "text/event-stream"]

/// A result as it stands on the wire.
private func event(_ data: String, at position: Int64) -> String {
  "id: \(ResultPosition(log: position, EntityTag(of: Array(data.utf8))).text)\ndata: \(data)\n\n"
}

@Suite struct EventStreamTests {
  @Test("a stream begins with the present result and goes on with every one that new data has changed")
  func resends() throws {
    let fixture = try Fixture(result: "{\"n\":0}")
    let client = try fixture.client()
    client.request("/api/stats/trending?minutes=7", headers: acceptEvents)
    let head = try client.head()
    #expect(head.status == 200)
    #expect(head.header("Content-Type") == "text/event-stream")
    #expect(head.header("Cache-Control") == "no-store")
    #expect(
      try client.chunks(through: "}\n\n") == "retry: 2000\n\n\(event("{\"n\":0}", at: 0))")
    for number in 1...20 {
      fixture.setResult("{\"n\":\(number)}")
      fixture.dataVersion.notify(TableChanges(tables: nil, position: Int64(100 * number)))
      #expect(
        try client.chunks(through: "}\n\n") == event("{\"n\":\(number)}", at: Int64(100 * number)))
    }
  }

  @Test("streams of one request share one query")
  func shared() throws {
    let fixture = try Fixture(result: "0")
    let clients = try (0..<10).map { _ in try fixture.client() }
    for client in clients {
      client.request("/api/stats/realtime", headers: acceptEvents)
      _ = try client.head()
      _ = try client.chunks(through: "data: 0\n\n")
    }
    let before = fixture.queryCount
    fixture.setResult("1")
    fixture.dataVersion.notify()
    for client in clients { #expect(try client.chunks(through: "\n\n") == event("1", at: 0)) }
    // One for the commit, and perhaps one that the last stream's beginning asked for.
    #expect(fixture.queryCount - before <= 2)
  }

  @Test("lines of a result become lines of one event")
  func lines() throws {
    let fixture = try Fixture(result: "{\n  \"a\": 1\n}")
    let client = try fixture.client()
    client.request("/api/stats/realtime", headers: acceptEvents)
    _ = try client.head()
    let id = ResultPosition(log: 0, EntityTag(of: Array("{\n  \"a\": 1\n}".utf8))).text
    #expect(
      try client.chunks(through: "}\n\n") == "retry: 2000\n\nid: \(id)\ndata: {\ndata:   \"a\": 1\ndata: }\n\n")
  }

  @Test("a heartbeat comes in the silence")
  func heartbeat() throws {
    let fixture = try Fixture(result: "0") { $0.heartbeatIntervalMilliseconds = 15_000 }
    let client = try fixture.client()
    client.request("/api/stats/realtime", headers: acceptEvents)
    _ = try client.head()
    _ = try client.chunks(through: "data: 0\n\n")
    fixture.advance(milliseconds: 15_000)
    // The test's clock has no alarm: a commit without effect wakes the thread, which then looks at the time.
    fixture.dataVersion.notify()
    #expect(try client.chunks(through: "\n\n") == ": \n\n")
  }

  @Test("a query that fails is an event, and the stream goes on")
  func failure() throws {
    let fixture = try Fixture(result: "0")
    let client = try fixture.client()
    client.request("/api/stats/realtime", headers: acceptEvents)
    _ = try client.head()
    _ = try client.chunks(through: "data: 0\n\n")
    fixture.setResult(.failure(.timeout))
    fixture.dataVersion.notify()
    let problem = try client.chunks(through: "}\n\n")
    #expect(problem.hasPrefix("event: problem\ndata: {"))
    #expect(problem.contains("\"status\":504"))
    fixture.setResult("0")
    fixture.dataVersion.notify()
    #expect(try client.chunks(through: "data: 0\n\n") == event("0", at: 0))
  }

  @Test("who comes back with the id of the present result gets nothing twice, and with an older one the present result")
  func resumes() throws {
    let fixture = try Fixture(result: "1") { $0.cacheTTLMilliseconds = 0 }
    let first = try fixture.client()
    first.request("/api/stats/realtime", headers: acceptEvents)
    _ = try first.head()
    #expect(try first.chunks(through: "data: 1\n\n").contains(event("1", at: 0)))
    let id = ResultPosition(log: 0, EntityTag(of: Array("1".utf8))).text

    // Other commits than those that change the result make no difference.
    fixture.dataVersion.notify(TableChanges(tables: [], position: 77))
    let second = try fixture.client()
    second.request("/api/stats/realtime", headers: acceptEvents.merging(["Last-Event-ID": id]) { $1 })
    _ = try second.head()
    #expect(try second.chunks(through: "\n\n") == "retry: 2000\n\n")
    fixture.setResult("2")
    fixture.dataVersion.notify(TableChanges(tables: nil, position: 78))
    #expect(try second.chunks(through: "\n\n") == event("2", at: 78))

    for last in [id, "unknown", "1-2", ""] {
      let late = try fixture.client()
      late.request("/api/stats/realtime", headers: acceptEvents.merging(["Last-Event-ID": last]) { $1 })
      _ = try late.head()
      #expect(try late.chunks(through: "data: 2\n\n") == "retry: 2000\n\n" + event("2", at: 78))
    }
  }

  @Test("without a first result there is no stream but the failure")
  func noFirstResult() throws {
    let fixture = try Fixture()
    fixture.setResult(.failure(.unavailable))
    #expect(try fixture.get("/api/stats/realtime", headers: acceptEvents).status == 503)
    #expect(try fixture.get("/api/stats/trending?minutes=0", headers: acceptEvents).status == 400)
  }

  @Test("the number of streams is bounded, and a stream that ends makes room")
  func bounded() throws {
    let fixture = try Fixture(result: "0") { $0.maximumStreams = 2 }
    do {
      let clients = try (0..<2).map { _ in try fixture.client() }
      for client in clients {
        client.request("/api/stats/realtime", headers: acceptEvents)
        #expect(try client.head().status == 200)
      }
      let refused = try fixture.get("/api/stats/realtime", headers: acceptEvents)
      #expect(refused.status == 503)
      #expect(refused.header("Retry-After") == "5")
    }
    // The clients are gone, which the server notices when it sends to them.
    var answer = try fixture.get("/api/stats/realtime", headers: ["Accept": "application/json"])
    var rounds = 0
    repeat {
      rounds += 1
      fixture.setResult("\(rounds)")
      fixture.dataVersion.notify()
      let client = try fixture.client()
      client.request("/api/stats/realtime", headers: acceptEvents)
      answer = try client.head()
    } while answer.status == 503 && rounds < 10_000
    #expect(answer.status == 200)
  }

  @Test("one address has a bound of its own")
  func boundedPerAddress() throws {
    let fixture = try Fixture(result: "0") { $0.maximumStreamsPerAddress = 1 }
    let client = try fixture.client()
    client.request("/api/stats/realtime", headers: acceptEvents)
    #expect(try client.head().status == 200)
    let refused = try fixture.get("/api/stats/realtime", headers: acceptEvents)
    #expect(refused.status == 503)
    #expect(refused.text.contains("an address may have 1 streams at most"))
  }

  @Test("stopping ends the streams")
  func stop() throws {
    let fixture = try Fixture(result: "0")
    let client = try fixture.client()
    client.request("/api/stats/realtime", headers: acceptEvents)
    _ = try client.head()
    _ = try client.chunks(through: "data: 0\n\n")
    fixture.api.stop()
    #expect(try client.chunk() == nil)
    #expect(try client.get("/api/stats/realtime", headers: acceptEvents).status == 503)
    #expect(try client.get("/api/stats/realtime").status == 200)
  }
}
