import Access
import HTTPTestClient
import Testing

@Suite(.serialized) struct AccessTests {
  private static func fixture(anonymous: Bool = false, perSecond: Int = 0) throws -> (fixture: Fixture, secret: String)
  {
    let (secret, token) = try AccessToken.make(name: "grafana", scopes: [.read], expires: nil)
    let tokens = try AccessTokens(list: token.entry)
    let fixture = try Fixture {
      $0.access = AccessPolicy(tokens: tokens, allowsAnonymous: anonymous, requestsPerSecond: perSecond)
    }
    return (fixture, secret)
  }

  @Test("with tokens, data is for those who have one; the page, /ping and /health are for all")
  func tokens() throws {
    let (fixture, secret) = try Self.fixture()
    for path in ["/api/stats/realtime", "/openapi.json", "/-/metrics", "/metrics", "/version"] {
      let refused = try fixture.get(path)
      #expect(refused.status == 401, "\(path)")
      #expect(refused.header("WWW-Authenticate") == "Bearer")
      #expect(refused.header("Content-Type") == "application/problem+json")
      #expect(try fixture.get(path, headers: ["Authorization": "Bearer \(secret)"]).status == 200, "\(path)")
      let wrong = try fixture.get(path, headers: ["Authorization": "Bearer sp_wrong"])
      #expect(wrong.status == 401 && wrong.header("WWW-Authenticate") == "Bearer error=\"invalid_token\"")
    }
    for path in ["/ping", "/health"] { #expect(try fixture.get(path).status == 200, "\(path)") }
    #expect(fixture.queryCount == 1)
  }

  @Test("an answer of the cache is not for those who have no token either")
  func cached() throws {
    let (fixture, secret) = try Self.fixture()
    for _ in 0..<3 {
      #expect(try fixture.get("/api/stats/realtime", headers: ["Authorization": "Bearer \(secret)"]).status == 200)
      #expect(try fixture.get("/api/stats/realtime").status == 401)
    }
    #expect(fixture.queryCount == 1)
  }

  @Test("more requests than the bound are refused, with the time to wait")
  func bounded() throws {
    let (fixture, _) = try Self.fixture(anonymous: true, perSecond: 1)
    let statuses = try (0..<6).map { _ in try fixture.get("/api/stats/realtime") }
    #expect(statuses.prefix(2).allSatisfy { $0.status == 200 })
    let refused = try #require(statuses.first { $0.status == 429 })
    #expect(refused.header("Retry-After") == "1")
    #expect(try fixture.get("/ping").status == 200)
  }
}
