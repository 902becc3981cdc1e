import CCrypto
import Hexadecimal

/// What a client may do.
public enum AccessScope: String, Hashable, Sendable, CaseIterable {
  /// Read results, alerts, metrics and the description of the API.
  case read
  /// Acknowledge and silence alerts, and whatever the project has for POST.
  case write
  /// Read what is not for everybody who reads: the audit log, and what is in dead letters.
  case admin
}

/// A client that may use the API, known by the digest of a secret that only the client has.
public struct AccessToken: Hashable, Sendable {
  /// How the client is called, in the log.
  public let name: String
  public let scopes: Set<AccessScope>
  /// SHA-256 of the secret. The secret is 256 random bits: a digest cannot be searched for it, so it needs no salt.
  let digest: [UInt8]
  /// Seconds since 1970 at which it ends; nil: never.
  public let expiry: Int64?

  private init(name: String, scopes: Set<AccessScope>, digest: [UInt8], expiry: Int64?) {
    self.name = name
    self.scopes = scopes
    self.digest = digest
    self.expiry = expiry
  }

  /// A new token, and the secret, which is nowhere kept.
  public static func make(
    name: String, scopes: Set<AccessScope>, expires: String?
  ) throws(AccessTokenError) -> (secret: String, token: AccessToken) {
    try requireName(name)
    var expiry: Int64?
    if let expires { expiry = try self.expiry(on: expires, of: name) }
    var generator = SystemRandomNumberGenerator()
    let bits = (0..<4).map { _ in generator.next() as UInt64 }
    let secret = "sp_" + bits.map(\.hexadecimal).joined()
    return (secret, AccessToken(name: name, scopes: scopes, digest: digestOf(secret), expiry: expiry))
  }

  static func digestOf(_ secret: String) -> [UInt8] {
    let bytes = Array(secret.utf8)
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    _ = SHA256(bytes, bytes.count, &digest)
    return digest
  }

  // MARK: As text

  /// `grafana:read:9f86d0…:2027-01-31`: name, scopes with `+` between them, digest in hexadecimal, and the day in UTC with
  /// whose beginning it ends, where it does.
  public var entry: String {
    var parts = [name, scopes.map(\.rawValue).sorted().joined(separator: "+"), digest.hexadecimal()]
    if let expiry { parts.append(Day(second: expiry).text) }
    return parts.joined(separator: ":")
  }

  /// - Throws: what is wrong with it. No part of the entry is quoted but its name: somebody may have put the secret there.
  public init(entry: String) throws(AccessTokenError) {
    let parts = entry.split(separator: ":", omittingEmptySubsequences: false)
    guard (3...4).contains(parts.count) else {
      throw AccessTokenError("an entry is name:scopes:digest or name:scopes:digest:day")
    }
    let name = String(parts[0])
    try Self.requireName(name)
    let scopes = parts[1].split(separator: "+").map { AccessScope(rawValue: String($0)) }
    guard !scopes.isEmpty, !scopes.contains(nil) else {
      let known = AccessScope.allCases.map(\.rawValue).joined(separator: ", ")
      throw AccessTokenError("the scopes of \(name) are some of: \(known)")
    }
    let isHexadecimal = parts[2].utf8.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
    guard parts[2].utf8.count == 2 * Int(SHA256_DIGEST_LENGTH), isHexadecimal else {
      throw AccessTokenError("the digest of \(name) is not 64 hexadecimal digits, the SHA-256 of its secret")
    }
    self.init(
      name: name, scopes: Set(scopes.compactMap { $0 }), digest: [UInt8](hexadecimal: String(parts[2])),
      expiry: parts.count == 4 ? try Self.expiry(on: parts[3], of: name) : nil)
  }

  private static func requireName(_ name: String) throws(AccessTokenError) {
    guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(isNameCharacter) else {
      throw AccessTokenError("a name has 1 to 64 of the characters a-z, A-Z, 0-9, _, - and .")
    }
  }

  private static func expiry(on day: some StringProtocol, of name: String) throws(AccessTokenError) -> Int64 {
    guard let day = Day(text: day) else {
      throw AccessTokenError("the day on which \(name) ends is written like 2027-01-31")
    }
    return day.second
  }

  private static func isNameCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}

/// What is wrong with an entry of the list of tokens.
public struct AccessTokenError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}
