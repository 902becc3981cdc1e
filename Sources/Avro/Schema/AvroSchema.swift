import JSON

/// An Avro schema (specification 1.11), parsed and checked.
public struct AvroSchema: Sendable {
  let types: [AvroType]
  let root: Int
  /// Where the types come from, for messages.
  let texts: [SchemaText]
  /// The schema in Parsing Canonical Form: what two texts of the same meaning for a decoder have in common.
  public let canonicalForm: String
  /// The 64-bit Rabin fingerprint (CRC-64-AVRO) of the canonical form.
  public let fingerprint: UInt64

  /// Parses the text of an `.avsc` file.
  ///
  /// Comments (`// …`, `/* … */`) are passed over. Refused: JSON that is not valid, what the specification forbids (invalid or undefined names, names and symbols
  /// that repeat, unions in unions, defaults that do not fit, records that contain themselves without end). Ignored, as
  /// the specification says: unknown attributes, and logical types that are unknown or do not fit their type.
  /// - Parameters:
  ///   - file: names the schema in errors.
  ///   - others: texts that define types which this one names, with names of their own.
  public init(
    parsing text: String, file: String = "schema", referringTo others: [(name: String, text: String)] = []
  ) throws(AvroError) {
    let texts = [(name: file, text: text)] + others
    try self.init(SchemaLibrary(texts.map { SchemaText(file: $0.name, text: $0.text) }), file: 0)
  }

  /// The schema of one file of a library, with the types of other files that it names.
  init(_ library: SchemaLibrary, file: Int) throws(AvroError) {
    var parser = AvroSchemaParser(library, file: file)
    let root: Int
    do {
      root = try parser.parseSchema(library.roots[file])
    } catch {
      let text = library.texts[error.origin.file]
      throw .schema(file: text.file, position: text.position(of: error.origin.path), message: error.message)
    }
    self.init(types: parser.types, root: root, texts: library.texts)
  }

  private init(types: [AvroType], root: Int, texts: [SchemaText]) {
    self.types = types
    self.root = root
    self.texts = texts
    canonicalForm = CanonicalForm.text(of: types, root: root)
    fingerprint = rabinFingerprint(canonicalForm.utf8)
  }

  /// The names of the types that a list of types defines; empty when the schema is no list of several.
  public var listedTypes: [String] {
    guard case .union(let branches) = types[root].shape else { return [] }
    let names = branches.compactMap { types[$0].name?.full }
    return names.count > 1 ? names : []
  }

  /// The names of all records in it, from the outermost one on.
  public var recordNames: [String] {
    types.compactMap { if case .record = $0.shape { $0.name?.full } else { nil } }
  }

  /// The schema of a named type in this one; nil when there is none of that name.
  public func type(named name: String) -> AvroSchema? {
    let index = types.firstIndex { $0.name?.full == name } ?? types.firstIndex { $0.name?.simple == name[...] }
    return index.map { AvroSchema(types: types, root: $0, texts: texts) }
  }

  /// The root type's full name; nil when it is no record, enum or fixed.
  public var name: String? { types[root].name?.full }

  /// The root type's documentation.
  public var doc: String? { types[root].doc }
}
