import Events
import Plan
import SQLQuoting

/// Makes declared columns of what a stream's definition writes. Each error of each column is reported.
struct ColumnParser {
  let source: SourceText
  let format: StreamDefinition.Format

  static let knownOptions = ["path", "unit", "coerce"]

  func columns(_ syntax: [SyntaxColumn], _ diagnostics: inout Diagnostics) -> [DeclaredColumn] {
    var names: Set<String> = []
    var columns: [DeclaredColumn] = []
    for column in syntax {
      if let refusal = refusal(ofName: column, known: names) { diagnostics.report(refusal) }
      names.insert(column.name)
      if let declared = declared(column, &diagnostics) { columns.append(declared) }
    }
    return columns
  }

  private func refusal(ofName column: SyntaxColumn, known: Set<String>) -> DefinitionError? {
    let name = quotedIdentifier(column.name)
    if known.contains(column.name) {
      return source.error(at: column.location, "two columns are called \(name)", hint: "rename one of them")
    }
    if column.name == MetadataColumn.record {
      return source.error(
        at: column.location,
        "the column name \(name) is taken: \(name).key, \(name).offset and others are columns of every stream",
        hint: format == .json ? "give it another name, with OPTIONS (path '\(name)')" : "give it another name")
    }
    if ReservedNames.system.contains(column.name) {
      return source.error(
        at: column.location, "the column name \(name) is taken: it is a system column of Postgres",
        hint: format == .json ? "give it another name, with OPTIONS (path '\(name)')" : "give it another name")
    }
    if column.name.isEmpty { return source.error(at: column.location, "the column needs a name") }
    return capitalRefusal(column)
  }

  /// Postgres reads a name without quotes in small letters: the member that was meant would never be found.
  private func capitalRefusal(_ column: SyntaxColumn) -> DefinitionError? {
    guard format != .csv, !column.options.contains(where: { $0.name == "path" }),
      let token = source.tokens.first(where: { $0.range.lowerBound == column.location }), token.kind == .word
    else { return nil }
    let written = source.text(token)
    guard written != column.name else { return nil }
    return source.error(
      at: column.location, "SQL reads the name as \(column.name), since it has no quotes",
      hint: "write \"\(written)\", or \(column.name) when that is what the records have")
  }

  private func declared(_ column: SyntaxColumn, _ diagnostics: inout Diagnostics) -> DeclaredColumn? {
    let options = DefinitionOptions(
      column.options, known: Self.knownOptions, source: source, location: column.location, diagnostics: &diagnostics)
    let type = diagnostics.attempt { () throws(DefinitionError) in try ColumnType(column, source) }
    let path = diagnostics.attempt { () throws(DefinitionError) in try self.path(options) }
    let unit = diagnostics.attempt { () throws(DefinitionError) in
      try options.choice("unit", DeclaredColumn.EpochUnit.self)
    }
    let isCoerced = diagnostics.attempt { () throws(DefinitionError) in try options.flag("coerce") ?? false }
    guard let type, let path, let unit, let isCoerced else { return nil }
    if type.type.element != nil, format == .csv {
      diagnostics.report(
        source.error(
          at: column.type.location, "a field of CSV is no array",
          hint: "write jsonb: a field may hold a document, \"[1, 2]\""))
    }
    // What is said of an array is said of its elements.
    let scalar = type.type.element?.type ?? type.type
    if unit != nil, ![.timestamptz, .timestamp, .date, .time].contains(scalar) {
      diagnostics.report(
        options.error(
          "unit", "unit is for times: a column of type \(type.type.shortName) has none",
          hint: "write \(quotedIdentifier(column.name)) timestamptz, or leave it out"))
    }
    if options.isGiven("coerce"), let refusal = refusal(ofCoercion: scalar, unit) {
      diagnostics.report(options.error("coerce", refusal.message, hint: refusal.hint))
    }
    return DeclaredColumn(
      name: column.name, type: type.type, maximumCharacters: type.maximumCharacters, precision: type.precision,
      isNullable: column.isNullable, path: path, unit: unit, isCoerced: isCoerced,
      comment: source.commentAbove(column.location), place: source.place(at: column.location))
  }

  /// nil: the column's own name.
  private func path(_ options: DefinitionOptions) throws(DefinitionError) -> [DeclaredColumn.Step]? {
    guard let text = try options.text("path") else { return nil }
    guard format != .csv else {
      throw options.error(
        "path", "path is not for CSV: the columns are the fields of the line, in their order", hint: "leave it out")
    }
    do throws(FieldPath.Failure) {
      let steps = try FieldPath.steps(parsing: text)
      if format == .avro, steps.contains(where: \.isElement) {
        throw FieldPath.Failure(
          message: "an element of a list is no field of an Avro record", hint: "name fields with dots between them")
      }
      return steps
    } catch {
      throw options.error("path", "option \"path\": \(error.message)", hint: error.hint)
    }
  }

  private func refusal(
    ofCoercion type: SQLType, _ unit: DeclaredColumn.EpochUnit?
  ) -> (message: String, hint: String)? {
    switch format {
    case .csv: return ("coerce is not for CSV: its fields are texts, and read as what is declared", "leave it out")
    case .avro: return ("coerce is not for Avro: the schema says what is a text", "leave it out")
    case .json: break
    }
    guard type != .boolean, !type.isNumber, unit == nil else { return nil }
    return (
      "coerce is for numbers and booleans that are written as texts, not for \(type.shortName)",
      type == .text ? "leave it out: only texts are taken as text" : "leave it out"
    )
  }
}

extension DeclaredColumn.Step {
  fileprivate var isElement: Bool {
    if case .element = self { true } else { false }
  }
}
