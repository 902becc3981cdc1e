import EngineSchema
import Formats
import Plan
import SQLFrontend

/// All definitions of a project folder, each judged by itself: those that are right, what is wrong with others, and those
/// that cannot be judged before that is put right.
public struct ProjectReview: Sendable {
  /// Right ones, by name, with those of their aggregates that are right.
  public let streams: [Stream]
  /// Right declarations of tables of reference data, in the order of their files.
  public let references: [Reference]
  /// Each behind those that it reads.
  public let views: [ViewPlan]
  public let endpoints: [EndpointPlan]
  public let alerts: [AlertPlan]
  /// Where notifications go; none while something is wrong with any of them.
  public let targets: [NotificationTarget]
  /// Everything that is wrong, in the order of the folders.
  public let errors: [DefinitionError]
  /// Nothing is wrong in their own files.
  public let unjudged: [UnjudgedDefinition]
  /// What was found in the folder and is not used, a line each.
  public let notices: [String]
  /// What was found in schemas and definitions that is probably not meant, a line each.
  public let remarks: [String]
  /// That all of this was read from.
  public let files: ProjectFiles

  /// Reads `sql/` and `schemas/` of the folder.
  ///
  /// - Parameter lookup: where the schemas come from that streams name by a registry's subject.
  /// - Throws: only why the folder as a whole cannot be judged: a folder or a schema that cannot be read, no stream at all.
  public init(folder: String, lookup: SchemaLookup = .none) throws(ProjectError) {
    try self.init(ProjectFiles(folder: folder), lookup: lookup)
  }

  /// The same of files that were read before, or kept.
  public init(_ folder: ProjectFiles, lookup: SchemaLookup = .none) throws(ProjectError) {
    files = folder
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
    let (referenceFiles, areAllReferences) = try Folder.readableFiles(folder, "sql/references", &errors)
    let tables = parseReferences(referenceFiles, areAll: areAllReferences)
    errors += tables.errors
    let (aggregateFiles, areAllAggregates) = try Folder.readableFiles(folder, "sql/aggregates", &errors)
    let planned = planStreams(
      parsed, fields: { schemas[$0.definition.name]?.fields }, references: tables, aggregates: aggregateFiles,
      areAll: areAllAggregates)
    errors += planned.errors
    let views = planViews(try Folder.readableFiles(folder, "sql/views", &errors).files, of: planned)
    errors += views.errors
    var unjudged = planned.unjudged + views.unjudged
    let endpointFiles = try Folder.readableFiles(folder, "sql/endpoints", &errors).files
    let endpoints = Self.judge(endpointFiles, &errors, &unjudged) { (file) throws(DefinitionErrors) in
      try parseEndpoint(file, of: planned, views)
    }
    let (allAlertFiles, areAllAlerts) = try Folder.readableFiles(folder, "sql/alerts", &errors)
    let alertFiles = allAlertFiles.filter { $0.path != targetsPath }
    let alerts = Self.judge(alertFiles, &errors, &unjudged) { (file) throws(DefinitionErrors) in
      try parseAlert(file, of: planned)
    }
    errors += nameConflicts(endpoints: endpoints, alerts: alerts)
    let targets = areAllAlerts ? Self.targets(allAlertFiles, &errors) : nil
    if let targets {
      errors += alerts.flatMap { unknownTargets(in: $0.file, targets: targets.map(\.name)) }
    }
    self.targets = targets ?? []
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
    references = tables.references
    let relations =
      planned.plans.flatMap(\.aggregates).flatMap(\.relationNames) + views.plans.map(\.name)
      + references.map(\.name)
    remarks = Self.schemaRemarks(streams) + Self.tableRemarks(endpoints.map(\.file), views, relations)
    notices = try Self.notices(folder)
  }

  /// nil when something is wrong with them.
  private static func targets(_ files: [SourceFile], _ errors: inout [DefinitionError]) -> [NotificationTarget]? {
    guard let file = files.first(where: { $0.path == targetsPath }) else { return [] }
    do {
      return try parseTargets(file)
    } catch {
      errors += error.errors
      return nil
    }
  }

  /// Streams may share a schema.
  private static func schemaRemarks(_ streams: [Stream]) -> [String] {
    streams.compactMap(\.schema.reader).flatMap { Project.remarks(on: $0) }.reduce(into: []) {
      if !$0.contains($1) { $0.append($1) }
    }
  }

  private static func tableRemarks(_ files: [SourceFile], _ views: PlannedViews, _ tables: [String]) -> [String] {
    let known = tables + ["alerts", "dead_letters", "event_log", "trending_predictions", "forecast_errors"]
    let remarks = views.misspeltTables(known: known) + files.flatMap { misspeltTables(in: $0, known: known) }
    return remarks.map(\.description)
  }

  /// Projects used to carry the engine's schema. In this repository it still lies there, as the source of what travels in
  /// the program.
  private static func notices(_ folder: ProjectFiles) throws(ProjectError) -> [String] {
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
    of streams: [ParsedStream], _ folder: ProjectFiles, _ lookup: SchemaLookup, _ errors: inout [DefinitionError]
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
