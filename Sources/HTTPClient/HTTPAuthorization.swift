/// What a client proves its right with. Every way of printing it hides the secret.
public enum HTTPAuthorization: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// RFC 7617.
  case basic(user: String, password: String)
  /// RFC 6750.
  case bearer(token: String)

  public var description: String {
    switch self {
    case .basic(let user, _): "user \(user)"
    case .bearer: "bearer token"
    }
  }

  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }

  /// A line break in a secret would be the beginning of another header.
  var isValid: Bool {
    switch self {
    case .basic(let user, let password): !hasControlCharacters(user + password) && !user.contains(":")
    case .bearer(let token): !token.isEmpty && !hasControlCharacters(token)
    }
  }
}

func hasControlCharacters(_ text: String) -> Bool { text.utf8.contains { $0 < 0x20 || $0 == 0x7F } }
