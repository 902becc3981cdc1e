import Events
import Plan
import SQLQuoting

/// Plans a stream and all aggregates over it.
///
/// - Parameters:
///   - field: describes the field at a path from the record's root; nil when there is none.
///   - fieldPaths: the paths of all fields, for suggestions.
///   - refusal: why the field at a path, which the schema has, is no column; nil when there is no such field.
/// - Throws: everything that is wrong in any of the files.
public func planStream(
  _ stream: StreamDefinition, aggregates: [SourceFile], field: @escaping (_ path: [String]) -> FieldDescription?,
  fieldPaths: [[String]], refusal: @escaping (_ path: [String]) -> String? = { _ in nil }
) throws(DefinitionErrors) -> StreamPlan {
  var diagnostics = Diagnostics()
  let columns = StreamColumns(stream: stream, field: field, fieldPaths: fieldPaths, refusal: refusal)
  diagnostics.attempt { () throws(DefinitionError) in try checkEventTime(stream, field, columns) }
  var plans: [AggregatePlan] = []
  for file in aggregates {
    var planner = AggregatePlanner(source: SourceText(file), columns: columns)
    let plan = planner.plan()
    for error in planner.diagnostics.errors { diagnostics.report(error) }
    guard let plan else { continue }
    if plans.contains(where: { $0.name == plan.name }) {
      let source = planner.source
      let name = source.tokens.first { [plan.name, "\"\(plan.name)\""].contains(source.text($0)) }
      diagnostics.report(
        source.error(at: name?.range.lowerBound ?? 0, "another file defines \(quotedIdentifier(plan.name)) already"))
    }
    plans.append(plan)
  }
  try diagnostics.check()
  return StreamPlan(definition: stream, columns: columns.specs, eventTimeColumn: 0, aggregates: plans)
}

/// The event time is the first column, whether an expression uses it or not.
private func checkEventTime(
  _ stream: StreamDefinition, _ field: ([String]) -> FieldDescription?, _ columns: StreamColumns
) throws(DefinitionError) {
  let path = quotedPath(stream.eventTime)
  guard let description = field(stream.eventTime), columns.use(stream.eventTime) != nil else {
    throw streamError(
      stream, "event_time names the field \(path), which the schema does not have",
      hint: columns.suggestion(for: stream.eventTime))
  }
  guard description.type == .timestamptz else {
    if var fault = description.fault {
      fault.message = "event_time names the field \(path), which is \(description.type.sqlName): \(fault.message)"
      throw fault
    }
    throw streamError(
      stream, "event_time names the field \(path), which is \(description.type.sqlName)",
      hint: "the event time is a timestamp with time zone: in Avro a long of logicalType timestamp-millis or -micros")
  }
}

/// The stream's file is not at hand here: its errors name the stream.
private func streamError(_ stream: StreamDefinition, _ message: String, hint: String?) -> DefinitionError {
  DefinitionError(path: "stream \(stream.name)", line: 1, column: 1, offendingText: "", message: message, hint: hint)
}
