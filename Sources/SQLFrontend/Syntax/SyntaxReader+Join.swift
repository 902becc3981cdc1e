import SQLQuoting

/// `[LEFT] JOIN table [AS alias] ON condition`.
struct SyntaxJoin {
  var name: String
  var nameLocation: Int
  /// The name after AS.
  var alias: String?
  /// LEFT JOIN.
  var isOuter: Bool
  var condition: SyntaxExpression
}

/// The tables of reference data that a stream is joined with.
extension SyntaxReader {
  static let joinForm = "[LEFT] JOIN table ON table.key = stream.column"

  /// The relation that stands first in FROM, before all that it is joined with.
  func leftmost(_ relation: Node) -> Node {
    var relation = relation
    while relation.kind == "JoinExpr", let left = relation.node("larg") { relation = left }
    return relation
  }

  /// What the first relation of FROM is joined with, from left to right; nil when some join cannot be had. Each such is
  /// reported.
  func joins(_ relation: Node, _ diagnostics: inout Diagnostics) -> [SyntaxJoin]? {
    var joins: [SyntaxJoin] = []
    var areAll = true
    var rest = relation
    while rest.kind == "JoinExpr", let left = rest.node("larg") {
      // An array's rows, which `unnest` has taken.
      if rest.node("rarg")?.kind == "RangeFunction" {
        rest = left
        continue
      }
      if let join = diagnostics.attempt({ () throws(DefinitionError) in try join(rest) }) {
        joins.append(join)
      } else {
        areAll = false
      }
      rest = left
    }
    return areAll ? joins.reversed() : nil
  }

  private func join(_ node: Node) throws(DefinitionError) -> SyntaxJoin {
    guard let table = node.node("rarg") else { throw source.error(at: 0, "JOIN without a table") }
    let place = joinWord(before: table)
    try refuseOtherJoins(node, at: place)
    switch table.kind {
    case "RangeVar": break
    case "JoinExpr":
      throw source.error(at: place, "joins in parentheses are not supported", hint: "write one JOIN behind the other")
    default:
      throw source.error(
        at: place, "only tables are joined, not subqueries or functions",
        hint: "declare a table in sql/references: \(Self.joinForm)")
    }
    var alias: String?
    if let named = table.inline("alias") {
      try require(
        named, only: ["aliasname"], at: table.location,
        refusals: ["colnames": Refusal(nil, "a list of column names is not supported", hint: "write AS name")])
      alias = named.string("aliasname")
    }
    try require(
      table, only: ["relname", "inh", "relpersistence", "location", "alias"],
      refusals: [
        "schemaname": Refusal(nil, "a schema is not supported here", hint: "write the table's bare name"),
        "catalogname": Refusal(nil, "a database is not supported here", hint: "write the table's bare name"),
      ])
    guard table.flag("inh") else { throw refuse(table, "ONLY is not supported") }
    guard let condition = node.node("quals") else {
      throw source.error(at: place, "the join has no condition", hint: "write \(Self.joinForm)")
    }
    return SyntaxJoin(
      name: table.string("relname") ?? "", nameLocation: table.location, alias: alias,
      isOuter: node.string("jointype") == "JOIN_LEFT", condition: try expression(condition))
  }

  private func refuseOtherJoins(_ node: Node, at place: Int) throws(DefinitionError) {
    let form = "write \(Self.joinForm)"
    if node.flag("isNatural") { throw source.error(at: place, "NATURAL JOIN is not supported", hint: form) }
    if node.has("usingClause") {
      let columns = node.names("usingClause").compactMap { $0 }.map(quotedIdentifier)
      throw source.error(
        at: place, "USING is not supported",
        hint: "write ON " + columns.map { "table.\($0) = stream.\($0)" }.joined(separator: " AND "))
    }
    if node.has("alias") { throw source.error(at: place, "an alias for a join is not supported") }
    switch node.string("jointype") {
    case "JOIN_INNER":
      guard node.has("quals") else {
        throw source.error(at: place, "CROSS JOIN is not supported: a join names one row", hint: form)
      }
    case "JOIN_LEFT": break
    case "JOIN_RIGHT":
      throw source.error(
        at: place, "RIGHT JOIN is not supported: rows come of events",
        hint: "write LEFT JOIN for events that have no row in the table")
    case "JOIN_FULL":
      throw source.error(
        at: place, "FULL JOIN is not supported: rows come of events",
        hint: "write LEFT JOIN for events that have no row in the table")
    default: throw source.error(at: place, "this kind of join is not supported", hint: form)
    }
  }

  /// Where the words before JOIN begin: `LEFT JOIN`. The parser does not say.
  private func joinWord(before table: Node) -> Int {
    let tokens = source.tokens.filter { !$0.isComment }
    let isJoin = { (token: Token) in token.kind == .word && self.source.text(token).lowercased() == "join" }
    // Of a subquery or a join in parentheses the parser gives no place at all.
    let end = table.kind == "RangeVar" ? table.location : Int.max
    guard var index = tokens.lastIndex(where: { $0.range.lowerBound < end && isJoin($0) }) else {
      return table.location
    }
    let kinds = ["left", "right", "full", "inner", "cross", "natural", "outer"]
    while index > 0, tokens[index - 1].kind == .word, kinds.contains(source.text(tokens[index - 1]).lowercased()) {
      index -= 1
    }
    return tokens[index].range.lowerBound
  }
}
