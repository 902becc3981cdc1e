import SQLQuoting

/// A definition in the parts that a shrunk one may leave out.
struct RandomDefinition {
  /// What Postgres evaluates of one event: an expression, where a condition holds.
  struct Evaluation {
    var expression: String
    var filter: String?
  }

  struct Key {
    enum Mention {
      /// GROUP BY repeats the expression, names its place in the SELECT list, or its alias; or it alone has the key.
      case expression, position, alias, unselected
    }

    var expression: String
    var name: String
    var mention: Mention
  }

  struct Result {
    /// Without FILTER, e.g. `sum(x)`, or an expression over such calls.
    var call: String
    var filter: String?
    var name = ""
    /// The expressions over an event that are in the call.
    var arguments: [String]

    var text: String { filter.map { "\(call) FILTER (WHERE \($0))" } ?? call }

    fileprivate var evaluations: [Evaluation] {
      arguments.map { Evaluation(expression: $0, filter: filter) } + (filter.map { [Evaluation(expression: $0)] } ?? [])
    }
  }

  var name: String
  /// What stands behind the name, e.g. `WITH (late = 'revise')`.
  var options = ""
  var window: String
  /// What the SELECT list calls the window; nil: it has none.
  var windowName: String?
  var filter: String?
  var keys: [Key] = []
  var results: [Result] = []
  var having: Result?

  func text(from stream: String) -> String {
    let selected = keys.filter { $0.mention != .unselected }
    let items =
      selected.map { "\($0.expression) AS \(quotedIdentifier($0.name))" }
      + (windowName.map { ["\(window) AS \(quotedIdentifier($0))"] } ?? [])
      + results.map { "\($0.text) AS \(quotedIdentifier($0.name))" }
    let groups = keys.map { key in
      switch key.mention {
      case .expression, .unselected: key.expression
      case .position: "\((selected.firstIndex { $0.name == key.name } ?? 0) + 1)"
      case .alias: quotedIdentifier(key.name)
      }
    }
    let clauses =
      ["SELECT \(items.joined(separator: ",\n       "))", "FROM \(stream)"] + (filter.map { ["WHERE \($0)"] } ?? [])
      + ["GROUP BY \(([window] + groups).joined(separator: ", "))"] + (having.map { ["HAVING \($0.call)"] } ?? [])
    return "CREATE MATERIALIZED VIEW \(name) \(options)AS\n\(clauses.joined(separator: "\n"));"
  }

  /// All that Postgres evaluates of an event that passes `filter`.
  var evaluations: [Evaluation] {
    keys.map { Evaluation(expression: $0.expression) } + (results + (having.map { [$0] } ?? [])).flatMap(\.evaluations)
  }
}
