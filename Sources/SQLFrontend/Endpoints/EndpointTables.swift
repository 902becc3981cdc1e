import Plan
import Spelling

/// Reads an endpoint's file beside the project's aggregates and views, which its SELECT may name.
///
/// It may name any other table of the database, too: whether that is there only the database knows.
///
/// - Throws: everything that is wrong in the file.
public func parseEndpoint(
  _ file: SourceFile, of streams: PlannedStreams, _ views: PlannedViews
) throws(DefinitionErrors) -> Judged<EndpointPlan> {
  let plan = try parseEndpoint(file)
  let refused = EndpointTables(file).names.first { table in
    views.isRefused(table.name) || (!views.plans.contains { $0.name == table.name } && streams.isRefused(table.name))
  }
  guard let refused else { return .right(plan) }
  return .unjudged(UnjudgedDefinition(.endpoint, "\(plan.method) \(plan.path)", cause: refused.name))
}

/// Tables in an endpoint's SELECT that nothing defines and that are called almost like one that is: each with its place
/// and what was probably meant. No errors, because the database may have such tables.
///
/// - Parameter known: what is called so is meant.
public func misspeltTables(in file: SourceFile, known: [String]) -> [DefinitionError] {
  let tables = EndpointTables(file)
  return tables.names.compactMap { misspelling($0, in: tables.source, known: known) }
}

/// A remark on a table that nothing defines and that is called almost like one that is.
func misspelling(_ table: RelationName, in source: SourceText, known: [String]) -> DefinitionError? {
  guard !known.contains(table.name), let nearest = nearestSpelling(of: table.name, among: known) else { return nil }
  return source.error(
    at: table.location, "no definition makes the table \(table.name)", hint: "did you mean \(nearest)?")
}

/// The tables and views that an endpoint's SELECT reads, without those of its own WITH and of other schemas.
private struct EndpointTables {
  let source: SourceText
  let names: [RelationName]

  /// - Parameter file: whose SELECT can be read; else there are none.
  init(_ file: SourceFile) {
    let source = SourceText(file)
    self.source = source
    let bytes = NamedParameters(source, in: 0..<source.bytes.count).palatable(source.bytes)
    guard let select = try? PlainSelect(source, bytes: bytes) else {
      names = []
      return
    }
    names = select.node.relations
  }
}
