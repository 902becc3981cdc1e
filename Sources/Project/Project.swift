import Avro
import EngineSchema
import Events
import Formats
import Plan
import SQLFrontend

/// A stream with all that is needed to decode it.
public struct Stream: Sendable {
  public let plan: StreamPlan
  let reader: AvroSchema
  let schemas: SchemaSet
  let framing: Framing

  /// A decoder of the stream's records, for one thread.
  public func makeDecoder() throws(ProjectError) -> RecordDecoder {
    do {
      return .avro(try AvroDecoder(reader: reader, schemas: schemas, columns: plan.columns, framing: framing))
    } catch {
      throw .schema(
        "schemas/\(Project.place(of: error, in: reader)?.description ?? plan.definition.schemaFile ?? ""): \(error)")
    }
  }
}

/// All definitions of a project folder, loaded and planned.
public struct Project: Sendable {
  public let stream: Stream
  /// By name.
  public var streams: [Stream] { [stream] }
  public let endpoints: [EndpointPlan]
  public let alerts: [AlertPlan]
  /// What was found in the folder and is not used, a line each.
  public let notices: [String]

  /// What was found in the schemas that is probably not meant, a line each.
  public let schemaRemarks: [String]

  /// Loads `sql/` and `schemas/` of the folder.
  ///
  /// - Throws: every error of every definition, not only the first.
  public init(folder: String) throws(ProjectError) {
    var errors = try FolderCheck.problems(in: folder)
    let definition = try Project.loadStream(folder, errors)
    let (reader, schemas) = try Project.loadSchemas(folder, definition)
    schemaRemarks = Project.remarks(on: reader)
    let aggregates = try Folder.files(folder, "sql/aggregates", ending: ".sql")
    let planned = planAggregates(
      definition, aggregates: aggregates, field: { Project.describe($0, in: reader) },
      fieldPaths: reader.leafColumns().map(\.path), refusal: { Project.refusal(of: $0, in: reader) })
    errors += planned.errors
    let endpoints = Project.parse(try Folder.files(folder, "sql/endpoints", ending: ".sql"), &errors, parseEndpoint)
    let alerts = Project.parse(try Folder.files(folder, "sql/alerts", ending: ".sql"), &errors) {
      (file) throws(DefinitionErrors) in try parseAlert(file, of: planned)
    }
    errors += nameConflicts(endpoints: endpoints, alerts: alerts)
    guard errors.isEmpty else { throw .definitions(errors) }
    self.endpoints = endpoints.map(\.plan)
    self.alerts = alerts.map(\.plan)
    let plan = planned.plan
    stream = Stream(
      plan: plan, reader: reader, schemas: schemas, framing: Framing(plan.definition.framing))
    // Fails here rather than at the first record, when a column cannot be decoded.
    _ = try stream.makeDecoder()
    notices = try Project.notices(folder)
  }

  /// Projects used to carry the engine's schema. In this repository it still lies there, as the source of what travels in
  /// the program.
  private static func notices(_ folder: String) throws(ProjectError) -> [String] {
    let files = try Folder.files(folder, "sql/schema", ending: ".sql")
    let own = Dictionary(uniqueKeysWithValues: EngineSchema.files.map { ("sql/schema/\($0.name)", $0.text) })
    guard !files.isEmpty, files.count != own.count || files.contains(where: { own[$0.path] != $0.text }) else {
      return []
    }
    return ["sql/schema is not read any more: the program has the engine's schema in it; the folder may be deleted"]
  }

  private static func loadStream(
    _ folder: String, _ problems: [DefinitionError]
  ) throws(ProjectError) -> StreamDefinition {
    let files = try Folder.files(folder, "sql/streams", ending: ".sql")
    guard let file = files.first else {
      // A misspelt name is the likelier reason.
      if !problems.isEmpty { throw .definitions(problems) }
      throw .incomplete("\(folder)/sql/streams holds no stream definition")
    }
    guard files.count == 1 else {
      throw .incomplete(
        "\(files[1].path): a project has one stream, and \(file.path) defines it already; run one project a stream")
    }
    do {
      return try parseStream(file)
    } catch {
      throw .definitions(problems + error.errors)
    }
  }

  private static func loadSchemas(
    _ folder: String, _ definition: StreamDefinition
  ) throws(ProjectError) -> (AvroSchema, SchemaSet) {
    let files = try Folder.files(folder, "schemas", ending: ".avsc")
    let identifiers = try Folder.read("\(folder)/schemas/confluent-ids.json")
    do {
      let schemas = try SchemaSet(
        files: files.map { (name: String($0.path.dropFirst("schemas/".count)), text: $0.text) },
        confluentIDs: identifiers)
      guard let reader = schemas.schema(file: definition.schemaFile ?? "") else {
        throw ProjectError.schema(
          "stream \(definition.name): there is no file schemas/\(definition.schemaFile ?? ""); "
            + (files.isEmpty ? "there are none" : "there are " + files.map(\.path).joined(separator: ", ")))
      }
      try Project.refuseList(reader, definition)
      return (reader, schemas)
    } catch let error as ProjectError {
      throw error
    } catch {
      throw Project.schemaError(error)
    }
  }

  private static func describe(_ path: [String], in reader: AvroSchema) -> FieldDescription? {
    guard let column = try? reader.column(at: path) else { return nil }
    return FieldDescription(
      type: column.type, isNullable: column.isNullable, comment: column.doc ?? "",
      fault: Project.fault(of: path, in: reader))
  }

  /// What the files define, each with its file. A definition that cannot be judged is nil and left out.
  private static func parse<Definition>(
    _ files: [SourceFile], _ errors: inout [DefinitionError],
    _ parse: (SourceFile) throws(DefinitionErrors) -> Definition?
  ) -> [(file: SourceFile, plan: Definition)] {
    var definitions: [(file: SourceFile, plan: Definition)] = []
    for file in files {
      do {
        if let plan = try parse(file) { definitions.append((file, plan)) }
      } catch {
        errors += error.errors
      }
    }
    return definitions
  }
}

extension Framing {
  fileprivate init(_ framing: StreamDefinition.Framing) {
    switch framing {
    case .automatic: self = .auto
    case .bare: self = .bare
    case .singleObject: self = .singleObject
    case .confluent: self = .confluent
    }
  }
}
