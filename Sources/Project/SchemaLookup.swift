/// Asks a schema registry for the reader schema that a stream names by its subject.
public struct SchemaLookup: Sendable {
  /// Why there is no schema: one line for a person, and what to do.
  public struct Failure: Error {
    public var message: String
    public var hint: String?

    public init(_ message: String, hint: String? = nil) {
      self.message = message
      self.hint = hint
    }
  }

  /// The text of a subject's latest version, and the registry's number for it.
  public struct Answer: Sendable {
    public var id: UInt32
    public var text: String

    public init(id: UInt32, text: String) {
      self.id = id
      self.text = text
    }
  }

  let find: @Sendable (_ subject: String) throws(Failure) -> Answer

  public init(_ find: @escaping @Sendable (_ subject: String) throws(Failure) -> Answer) {
    self.find = find
  }

  /// Where no registry is configured.
  public static let none = SchemaLookup { _ throws(Failure) in
    throw Failure(
      "the schema is a subject of a schema registry, and none is configured",
      hint: "set SCHEMA_REGISTRY_URL, or put the schema into schemas/ and name its file")
  }
}
