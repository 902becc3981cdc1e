import Plan

/// Plans a look at a stream's events: all columns that it declares or has by its schema, and a condition.
///
/// - Parameters:
///   - stream: planned before, so that nothing is wrong with it.
///   - fields: what its schema has.
///   - condition: a boolean expression in the language of definitions; the file's path is what messages call it. nil: all
///     events are wanted.
public func selectEvents(
  of stream: StreamDefinition, fields: SchemaFields, where condition: SourceFile?
) throws(DefinitionErrors) -> EventSelection {
  let columns = StreamColumns(stream, fields)
  // The first, as in every plan.
  _ = columns.use(stream.eventTime)
  let declared = stream.columns.map { [$0.name] }
  let own = stream.format == .avro ? fields.paths + declared.filter { !fields.paths.contains($0) } : declared
  // A field that no column can hold is left out.
  let shown = own.compactMap { columns.use($0) }
  var expression: Expression?
  if let condition {
    do {
      expression = try LoneCondition(condition).plan(columns)
    } catch {
      throw DefinitionErrors([error])
    }
  }
  return EventSelection(
    stream: StreamPlan(definition: stream, columns: columns.specs, eventTimeColumn: 0, aggregates: []), shown: shown,
    condition: expression)
}
