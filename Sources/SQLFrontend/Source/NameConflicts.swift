import Plan

/// Refuses routes and alerts that two files define; the errors are in the later ones.
///
/// - Parameters:
///   - endpoints: each with its file.
///   - alerts: the same.
public func nameConflicts(
  endpoints: [(file: SourceFile, plan: EndpointPlan)], alerts: [(file: SourceFile, plan: AlertPlan)]
) -> [DefinitionError] {
  conflicts(endpoints.map { ($0.file, "\($0.plan.method) \($0.plan.path)") }, hint: "give it another path")
    + conflicts(alerts.map { ($0.file, $0.plan.name) }, hint: "give it another name")
}

private func conflicts(_ named: [(file: SourceFile, name: String)], hint: String) -> [DefinitionError] {
  var first: [String: SourceFile] = [:]
  return named.compactMap { file, name in
    guard let earlier = first[name] else {
      first[name] = file
      return nil
    }
    let source = SourceText(file)
    var ignored = Diagnostics()
    let annotation = Annotations(source, known: ["name"], diagnostics: &ignored).items.first
    return source.error(
      at: annotation?.valueLocation ?? 0, "\(earlier.path) defines \(name) already", hint: hint)
  }
}
