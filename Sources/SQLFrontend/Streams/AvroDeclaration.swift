import Events
import Plan
import SQLQuoting

/// A column that an Avro stream declares: what the schema says of the field is not enough, for want of a logical type.
struct AvroDeclaration {
  let column: DeclaredColumn
  let stream: ParsedStream
  let fields: SchemaFields
  let columns: StreamColumns

  /// What a text may be read as.
  private static let fromText: [SQLType] = [
    .boolean, .integer, .bigint, .doublePrecision, .text, .timestamptz, .timestamp, .date, .time, .uuid,
  ]

  func check() throws(DefinitionError) {
    let name = quotedIdentifier(column.name)
    guard let path = column.fieldPath, let field = fields.field(path) else {
      let path = column.fieldPath ?? []
      if let reason = fields.refusal(path) {
        throw stream.error(at: column, "the field \(quotedPath(path)) cannot be used", hint: reason)
      }
      throw stream.error(
        at: column, "the schema has no field \(quotedPath(path))", hint: columns.schemaSuggestion(for: path))
    }
    guard path == [column.name] || fields.field([column.name]) == nil else {
      throw stream.error(
        at: column, "the schema has a field \(name) of its own, and this column is \(quotedPath(path))",
        hint: "give the column another name")
    }
    let isTime = [.timestamptz, .timestamp, .date, .time].contains(column.type)
    switch field.type {
    case .integer, .bigint:
      if isTime {
        guard column.unit != nil else {
          throw stream.error(
            at: column, "the field \(quotedPath(path)) is a number: what it counts is not said",
            hint: "write \(name) \(column.type.shortName) OPTIONS (unit 'milliseconds')")
        }
        return
      }
    case .text where Self.fromText.contains(column.type) || column.type.isNumeric: return
    default: break
    }
    guard field.type != column.type || column.unit == nil else {
      throw stream.error(
        at: column,
        "the field \(quotedPath(path)) is \(field.type.shortName) already: a unit is for numbers without a logical type",
        hint: "leave the unit out")
    }
    guard field.type == column.type else {
      throw stream.error(
        at: column,
        "the field \(quotedPath(path)) is \(field.type.shortName), which is not read as \(column.type.shortName)",
        hint: "numbers can be declared as timestamptz, timestamp, date and time, with a unit, and texts as most types; "
          + "other fields have the type of the schema: leave the column out")
    }
  }
}
