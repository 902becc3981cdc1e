import HTTPTestClient
import StatsAPI
import Testing

@testable import struct StatsAPI.ResultCache

@Suite struct CacheTests {
  @Test("a result answers equal requests for its time, and not longer")
  func timeToLive() throws {
    let fixture = try Fixture(result: "1")
    let client = try fixture.client()
    #expect(try client.get("/api/stats/trending?minutes=5").text == "1")
    fixture.setResult("2")
    fixture.advance(milliseconds: 1999)
    // The same request in other words.
    #expect(try client.get("/api/stats/trending?limit=5&minutes=05").text == "1")
    #expect(try client.get("/api/stats/trending").text == "1")
    #expect(try client.get("/api/stats/trending?minutes=6").text == "2")
    fixture.advance(milliseconds: 1)
    #expect(try client.get("/api/stats/trending").text == "2")
    #expect(fixture.queryCount == 3)
  }

  @Test("requests that come while a query is under way share its result", arguments: [true, false])
  func singleFlight(succeeds: Bool) throws {
    let fixture = try Fixture(result: nil)
    let clients = try (0..<5).map { _ in try fixture.client() }
    clients[0].request("/api/stats/realtime")
    let query = try #require(fixture.nextQuery())
    for client in clients.dropFirst() { client.request("/api/stats/realtime") }
    // Every event loop has seen the waiting requests once it has answered later ones on the same connections' loop;
    // whoever comes after the result is answered from the cache or by a query of its own, which would be counted.
    for _ in 0..<8 { #expect(try fixture.get("/metrics").status == 200) }
    query.complete(succeeds ? .success(Array("7".utf8)) : .failure(.timeout))
    if !succeeds { fixture.setResult(.failure(.timeout)) }
    for client in clients {
      let answer = try client.answer()
      #expect(answer.status == (succeeds ? 200 : 504))
      if succeeds { #expect(answer.text == "7") }
    }
    if succeeds { #expect(fixture.queryCount == 1) }
  }

  @Test("a time of 0 turns the cache off")
  func off() throws {
    let fixture = try Fixture { $0.cacheTTLMilliseconds = 0 }
    let client = try fixture.client()
    for _ in 0..<3 { #expect(try client.get("/api/stats/realtime").header("Cache-Control") == "no-cache") }
    #expect(fixture.queryCount == 3)
  }

  @Test("a client that has the result already gets 304")
  func notModified() throws {
    let fixture = try Fixture(result: "{\"n\":1}")
    let client = try fixture.client()
    let first = try client.get("/api/stats/realtime")
    let tag = try #require(first.header("ETag"))
    #expect(first.header("Cache-Control") == "max-age=2")
    for header in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
      let answer = try client.get("/api/stats/realtime", headers: ["If-None-Match": header])
      #expect(answer.status == 304)
      #expect(answer.header("ETag") == tag)
      #expect(answer.header("Cache-Control") == "max-age=2")
    }
    #expect(try client.get("/api/stats/realtime", headers: ["If-None-Match": "\"x\""]).status == 200)
    fixture.setResult("{\"n\":2}")
    fixture.advance(milliseconds: 2000)
    let changed = try client.get("/api/stats/realtime", headers: ["If-None-Match": tag])
    #expect(changed.status == 200)
    #expect(changed.text == "{\"n\":2}")
  }

  @Test("equal results have equal tags in every instance")
  func stableTags() throws {
    let one = try Fixture(result: "{\"n\":1}").get("/api/stats/realtime").header("ETag")
    let other = try Fixture(result: "{\"n\":1}").get("/api/stats/realtime").header("ETag")
    #expect(one == other)
    #expect(one != nil)
  }
}

@Suite struct ResultCacheTests {
  private func hit(_ cache: inout ResultCache<Int, String, Int>, _ key: Int, now: Int64 = 0) -> String? {
    if case .hit(let value) = cache.lookUp(key, now: now, waiter: 0) { return value }
    return nil
  }

  @Test("the first who asks flies, the others join, and all are handed back")
  func flights() {
    var cache = ResultCache<Int, String, Int>(timeToLiveMilliseconds: 10, maximumEntries: 2, maximumBytes: 100)
    guard case .start = cache.lookUp(1, now: 0, waiter: 100) else {
      Issue.record("not started")
      return
    }
    for waiter in 101...103 {
      guard case .joined = cache.lookUp(1, now: 0, waiter: waiter) else {
        Issue.record("not joined")
        return
      }
    }
    cache.store(1, "a", byteCount: 1, now: 5)
    #expect(cache.land(1) == [100, 101, 102, 103])
    #expect(cache.land(1) == [])
    #expect(hit(&cache, 1, now: 14) == "a")
    #expect(hit(&cache, 1, now: 15) == nil)
  }

  @Test("the oldest goes when there are too many, or too many bytes")
  func bounds() {
    var cache = ResultCache<Int, String, Int>(timeToLiveMilliseconds: 10, maximumEntries: 3, maximumBytes: 100)
    for key in 1...4 { cache.store(key, "v\(key)", byteCount: 10, now: 0) }
    #expect(cache.count == 3)
    #expect(hit(&cache, 1) == nil)
    #expect(hit(&cache, 2) == "v2")
    cache.store(5, "large", byteCount: 85, now: 0)
    #expect(cache.byteCount == 95)
    #expect(hit(&cache, 3) == nil)
    #expect(hit(&cache, 4) == "v4")
    cache.store(6, "too large", byteCount: 101, now: 0)
    #expect(hit(&cache, 6) == nil)
    #expect(hit(&cache, 5) == "large")
  }

  @Test("replacing a value again and again needs no more room")
  func replaced() {
    var cache = ResultCache<Int, String, Int>(timeToLiveMilliseconds: 10, maximumEntries: 2, maximumBytes: 100)
    for round in 0..<1000 {
      cache.store(1, "a\(round)", byteCount: 40, now: 0)
      cache.store(2, "b\(round)", byteCount: 40, now: 0)
      #expect(cache.count == (round == 0 ? 2 : 2))
      #expect(cache.byteCount == 80)
    }
    #expect(hit(&cache, 1) == "a999")
    #expect(hit(&cache, 2) == "b999")
  }

  @Test("expired values leave when others come")
  func expired() {
    var cache = ResultCache<Int, String, Int>(timeToLiveMilliseconds: 10, maximumEntries: 100, maximumBytes: 1000)
    for key in 0..<50 { cache.store(key, "x", byteCount: 1, now: Int64(key)) }
    #expect(cache.count == 10)
    cache.store(99, "x", byteCount: 1, now: 1000)
    #expect(cache.count == 1)
    #expect(cache.byteCount == 1)
  }
}
