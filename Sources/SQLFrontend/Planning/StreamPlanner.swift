import Events
import Plan
import SQLQuoting

/// A stream with those of its aggregates that could be planned, and what is wrong with the others.
public struct PlannedStream: Sendable {
  public let plan: StreamPlan
  /// Everything that is wrong in any of the files, file by file and from top to bottom.
  public let errors: [DefinitionError]
  /// The names of aggregates that something is wrong with.
  let refused: Set<String>
  /// Something is wrong with an aggregate whose name is not to be seen: it may be any.
  let refusedWithoutName: Bool

  /// Whether an aggregate of that name is defined, but not as it should be.
  func isRefused(_ name: String) -> Bool {
    refused.contains(name) || (refusedWithoutName && !plan.aggregates.contains { $0.name == name })
  }
}

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
  let planned = planAggregates(
    stream, aggregates: aggregates, field: field, fieldPaths: fieldPaths, refusal: refusal)
  guard planned.errors.isEmpty else { throw DefinitionErrors(planned.errors) }
  return planned.plan
}

/// The same, with what is right beside what is wrong: an alert on a right aggregate is right.
public func planAggregates(
  _ stream: StreamDefinition, aggregates: [SourceFile], field: @escaping (_ path: [String]) -> FieldDescription?,
  fieldPaths: [[String]], refusal: @escaping (_ path: [String]) -> String? = { _ in nil }
) -> PlannedStream {
  var diagnostics = Diagnostics()
  let columns = StreamColumns(stream: stream, field: field, fieldPaths: fieldPaths, refusal: refusal)
  diagnostics.attempt { () throws(DefinitionError) in try checkEventTime(stream, field, columns) }
  var plans: [AggregatePlan] = []
  var refused: Set<String> = []
  var refusedWithoutName = false
  for file in aggregates {
    var planner = AggregatePlanner(source: SourceText(file), columns: columns)
    let plan = planner.plan()
    for error in planner.diagnostics.errors { diagnostics.report(error) }
    let source = planner.source
    guard let plan else {
      if let name = source.aggregateName { refused.insert(name) } else { refusedWithoutName = true }
      continue
    }
    if plans.contains(where: { $0.name == plan.name }) {
      let name = source.tokens.first { [plan.name, "\"\(plan.name)\""].contains(source.text($0)) }
      diagnostics.report(
        source.error(at: name?.range.lowerBound ?? 0, "another file defines \(quotedIdentifier(plan.name)) already"))
    }
    plans.append(plan)
  }
  return PlannedStream(
    plan: StreamPlan(definition: stream, columns: columns.specs, eventTimeColumn: 0, aggregates: plans),
    errors: diagnostics.sorted, refused: refused, refusedWithoutName: refusedWithoutName)
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
