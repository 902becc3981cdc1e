import Functions

/// LIKE, and operators over a constant array.
extension SyntaxReader {
  static let patternHint = "write LIKE 'start%', ~ '^start', ILIKE, starts_with(…), split_part(…) or IN (…)"

  func like(_ node: Node, _ symbol: String) throws(DefinitionError) -> SyntaxExpression.Kind {
    guard let left = node.node("lexpr"), let right = node.node("rexpr") else {
      throw refuse(node, "an operand of LIKE is missing")
    }
    let name = (symbol.hasPrefix("!") ? "NOT " : "") + (symbol.hasSuffix("*") ? "ILIKE" : "LIKE")
    return .operation(name, [try expression(left), try pattern(right)])
  }

  /// The pattern with a backslash for its escape character. The parser makes a call of `LIKE … ESCAPE …`.
  private func pattern(_ node: Node) throws(DefinitionError) -> SyntaxExpression {
    guard node.kind == "FuncCall", node.names("funcname").last == "like_escape" else { return try expression(node) }
    let arguments = try expressions(node.nodes("args"))
    guard arguments.count == 2, case .string(let pattern) = arguments[0].kind,
      case .string(let escape) = arguments[1].kind
    else { throw refuse(node, "LIKE with ESCAPE takes constants", hint: "write LIKE 'a!%%' ESCAPE '!'") }
    guard let escaped = ScalarFunction.likePattern(pattern, escape: escape) else {
      throw source.error(
        at: arguments[1].location, "an escape is one character, or none", hint: "write ESCAPE '!'")
    }
    return SyntaxExpression(kind: .string(escaped), location: arguments[0].location)
  }

  /// `x = ANY (ARRAY[…])` is true of one of the elements, ALL of each: a chain of OR or AND, with their three values.
  func quantified(_ node: Node, _ symbol: String) throws(DefinitionError) -> SyntaxExpression.Kind {
    let isAll = node.string("kind") == "AEXPR_OP_ALL"
    if let array = node.node("rexpr"), array.kind == "ColumnRef", let left = node.node("lexpr") {
      return try quantified(node, symbol, left, column: array, isAll: isAll)
    }
    guard let left = node.node("lexpr"), let right = node.node("rexpr"), let elements = try elements(of: right) else {
      throw refuse(
        node, "ANY and ALL take a constant array",
        hint: "write = ANY (ARRAY['a', 'b']), = ANY ('{a,b}') or IN ('a', 'b')")
    }
    let operand = try expression(left)
    var terms: [SyntaxExpression] = []
    for element in elements {
      let kind: SyntaxExpression.Kind
      switch symbol {
      case "=", "<>", "<", "<=", ">", ">=": kind = .comparison(symbol, operand, element)
      case "~~": kind = .operation("LIKE", [operand, element])
      case "!~~": kind = .operation("NOT LIKE", [operand, element])
      case "~~*": kind = .operation("ILIKE", [operand, element])
      case "!~~*": kind = .operation("NOT ILIKE", [operand, element])
      case "~", "!~", "~*", "!~*": kind = .operation(symbol, [operand, element])
      default: throw refuse(node, "\(symbol) ANY and ALL are not supported", hint: "write = ANY (ARRAY['a', 'b'])")
      }
      terms.append(SyntaxExpression(kind: kind, location: node.location))
    }
    if terms.isEmpty { return .boolean(isAll) }
    if terms.count == 1 { return terms[0].kind }
    return isAll ? .and(terms) : .or(terms)
  }

  /// The same of a column: whether an element equals the value.
  private func quantified(
    _ node: Node, _ symbol: String, _ left: Node, column: Node, isAll: Bool
  ) throws(DefinitionError) -> SyntaxExpression.Kind {
    let any = SyntaxExpression.Kind.operation("= ANY", [try expression(left), try expression(column)])
    switch (symbol, isAll) {
    case ("=", false): return any
    case ("<>", true): return .not(SyntaxExpression(kind: any, location: node.location))
    default:
      throw refuse(
        node, "\(symbol) \(isAll ? "ALL" : "ANY") of a column is not supported",
        hint: "of arrays there are x = ANY (tags) and x <> ALL (tags), and UNNEST(tags) AS tag in FROM")
    }
  }

  /// The elements of a constant array; nil for what is none.
  private func elements(of node: Node) throws(DefinitionError) -> [SyntaxExpression]? {
    var node = node
    var type: SyntaxType?
    if node.kind == "TypeCast", let name = node.inline("typeName"), name.has("arrayBounds"),
      let argument = node.node("arg")
    {
      type = SyntaxType(name: try unqualified(name, "names", "a type"), location: name.location)
      node = argument
    }
    func typed(_ element: SyntaxExpression) -> SyntaxExpression {
      guard let type else { return element }
      return SyntaxExpression(kind: .cast(element, type), location: element.location)
    }
    if node.kind == "A_ArrayExpr" {
      let elements = try expressions(node.nodes("elements"))
      // An array of texts without a type is one of text, which only text is compared with.
      let isText =
        type == nil
        && elements.allSatisfy { element in
          switch element.kind {
          case .string, .null: true
          default: false
          }
        }
      if isText { type = SyntaxType(name: "text", location: node.location) }
      return elements.map(typed)
    }
    guard node.kind == "A_Const", let text = node.inline("sval")?.string("sval") else { return nil }
    guard let items = Self.arrayItems(text) else {
      throw refuse(node, "the array's text is not supported", hint: "write ARRAY['a', 'b']")
    }
    return items.map { item in
      typed(SyntaxExpression(kind: item.map { .string($0) } ?? .null, location: node.location))
    }
  }

  /// The items of `{a,b}`; nil for a text with quotes, escapes or more dimensions.
  private static func arrayItems(_ text: String) -> [String?]? {
    let text = text.trimming(" ")
    guard text.first == "{", text.last == "}", text.utf8.count >= 2 else { return nil }
    let inner = text.dropFirst().dropLast()
    guard !inner.contains(where: { "{}\"\\".contains($0) }) else { return nil }
    if inner.allSatisfy({ $0 == " " }) { return [] }
    var items: [String?] = []
    for part in inner.split(separator: ",", omittingEmptySubsequences: false) {
      let item = String(part).trimming(" ")
      guard !item.isEmpty else { return nil }
      items.append(item.lowercased() == "null" ? nil : item)
    }
    return items
  }
}

extension String {
  fileprivate func trimming(_ character: Character) -> String {
    var rest = Substring(self)
    while rest.first == character { rest = rest.dropFirst() }
    while rest.last == character { rest = rest.dropLast() }
    return String(rest)
  }
}
