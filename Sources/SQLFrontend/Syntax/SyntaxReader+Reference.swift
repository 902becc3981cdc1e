/// A table of reference data as its file declares it.
struct SyntaxReference {
  var name: String
  var nameLocation: Int
  var columns: [SyntaxColumn]
  /// Of PRIMARY KEY or UNIQUE, with their places; empty: neither is given.
  var key: [(name: String, location: Int)]
  var options: [SyntaxOption]
}

extension SyntaxReader {
  static let referenceForm = "CREATE TABLE name (id text PRIMARY KEY, value text, …) WITH (refresh = '30 seconds');"

  /// nil when it is no declaration of a table, which then is reported, like all that is wrong in it.
  func reference(_ node: Node, _ diagnostics: inout Diagnostics) -> SyntaxReference? {
    guard node.kind == "CreateStmt", let relation = node.inline("relation") else {
      diagnostics.report(
        source.error(
          at: firstToken, "a table of reference data is not declared like this", hint: "write \(Self.referenceForm)"))
      return nil
    }
    let location = relation.location
    require(
      node, only: ["relation", "tableElts", "options", "oncommit"], at: location,
      refusals: [
        "if_not_exists": Refusal(nil, "IF NOT EXISTS has no meaning here", hint: "leave it out"),
        "inhRelations": Refusal("inherits", "INHERITS is not supported", hint: "leave it out"),
        "partbound": Refusal("partition", "PARTITION OF is not supported", hint: "write the columns in parentheses"),
        "partspec": Refusal("partition", "PARTITION BY has no meaning here", hint: "leave it out"),
        "ofTypename": Refusal("of", "OF is not supported", hint: "write the columns in parentheses"),
        "tablespacename": Refusal("tablespace", "TABLESPACE has no meaning here", hint: "leave it out"),
        "accessMethod": Refusal("using", "USING has no meaning here", hint: "leave it out"),
      ], &diagnostics)
    let name = diagnostics.attempt { () throws(DefinitionError) in try relationName(relation) }
    let options = diagnostics.attempt { () throws(DefinitionError) in
      try self.options(node.nodes("options"), assignment: " = ")
    }
    var columns: [SyntaxColumn] = []
    var keys: [[(name: String, location: Int)]] = []
    let elements = node.nodes("tableElts")
    if elements.count > Self.maximumItems {
      diagnostics.report(refuse(elements[Self.maximumItems], "a table has at most \(Self.maximumItems) columns"))
      return nil
    }
    for element in elements {
      diagnostics.attempt { () throws(DefinitionError) in
        if element.kind == "ColumnDef" {
          columns.append(try referenceColumn(element, &keys))
        } else if element.kind == "Constraint", Self.isKey(element) {
          try requirePlainKey(element)
          keys.append(element.names("keys").compactMap { $0 }.map { ($0, element.location) })
        } else {
          throw refusal(ofReferenceElement: element)
        }
      }
    }
    if keys.count > 1 {
      diagnostics.report(
        source.error(
          at: keys[1].first?.location ?? location, "a table of reference data has one key",
          hint: "declare the one that it is joined by"))
    }
    guard let name, let options else { return nil }
    return SyntaxReference(
      name: name, nameLocation: location, columns: columns, key: keys.first ?? [], options: options)
  }

  private func referenceColumn(
    _ node: Node, _ keys: inout [[(name: String, location: Int)]]
  ) throws(DefinitionError) -> SyntaxColumn {
    let name = node.string("colname") ?? ""
    let type = try columnType(node.inline("typeName"))
    try require(
      node, only: ["colname", "typeName", "is_local", "constraints", "location"],
      refusals: [
        "fdwoptions": Refusal(
          "options", "OPTIONS are not supported: the column is the table's", hint: "leave them out"),
        "collClause": Refusal(
          "collate", "COLLATE has no meaning here: text compares by bytes", hint: "leave it out"),
        "compression": Refusal("compression", "COMPRESSION has no meaning here", hint: "leave it out"),
      ])
    var isNullable = true
    for constraint in node.nodes("constraints") {
      switch constraint.string("contype") {
      case "CONSTR_NULL": break
      case "CONSTR_NOTNULL": isNullable = false
      case _ where Self.isKey(constraint):
        try requirePlainKey(constraint)
        if constraint.string("contype") == "CONSTR_PRIMARY" { isNullable = false }
        keys.append([(name, constraint.location)])
      default: throw refusal(ofReferenceElement: constraint)
      }
    }
    return SyntaxColumn(
      name: name, location: node.location, type: type.type, modifiers: type.modifiers, isNullable: isNullable,
      options: [])
  }

  private static func isKey(_ node: Node) -> Bool {
    ["CONSTR_PRIMARY", "CONSTR_UNIQUE"].contains(node.string("contype"))
  }

  private func requirePlainKey(_ node: Node) throws(DefinitionError) {
    try require(
      node, only: ["contype", "location", "keys", "initially_valid", "is_enforced"],
      refusals: [
        "conname": Refusal(nil, "a constraint needs no name here", hint: "write PRIMARY KEY or UNIQUE"),
        "including": Refusal("include", "INCLUDE has no meaning here", hint: "leave it out"),
        "nulls_not_distinct": Refusal("nulls", "NULLS NOT DISTINCT is not supported: NULL names no row"),
        "deferrable": Refusal("deferrable", "DEFERRABLE has no meaning here", hint: "leave it out"),
      ])
  }

  private func refusal(ofReferenceElement node: Node) -> DefinitionError {
    let what =
      switch node.string("contype") {
      case "CONSTR_DEFAULT": "DEFAULT"
      case "CONSTR_CHECK": "CHECK"
      case "CONSTR_FOREIGN": "REFERENCES"
      case "CONSTR_GENERATED", "CONSTR_IDENTITY": "GENERATED"
      case "CONSTR_EXCLUSION": "EXCLUDE"
      default: node.kind == "TableLikeClause" ? "LIKE" : "this"
      }
    let location = node.kind == "TableLikeClause" ? node.inline("relation")?.location ?? 0 : node.location
    return source.error(
      at: location, "\(what) has no meaning here: the table is made elsewhere, and its columns are only declared",
      hint: "write each column with its type, NOT NULL, and PRIMARY KEY or UNIQUE for the key")
  }
}
