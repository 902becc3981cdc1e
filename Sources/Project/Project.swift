import EngineSchema
import Formats
import Plan
import SQLFrontend
import Spelling

/// All definitions of a project folder, loaded and planned.
public struct Project: Sendable {
  /// By name; at least one.
  public let streams: [Stream]
  /// Each behind those that it reads.
  public let views: [ViewPlan]
  public let endpoints: [EndpointPlan]
  public let alerts: [AlertPlan]
  /// What was found in the folder and is not used, a line each.
  public let notices: [String]

  /// What was found in the schemas that is probably not meant, a line each.
  public let schemaRemarks: [String]

  /// Loads `sql/` and `schemas/` of the folder.
  ///
  /// - Parameter lookup: where the schemas come from that streams name by a registry's subject.
  /// - Throws: every error of every definition, not only the first.
  public init(folder: String, lookup: SchemaLookup = .none) throws(ProjectError) {
    var errors = try FolderCheck.problems(in: folder)
    let files = try Folder.files(folder, "sql/streams", ending: ".sql")
    guard !files.isEmpty else {
      // A misspelt name is the likelier reason.
      if !errors.isEmpty { throw .definitions(errors) }
      throw .incomplete("\(folder)/sql/streams holds no stream definition")
    }
    let parsed = parseStreams(files)
    errors += parsed.errors
    let schemas = try Project.schemas(of: parsed.streams, folder, lookup, &errors)
    let planned = planStreams(
      parsed, fields: { schemas[$0.definition.name]?.fields },
      aggregates: try Folder.files(folder, "sql/aggregates", ending: ".sql"))
    errors += planned.errors
    let views = planViews(try Folder.files(folder, "sql/views", ending: ".sql"), of: planned)
    errors += views.errors
    let endpoints = Project.parse(try Folder.files(folder, "sql/endpoints", ending: ".sql"), &errors, parseEndpoint)
    let alerts = Project.parse(try Folder.files(folder, "sql/alerts", ending: ".sql"), &errors) {
      (file) throws(DefinitionErrors) in try parseAlert(file, of: planned)
    }
    errors += nameConflicts(endpoints: endpoints, alerts: alerts)
    guard errors.isEmpty else { throw .definitions(errors) }
    self.views = views.plans
    self.endpoints = endpoints.map(\.plan)
    self.alerts = alerts.map(\.plan)
    streams = planned.plans.sorted { $0.definition.name < $1.definition.name }.map { plan in
      Stream(plan: plan, schema: schemas[plan.definition.name] ?? .declared)
    }
    // Fails here rather than at the first record, when a column cannot be decoded.
    for stream in streams { _ = try stream.makeDecoder() }
    // Streams may share a schema.
    schemaRemarks = streams.compactMap(\.schema.reader).flatMap { Project.remarks(on: $0) }.reduce(into: []) {
      if !$0.contains($1) { $0.append($1) }
    }
    notices = try Project.notices(folder)
  }

  /// The stream of that name.
  public func stream(named name: String) -> Stream? {
    streams.first { $0.name == name }
  }

  /// What to say of a name that is no stream's.
  public func hint(forStream name: String) -> String {
    let names = streams.map(\.name)
    let nearest = nearestSpelling(of: name, among: names).map { "did you mean \($0)? " } ?? ""
    return nearest + (names.count == 1 ? "the stream is \(names[0])" : "streams are \(names.joined(separator: ", "))")
  }

  /// The stream that an aggregate reads.
  public func stream(of aggregate: String) -> Stream? {
    streams.first { $0.plan.aggregates.contains { $0.name == aggregate } }
  }

  /// All aggregates, stream by stream.
  public var aggregates: [AggregatePlan] { streams.flatMap(\.plan.aggregates) }

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

  /// What each stream's payloads are read with, by its name; without those that something is wrong with.
  ///
  /// Schemas are loaded once, and only when a stream needs them.
  private static func schemas(
    of streams: [ParsedStream], _ folder: String, _ lookup: SchemaLookup, _ errors: inout [DefinitionError]
  ) throws(ProjectError) -> [String: RecordSchema] {
    var schemas: [String: RecordSchema] = [:]
    for stream in streams where stream.definition.format != .avro { schemas[stream.definition.name] = .declared }
    let inAvro = streams.filter { $0.definition.format == .avro }
    guard !inAvro.isEmpty else { return schemas }
    let loaded: ProjectSchemas
    do throws(ProjectError) {
      loaded = try ProjectSchemas(folder, lookup)
    } catch {
      guard case .definitions(let faults) = error else { throw error }
      errors += faults
      return schemas
    }
    for stream in inAvro {
      do {
        schemas[stream.definition.name] = try loaded.schema(of: stream)
      } catch {
        errors += error.errors
      }
    }
    return schemas
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
