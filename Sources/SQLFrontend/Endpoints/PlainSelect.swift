import SQLQuoting

/// A SELECT that the API or the engine sends to Postgres: checked to be one and to change nothing.
struct PlainSelect {
  let source: SourceText
  let node: Node
  /// Where the statement stands in the file, without its semicolon.
  let range: Range<Int>

  /// - Parameter bytes: the file's, with parameters made palatable to the parser.
  init(_ source: SourceText, bytes: [UInt8]) throws(DefinitionError) {
    self.source = source
    node = try PostgresParser.parseOne(source, expecting: "one SELECT", bytes: bytes)
    let reader = SyntaxReader(source: source)
    range = reader.statementText(after: 0)
    try Self.check(node, source, range.lowerBound)
  }

  /// - Parameters:
  ///   - node: the SELECT inside of another statement.
  ///   - range: where it stands in the file.
  init(_ source: SourceText, _ node: Node, range: Range<Int>) throws(DefinitionError) {
    self.source = source
    self.node = node
    self.range = range
    try Self.check(node, source, range.lowerBound)
  }

  /// Refuses what is not a SELECT, and what writes or locks inside of one.
  static func check(_ node: Node, _ source: SourceText, _ location: Int) throws(DefinitionError) {
    guard node.kind == "SelectStmt" else {
      throw source.error(at: location, "only a SELECT is allowed here")
    }
    var refusal: (message: String, word: String)?
    node.visit { inner in
      switch inner.kind {
      case "InsertStmt": refusal = ("INSERT is not allowed here", "insert")
      case "UpdateStmt": refusal = ("UPDATE is not allowed here", "update")
      case "DeleteStmt": refusal = ("DELETE is not allowed here", "delete")
      case "MergeStmt": refusal = ("MERGE is not allowed here", "merge")
      case "intoClause": refusal = ("SELECT INTO is not allowed here", "into")
      case "LockingClause": refusal = ("FOR UPDATE and its kin are not allowed here", "for")
      default: break
      }
    }
    guard let refusal else { return }
    let word = source.tokens.first {
      $0.kind == .word && $0.range.lowerBound >= location && source.text($0).lowercased() == refusal.word
    }
    throw source.error(
      at: word?.range.lowerBound ?? location, refusal.message, hint: "the statement may only read")
  }

  /// Whether the statement reads a table or view of that name.
  func reads(_ table: String) -> Bool {
    var found = false
    node.visit { if $0.kind == "RangeVar", $0.string("relname") == table { found = true } }
    return found
  }

  /// The names of the columns that the SELECT yields; nil stands for one without a name or for `*`.
  var columnNames: [(name: String?, location: Int)] {
    // Those of a UNION are the ones of its first SELECT.
    var first = node
    while first.nodes("targetList").isEmpty, let left = first.inline("larg") { first = left }
    return first.nodes("targetList").map { item in
      let name = item.string("name") ?? item.node("val").flatMap(Self.columnName)
      return (name, item.location)
    }
  }

  /// The column of a table that stands for a column of the result as it is; nil for an expression.
  func plainColumn(_ name: String) -> String? {
    var first = node
    while first.nodes("targetList").isEmpty, let left = first.inline("larg") { first = left }
    let item = first.nodes("targetList").first {
      ($0.string("name") ?? $0.node("val").flatMap(Self.columnName)) == name
    }
    guard let value = item?.node("val"), value.kind == "ColumnRef" else { return nil }
    return Self.columnName(value)
  }

  /// Refuses two columns of one name: in JSON the second would hide the first.
  func checkNames() throws(DefinitionError) {
    var names: Set<String> = []
    for column in columnNames {
      guard let name = column.name, !names.insert(name).inserted else { continue }
      throw source.error(
        at: column.location, "two columns are called \(quotedIdentifier(name))",
        hint: "write AS and another name behind one of them")
    }
  }

  static func columnName(_ node: Node) -> String? {
    switch node.kind {
    case "ColumnRef": node.names("fields").last ?? nil
    case "FuncCall": node.names("funcname").last ?? nil
    case "TypeCast": node.node("arg").flatMap(columnName)
    default: nil
    }
  }
}
