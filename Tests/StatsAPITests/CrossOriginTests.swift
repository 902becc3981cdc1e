import HTTPTestClient
import StatsAPI
import Testing

@Suite struct CrossOriginTests {
  @Test(
    "the setting is a list, a star, or nothing",
    arguments: [
      ("", AllowedOrigins.none), (" , ", .none), ("*", .any), ("https://a.example, *", .any),
      ("https://a.example", .list(["https://a.example"])),
      (" https://a.example/ ,http://b:3000", .list(["https://a.example", "http://b:3000"])),
    ])
  func setting(text: String, expected: AllowedOrigins) {
    #expect(AllowedOrigins(setting: text) == expected)
  }

  @Test(
    "an origin is let in only as the setting says",
    arguments: [
      ("", "https://a.example", nil), ("*", "https://a.example", "*"), ("*", nil, "*"),
      ("https://a.example", "https://a.example", "https://a.example"), ("https://a.example", "https://b.example", nil),
      ("https://a.example", "https://a.example.evil", nil), ("https://a.example", "null", nil),
      ("https://a.example", nil, nil),
    ] as [(String, String?, String?)], ["/api/stats/realtime", "/api/stats/realtime?x=1", "/nothing", "/health"])
  func allowed(row: (setting: String, origin: String?, expected: String?), target: String) throws {
    let fixture = try Fixture { $0.allowedOrigins = AllowedOrigins(setting: row.setting) }
    let client = try fixture.client()
    let headers = row.origin.map { ["Origin": $0] } ?? [:]
    // The second time from the cache.
    for _ in 0..<2 {
      let answer = try client.get(target, headers: headers)
      #expect(answer.header("Access-Control-Allow-Origin") == row.expected)
    }
  }

  @Test("everybody may read, but nobody's credentials are taken from everywhere")
  func anyOrigin() throws {
    let fixture = try Fixture { $0.allowedOrigins = .any }
    for method in ["GET", "OPTIONS"] {
      let answer = try fixture.client().get(
        "/api/stats/realtime", method: method, headers: ["Origin": "https://a.example"])
      #expect(answer.header("Access-Control-Allow-Origin") == "*")
      #expect(answer.header("Access-Control-Allow-Credentials") == nil)
    }
  }

  @Test("an answer that depends on the origin says so, so that no cache mixes them up")
  func vary() throws {
    let listed = try Fixture { $0.allowedOrigins = .list(["https://a.example"]) }
    #expect(try listed.get("/api/stats/realtime").header("Vary") == "Accept, Accept-Encoding, Origin")
    let any = try Fixture { $0.allowedOrigins = .any }
    #expect(try any.get("/api/stats/realtime").header("Vary") == "Accept, Accept-Encoding")
  }

  @Test(
    "a preflight request is answered for those who are let in",
    arguments: [
      ("https://a.example", "GET, HEAD, OPTIONS"), ("https://b.example", nil),
    ] as [(String, String?)])
  func preflight(origin: String, methods: String?) throws {
    let fixture = try Fixture { $0.allowedOrigins = .list(["https://a.example"]) }
    let answer = try fixture.client().get(
      "/api/stats/realtime", method: "OPTIONS",
      headers: ["Origin": origin, "Access-Control-Request-Method": "GET"])
    #expect(answer.status == 204)
    #expect(answer.header("Allow") == "GET, HEAD, OPTIONS")
    #expect(answer.header("Access-Control-Allow-Methods") == methods)
    #expect(answer.header("Access-Control-Allow-Credentials") == methods.map { _ in "true" })
    let headers = answer.header("Access-Control-Allow-Headers")
    for name in ["Content-Type", "Authorization", "X-Requested-With"] {
      #expect(headers?.contains(name) == methods.map { _ in true })
    }
    #expect(fixture.queryCount == 0)
  }
}
