import SQLQuoting

/// The columns that a stream declares. Each error of each column is reported, not only the first.
extension SyntaxReader {
  static let columnForm = "name type [OPTIONS (path 'a.b', …)] [NOT NULL]"

  func columns(_ nodes: [Node], _ diagnostics: inout Diagnostics) -> [SyntaxColumn] {
    if nodes.count > Self.maximumItems {
      diagnostics.report(refuse(nodes[Self.maximumItems], "a stream has at most \(Self.maximumItems) columns"))
      return []
    }
    var columns: [SyntaxColumn] = []
    for node in nodes {
      if node.kind == "ColumnDef" {
        if let column = column(node, &diagnostics) { columns.append(column) }
      } else {
        diagnostics.report(refusal(ofElement: node))
      }
    }
    return columns
  }

  private func column(_ node: Node, _ diagnostics: inout Diagnostics) -> SyntaxColumn? {
    let type = diagnostics.attempt { () throws(DefinitionError) in try columnType(node.inline("typeName")) }
    let isNullable = nullability(node.nodes("constraints"), &diagnostics)
    diagnostics.attempt { () throws(DefinitionError) in
      try require(
        node, only: ["colname", "typeName", "is_local", "constraints", "fdwoptions", "collClause", "location"],
        refusals: ["compression": Refusal("compression", "COMPRESSION has no meaning here", hint: "leave it out")])
    }
    if let collation = node.inline("collClause") {
      let names = collation.names("collname").compactMap { $0 }
      diagnostics.report(
        refuse(
          collation, "COLLATE is not supported for columns: text compares by bytes",
          hint: names.last == "C" ? "leave it out" : "leave it out; order in the endpoint that reads the table"))
    }
    let options = diagnostics.attempt { () throws(DefinitionError) in
      try self.options(node.nodes("fdwoptions"), assignment: " ")
    }
    guard let type, let options else { return nil }
    return SyntaxColumn(
      name: node.string("colname") ?? "", location: node.location, type: type.type, modifiers: type.modifiers,
      isNullable: isNullable, options: options)
  }

  func columnType(
    _ node: Node?
  ) throws(DefinitionError) -> (type: SyntaxType, modifiers: [SyntaxModifier]) {
    guard let node else { throw source.error(at: 0, "a type is missing") }
    let name = try unqualified(node, "names", "a type")
    try require(
      node, only: ["names", "typmods", "typemod", "arrayBounds", "location"],
      refusals: [
        "setof": Refusal(nil, "SETOF is not supported", hint: "write the bare type"),
        "pct_type": Refusal(nil, "%TYPE is not supported", hint: "write the type itself"),
      ])
    let modifiers = node.nodes("typmods").map { modifier in
      SyntaxModifier(value: integer(modifier), location: modifier.location)
    }
    let bounds = node.nodes("arrayBounds")
    guard bounds.count <= 1 else {
      throw refuse(
        node, "an array has one dimension here", hint: "write jsonb[], whose elements may be arrays, or jsonb")
    }
    // A bound that is not written is -1, which the tree leaves out.
    if let bound = bounds.first?.integer("ival"), bound > 0 {
      throw refuse(node, "an array's length has no meaning, as in Postgres", hint: "write the brackets alone: []")
    }
    return (SyntaxType(name: name, location: node.location, isArray: !bounds.isEmpty), modifiers)
  }

  /// Reads NULL and NOT NULL, and refuses everything else that may stand behind a type.
  private func nullability(_ constraints: [Node], _ diagnostics: inout Diagnostics) -> Bool {
    var said: Bool?
    for constraint in constraints {
      switch constraint.string("contype") {
      case "CONSTR_NULL", "CONSTR_NOTNULL":
        let isNullable = constraint.string("contype") == "CONSTR_NULL"
        if constraint.has("conname") {
          diagnostics.report(
            refuse(constraint, "a constraint needs no name here", hint: isNullable ? "write NULL" : "write NOT NULL"))
        }
        if let said, said != isNullable {
          diagnostics.report(refuse(constraint, "NULL and NOT NULL contradict each other", hint: "leave one out"))
        }
        said = isNullable
      default: diagnostics.report(refusal(ofConstraint: constraint))
      }
    }
    return said ?? true
  }

  private func refusal(ofConstraint node: Node) -> DefinitionError {
    switch node.string("contype") {
    case "CONSTR_DEFAULT":
      refuse(
        node, "DEFAULT is not supported: a value that a record does not have is NULL",
        hint: "write coalesce(…) where the column is used")
    case "CONSTR_CHECK":
      refuse(node, "CHECK is not supported", hint: "filter with WHERE in the aggregates")
    case "CONSTR_PRIMARY": refuse(node, "PRIMARY KEY is not supported: a stream has no keys", hint: Self.notNullHint)
    case "CONSTR_UNIQUE": refuse(node, "UNIQUE is not supported: a stream has no keys", hint: "leave it out")
    case "CONSTR_FOREIGN": refuse(node, "REFERENCES is not supported: a stream has no keys", hint: "leave it out")
    case "CONSTR_EXCLUSION": refuse(node, "EXCLUDE is not supported: a stream has no keys", hint: "leave it out")
    case "CONSTR_GENERATED":
      refuse(
        node, "GENERATED is not supported: a column holds what its record does",
        hint: "write the expression where it is used")
    case "CONSTR_IDENTITY":
      refuse(
        node, "GENERATED AS IDENTITY is not supported: a column holds what its record does",
        hint: "the record's place in the topic is kafka.partition and kafka.offset")
    default: refuse(node, "DEFERRABLE and its kin are not supported", hint: "leave it out")
    }
  }

  private func refusal(ofElement node: Node) -> DefinitionError {
    guard node.kind == "TableLikeClause", let relation = node.inline("relation") else {
      return refusal(ofConstraint: node)
    }
    let tokens = source.tokens.filter { !$0.isComment && $0.range.lowerBound < relation.location }
    return source.error(
      at: tokens.last?.range.lowerBound ?? relation.location, "LIKE is not supported",
      hint: "write the columns: \(Self.columnForm)")
  }

  private static let notNullHint = "leave it out; NOT NULL is supported"
}
