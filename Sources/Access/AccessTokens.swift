/// The clients that may use the API.
public struct AccessTokens: Hashable, Sendable {
  /// More are refused: a list this long belongs into another program.
  public static let maximumCount = 1000

  public static let none = AccessTokens()

  private let byDigest: [[UInt8]: AccessToken]

  private init() {
    byDigest = [:]
  }

  public var isEmpty: Bool { byDigest.isEmpty }

  /// - Parameter list: entries with commas, blanks or line breaks between them.
  public init(list: String) throws(AccessTokenError) {
    var byDigest: [[UInt8]: AccessToken] = [:]
    var names: Set<String> = []
    for entry in list.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
      let token = try AccessToken(entry: String(entry))
      guard names.insert(token.name).inserted else { throw AccessTokenError("two tokens are called \(token.name)") }
      guard byDigest.updateValue(token, forKey: token.digest) == nil else {
        throw AccessTokenError("\(token.name) has the same digest as another one")
      }
      guard names.count <= Self.maximumCount else {
        throw AccessTokenError("there are more than \(Self.maximumCount) tokens")
      }
    }
    self.byDigest = byDigest
  }

  /// The token of a secret. Looked up by digest: how long that takes says nothing about other secrets.
  func token(of secret: String) -> AccessToken? { byDigest[AccessToken.digestOf(secret)] }
}
