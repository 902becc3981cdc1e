import Functions
import SQLQuoting

/// What Postgres can say and a definition cannot, each called by the name that it has in SQL.
extension SyntaxReader {
  func refusal(of node: Node) -> DefinitionError {
    switch node.kind {
    case "SubLink": refuse(subquery: node)
    case "SQLValueFunction":
      refuse(
        node, "the current time or user is not a function of the event",
        hint: "a definition must give the same rows whenever it runs; use the event-time column")
    case "ParamRef":
      refuse(
        node, "a parameter is not supported here", hint: "write the value itself; parameters are for endpoints")
    case "NamedArgExpr": refuse(node, "named arguments are not supported", hint: "write the arguments in their order")
    case "RowExpr": refuse(node, "a row constructor is not supported", hint: "write its parts one by one")
    case "A_ArrayExpr":
      refuse(node, "an array is not supported here", hint: "write a list of values as IN (…) or = ANY (ARRAY[…])")
    case "GroupingSet", "GroupingFunc":
      refuse(node, "grouping sets are not supported", hint: "write one aggregate per grouping")
    case "SetToDefault": refuse(node, "DEFAULT is not supported here", hint: "write the value itself")
    case "XmlExpr", "XmlSerialize": refuse(node, "XML is not supported", hint: Self.textHint)
    case "CurrentOfExpr":
      refuse(node, "CURRENT OF is not supported", hint: "say by its values which event is meant")
    default: refuse(node, "\(node.kind) is not supported in an expression")
    }
  }

  private func refuse(subquery node: Node) -> DefinitionError {
    let hint = "a definition reads one stream, event by event"
    return switch node.string("subLinkType") {
    case "EXISTS_SUBLINK": refuse(node, "EXISTS is not supported", hint: hint)
    case "ANY_SUBLINK" where node.nodes("operName").isEmpty:
      refuse(node, "IN with a subquery is not supported", hint: "\(hint); write a list of values: IN ('a', 'b')")
    case "ANY_SUBLINK", "ALL_SUBLINK":
      refuse(node, "ANY and ALL take a constant array", hint: "write = ANY (ARRAY['a', 'b']) or IN ('a', 'b')")
    case "ARRAY_SUBLINK": refuse(node, "an array is not supported", hint: "write a list of values as IN (…)")
    default: refuse(node, "a subquery is not supported", hint: hint)
    }
  }

  /// - Parameters:
  ///   - part: a star, or the subscript of an element or of a slice.
  ///   - node: what it belongs to.
  ///   - names: what stands before it.
  func refusal(ofIndirection part: Node, in node: Node, behind names: [String]) -> DefinitionError {
    let path = quotedPath(names)
    guard part.kind == "A_Star" else {
      let array = path.isEmpty ? "x" : path
      guard part.flag("is_slice") else {
        return refuse(
          node, "nothing may stand behind an element: arrays have one dimension here",
          hint: "declare \(array) as jsonb[], and write \(array)[1] -> 0 or \(array)[1] ->> 'name'")
      }
      return refuse(
        node, "slices of arrays are not supported",
        hint: "write an element, \(array)[1], or a row for each: FROM stream, UNNEST(\(array)) AS item")
    }
    guard path.isEmpty else {
      return refuse(node, "\(path).* is not supported", hint: "name the fields one by one")
    }
    return refuse(node, "SELECT * is not supported", hint: "name the keys and the aggregates that the table keeps")
  }

  /// SQL's own syntax that the parser turns into a call, so that the function's name stands nowhere in the text.
  func syntaxFunctionRefusal(_ node: Node) -> DefinitionError? {
    guard node.string("funcformat") == "COERCE_SQL_SYNTAX" else { return nil }
    let name = node.names("funcname").compactMap { $0 }.last ?? ""
    if !ScalarFunction.named(name).isEmpty { return nil }
    switch name {
    case "overlaps": return refuse(node, "OVERLAPS is not supported", hint: "compare with < and >=")
    case "pg_collation_for":
      return refuse(node, "COLLATION FOR is not supported", hint: "text is ordered by bytes here: COLLATE \"C\"")
    case "is_normalized", "normalize":
      return refuse(node, "NORMALIZE and IS NORMALIZED are not supported", hint: Self.textHint)
    case "xmlexists": return refuse(node, "XML is not supported", hint: Self.textHint)
    case "overlay":
      return refuse(node, "OVERLAY is not supported", hint: "write left(x, n) || 'new' || substring(x, m)")
    default: return refuse(node, "\(name.uppercased()) is not supported yet", hint: Self.textHint)
    }
  }

  /// The word that is written there, in lower case.
  func text(at offset: Int) -> String {
    source.tokens.first { $0.range.lowerBound >= offset }.map { source.text($0).lowercased() } ?? ""
  }

  private static let textHint = "text is grouped and compared as it is; change it in the endpoint that reads the table"
}
