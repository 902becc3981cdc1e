import Plan

/// Refuses routes and alerts that two files define; the errors are in the later ones.
///
/// - Parameters:
///   - endpoints: each with its file.
///   - alerts: the same.
public func nameConflicts(
  endpoints: [(file: SourceFile, plan: EndpointPlan)], alerts: [(file: SourceFile, plan: AlertPlan)]
) -> [DefinitionError] {
  // Whatever its parameters are called, a path is the same one.
  conflicts(
    endpoints.map { ($0.file, "\($0.plan.method) \($0.plan.path.shape)", "\($0.plan.method) \($0.plan.path)") },
    hint: "give it another path")
    + conflicts(alerts.map { ($0.file, $0.plan.name, $0.plan.name) }, hint: "give it another name")
}

private func conflicts(_ named: [(file: SourceFile, key: String, name: String)], hint: String) -> [DefinitionError] {
  var first: [String: SourceFile] = [:]
  return named.compactMap { file, key, name in
    guard let earlier = first[key] else {
      first[key] = file
      return nil
    }
    let source = SourceText(file)
    var ignored = Diagnostics()
    let annotation = Annotations(source, known: ["name"], diagnostics: &ignored).items.first
    return source.error(
      at: annotation?.valueLocation ?? 0, "\(earlier.path) defines \(name) already", hint: hint)
  }
}
