import Avro
import Formats
import Plan
import SQLFrontend
import Spelling

/// The Avro schemas of a project, loaded once for all of its streams.
struct ProjectSchemas {
  private let set: SchemaSet
  private let files: [SourceFile]
  private let lookup: SchemaLookup

  init(_ folder: ProjectFiles, _ lookup: SchemaLookup) throws(ProjectError) {
    files = try Folder.files(folder, "schemas", ending: ".avsc")
    self.lookup = lookup
    let identifiers = try Folder.read(folder, "schemas/confluent-ids.json")
    do {
      set = try SchemaSet(
        files: files.map { (name: String($0.path.dropFirst("schemas/".count)), text: $0.text) },
        confluentIDs: identifiers)
    } catch {
      throw Project.schemaError(error)
    }
  }

  /// What an Avro stream's records are read with.
  ///
  /// - Throws: what is wrong, at the option `schema` of the definition or in the schema itself.
  func schema(of stream: ParsedStream) throws(DefinitionErrors) -> RecordSchema {
    let reader = try reader(of: stream)
    if let refusal = Project.listRefusal(reader, stream) { throw DefinitionErrors([refusal]) }
    return .avro(reader: reader, schemas: set)
  }

  private func reader(of stream: ParsedStream) throws(DefinitionErrors) -> AvroSchema {
    switch stream.definition.schema {
    case .subject(let subject)?: return try registered(subject, stream)
    case .file(let name)?:
      if let schema = set.schema(file: name) { return schema }
      throw DefinitionErrors([missing(name, stream)])
    case nil: throw DefinitionErrors([stream.error(at: "schema", "the stream names no schema")])
    }
  }

  private func missing(_ name: String, _ stream: ParsedStream) -> DefinitionError {
    if let mark = name.firstIndex(of: "#"), let file = files.first(where: { $0.path == "schemas/\(name[..<mark])" }) {
      return missing(String(name[name.index(after: mark)...]), in: file, stream)
    }
    let names = set.entries.map(\.file)
    let nearest = nearestSpelling(of: name, among: names).map { "did you mean '\($0)'? " } ?? ""
    return stream.error(
      at: "schema", "there is no file schemas/\(name)",
      hint: files.isEmpty ? "there are no schemas" : "\(nearest)there are \(files.map(\.path).joined(separator: ", "))")
  }

  private func missing(_ type: String, in file: SourceFile, _ stream: ParsedStream) -> DefinitionError {
    let name = String(file.path.dropFirst("schemas/".count))
    let types = set.schema(file: name)?.recordNames ?? []
    let nearest = nearestSpelling(of: type, among: types).map { "did you mean '\(name)#\($0)'? " } ?? ""
    return stream.error(
      at: "schema", type.isEmpty ? "schema '\(name)#' names no type" : "the file \(file.path) has no type \(type)",
      hint: types.isEmpty ? "write schema '\(name)'" : "\(nearest)it has \(types.joined(separator: ", "))")
  }

  private func registered(_ subject: String, _ stream: ParsedStream) throws(DefinitionErrors) -> AvroSchema {
    let answer: RegisteredSchema
    do throws(SchemaLookup.Failure) {
      answer = try lookup(subject)
    } catch {
      throw DefinitionErrors([stream.error(at: "schema", error.message, hint: error.hint)])
    }
    do {
      return try AvroSchema(answer, named: StreamDefinition.SchemaSource.subjectPrefix + subject)
    } catch {
      throw DefinitionErrors([
        stream.error(at: "schema", "the registry's schema \(answer.id) of \(subject) cannot be used: \(error)")
      ])
    }
  }
}

extension SchemaFields {
  /// The fields of a reader's schema.
  init(of reader: AvroSchema) {
    self.init(
      paths: reader.leafColumns().map(\.path), hidesMetadata: reader.hasField(MetadataColumn.record),
      field: { path in
        guard let column = try? reader.column(at: path) else { return nil }
        return FieldDescription(
          type: column.type, isNullable: column.isNullable, comment: column.doc ?? "",
          fault: Project.fault(of: path, in: reader),
          element: column.element.map { .init(type: $0.type, hasUnit: $0.unitMicroseconds != nil) })
      }, refusal: { Project.refusal(of: $0, in: reader) })
  }
}
