import Functions
import SQLQuoting

extension SyntaxReader {
  func expression(_ node: Node?) throws(DefinitionError) -> SyntaxExpression {
    guard let node else { throw source.error(at: 0, "an expression is missing") }
    return SyntaxExpression(kind: try kind(of: node), location: node.location)
  }

  func expressions(_ nodes: [Node]) throws(DefinitionError) -> [SyntaxExpression] {
    var result: [SyntaxExpression] = []
    for node in nodes { result.append(try expression(node)) }
    return result
  }

  private func kind(of node: Node) throws(DefinitionError) -> SyntaxExpression.Kind {
    switch node.kind {
    case "ColumnRef": return .column(try path(node, node.nodes("fields")))
    case "A_Indirection":
      if let element = try subscripted(node) { return element }
      return .column(try indirection(node))
    case "A_Const": return try constant(node)
    case "FuncCall":
      if let refusal = syntaxFunctionRefusal(node) { throw refusal }
      return .call(try call(node))
    case "A_Expr": return try operation(node)
    case "BoolExpr": return try logic(node)
    case "NullTest":
      return .isNull(try expression(node.node("arg")), isNegated: node.string("nulltesttype") == "IS_NOT_NULL")
    case "BooleanTest": return try booleanTest(node)
    case "CaseExpr": return try caseExpression(node)
    case "MinMaxExpr":
      let name = node.string("op") == "IS_LEAST" ? "least" : "greatest"
      return .call(SyntaxCall(name: name, arguments: try expressions(node.nodes("args")), isStar: false, filter: nil))
    case "CoalesceExpr": return .coalesce(try expressions(node.nodes("args")))
    case "TypeCast": return .cast(try expression(node.node("arg")), try type(node.inline("typeName")))
    case "CollateClause":
      return .collate(try expression(node.node("arg")), try unqualified(node, "collname", "a collation"))
    default: throw refusal(of: node)
    }
  }

  /// The parts of a name; refuses what else may stand between its dots.
  private func path(_ node: Node, _ parts: [Node]) throws(DefinitionError) -> [String] {
    var result: [String] = []
    for part in parts {
      guard part.kind == "String" else { throw refusal(ofIndirection: part, in: node, behind: result) }
      result.append(part.string("sval") ?? "")
    }
    return result
  }

  /// `tags[1]`; nil when no element is asked for, or more than one.
  private func subscripted(_ node: Node) throws(DefinitionError) -> SyntaxExpression.Kind? {
    var parts = node.nodes("indirection")
    guard let last = parts.popLast(), last.kind == "A_Indices", !last.flag("is_slice"),
      parts.allSatisfy({ $0.kind == "String" }), let argument = node.node("arg")
    else { return nil }
    let array: SyntaxExpression
    if parts.isEmpty {
      array = try expression(argument)
    } else {
      guard case .column(let start) = try expression(argument).kind else { return nil }
      array = SyntaxExpression(kind: .column(start + (try path(node, parts))), location: argument.location)
    }
    return .operation("[]", [array, try expression(last.node("uidx"))])
  }

  /// `(stream.record).field`: Postgres' way to a field of a composite column.
  private func indirection(_ node: Node) throws(DefinitionError) -> [String] {
    let parts = node.nodes("indirection")
    // Whatever stands in front, it is its element that is asked for.
    let argument = node.node("arg")
    if let other = parts.first(where: { $0.kind != "String" }) {
      let names = argument?.kind == "ColumnRef" ? argument?.names("fields").compactMap { $0 } ?? [] : []
      throw refusal(ofIndirection: other, in: argument ?? node, behind: names)
    }
    guard let argument, argument.kind == "ColumnRef" || argument.kind == "A_Indirection",
      case .column(let start) = try expression(argument).kind
    else {
      throw refuse(node, "a field of an expression is not supported", hint: "write the field's path: record.field")
    }
    return start + (try path(node, parts))
  }

  private func constant(_ node: Node) throws(DefinitionError) -> SyntaxExpression.Kind {
    if let text = node.inline("sval") { return .string(text.string("sval") ?? "") }
    if let number = integer(node) { return .integer(Int32(truncatingIfNeeded: number)) }
    if let number = node.inline("fval") { return .decimal(number.string("fval") ?? "0") }
    if let flag = node.inline("boolval") { return .boolean(flag.flag("boolval")) }
    guard node.flag("isnull") else {
      throw refuse(node, "a bit string is not supported", hint: "write a number, or text in plain quotes: '…'")
    }
    return .null
  }

  /// The whole number that a constant is; nil for another constant.
  ///
  /// libpg_query's tree does not have negative ones: they are left out like zero, and stand in the text alone.
  func integer(_ node: Node) -> Int? {
    guard let number = node.inline("ival") else { return nil }
    if let value = number.integer("ival") { return value }
    let tokens = source.tokens.drop { $0.range.lowerBound < node.location }
    guard let digits = tokens.first(where: { $0.kind == .number }).flatMap({ Int(source.text($0)) }) else { return 0 }
    return -digits
  }

  private func call(_ node: Node) throws(DefinitionError) -> SyntaxCall {
    let names = node.names("funcname").compactMap { $0 }
    let name = names.last ?? ""
    let isOrdered = node.has("agg_within_group")
    if isOrdered { try refuseWithinGroup(node, name) }
    let distinct =
      switch name {
      case "count": "write approx_count_distinct(x), whose standard error is at most 1.7 %"
      case "min", "max", "bool_and", "bool_or", "every", "approx_count_distinct":
        "it makes no difference to \(name): leave DISTINCT out"
      default: "write \(name)(…) over all values, or take the value as a key"
      }
    let ordered: Set<String> = isOrdered ? ["agg_within_group", "agg_order"] : []
    try require(
      node, only: Set(["funcname", "args", "agg_star", "agg_filter", "funcformat", "location"]).union(ordered),
      refusals: [
        "agg_distinct": Refusal(
          nil, "\(name)(DISTINCT …) is not supported: distinct values cannot be merged from partial results",
          hint: distinct),
        "over": Refusal(
          nil, "a window function (OVER) is not supported",
          hint: "windows of time are written GROUP BY tumble(…); use OVER in an endpoint's SELECT"),
        "agg_order": Refusal(
          nil, "ORDER BY inside of an aggregate is not supported",
          hint: ["first", "last"].contains(name)
            ? "\(name) goes by event time: write \(name)(…) alone" : "the aggregates here need no order"),
        "func_variadic": Refusal(nil, "VARIADIC is not supported", hint: "write the arguments one by one"),
      ])
    if text(at: node.location) == "treat" {
      throw refuse(node, "TREAT is not supported", hint: "write CAST(x AS type)")
    }
    if names.count > 1, names.first != "pg_catalog" {
      throw refuse(node, "a function in a schema is not supported", hint: "write \(name)(…)")
    }
    let filter = node.node("agg_filter")
    return SyntaxCall(
      name: name, arguments: try arguments(of: node, name), isStar: node.flag("agg_star"),
      filter: filter == nil ? nil : try expression(filter), order: isOrdered ? try order(of: node) : nil)
  }

  private func arguments(of node: Node, _ name: String) throws(DefinitionError) -> [SyntaxExpression] {
    let arguments = node.nodes("args")
    guard AggregateFunction.named(name)?.takesArray == true else { return try expressions(arguments) }
    var read: [SyntaxExpression] = []
    for argument in arguments {
      if argument.kind == "A_ArrayExpr" {
        let elements = try expressions(argument.nodes("elements"))
        read.append(SyntaxExpression(kind: .array(elements), location: argument.location))
      } else {
        read.append(try expression(argument))
      }
    }
    return read
  }

  /// Refuses what an aggregate with WITHIN GROUP may not be or be given.
  private func refuseWithinGroup(_ node: Node, _ name: String) throws(DefinitionError) {
    guard let function = AggregateFunction.named(name), function.isOrderedSet else {
      throw refuse(
        node, "\(name) with WITHIN GROUP is not supported",
        hint: AggregateFunction.named(name) == nil
          ? AggregateFunction.hint(forUnknown: name) : "write \(name)(…) alone: it needs no order")
    }
  }

  /// What stands in WITHIN GROUP (ORDER BY …).
  private func order(of node: Node) throws(DefinitionError) -> SyntaxExpression {
    let terms = node.nodes("agg_order")
    guard let term = terms.first, terms.count == 1, let value = term.node("node") else {
      throw refuse(
        node, "WITHIN GROUP orders by one value here", hint: "write a column for each: WITHIN GROUP (ORDER BY x)")
    }
    let direction = term.string("sortby_dir") ?? "SORTBY_DEFAULT"
    if direction == "SORTBY_DESC" {
      throw refuse(
        value, "ORDER BY … DESC is not supported here",
        hint: text(at: node.location) == "mode"
          ? "of equally frequent values it is the least" : "leave DESC out and write 1 - the fraction")
    }
    guard direction == "SORTBY_DEFAULT" || direction == "SORTBY_ASC" else {
      throw refuse(value, "ORDER BY … USING is not supported", hint: "leave USING out")
    }
    guard (term.string("sortby_nulls") ?? "SORTBY_NULLS_DEFAULT") == "SORTBY_NULLS_DEFAULT" else {
      throw refuse(value, "NULLS FIRST and NULLS LAST have no meaning here: NULL takes no part", hint: "leave it out")
    }
    return try expression(value)
  }

  private func operation(_ node: Node) throws(DefinitionError) -> SyntaxExpression.Kind {
    let names = node.names("name").compactMap { $0 }
    let symbol = names.last ?? ""
    switch node.string("kind") {
    case "AEXPR_LIKE", "AEXPR_ILIKE": return try like(node, symbol)
    // What stands in its operands is not the fault: the parser puts functions there that nobody wrote.
    case "AEXPR_SIMILAR": throw refuse(node, "SIMILAR TO is not supported", hint: Self.patternHint)
    case "AEXPR_OP_ANY", "AEXPR_OP_ALL": return try quantified(node, symbol)
    default: break
    }
    let operands = try operands(node)
    switch node.string("kind") {
    case "AEXPR_OP" where names.count == 1: return try binary(node, symbol, operands)
    case "AEXPR_IN": return .oneOf(operands[0], Array(operands.dropFirst()), isNegated: symbol == "<>")
    case "AEXPR_BETWEEN" where operands.count == 3:
      return .between(operands[0], operands[1], operands[2], isNegated: false)
    case "AEXPR_NOT_BETWEEN" where operands.count == 3:
      return .between(operands[0], operands[1], operands[2], isNegated: true)
    case "AEXPR_BETWEEN_SYM", "AEXPR_NOT_BETWEEN_SYM":
      throw refuse(node, "BETWEEN SYMMETRIC is not supported", hint: "write the smaller bound first")
    case "AEXPR_DISTINCT" where operands.count == 2: return .distinct(operands[0], operands[1], isNegated: false)
    case "AEXPR_NOT_DISTINCT" where operands.count == 2: return .distinct(operands[0], operands[1], isNegated: true)
    case "AEXPR_NULLIF" where operands.count == 2: return .nullIf(operands[0], operands[1])
    case "AEXPR_OP":
      throw refuse(node, "OPERATOR(…) is not supported", hint: "write the bare operator: \(symbol)")
    default: throw refuse(node, "the operator \(symbol) is not supported")
    }
  }

  /// The left operand, then the right one or, for IN and BETWEEN, those of its list.
  private func operands(_ node: Node) throws(DefinitionError) -> [SyntaxExpression] {
    var operands: [SyntaxExpression] = []
    if let left = node.node("lexpr") { operands.append(try expression(left)) }
    if let right = node.node("rexpr") {
      operands += right.kind == "List" ? try expressions(right.nodes("items")) : [try expression(right)]
    }
    return operands
  }

  private func binary(_ node: Node, _ symbol: String, _ operands: [SyntaxExpression]) throws(DefinitionError)
    -> SyntaxExpression.Kind
  {
    if operands.count == 1, let operand = operands.first {
      switch symbol {
      case "-": return .negate(operand)
      case "+": return operand.kind
      default:
        throw refuse(
          node, "the operator \(symbol) is not supported",
          hint: ["@": "write abs(…)", "|/": "write sqrt(…)", "||/": "write cbrt(…)"][symbol] ?? Self.operatorHint)
      }
    }
    switch symbol {
    case "+", "-", "*", "/", "%": return .arithmetic(symbol, operands[0], operands[1])
    case "=", "<>", "<", "<=", ">", ">=": return .comparison(symbol, operands[0], operands[1])
    case _ where !ScalarFunction.named(symbol).isEmpty: return .operation(symbol, operands)
    default:
      throw refuse(
        node, "the operator \(symbol) is not supported",
        hint: Self.operatorHint)
    }
  }

  private static let operatorHint = "operators are + - * / % ^ || = <> < <= > >= -> ->> #> #>> ? ~ ~* LIKE AND OR NOT"

  private func logic(_ node: Node) throws(DefinitionError) -> SyntaxExpression.Kind {
    let operands = try expressions(node.nodes("args"))
    switch node.string("boolop") {
    case "AND_EXPR": return .and(operands)
    case "OR_EXPR": return .or(operands)
    default: return .not(operands[0])
    }
  }

  private func booleanTest(_ node: Node) throws(DefinitionError) -> SyntaxExpression.Kind {
    let operand = try expression(node.node("arg"))
    switch node.string("booltesttype") {
    case "IS_NOT_TRUE": return .isBoolean(operand, true, isNegated: true)
    case "IS_FALSE": return .isBoolean(operand, false, isNegated: false)
    case "IS_NOT_FALSE": return .isBoolean(operand, false, isNegated: true)
    case "IS_UNKNOWN": return .isNull(operand, isNegated: false)
    case "IS_NOT_UNKNOWN": return .isNull(operand, isNegated: true)
    default: return .isBoolean(operand, true, isNegated: false)
    }
  }

  private func caseExpression(_ node: Node) throws(DefinitionError) -> SyntaxExpression.Kind {
    var branches: [SyntaxBranch] = []
    for branch in node.nodes("args") {
      branches.append(
        SyntaxBranch(
          condition: try expression(branch.node("expr")), value: try expression(branch.node("result"))))
    }
    let subject = node.node("arg")
    let otherwise = node.node("defresult")
    return .caseWhen(
      subject == nil ? nil : try expression(subject), branches,
      otherwise: otherwise == nil ? nil : try expression(otherwise))
  }

  private func type(_ node: Node?) throws(DefinitionError) -> SyntaxType {
    guard let node else { throw source.error(at: 0, "a type is missing") }
    let name = try unqualified(node, "names", "a type")
    var modifiers: [Int] = []
    if name == "numeric" {
      for modifier in node.nodes("typmods") {
        guard modifier.kind == "A_Const", let value = integer(modifier), modifiers.count < 2 else {
          throw refuse(node, "numeric takes two numbers", hint: "write numeric(12, 2)")
        }
        modifiers.append(value)
      }
    }
    try require(
      node, only: Set(["names", "typemod", "location"] + (name == "numeric" ? ["typmods"] : [])),
      refusals: [
        "typmods": Refusal(
          nil, "a type with a modifier is not supported",
          hint: name == "interval" ? "write the unit inside of the quotes: INTERVAL '5 minutes'" : "write the bare type"
        ),
        "arrayBounds": Refusal(
          nil, "arrays are not supported", hint: "write the constants of = ANY as '{a,b}', or as ARRAY['a', 'b']"),
        "setof": Refusal(nil, "SETOF is not supported", hint: "write the bare type"),
        "pct_type": Refusal(nil, "%TYPE is not supported", hint: "write the type itself"),
      ])
    return SyntaxType(name: name, location: node.location, modifiers: modifiers)
  }

  /// A name that may stand in no schema but Postgres' own.
  func unqualified(_ node: Node, _ field: String, _ what: String) throws(DefinitionError) -> String {
    let names = node.names(field).compactMap { $0 }
    let name = names.last ?? ""
    if names.count > 1, names.first != "pg_catalog" {
      throw refuse(node, "\(what) in a schema is not supported", hint: "write the bare name: \(quotedIdentifier(name))")
    }
    return name
  }
}
