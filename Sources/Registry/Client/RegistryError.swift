/// Why the registry gave no schema. Never holds a password or a token.
public struct RegistryError: Error, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// The registry says that it does not have it.
    case unknown
    /// It has it, and it is of no use: no Avro schema, or one whose references are too many.
    case unusable
    /// It could not be asked, or its answer is none of a registry. Tried again, it may answer: it came back, or somebody
    /// corrected the settings on its side.
    case unavailable
    /// Given up because somebody said so.
    case cancelled
  }

  public var kind: Kind
  /// One line for a person, with the address.
  public var description: String

  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
