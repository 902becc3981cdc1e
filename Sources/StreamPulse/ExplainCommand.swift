import Configuration
import Explain
import Project
import Spelling

/// `streampulse explain`
func explain(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let project = try context.loadProject(SubjectSchemas(context, .look))
  let name = parsed.positional.first ?? ""
  guard let explanation = explanation(of: name, in: project, measures: !parsed.flag("no-cost")) else {
    throw unknownDefinition(name, in: project, parsed)
  }
  print(parsed.flag("json") ? explanation.json.text + "\n" : explanation.text, terminator: "")
  return 0
}

private func explanation(of name: String, in project: Project, measures: Bool) -> Explanation? {
  for stream in project.streams.map(\.plan) {
    guard let aggregate = stream.aggregates.first(where: { $0.name == name }) else { continue }
    return Explanation(aggregate, of: stream, cost: measures ? MeasuredCost(aggregate, of: stream) : nil)
  }
  if let stream = project.stream(named: name) { return Explanation(stream.plan) }
  if let view = project.views.first(where: { $0.name == name }) { return Explanation(view) }
  if let endpoint = project.endpoints.first(where: { [$0.path.text, "\($0.method) \($0.path)"].contains(name) }) {
    return Explanation(endpoint)
  }
  return project.alerts.first { $0.name == name }.map(Explanation.init)
}

private func unknownDefinition(_ name: String, in project: Project, _ parsed: ParsedCommand) -> UsageError {
  let names =
    project.aggregates.map(\.name) + project.streams.map(\.name) + project.views.map(\.name)
    + project.endpoints.map(\.path.text) + project.alerts.map(\.name)
  let nearest = suggestion(for: name, among: names)
  return parsed.error("there is no definition \(name)", hint: "\(nearest)there are \(names.joined(separator: ", "))")
}
