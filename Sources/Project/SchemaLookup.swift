import Plan

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

  private let find: @Sendable (_ subject: String) throws(Failure) -> RegisteredSchema

  public init(_ find: @escaping @Sendable (_ subject: String) throws(Failure) -> RegisteredSchema) {
    self.find = find
  }

  /// The schema that a stream of this subject is to be read with.
  public func callAsFunction(_ subject: String) throws(Failure) -> RegisteredSchema { try find(subject) }

  /// Where no registry is configured.
  public static let none = SchemaLookup { _ throws(Failure) in
    throw Failure(
      "the schema is a subject of a schema registry, and none is configured",
      hint: "set SCHEMA_REGISTRY_URL, or put the schema into schemas/ and name its file")
  }
}
