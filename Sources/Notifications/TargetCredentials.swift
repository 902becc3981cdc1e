import Plan

/// What a target needs of the environment. Every way of printing it hides it.
public struct TargetCredentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// A variable that is not set.
  public struct Missing: Error, CustomStringConvertible {
    public var variable: String

    public var description: String { "the environment variable \(variable) is not set" }
  }

  public let address: String
  /// Of the signature or the route.
  public let key: String?
  public let token: String?
  public let password: String?

  /// - Parameter value: of a variable; nil: it is not set.
  public init(_ target: NotificationTarget, _ value: (_ variable: String) -> String?) throws(Missing) {
    func required(_ name: String) throws(Missing) -> String {
      guard let text = value(name), !text.isEmpty else { throw Missing(variable: name) }
      return text
    }
    func optional(_ name: String?) throws(Missing) -> String? {
      guard let name else { return nil }
      return try required(name)
    }
    switch target.address {
    case .text(let text): address = text
    case .environment(let name): address = try required(name)
    }
    key = try optional(target.key)
    token = try optional(target.token)
    password = try optional(target.password)
    isAddressSecret = if case .environment = target.address { true } else { false }
  }

  private let isAddressSecret: Bool

  /// The text with asterisks in the place of all that is secret: servers may repeat what they were sent.
  public func redacted(_ text: String) -> String {
    var secrets = [key, token, password].compactMap { $0 }
    if isAddressSecret {
      // What is secret of it is behind the server's name.
      let path = address.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).dropFirst(3).first
      secrets = [address] + (path.map { ["/" + $0] } ?? []) + secrets
    }
    // A short one would be found everywhere.
    return secrets.filter { $0.utf8.count >= 4 }.reduce(text) { text, secret in
      text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "********")
    }
  }

  public var description: String { "********" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
