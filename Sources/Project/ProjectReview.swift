import EngineSchema
import Formats
import Plan
import SQLFrontend

/// All definitions of a project folder, each judged by itself: those that are right, what is wrong with others, and those
/// that cannot be judged before that is put right.
public struct ProjectReview: Sendable {
  /// Right ones, by name, with those of their aggregates that are right.
  public let streams: [Stream]
  /// Each behind those that it reads.
  public let views: [ViewPlan]
  public let endpoints: [EndpointPlan]
  public let alerts: [AlertPlan]
  /// Everything that is wrong, in the order of the folders.
  public let errors: [DefinitionError]
  /// Nothing is wrong in their own files.
  public let unjudged: [UnjudgedDefinition]
  /// What was found in the folder and is not used, a line each.
  public let notices: [String]
  /// What was found in schemas and definitions that is probably not meant, a line each.
  public let remarks: [String]

  /// Reads `sql/` and `schemas/` of the folder.
  ///
  /// - Parameter lookup: where the schemas come from that streams name by a registry's subject.
  /// - Throws: only why the folder as a whole cannot be judged: a folder or a schema that cannot be read, no stream at all.
  public init(folder: String, lookup: SchemaLookup = .none) throws(ProjectError) {
    var errors = try FolderCheck.problems(in: folder)
    let (files, areAllStreams) = try Folder.readableFiles(folder, "sql/streams", &errors)
    guard !files.isEmpty || !areAllStreams else {
      // A misspelt name is the likelier reason.
      if !errors.isEmpty { throw .definitions(errors) }
      throw .incomplete("\(folder)/sql/streams holds no stream definition")
    }
    let parsed = parseStreams(files, areAll: areAllStreams)
    errors += parsed.errors
    let schemas = try Self.schemas(of: parsed.streams, folder, lookup, &errors)
    let (aggregateFiles, areAllAggregates) = try Folder.readableFiles(folder, "sql/aggregates", &errors)
    let planned = planStreams(
      parsed, fields: { schemas[$0.definition.name]?.fields }, aggregates: aggregateFiles, areAll: areAllAggregates)
    errors += planned.errors
    let views = planViews(try Folder.readableFiles(folder, "sql/views", &errors).files, of: planned)
    errors += views.errors
    var unjudged = planned.unjudged + views.unjudged
    let endpointFiles = try Folder.readableFiles(folder, "sql/endpoints", &errors).files
    let endpoints = Self.judge(endpointFiles, &errors, &unjudged) { (file) throws(DefinitionErrors) in
      try parseEndpoint(file, of: planned, views)
    }
    let alertFiles = try Folder.readableFiles(folder, "sql/alerts", &errors).files
    let alerts = Self.judge(alertFiles, &errors, &unjudged) { (file) throws(DefinitionErrors) in
      try parseAlert(file, of: planned)
    }
    errors += nameConflicts(endpoints: endpoints, alerts: alerts)
    self.errors = errors
    self.unjudged = unjudged
    self.views = views.plans
    self.endpoints = endpoints.map(\.plan)
    self.alerts = alerts.map(\.plan)
    streams = planned.plans.sorted { $0.definition.name < $1.definition.name }.map { plan in
      Stream(plan: plan, schema: schemas[plan.definition.name] ?? .declared)
    }
    // Fails here rather than at the first record, when a column cannot be decoded.
    if errors.isEmpty { for stream in streams { _ = try stream.makeDecoder() } }
    let tables = planned.plans.flatMap(\.aggregates).flatMap(\.relationNames) + views.plans.map(\.name)
    remarks = Self.schemaRemarks(streams) + Self.tableRemarks(endpoints.map(\.file), views, tables)
    notices = try Self.notices(folder)
  }

  /// Streams may share a schema.
  private static func schemaRemarks(_ streams: [Stream]) -> [String] {
    streams.compactMap(\.schema.reader).flatMap { Project.remarks(on: $0) }.reduce(into: []) {
      if !$0.contains($1) { $0.append($1) }
    }
  }

  private static func tableRemarks(_ files: [SourceFile], _ views: PlannedViews, _ tables: [String]) -> [String] {
    let known = tables + ["alerts", "dead_letters", "event_log"]
    let remarks = views.misspeltTables(known: known) + files.flatMap { misspeltTables(in: $0, known: known) }
    return remarks.map(\.description)
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

  /// What the files define, each with its file, without those that are wrong or cannot be judged.
  private static func judge<Definition>(
    _ files: [SourceFile], _ errors: inout [DefinitionError], _ unjudged: inout [UnjudgedDefinition],
    _ parse: (SourceFile) throws(DefinitionErrors) -> Judged<Definition>
  ) -> [(file: SourceFile, plan: Definition)] {
    var definitions: [(file: SourceFile, plan: Definition)] = []
    for file in files {
      do {
        switch try parse(file) {
        case .right(let plan): definitions.append((file, plan))
        case .unjudged(let definition): unjudged.append(definition)
        }
      } catch {
        errors += error.errors
      }
    }
    return definitions
  }
}
