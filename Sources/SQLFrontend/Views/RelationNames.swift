/// A table or view in a statement's FROM.
struct RelationName: Hashable {
  var name: String
  /// Byte offset into the file.
  var location: Int
}

extension Node {
  /// The tables and views that the statement reads by bare names, in the order of the tree. Names of its own common table
  /// expressions are none, where these are seen.
  var relations: [RelationName] {
    var found: [RelationName] = []
    collectRelations(hidden: [], into: &found)
    return found
  }

  /// Whether one of its tables and views is named with its schema.
  var namesSchemas: Bool {
    var found = false
    visit { if $0.kind == "RangeVar", $0.has("schemaname") { found = true } }
    return found
  }

  private func collectRelations(hidden: Set<String>, into found: inout [RelationName]) {
    if kind == "RangeVar", !has("schemaname"), let name = string("relname"), !hidden.contains(name) {
      found.append(RelationName(name: name, location: location))
    }
    var hidden = hidden
    if let with = inline("withClause") {
      let expressions = with.nodes("ctes")
      // Without RECURSIVE an expression sees those before it, and a table where it is itself called like one.
      if with.flag("recursive") { hidden.formUnion(expressions.compactMap { $0.string("ctename") }) }
      for expression in expressions {
        expression.collectRelations(hidden: hidden, into: &found)
        if let name = expression.string("ctename") { hidden.insert(name) }
      }
    }
    for child in children(without: "withClause") { child.collectRelations(hidden: hidden, into: &found) }
  }
}
