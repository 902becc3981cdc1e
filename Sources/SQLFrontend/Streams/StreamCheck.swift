import Events
import Plan
import SQLQuoting
import Spelling

/// Whether a stream's own definition fits what its records have.
struct StreamCheck {
  let stream: ParsedStream
  let fields: SchemaFields
  let columns: StreamColumns

  private var definition: StreamDefinition { stream.definition }

  /// Takes the event time as the first column, whether an expression uses it or not.
  var errors: [DefinitionError] {
    var diagnostics = Diagnostics()
    if definition.format == .avro {
      for column in definition.columns {
        diagnostics.attempt { () throws(DefinitionError) in
          try AvroDeclaration(column: column, stream: stream, fields: fields, columns: columns).check()
        }
      }
    }
    diagnostics.attempt { () throws(DefinitionError) in try checkEventTime() }
    return diagnostics.errors
  }

  private func checkEventTime() throws(DefinitionError) {
    let path = quotedPath(definition.eventTime)
    guard let description = columns.describe(definition.eventTime), columns.use(definition.eventTime) != nil else {
      let isAvro = definition.format == .avro
      throw stream.error(
        at: "event_time",
        "event_time names \(path), which \(isAvro ? "the schema does not have" : "is not declared")",
        hint: columns.suggestion(for: definition.eventTime)
          ?? "an event's time can also be its record's own: event_time 'kafka.timestamp'")
    }
    guard description.type != .timestamptz else { return }
    let message = "event_time names \(path), which is \(description.type.sqlName)"
    if var fault = description.fault {
      fault.message = "\(message): \(fault.message)"
      throw fault
    }
    throw stream.error(at: "event_time", message, hint: timeHint(description.type))
  }

  private func timeHint(_ type: SQLType) -> String {
    guard MetadataColumn(path: definition.eventTime) == nil else {
      return "the time of the record is event_time 'kafka.timestamp'"
    }
    let name = quotedIdentifier(definition.eventTime.last ?? "")
    let isNumber = type == .integer || type == .bigint
    let declaration = "\(name) timestamptz\(isNumber ? " OPTIONS (unit 'milliseconds')" : "")"
    if definition.format != .avro { return "the event time is a timestamptz: declare \(declaration)" }
    guard isNumber || type == .text else {
      return "the event time is a timestamptz: in Avro a long of logicalType timestamp-millis or -micros"
    }
    return
      "the event time is a timestamptz: in Avro a long of logicalType timestamp-millis or -micros, or a column that "
      + "the stream declares: \(definition.name) (\(declaration))"
  }
}
