import Testing

@testable import Access

@Suite struct AccessPolicyTests {
  private static func made(_ name: String, expires: String? = nil) throws -> (secret: String, entry: String) {
    let (secret, token) = try AccessToken.make(name: name, scopes: [.read], expires: expires)
    return (secret, token.entry)
  }

  private static func policy(_ entries: [String], anonymous: Bool = false, perSecond: Int = 0) throws -> AccessPolicy {
    AccessPolicy(
      tokens: try AccessTokens(list: entries.joined(separator: ",\n")), allowsAnonymous: anonymous,
      requestsPerSecond: perSecond)
  }

  @Test("a token lets its client in, until the day on which it ends")
  func token() throws {
    let (grafana, cron) = (try Self.made("grafana"), try Self.made("cron", expires: "2027-01-31"))
    let policy = try Self.policy([grafana.entry, cron.entry])
    func judge(_ authorization: String?, wall: Int64 = 0) -> AccessPolicy.Judgement {
      policy.judge(authorization: authorization, from: 1, for: .read, now: 0, wall: wall)
    }
    #expect(judge("Bearer \(grafana.secret)", wall: 4_000_000_000) == .allowed(client: "grafana"))
    #expect(judge("bearer \(cron.secret)", wall: 1_801_353_599) == .allowed(client: "cron"))
    // 2027-01-31T00:00:00Z
    #expect(judge("Bearer \(cron.secret)", wall: 1_801_353_600) == .refused(.unknown))
    #expect(judge(nil) == .refused(.missing))
    for wrong in ["Bearer \(grafana.secret)x", "Basic \(grafana.secret)", grafana.secret, "", "Bearer ", "Bearer a b"] {
      #expect(judge(wrong) == .refused(.unknown), "\(wrong)")
    }
  }

  @Test("an entry has the digest and not the secret, and reads as it was written")
  func entry() throws {
    let made = try Self.made("a-b.C_9", expires: "2028-02-29")
    #expect(!made.entry.contains(made.secret.dropFirst(3)))
    #expect(try AccessToken(entry: made.entry).entry == made.entry)
    #expect(made.secret.count == 67)
    #expect(try Self.made("x").secret != made.secret)
    // SHA-256 of "abc" (FIPS 180-2, appendix B.1).
    #expect(
      AccessToken.digestOf("abc").prefix(4) == [0xba, 0x78, 0x16, 0xbf]
        && AccessToken.digestOf("abc").suffix(2) == [0x15, 0xad])
  }

  @Test("what is wrong with a list is said, without the digests or what stands in their place")
  func wrong() throws {
    let digest = String(repeating: "a", count: 64)
    for (list, reason) in [
      ("x", "an entry is name:scopes:digest or name:scopes:digest:day"),
      ("x:read:sp_secret", "the digest of x is not 64 hexadecimal digits, the SHA-256 of its secret"),
      ("x:owner:\(digest)", "the scopes of x are some of: read, write, admin"),
      ("x y:read:\(digest)", "an entry is name:scopes:digest or name:scopes:digest:day"),
      ("x:read:\(digest):2027-02-29", "the day on which x ends is written like 2027-01-31"),
      ("x:read:\(digest), x:read:\(String(repeating: "b", count: 64))", "two tokens are called x"),
      ("x:read:\(digest),y:read:\(digest)", "y has the same digest as another one"),
    ] {
      #expect(throws: AccessTokenError(reason), "\(list)") { try AccessTokens(list: list) }
    }
  }

  @Test("days are those of the calendar, there and back")
  func days() {
    for (text, second) in [
      ("1970-01-01", 0), ("1999-12-31", 946_598_400), ("2000-02-29", 951_782_400), ("2100-03-01", 4_107_542_400),
    ] as [(String, Int64)] {
      #expect(Day(text: text)?.second == second)
      #expect(Day(second: second).text == text)
    }
    for text in ["2100-02-29", "2027-13-01", "2027-00-01", "2027-1-1", "2027-01-32", "+027-01-01", "1969-01-01", ""] {
      #expect(Day(text: text) == nil, "\(text)")
    }
    var second: Int64 = 0
    while second < 86400 * 366 * 200 {
      #expect(Day(text: Day(second: second).text)?.second == second)
      second += 86400
    }
  }

  @Test("an address that tries wrong tokens has to wait, before its tokens are looked at; others have not")
  func guessing() throws {
    let made = try Self.made("grafana")
    let policy = try Self.policy([made.entry])
    func judge(_ secret: String, from address: UInt64, seconds: Double) -> AccessPolicy.Judgement {
      policy.judge(
        authorization: "Bearer \(secret)", from: address, for: .read, now: Int64(seconds * 1e9), wall: 0)
    }
    for _ in 0..<AccessPolicy.guesses.burst { #expect(judge("sp_guess", from: 7, seconds: 1) == .refused(.unknown)) }
    #expect(judge("sp_guess", from: 7, seconds: 1) == .refused(.tooOften(retryAfterSeconds: 1)))
    #expect(judge(made.secret, from: 7, seconds: 1.1) == .refused(.tooOften(retryAfterSeconds: 1)))
    #expect(judge(made.secret, from: 8, seconds: 1.1) == .allowed(client: "grafana"))
    #expect(judge(made.secret, from: 7, seconds: 1.3) == .allowed(client: "grafana"))
  }

  @Test("a client has so many requests a second and twice as many at once: a token wherever it is, else an address")
  func limits() throws {
    let (one, two) = (try Self.made("one"), try Self.made("two"))
    let policy = try Self.policy([one.entry, two.entry], anonymous: true, perSecond: 2)
    func judge(_ secret: String?, from address: UInt64, seconds: Int64) -> AccessPolicy.Judgement {
      policy.judge(
        authorization: secret.map { "Bearer \($0)" }, from: address, for: .read, now: seconds * 1_000_000_000, wall: 0)
    }
    for address in 0..<4 as Range<UInt64> {
      #expect(judge(one.secret, from: address, seconds: 5) == .allowed(client: "one"))
    }
    #expect(judge(one.secret, from: 9, seconds: 5) == .refused(.tooOften(retryAfterSeconds: 1, client: "one")))
    #expect(judge(two.secret, from: 9, seconds: 5) == .allowed(client: "two"))
    for _ in 0..<4 { #expect(judge(nil, from: 9, seconds: 5) == .allowed(client: nil)) }
    #expect(judge(nil, from: 9, seconds: 5) == .refused(.tooOften(retryAfterSeconds: 1)))
    #expect(judge(nil, from: 10, seconds: 5) == .allowed(client: nil))
    for _ in 0..<2 { #expect(judge(one.secret, from: 9, seconds: 6) == .allowed(client: "one")) }
    #expect(judge(one.secret, from: 9, seconds: 6) == .refused(.tooOften(retryAfterSeconds: 1, client: "one")))
  }

  @Test("clients beyond the bound of the table are forgotten, and those that have to wait last")
  func bounded() {
    let limit = RateLimit<Int>(perSecond: 1, burst: 1, maximumClients: 3)
    // The first has its permit back when the fourth comes.
    for (client, second) in [(0, 0), (1, 1), (2, 1)] as [(Int, Int64)] {
      #expect(limit.take(client, at: second * 1_000_000_000) == nil)
    }
    #expect(limit.take(3, at: 1_500_000_000) == nil)
    for client in 1...3 { #expect(limit.take(client, at: 1_500_000_000) == 1, "\(client)") }
    // None is full: all begin anew.
    #expect(limit.take(4, at: 1_500_000_000) == nil)
    #expect(limit.take(1, at: 1_500_000_000) == nil)
  }

  @Test("without tokens and bounds nobody is judged")
  func open() {
    #expect(AccessPolicy().isOpen)
    #expect(!AccessPolicy(requestsPerSecond: 1).isOpen)
    #expect(
      AccessPolicy(requestsPerSecond: 1).judge(authorization: "Bearer x", from: 1, for: .read, now: 0, wall: 0)
        == .allowed(client: nil))
  }
}
