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
  static func listRefusal(_ reader: AvroSchema, _ stream: ParsedStream) -> DefinitionError? {
    let names = reader.listedTypes
    guard let first = names.first else { return nil }
    guard let file = stream.definition.schemaFile else {
      return stream.error(
        at: "schema", "the subject holds a list of types, and the stream \(stream.definition.name) reads one of them",
        hint: "put the schema into schemas/, and name one type of its file")
    }
    return DefinitionError(
      path: "schemas/\(file)", line: 1, column: 1, offendingText: "",
      message: "the file holds a list of types, and the stream \(stream.definition.name) reads one of them",
      hint: "write schema '\(file)#\(first)' in the stream's definition; there are " + names.joined(separator: ", "))
  }

  /// A schema's file or subject as messages show it.
  private static func shown(_ place: SchemaPlace) -> String { shown(place.file) + ":\(place.line):\(place.column)" }

  private static func shown(_ file: String) -> String {
    file.hasPrefix(StreamDefinition.SchemaSource.subjectPrefix) ? file : "schemas/\(file)"
  }

  /// The mistake in the schema that gives the field another type than its author meant.
  static func fault(of path: [String], in reader: AvroSchema) -> DefinitionError? {
    reader.misplacedLogicalType(at: path).map { mistake in
      DefinitionError(
        path: shown(mistake.place.file), line: mistake.place.line, column: mistake.place.column,
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
      return "\(reader.place(of: path).map { "\(shown($0)): " } ?? "")\(reason)"
    } catch {
      return nil
    }
  }

  /// Why the stream's records cannot be decoded, with the place of the field that it is about.
  static func decodingError(_ error: AvroError, _ reader: AvroSchema?, _ definition: StreamDefinition) -> ProjectError {
    let place: SchemaPlace? =
      switch error {
      case .unsupported(let path, _), .columnMismatch(let path, _, _), .noSuchField(let path, _):
        reader?.place(of: path)
      case .unresolvable(let path, _): reader?.place(of: path.split(separator: ".").map(String.init))
      case .schema, .confluentIDs: nil
      }
    return .schema("\(place.map(shown) ?? "stream \(definition.name)"): \(error)")
  }

  /// Mistakes in the reader's schema that are no errors, a line each.
  static func remarks(on reader: AvroSchema) -> [String] {
    reader.misplacedLogicalTypes.map { "\(shown($0.place)): \($0.message); write \($0.correction)" }
  }
}
