import Threads

/// Who may ask what, and how often. Used on any thread; asked before anything else is done for a request.
public final class AccessPolicy: Sendable {
  public enum Judgement: Hashable, Sendable {
    /// - Parameter client: the token's name; nil without one.
    case allowed(client: String?)
    case refused(Refusal)
  }

  public enum Refusal: Hashable, Sendable {
    /// There is no token, and one is needed.
    case missing
    /// The token is none that is known, or has expired.
    case unknown
    /// Known, and not for this.
    case beyondScope(AccessScope, client: String)
    /// - Parameter client: the token's name; nil without one, or where it was not looked at.
    case tooOften(retryAfterSeconds: Int, client: String? = nil)
  }

  /// Whom a bound is for: a token wherever it comes from, else an address.
  private enum Client: Hashable {
    case token(String)
    case address(UInt64)
  }

  /// How many wrong tokens an address may try in a second, and at once.
  static let guesses = (perSecond: 5, burst: 20)

  private let tokens: AccessTokens
  private let allowsAnonymous: Bool
  private let requests: RateLimit<Client>?
  private let wrongTokens = RateLimit<UInt64>(perSecond: guesses.perSecond, burst: guesses.burst)
  /// Nobody is ever refused.
  public let isOpen: Bool

  /// Whether nobody is answered without a token.
  public var needsToken: Bool { !allowsAnonymous }

  /// - Parameters:
  ///   - allowsAnonymous: whether requests without a token are answered where there are tokens; where there are none, they
  ///     are.
  ///   - requestsPerSecond: of a token, and of an address without one; twice as many at once. 0: no bound.
  public init(tokens: AccessTokens = .none, allowsAnonymous: Bool = true, requestsPerSecond: Int = 0) {
    self.tokens = tokens
    self.allowsAnonymous = allowsAnonymous || tokens.isEmpty
    requests =
      requestsPerSecond > 0 ? RateLimit(perSecond: requestsPerSecond, burst: 2 * requestsPerSecond) : nil
    isOpen = tokens.isEmpty && requestsPerSecond <= 0
  }

  /// - Parameters:
  ///   - authorization: the header of that name.
  ///   - address: the client's, as far as bounds tell clients apart.
  ///   - now: in nanoseconds of a monotonic clock.
  ///   - wall: seconds since 1970.
  public func judge(
    authorization: String?, from address: UInt64, for scope: AccessScope, now: Int64, wall: Int64
  ) -> Judgement {
    if isOpen { return .allowed(client: nil) }
    guard !tokens.isEmpty, let authorization else {
      // Where there are tokens, nobody writes without one.
      guard allowsAnonymous, scope == .read || tokens.isEmpty else { return .refused(.missing) }
      return bounded(.address(address), nil, now)
    }
    // Before the digest: guessing must cost us less than the guesser.
    if let seconds = wrongTokens.check(address, at: now) { return .refused(.tooOften(retryAfterSeconds: seconds)) }
    guard let secret = Self.bearer(authorization), let token = tokens.token(of: secret),
      token.expiry.map({ wall < $0 }) != false
    else {
      _ = wrongTokens.take(address, at: now)
      return .refused(.unknown)
    }
    guard token.scopes.contains(scope) else { return .refused(.beyondScope(scope, client: token.name)) }
    return bounded(.token(token.name), token.name, now)
  }

  private func bounded(_ client: Client, _ name: String?, _ now: Int64) -> Judgement {
    guard let seconds = requests?.take(client, at: now) else { return .allowed(client: name) }
    return .refused(.tooOften(retryAfterSeconds: seconds, client: name))
  }

  /// The secret of `Bearer SECRET` (RFC 6750, section 2.1); the scheme's letters may be of either case.
  private static func bearer(_ authorization: String) -> String? {
    let parts = authorization.split(separator: " ")
    guard parts.count == 2, parts[0].lowercased() == "bearer", parts[1].utf8.count <= 256 else { return nil }
    return String(parts[1])
  }
}
