import Configuration
import Postgres
import Project
import Storage

/// `streampulse check`: exit status 0 only when all definitions are valid.
func check(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let folder = try context.configuration.projectDirectory()
  let review = try ProjectReview(folder: folder, lookup: SubjectSchemas(context, .look).lookup)
  let tests = try TestFolder(in: folder, of: review)
  for notice in review.notices { context.observe(.projectNotice(text: notice)) }
  for plan in review.streams.map(\.plan) {
    let definition = plan.definition
    let format = definition.format.rawValue
    let columns = counted(plan.columns.count, "column")
    print("stream \(definition.name): \(format) in topic \(definition.topic), \(columns) used")
    for aggregate in plan.aggregates {
      let forecast = aggregate.forecasts.joined(separator: ", ")
      print(
        "aggregate \(aggregate.name) of \(definition.name)"
          + (forecast.isEmpty ? "" : ", with forecasts of \(forecast)"))
    }
  }
  for reference in review.references { print("table \(reference.name) of reference data") }
  for view in review.views { print("view \(view.name)") }
  for endpoint in review.endpoints { print("endpoint \(endpoint.method) \(endpoint.path)") }
  for alert in review.alerts { print("alert \(alert.name) on \(alert.aggregate)") }
  for target in review.targets { print("target \(target.name): \(target.kind.rawValue)") }
  for test in tests.tests { print("test \(test.name)") }
  for definition in review.unjudged { print("not checked: \(definition)") }
  let errors = review.errors + tests.errors
  print(errors.isEmpty ? "all definitions are valid" : verdict(errors.map(\.path), review.unjudged.count))
  for remark in review.remarks { print("note: \(remark)") }
  guard !errors.isEmpty else { return parsed.flag("database") ? try checkStatements(context) : 0 }
  flushOutput()
  fail(errors.map(\.description).joined(separator: "\n"))
  return 1
}

/// Has the database prepare every statement: it knows the tables and columns that they name.
private func checkStatements(_ context: CommandContext) throws -> Int32 {
  let project = try context.loadProject()
  let connection = try PostgresConnection(context.database().with("application_name", "streampulse check"))
  defer { connection.close() }
  try Migrator.verify(project, as: context.projectName(), connection)
  try Migrator.requireViews(project, connection)
  let faults = try StatementCheck(connection).faults(of: project)
  print(
    faults.isEmpty
      ? "all statements fit the database" : "\(counted(faults.count, "error")) in statements that the database has read"
  )
  guard !faults.isEmpty else { return 0 }
  flushOutput()
  fail(faults.map(\.description).joined(separator: "\n"))
  return 1
}

/// - Parameter files: of the errors, one for each.
private func verdict(_ files: [String], _ unjudged: Int) -> String {
  let wrong = "\(counted(files.count, "error")) in \(counted(Set(files).count, "file"))"
  return unjudged == 0 ? wrong : "\(wrong); \(counted(unjudged, "definition")) not checked because of that"
}
