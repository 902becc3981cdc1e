import Events
import Plan
import SQLQuoting

/// What UNNEST in a definition's FROM means: its array, and how the definition names an element.
struct UnnestScope {
  let plan: Unnest
  /// Where it stands.
  let location: Int
  let alias: String
  private let column: String

  /// - Parameter typer: of expressions over the stream's columns.
  init(
    _ syntax: SyntaxUnnest, source: SourceText, columns: StreamColumns, typer: ExpressionTyper
  ) throws(DefinitionError) {
    alias = syntax.alias
    location = syntax.location
    guard let function = Unnest.Function(rawValue: syntax.function) else {
      throw source.error(at: syntax.location, "\(syntax.function) is not supported in FROM")
    }
    column = syntax.column ?? (function == .unnest ? syntax.alias : "value")
    let array = try typer.expression(syntax.array)
    let (type, isNullable) = try Self.element(of: array.type, function, at: syntax, source)
    for name in Set([alias, syntax.column ?? alias]).sorted() where columns.hasName(name) {
      throw source.error(
        at: syntax.location, "the stream has \(quotedIdentifier(name)) already: an element needs a name of its own",
        hint: "write UNNEST(…) AS element")
    }
    plan = Unnest(
      function: function, array: array,
      element: UnnestedElement(name: alias, type: type, isNullable: isNullable))
  }

  private static func element(
    of array: SQLType, _ function: Unnest.Function, at syntax: SyntaxUnnest, _ source: SourceText
  ) throws(DefinitionError) -> (type: SQLType, isNullable: Bool) {
    let location = syntax.array.location
    switch (function, array) {
    case (.unnest, .array(let element)): return (element.type, true)
    case (.jsonbElements, .jsonb): return (.jsonb, false)
    case (.jsonbTexts, .jsonb): return (.text, true)
    case (.unnest, .jsonb):
      throw source.error(
        at: location, "UNNEST takes an array, not jsonb",
        hint: "write jsonb_array_elements(…), or declare the column as an array: text[], bigint[], jsonb[], …")
    case (_, .array):
      throw source.error(at: location, "\(function.rawValue) takes jsonb, not an array", hint: "write UNNEST(…)")
    default:
      throw source.error(
        at: location,
        "\(function.rawValue) takes \(function == .unnest ? "an array" : "jsonb"), not \(array.shortName)",
        hint: "declare the column as an array: text[], bigint[], jsonb[], …")
    }
  }

  /// Whether the path names an element: by the name behind AS, or that of its column.
  func names(_ path: [String]) -> Bool {
    path == [alias] || path == [column] || path == [alias, column]
  }

  /// The element; nil for another name.
  func expression(_ path: [String], columns: StreamColumns) -> Expression? {
    // A column of the stream goes before a name that nobody wrote.
    guard names(path), path == [alias] || path.count == 2 || columns.resolve(path) == nil else { return nil }
    return .unnested(plan.element)
  }

  /// What to say of a path into an element; nil when it leads to none.
  func refusal(of path: [String]) -> (message: String, hint: String)? {
    guard path.count == 2, path[0] == alias, path != [alias, column] else { return nil }
    let name = quotedPath(path)
    guard plan.element.type == .jsonb else {
      return ("\(name) is not there: an element is \(plan.element.type.shortName)", "write \(quotedIdentifier(alias))")
    }
    return (
      "\(name) is not there: an element is jsonb",
      "write \(quotedIdentifier(alias)) ->> \(quotedLiteral(path[1]))"
    )
  }
}
