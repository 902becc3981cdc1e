import Plan
import SQLQuoting

/// A view as its file defines it, with the places that errors about it point to.
struct ParsedView {
  let plan: ViewPlan
  let source: SourceText
  let nameLocation: Int
  /// What it reads by bare names, each where it stands.
  let relations: [RelationName]
}

/// Reads a view's file, one `CREATE VIEW name AS SELECT …` in plain Postgres SQL.
struct ViewParser {
  let source: SourceText
  var diagnostics = Diagnostics()

  init(source: SourceText) {
    self.source = source
  }

  /// nil when something was wrong, which then is in `diagnostics`.
  mutating func parse() -> ParsedView? {
    let source = source
    let statement = diagnostics.attempt { () throws(DefinitionError) in
      try PostgresParser.parseOne(source, expecting: SyntaxReader.viewForm)
    }
    guard let statement, let syntax = SyntaxReader(source: source).view(statement, &diagnostics) else { return nil }
    let name = source.writtenName(at: syntax.nameLocation) ?? syntax.name
    if let refusal = TableNames.refusal(of: name) {
      diagnostics.report(source.error(at: syntax.nameLocation, refusal))
    }
    let select = diagnostics.attempt { () throws(DefinitionError) in
      try Self.refuseParameters(syntax.query, source)
      let select = try PlainSelect(source, syntax.query, range: syntax.selectRange)
      try select.checkNames()
      return select
    }
    guard diagnostics.errors.isEmpty, let select else { return nil }
    var text = FileText()
    text.append(source.text(select.range), at: source.place(at: select.range.lowerBound))
    let relations = select.node.relations
    var reads: [String] = []
    for relation in relations where !reads.contains(relation.name) { reads.append(relation.name) }
    var plan = ViewPlan(
      name: syntax.name, comment: source.definitionComment, columnComments: comments(select), reads: reads, select: text
    )
    plan.readsOtherSchemas = select.node.namesSchemas
    let columns = select.columnNames
    let named = columns.compactMap { column in
      column.name.map { PresentationParser.Column(name: $0, location: column.location) }
    }
    plan.presentation = PresentationParser(source: source, columns: named, areAll: named.count == columns.count)
      .parse(&diagnostics)
    ForecastParser.refuse(in: source, &diagnostics)
    guard diagnostics.errors.isEmpty else { return nil }
    return ParsedView(plan: plan, source: source, nameLocation: syntax.nameLocation, relations: relations)
  }

  /// Postgres would take `$1` for one of a function's.
  private static func refuseParameters(_ query: Node, _ source: SourceText) throws(DefinitionError) {
    var parameter: Node?
    query.visit { if $0.kind == "ParamRef", parameter == nil { parameter = $0 } }
    guard let parameter else { return }
    throw source.error(
      at: parameter.location, "a view has no parameters", hint: "filter in the endpoint that reads the view")
  }

  private func comments(_ select: PlainSelect) -> [ViewPlan.ColumnComment] {
    select.columnNames.compactMap { column in
      let text = source.resultComment(above: column.location)
      guard let name = column.name, !text.isEmpty else { return nil }
      return ViewPlan.ColumnComment(column: name, text: text)
    }
  }
}
