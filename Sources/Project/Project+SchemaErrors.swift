import Avro
import Plan
import SQLFrontend

/// What is wrong with schemas, at its place in their own files.
extension Project {
  static func schemaError(_ error: any Error) -> ProjectError {
    switch error as? AvroError {
    case .schema(let file, let position?, let message):
      .definitions([
        DefinitionError(
          path: "schemas/\(file)", line: position.line, column: position.column, offendingText: "", message: message)
      ])
    default: .schema("schemas/\(error)")
    }
  }

  /// A list of types is a schema, too (a union), but a stream's records are of one type.
  static func refuseList(_ reader: AvroSchema, _ definition: StreamDefinition) throws(ProjectError) {
    let names = reader.listedTypes
    guard let first = names.first else { return }
    throw .definitions([
      DefinitionError(
        path: "schemas/\(definition.schemaFile ?? "")", line: 1, column: 1, offendingText: "",
        message: "the file holds a list of types, and the stream \(definition.name) reads one of them",
        hint: "write schema '\(definition.schemaFile ?? "")#\(first)' in the stream's definition; there are "
          + names.joined(separator: ", "))
    ])
  }

  /// The mistake in the schema that gives the field another type than its author meant.
  static func fault(of path: [String], in reader: AvroSchema) -> DefinitionError? {
    reader.misplacedLogicalType(at: path).map { mistake in
      DefinitionError(
        path: "schemas/\(mistake.place.file)", line: mistake.place.line, column: mistake.place.column,
        offendingText: "", message: mistake.message,
        hint: "write \(mistake.correction); records that were written before stay readable")
    }
  }

  /// Why a field that the schema has is no column, with its place.
  static func refusal(of path: [String], in reader: AvroSchema) -> String? {
    do {
      _ = try reader.column(at: path)
      return nil
    } catch .unsupported(let path, let reason) {
      return "\(reader.place(of: path).map { "schemas/\($0): " } ?? "")\(reason)"
    } catch {
      return nil
    }
  }

  /// The place of the field that the error is about.
  static func place(of error: AvroError, in reader: AvroSchema) -> SchemaPlace? {
    switch error {
    case .unsupported(let path, _), .columnMismatch(let path, _, _), .noSuchField(let path, _): reader.place(of: path)
    case .unresolvable(let path, _): reader.place(of: path.split(separator: ".").map(String.init))
    case .schema, .confluentIDs: nil
    }
  }

  /// Mistakes in the reader's schema that are no errors, a line each.
  static func remarks(on reader: AvroSchema) -> [String] {
    reader.misplacedLogicalTypes.map { "schemas/\($0.place): \($0.message); write \($0.correction)" }
  }
}
