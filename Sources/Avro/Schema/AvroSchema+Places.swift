import JSON

/// A place in a schema file.
public struct SchemaPlace: Hashable, Sendable, CustomStringConvertible {
  public var file: String
  /// From 1.
  public var line: Int
  /// From 1, in Unicode scalars.
  public var column: Int

  public var description: String { "\(file):\(line):\(column)" }
}

/// A `logicalType` that stands beside a field's type, where Avro gives it no meaning: the commonest mistake in schemas.
public struct MisplacedLogicalType: Hashable, Sendable {
  /// Of the `logicalType`.
  public var place: SchemaPlace
  public var field: String
  public var logicalType: String
  /// What to write.
  public var correction: String

  public var message: String {
    "logicalType \"\(logicalType)\" stands beside the type of the field \(field) and has no effect there"
  }
}

extension AvroSchema {
  /// Where the field is defined; nil when there is no such field.
  public func place(of path: [String]) -> SchemaPlace? {
    field(at: path).flatMap { place($0.place, []) }
  }

  /// The misplaced logical type of the field at `path`, if it has one.
  public func misplacedLogicalType(at path: [String]) -> MisplacedLogicalType? {
    field(at: path).flatMap { misplaced($0) }
  }

  /// All of the schema, in the order in which its types are defined. They are no errors: the specification says to
  /// ignore what it does not know.
  public var misplacedLogicalTypes: [MisplacedLogicalType] {
    types.flatMap { type -> [MisplacedLogicalType] in
      guard case .record(let fields) = type.shape else { return [] }
      return fields.compactMap { misplaced($0) }
    }
  }

  private func misplaced(_ field: AvroField) -> MisplacedLogicalType? {
    guard let logical = field.misplacedLogicalType, let place = place(field.place, [.member("logicalType")]) else {
      return nil
    }
    let type = types[withoutNull(field.type).type ?? field.type]
    let inner = "{\"type\": \"\(AvroType(shape: type.shape).summary)\", \"logicalType\": \"\(logical)\"}"
    let correction = withoutNull(field.type).isNullable ? "\"type\": [\"null\", \(inner)]" : "\"type\": \(inner)"
    return MisplacedLogicalType(place: place, field: field.name, logicalType: logical, correction: correction)
  }

  private func place(_ origin: SchemaOrigin, _ more: [JSONPathStep]) -> SchemaPlace? {
    guard texts.indices.contains(origin.file), let position = texts[origin.file].position(of: origin.path + more) else {
      return nil
    }
    return SchemaPlace(file: texts[origin.file].file, line: position.line, column: position.column)
  }

  private func field(at path: [String]) -> AvroField? {
    var type = root
    var found: AvroField?
    for name in path {
      guard let inner = withoutNull(type).type, case .record(let fields) = types[inner].shape,
        let field = fields.first(where: { $0.name == name })
      else { return nil }
      found = field
      type = field.type
    }
    return found
  }
}

/// Where a part of a schema was written.
struct SchemaOrigin: Sendable {
  /// Counts into the schema's texts.
  var file: Int
  var path: [JSONPathStep]
}
