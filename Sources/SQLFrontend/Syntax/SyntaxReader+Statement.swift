extension SyntaxReader {
  static let streamForm = "CREATE FOREIGN TABLE name (…) SERVER kafka OPTIONS (topic '…', format '…', …);"
  static let aggregateForm =
    "CREATE MATERIALIZED VIEW name AS SELECT … FROM stream GROUP BY tumble(event_time, INTERVAL '1 minute'), …;"

  /// Postgres' bound on the columns of a table.
  static let maximumItems = 1600

  /// nil when it is no stream's definition, which then is reported, like all that is wrong in it.
  func stream(_ node: Node, _ diagnostics: inout Diagnostics) -> SyntaxStream? {
    guard node.kind == "CreateForeignTableStmt", let base = node.inline("base"),
      let relation = base.inline("relation")
    else {
      diagnostics.report(
        source.error(at: firstToken, "a stream is not defined like this", hint: "write \(Self.streamForm)"))
      return nil
    }
    let location = relation.location
    // A partition names what it belongs to as an heir does.
    let inheritance: Set<String> = base.has("partbound") ? ["inhRelations"] : []
    require(
      base, only: Set(["relation", "oncommit", "tableElts"]).union(inheritance), at: location,
      refusals: [
        "if_not_exists": Refusal(nil, "IF NOT EXISTS has no meaning here", hint: "leave it out"),
        "inhRelations": Refusal("inherits", "INHERITS is not supported", hint: "leave it out"),
        "partbound": Refusal("partition", "PARTITION OF is not supported", hint: "write the columns in parentheses"),
      ], &diagnostics)
    let name = diagnostics.attempt { () throws(DefinitionError) in try relationName(relation) }
    let columns = columns(base.nodes("tableElts"), &diagnostics)
    let options = diagnostics.attempt { () throws(DefinitionError) in
      try self.options(node.nodes("options"), assignment: " ")
    }
    guard let name, let options else { return nil }
    return SyntaxStream(
      name: name, nameLocation: location, columns: columns, server: node.string("servername") ?? "", options: options)
  }

  /// nil when it is no aggregate's definition, which then is reported, like all that is wrong with its clauses.
  func aggregate(_ node: Node, _ diagnostics: inout Diagnostics) -> SyntaxAggregate? {
    guard node.kind == "CreateTableAsStmt", node.string("objtype") == "OBJECT_MATVIEW",
      let into = node.inline("into"), let relation = into.inline("rel")
    else {
      diagnostics.report(
        source.error(
          at: firstToken, "an aggregate is not defined like this",
          hint: node.kind == "ViewStmt"
            ? "write \(Self.aggregateForm) A plain view over aggregates lies in sql/views"
            : "write \(Self.aggregateForm)"))
      return nil
    }
    let location = relation.location
    require(
      node, only: ["query", "into", "objtype"], at: location,
      refusals: ["if_not_exists": Refusal(nil, "IF NOT EXISTS has no meaning here", hint: "leave it out")],
      &diagnostics)
    require(
      into, only: ["rel", "options", "onCommit"], at: location,
      refusals: [
        "colNames": Refusal(nil, "a list of column names is not supported", hint: "name the columns with AS"),
        "accessMethod": Refusal("using", "USING is not supported"),
        "tableSpaceName": Refusal("tablespace", "TABLESPACE is not supported"),
        "skipData": Refusal("no", "WITH NO DATA has no meaning here", hint: "leave it out"),
      ], &diagnostics)
    let name = diagnostics.attempt { () throws(DefinitionError) in try relationName(relation) }
    let options = diagnostics.attempt { () throws(DefinitionError) in
      try self.options(into.nodes("options"), assignment: " = ")
    }
    guard let query = node.node("query"), let start = keyword(after: location, "as") else {
      diagnostics.report(source.error(at: location, "the SELECT is missing", hint: "write \(Self.aggregateForm)"))
      return nil
    }
    let text = statementText(after: start + 2)
    diagnostics.attempt { () throws(DefinitionError) in try refuseWithData(at: text.upperBound) }
    guard let select = select(query, at: text.lowerBound, &diagnostics), let name else { return nil }
    return SyntaxAggregate(
      name: name, nameLocation: location, options: options ?? [], select: select, selectRange: text)
  }

  /// Byte offset of the first token that is no comment.
  var firstToken: Int {
    source.tokens.first { !$0.isComment }?.range.lowerBound ?? 0
  }

  /// The text from `offset` to the end of the statement, without its semicolon and the comments around it.
  func statementText(after offset: Int) -> Range<Int> {
    let tokens = source.tokens.filter { !$0.isComment && $0.range.lowerBound >= offset && source.text($0) != ";" }
    guard let first = tokens.first, let last = tokens.last else { return offset..<offset }
    return first.range.lowerBound..<last.range.upperBound
  }

  /// The tree does not tell `WITH DATA` from nothing at all, but the SELECT's text would carry it along.
  private func refuseWithData(at end: Int) throws(DefinitionError) {
    let words = source.tokens.filter { !$0.isComment && $0.range.upperBound <= end }.suffix(2)
    guard words.count == 2, words.allSatisfy({ $0.kind == .word }),
      words.map({ source.text($0).lowercased() }) == ["with", "data"], let first = words.first
    else { return }
    throw source.error(at: first.range.lowerBound, "WITH DATA has no meaning here", hint: "leave it out")
  }

  /// The bare name of what is defined or read.
  func relationName(_ node: Node) throws(DefinitionError) -> String {
    try require(
      node, only: ["relname", "inh", "relpersistence", "location"],
      refusals: [
        "schemaname": Refusal(nil, "a schema is not supported here", hint: "write the bare name"),
        "catalogname": Refusal(nil, "a database is not supported here", hint: "write the bare name"),
        "alias": Refusal(nil, "an alias is not supported here", hint: "write the stream's own name"),
      ])
    guard node.flag("inh"), node.string("relpersistence") == "p" else {
      throw refuse(node, "ONLY, TEMPORARY and UNLOGGED are not supported", hint: "write the bare name")
    }
    return node.string("relname") ?? ""
  }

  func options(_ nodes: [Node], assignment: String) throws(DefinitionError) -> [SyntaxOption] {
    var options: [SyntaxOption] = []
    for node in nodes {
      let name = node.string("defname") ?? ""
      guard !node.has("defnamespace"), let value = node.node("arg"), value.kind == "String" else {
        throw refuse(node, "option \"\(name)\" needs a quoted value", hint: "write \(name)\(assignment)'…'")
      }
      options.append(SyntaxOption(name: name, value: value.string("sval") ?? "", location: node.location))
    }
    return options
  }

  /// The SELECT, as far as it can be read: what cannot is reported, or comes up where it is looked at.
  private func select(_ node: Node, at location: Int, _ diagnostics: inout Diagnostics) -> SyntaxSelect? {
    guard node.kind == "SelectStmt" else {
      diagnostics.report(source.error(at: location, "a SELECT is expected here"))
      return nil
    }
    if node.string("op") != "SETOP_NONE" {
      let word = ["union", "intersect", "except"].compactMap { keyword(after: location, $0) }.min()
      diagnostics.report(
        source.error(
          at: word ?? location, "UNION, INTERSECT and EXCEPT are not supported", hint: "write one aggregate per SELECT")
      )
      return nil
    }
    requirePlainClauses(node, at: location, &diagnostics)
    // Neither has clauses that could be judged.
    if node.has("valuesLists") { return nil }
    if text(at: location) == "table" {
      diagnostics.report(source.error(at: location, "TABLE is not supported here", hint: "write a SELECT"))
      return nil
    }
    let unnested = diagnostics.attempt { () throws(DefinitionError) in
      try unnest(node.nodes("fromClause"), at: location)
    }
    guard let unnested,
      let relation = diagnostics.attempt({ () throws(DefinitionError) in try from(unnested.others, at: location) }),
      let name = diagnostics.attempt({ () throws(DefinitionError) in try relationName(relation) })
    else { return nil }
    let terms = node.nodes("groupClause")
    let targets = node.nodes("targetList")
    for (nodes, message) in [
      (terms, "GROUP BY has at most \(Self.maximumItems) terms"),
      (targets, "a SELECT has at most \(Self.maximumItems) columns"),
    ] where nodes.count > Self.maximumItems {
      diagnostics.report(refuse(nodes[Self.maximumItems], message))
      return nil
    }
    return SyntaxSelect(
      items: targets.map { target in
        SyntaxItem(
          alias: target.string("name"), expression: readable(target.node("val")), location: target.location)
      }, source: name, sourceLocation: relation.location, unnest: unnested.unnest,
      joins: unnested.others.first.flatMap { joins($0, &diagnostics) },
      filter: node.node("whereClause").map { readable($0) },
      groupBy: terms.map { readable($0) }, having: node.node("havingClause").map { readable($0) })
  }

  /// Refuses each clause that a definition does not have.
  private func requirePlainClauses(_ node: Node, at location: Int, _ diagnostics: inout Diagnostics) {
    let order = Refusal("order", "ORDER BY is not supported: a table has no order", hint: "order in the endpoint")
    let limit = Refusal("limit", "LIMIT is not supported: every group is kept", hint: "limit in the endpoint")
    require(
      node, only: ["targetList", "fromClause", "whereClause", "groupClause", "havingClause", "limitOption", "op"],
      at: location,
      refusals: [
        "distinctClause": Refusal("distinct", "SELECT DISTINCT is not supported", hint: "GROUP BY says what a row is"),
        "windowClause": Refusal("window", "WINDOW is not supported", hint: "windows of time are written tumble(…)"),
        "groupDistinct": Refusal("distinct", "GROUP BY DISTINCT is not supported", hint: "leave DISTINCT out"),
        "sortClause": order, "limitCount": limit,
        "limitOffset": Refusal(
          "offset", "OFFSET is not supported: every group is kept", hint: "offset in the endpoint"),
        "lockingClause": Refusal(
          "for", "FOR UPDATE and its kin are not supported", hint: "leave it out: events do not change"),
        "withClause": Refusal(
          "with", "a common table expression (WITH) is not supported",
          hint: "a definition reads one stream; WITH is for views and endpoints over its results"),
        "valuesLists": Refusal(nil, "VALUES is not supported", hint: "write SELECT … FROM the stream"),
        "intoClause": Refusal("into", "INTO is not supported", hint: "the view's own name is where the rows are"),
      ], &diagnostics)
  }

  /// The only relation of FROM.
  private func from(_ from: [Node], at location: Int) throws(DefinitionError) -> Node {
    guard let relation = from.first else {
      throw source.error(at: location, "FROM is missing", hint: "name the stream: FROM stream")
    }
    if relation.kind == "RangeTableSample" {
      throw source.error(
        at: keyword(after: location, "tablesample") ?? location, "TABLESAMPLE is not supported",
        hint: "every event counts; filter with WHERE")
    }
    for other in from.map(leftmost) where other.kind != "RangeVar" || from.count > 1 {
      throw source.error(
        at: keyword(after: location, "from") ?? location,
        "a definition reads one stream: subqueries, functions and other relations in FROM are not supported",
        hint: "write FROM with the name of one stream; tables of sql/references stand behind JOIN")
    }
    return leftmost(relation)
  }

  /// The expression, or its refusal, so that what stands beside it is still judged.
  private func readable(_ node: Node?) -> SyntaxExpression {
    do {
      return try expression(node)
    } catch {
      return SyntaxExpression(kind: .refused(error), location: node?.location ?? 0)
    }
  }
}
