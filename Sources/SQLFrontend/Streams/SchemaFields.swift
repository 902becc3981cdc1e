import Events

/// A field of a stream's records, as its schema describes it.
public struct FieldDescription: Hashable, Sendable {
  public var type: SQLType
  public var isNullable: Bool
  /// The schema's doc string; empty when it has none.
  public var comment: String
  /// A mistake in the schema because of which the type is not the one that was meant: said where the type matters.
  public var fault: DefinitionError?
  /// What the elements of an array are as fields of their own, and whether their numbers say what they count; nil for what
  /// is no array.
  public var element: Element?

  public struct Element: Hashable, Sendable {
    public var type: SQLType
    public var hasUnit: Bool

    public init(type: SQLType, hasUnit: Bool) {
      self.type = type
      self.hasUnit = hasUnit
    }
  }

  public init(
    type: SQLType, isNullable: Bool, comment: String, fault: DefinitionError? = nil, element: Element? = nil
  ) {
    self.fault = fault
    self.element = element
    self.type = type
    self.isNullable = isNullable
    self.comment = comment
  }
}

/// The fields that a stream has by its schema, beside the columns that it declares.
public struct SchemaFields {
  /// Describes the field at a path from the record's root; nil when there is none.
  let field: (_ path: [String]) -> FieldDescription?
  /// The paths of all fields, for suggestions.
  let paths: [[String]]
  /// Why the field at a path, which the schema has, is no column; nil when there is no such field.
  let refusal: (_ path: [String]) -> String?
  /// Whether the schema has a field at all that is called like the record of the metadata: then it has the name.
  let hidesMetadata: Bool

  /// - Parameter hidesMetadata: whether the schema's root has a field `kafka`.
  public init(
    paths: [[String]], hidesMetadata: Bool = false, field: @escaping (_ path: [String]) -> FieldDescription?,
    refusal: @escaping (_ path: [String]) -> String? = { _ in nil }
  ) {
    self.field = field
    self.paths = paths
    self.refusal = refusal
    self.hidesMetadata = hidesMetadata
  }

  /// Those of a stream without a schema.
  public static var empty: SchemaFields { SchemaFields(paths: [], field: { _ in nil }) }
}
