/// Why a certificate and its key cannot be used.
public struct TLSIdentityError: Error, Equatable, CustomStringConvertible {
  /// Which of the two files is to be looked at.
  public enum Part: Sendable {
    case certificate
    case key
  }

  public let part: Part
  /// With the file's path, and nothing of what it holds.
  public let description: String
  /// What to do.
  public let hint: String

  init(_ part: Part, _ description: String, hint: String) {
    self.part = part
    self.description = description
    self.hint = hint
  }
}
