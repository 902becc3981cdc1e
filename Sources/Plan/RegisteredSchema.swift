/// A schema as a schema registry has it.
public struct RegisteredSchema: Hashable, Sendable {
  /// Another schema, whose types the text names.
  public struct Reference: Hashable, Sendable {
    /// As the schema calls it, for messages: usually the type's full name.
    public var name: String
    public var text: String

    public init(name: String, text: String) {
      self.name = name
      self.text = text
    }
  }

  /// The registry's number for it, which stands in front of records.
  public var id: UInt32
  public var text: String
  /// All that it refers to, directly or through others.
  public var references: [Reference]

  public init(id: UInt32, text: String, references: [Reference] = []) {
    self.id = id
    self.text = text
    self.references = references
  }
}

/// A version of a subject: what the registry calls the schemas of, say, a topic's values.
public struct SubjectVersion: Hashable, Sendable {
  public var subject: String
  public var version: Int
  public var schema: RegisteredSchema

  public init(subject: String, version: Int, schema: RegisteredSchema) {
    self.subject = subject
    self.version = version
    self.schema = schema
  }
}

/// What became of the question for a schema's id.
public enum SchemaAnswer: Hashable, Sendable {
  case schema(RegisteredSchema)
  /// The registry does not know the id.
  case unknown(reason: String)
  /// The registry knows it, but it is nothing that Avro's records are written with.
  case unusable(reason: String)
}
