import Plan

/// Rows of an array: `FROM orders, UNNEST(items) AS item`.
extension SyntaxReader {
  static let unnestForm = "write FROM stream, UNNEST(array) AS item"

  /// Takes the call out of FROM that makes rows of an array; nil: there is none.
  ///
  /// - Returns: it, and the relations that are left.
  func unnest(_ from: [Node], at location: Int) throws(DefinitionError) -> (unnest: SyntaxUnnest?, others: [Node]) {
    var others: [Node] = []
    var calls: [Node] = []
    for node in from { try split(node, into: &others, &calls) }
    guard let call = calls.first else { return (nil, others) }
    if calls.count > 1 {
      throw source.error(
        at: place(of: calls[1]), "a definition makes rows of one array",
        hint: "write an aggregate for each, or declare a column with the path of one element")
    }
    let unnest = try unnest(call)
    guard from.first?.kind != "RangeFunction" else {
      throw source.error(
        at: place(of: call), "the stream stands in front of what is made of its events", hint: Self.unnestForm)
    }
    return (unnest, others)
  }

  /// A function stands beside the stream, behind a comma or CROSS JOIN. Tables may be joined before it and behind it.
  private func split(_ node: Node, into others: inout [Node], _ calls: inout [Node]) throws(DefinitionError) {
    switch node.kind {
    case "RangeFunction": calls.append(node)
    case "JoinExpr":
      let first = leftmost(node)
      if first.kind == "RangeFunction", !others.isEmpty {
        throw source.error(
          at: place(of: first), "a table that is joined with the array alone: its condition cannot name the stream",
          hint: "write FROM stream CROSS JOIN UNNEST(array) AS item JOIN table ON …")
      }
      try gather(node, into: &calls)
      others.append(outermost(node))
    default: others.append(node)
    }
  }

  /// What is left of a chain of joins when calls at its end are taken away.
  private func outermost(_ node: Node) -> Node {
    var node = node
    while node.node("rarg")?.kind == "RangeFunction", let left = node.node("larg") { node = left }
    return node
  }

  /// The calls in a chain of joins, from left to right.
  private func gather(_ node: Node, into calls: inout [Node]) throws(DefinitionError) {
    var found: [Node] = []
    var rest = node
    while rest.kind == "JoinExpr", let left = rest.node("larg") {
      if let right = rest.node("rarg"), right.kind == "RangeFunction" {
        let isCross =
          (rest.string("jointype") ?? "JOIN_INNER") == "JOIN_INNER"
          && !["quals", "usingClause", "isNatural", "alias"].contains(where: rest.has)
        guard isCross else {
          throw source.error(
            at: place(of: right), "an array is joined by CROSS JOIN: an event without elements has no row",
            hint: "write FROM stream CROSS JOIN UNNEST(array) AS item")
        }
        found.append(right)
      }
      rest = left
    }
    calls += found.reversed()
  }

  private func unnest(_ node: Node) throws(DefinitionError) -> SyntaxUnnest {
    let location = place(of: node)
    try require(
      node, only: ["lateral", "functions", "alias"], at: location,
      refusals: [
        "ordinality": Refusal(
          nil, "WITH ORDINALITY is not supported", hint: "leave it out; the first element is array[1]"),
        "is_rowsfrom": Refusal(nil, "ROWS FROM is not supported", hint: Self.unnestForm),
        "coldeflist": Refusal(nil, "a list of columns with types is not supported", hint: Self.unnestForm),
      ])
    let list = node.nodes("functions").first?.nodes("items") ?? []
    guard let call = list.first, call.kind == "FuncCall" else {
      throw source.error(at: location, "this function is not supported in FROM", hint: Self.unnestForm)
    }
    let name = call.names("funcname").compactMap { $0 }.last ?? ""
    guard Unnest.Function(rawValue: name) != nil else {
      throw source.error(
        at: location, "\(name)(…) is not supported in FROM: rows are made of arrays", hint: hint(forFunction: name))
    }
    try require(
      call, only: ["funcname", "args", "funcformat", "location"], at: location,
      refusals: ["func_variadic": Refusal(nil, "VARIADIC is not supported")])
    let arguments = call.nodes("args")
    guard arguments.count == 1, let array = arguments.first else {
      throw source.error(at: location, "\(name) takes one array here", hint: Self.unnestForm)
    }
    let alias = node.inline("alias")
    let columns = alias?.names("colnames").compactMap { $0 } ?? []
    guard columns.count <= 1 else {
      throw source.error(at: location, "an element is one column", hint: Self.unnestForm)
    }
    return SyntaxUnnest(
      function: name, array: try expression(array), alias: alias?.string("aliasname") ?? name, column: columns.first,
      location: location)
  }

  private func place(of node: Node) -> Int {
    node.nodes("functions").first?.nodes("items").first?.location ?? node.location
  }

  private func hint(forFunction name: String) -> String {
    switch name {
    case "json_array_elements", "json_array_elements_text":
      "write \(name.replacing("json_", with: "jsonb_", maxReplacements: 1))"
    case "jsonb_each", "jsonb_each_text", "jsonb_object_keys", "json_each", "json_object_keys":
      "members of an object are not made rows of; name them: payload ->> 'member'"
    case "generate_series": "every event counts once; write an aggregate of wider windows"
    default: "write UNNEST(array), jsonb_array_elements(document) or jsonb_array_elements_text(document)"
    }
  }
}
