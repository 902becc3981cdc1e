import HTTPTestClient
import StatsAPI
import Testing

@testable import struct StatsAPI.StreamSchedule

private let acceptEvents = ["Accept": "text/event-stream"]

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
    #expect(try client.chunks(through: "}\n\n") == "retry: 2000\n\ndata: {\"n\":0}\n\n")
    for number in 1...20 {
      fixture.setResult("{\"n\":\(number)}")
      fixture.dataVersion.notify()
      #expect(try client.chunks(through: "}\n\n") == "data: {\"n\":\(number)}\n\n")
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
    for client in clients { #expect(try client.chunks(through: "\n\n") == "data: 1\n\n") }
    // One for the commit, and perhaps one that the last stream's beginning asked for.
    #expect(fixture.queryCount - before <= 2)
  }

  @Test("lines of a result become lines of one event")
  func lines() throws {
    let fixture = try Fixture(result: "{\n  \"a\": 1\n}")
    let client = try fixture.client()
    client.request("/api/stats/realtime", headers: acceptEvents)
    _ = try client.head()
    #expect(try client.chunks(through: "}\n\n") == "retry: 2000\n\ndata: {\ndata:   \"a\": 1\ndata: }\n\n")
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
    let event = try client.chunks(through: "}\n\n")
    #expect(event.hasPrefix("event: problem\ndata: {"))
    #expect(event.contains("\"status\":504"))
    fixture.setResult("0")
    fixture.dataVersion.notify()
    #expect(try client.chunks(through: "data: 0\n\n") == "data: 0\n\n")
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

@Suite struct StreamScheduleTests {
  @Test("rounds keep their distance, and what is wanted meanwhile is not lost")
  func interval() {
    //  0   40   100 ms
    //  a   b    ↓
    //  a        b
    var schedule = StreamSchedule<String>(intervalMilliseconds: 100, heartbeatMilliseconds: 15_000, now: 0)
    schedule.want(["a"])
    #expect(schedule.round(now: 0).keys == ["a"])
    schedule.finished("a")
    schedule.want(["b"])
    let early = schedule.round(now: 40)
    #expect(early.keys == [])
    #expect(early.sleepMilliseconds == 60)
    #expect(schedule.round(now: 100).keys == ["b"])
  }

  @Test("a key whose query is under way is asked again after it, once")
  func running() {
    var schedule = StreamSchedule<String>(intervalMilliseconds: 0, heartbeatMilliseconds: 15_000, now: 0)
    schedule.want(["a"])
    #expect(schedule.round(now: 0).keys == ["a"])
    schedule.want(["a"])
    schedule.want(["a"])
    #expect(schedule.round(now: 1).keys == [])
    schedule.finished("a")
    #expect(schedule.round(now: 2).keys == ["a"])
    schedule.finished("a")
    #expect(schedule.round(now: 3).keys == [])
  }

  @Test("heartbeats come at their interval, and the sleep ends with the next")
  func heartbeats() {
    var schedule = StreamSchedule<String>(intervalMilliseconds: 200, heartbeatMilliseconds: 15_000, now: 0)
    let first = schedule.round(now: 14_000)
    #expect(!first.isHeartbeat)
    #expect(first.sleepMilliseconds == 1_000)
    #expect(schedule.round(now: 15_000).isHeartbeat)
    #expect(!schedule.round(now: 15_001).isHeartbeat)
    #expect(schedule.round(now: 30_000).isHeartbeat)
  }

  @Test("a key that nobody listens to is not asked")
  func forgotten() {
    var schedule = StreamSchedule<String>(intervalMilliseconds: 0, heartbeatMilliseconds: 15_000, now: 0)
    schedule.want(["a", "b"])
    schedule.forget("a")
    #expect(schedule.round(now: 0).keys == ["b"])
  }
}
