import Avro
import Configuration
import TextFiles

/// The Avro schema that events are written with, and where it is from.
struct SchemaSource {
  var text: String
  private var path: String

  /// That of --schema, else the project's file for such events, else the form's own.
  init(_ shape: EventShape, _ command: ParsedCommand, _ configuration: Configuration) throws {
    if let path = command.string("schema") {
      text = try Self.required(path)
      self.path = path
    } else if shape.needsSchemaFile {
      path = try configuration.projectDirectory() + "/schemas/\(shape.schemaFile)"
      text = try Self.required(path)
    } else {
      let path = try Self.project(configuration).map { "\($0)/schemas/\(shape.schemaFile)" }
      text = try path.flatMap { path throws(GeneratorError) in try Self.read(path) } ?? shape.form.avroSchema
      self.path = path ?? shape.schemaFile
    }
  }

  /// The CRC-64-AVRO of its canonical form.
  func fingerprint() throws -> UInt64 {
    try AvroSchema(parsing: text, file: path).fingerprint
  }

  /// nil when none is configured and none is found.
  private static func project(_ configuration: Configuration) throws -> String? {
    do {
      return try configuration.projectDirectory()
    } catch {
      if configuration.isProjectExplicit { throw error }
      return nil
    }
  }

  private static func required(_ path: String) throws(GeneratorError) -> String {
    guard let text = try read(path) else { throw GeneratorError("cannot read \(path): No such file or directory") }
    return text
  }

  private static func read(_ path: String) throws(GeneratorError) -> String? {
    do {
      return try TextFile.read(path)
    } catch {
      throw GeneratorError("cannot read \(path)\(error.place): \(error)")
    }
  }
}
