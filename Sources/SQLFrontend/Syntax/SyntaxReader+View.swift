/// A `CREATE VIEW`: its name, and the SELECT as the parser has it.
struct SyntaxView {
  var name: String
  var nameLocation: Int
  var query: Node
  /// Where the SELECT stands in the file, without its semicolon.
  var selectRange: Range<Int>
}

extension SyntaxReader {
  static let viewForm = "CREATE VIEW name AS SELECT … FROM aggregate;"

  /// nil when it is no view's definition, which then is reported, like all that is wrong around its SELECT.
  func view(_ node: Node, _ diagnostics: inout Diagnostics) -> SyntaxView? {
    guard node.kind == "ViewStmt", let relation = node.inline("view") else {
      let isMaterialized = node.kind == "CreateTableAsStmt" && node.string("objtype") == "OBJECT_MATVIEW"
      diagnostics.report(
        source.error(
          at: firstToken, "a view is not defined like this",
          hint: isMaterialized
            ? "a CREATE MATERIALIZED VIEW is an aggregate: move the file to sql/aggregates"
            : "write \(Self.viewForm)"))
      return nil
    }
    let location = relation.location
    if let recursive = keyword(after: firstToken, "recursive"), recursive < location {
      diagnostics.report(
        source.error(
          at: recursive, "RECURSIVE is not supported here", hint: "write CREATE VIEW name AS WITH RECURSIVE …"))
      return nil
    }
    require(
      node, only: ["view", "query", "withCheckOption"], at: location,
      refusals: [
        "replace": Refusal(nil, "OR REPLACE has no meaning here", hint: "leave it out: a changed view is made anew"),
        "aliases": Refusal(nil, "a list of column names is not supported", hint: "name the columns with AS"),
        "options": Refusal(nil, "a view has no options here", hint: "leave WITH (…) out"),
      ], &diagnostics)
    if node.string("withCheckOption") != "NO_CHECK_OPTION" {
      diagnostics.report(
        source.error(
          at: keyword(after: location, "check") ?? location, "WITH CHECK OPTION has no meaning here",
          hint: "leave it out: nobody writes to a view of results"))
      return nil
    }
    let name = diagnostics.attempt { () throws(DefinitionError) in try relationName(relation) }
    guard let query = node.node("query"), let start = keyword(after: location, "as") else {
      diagnostics.report(source.error(at: location, "the SELECT is missing", hint: "write \(Self.viewForm)"))
      return nil
    }
    guard let name else { return nil }
    return SyntaxView(
      name: name, nameLocation: location, query: query, selectRange: statementText(after: start + 2))
  }
}
