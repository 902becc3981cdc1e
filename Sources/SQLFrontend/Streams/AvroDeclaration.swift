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
    if let element = column.type.element { return try checkArray(of: element, field, path) }
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

  /// Elements may be declared as what a field of their own could be.
  private func checkArray(
    of declared: ArrayElement, _ field: FieldDescription, _ path: [String]
  ) throws(DefinitionError) {
    guard let element = field.element else {
      throw stream.error(
        at: column, "the field \(quotedPath(path)) is no array, but \(field.type.shortName)",
        hint: "leave the brackets out")
    }
    let type = declared.type
    if type == .jsonb { return }
    let isTime = [.timestamptz, .timestamp, .date, .time].contains(type)
    switch element.type {
    case .integer where type == .integer || type == .bigint, .bigint where type == .integer || type == .bigint: return
    case .integer where isTime, .bigint where isTime:
      guard column.unit == nil else { return }
      throw stream.error(
        at: column, "the elements of \(quotedPath(path)) are numbers: what they count is not said",
        hint: "write \(quotedIdentifier(column.name)) \(type.shortName)[] OPTIONS (unit 'milliseconds')")
    case .text where Self.fromText.contains(type) || type.isNumeric, .uuid where type == .uuid || type == .text: return
    case .timestamptz where element.hasUnit && type == .timestamptz,
      .timestamp where element.hasUnit && type == .timestamp, .time where element.hasUnit && type == .time:
      guard column.unit != nil else { return }
      throw stream.error(
        at: column, "the elements of \(quotedPath(path)) have a logical type: a unit is for numbers without one",
        hint: "leave the unit out")
    case .boolean where type == .boolean, .doublePrecision where type == .doublePrecision: return
    default:
      throw stream.error(
        at: column,
        "the elements of \(quotedPath(path)) are \(element.type.shortName), which are not read as \(type.shortName)",
        hint: "write jsonb[], which takes any, or the type that the schema has")
    }
  }
}
