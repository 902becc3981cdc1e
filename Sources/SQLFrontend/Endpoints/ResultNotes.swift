import Plan

extension PlainSelect {
  /// What the text says of the columns of its result, beside what the database finds by itself.
  var notes: [EndpointPlan.ColumnNote] {
    // A UNION's other branches may give what the first one does not.
    guard !node.has("larg") else { return [] }
    return node.nodes("targetList").compactMap { item in
      guard let name = item.string("name") ?? item.node("val").flatMap(Self.columnName) else { return nil }
      let comment = source.commentAbove(item.location)
      let isNeverNull = item.node("val").map(Self.isNeverNull) ?? false
      guard !comment.isEmpty || isNeverNull else { return nil }
      return EndpointPlan.ColumnNote(column: name, comment: comment, isNeverNull: isNeverNull)
    }
  }

  /// Whether a column that is never NULL in its table may be so in the result: an outer join and grouping sets fill up with
  /// NULLs, and of a subquery nobody says which.
  var mayAddNulls: Bool {
    var found = false
    node.visit { inner in
      switch inner.kind {
      case "JoinExpr" where inner.string("jointype") != "JOIN_INNER": found = true
      case "GroupingSet": found = true
      default: break
      }
    }
    return found
  }

  /// What no row can make NULL, whatever the tables hold.
  private static func isNeverNull(_ node: Node) -> Bool {
    switch node.kind {
    case "A_Const": return !node.flag("isnull")
    case "TypeCast": return node.node("arg").map(isNeverNull) ?? false
    case "CoalesceExpr": return node.nodes("args").contains(where: isNeverNull)
    case "FuncCall": return node.names("funcname").last == "count"
    case "CaseExpr":
      let results = node.nodes("args").map { $0.node("result") } + [node.node("defresult")]
      return results.allSatisfy { $0.map(isNeverNull) ?? false }
    default: return false
    }
  }
}
