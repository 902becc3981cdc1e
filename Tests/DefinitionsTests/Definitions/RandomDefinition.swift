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
    /// Whether it fails for some event.
    var isDaring: Bool
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

  /// A call that names a window.
  struct Window {
    var function: String
    /// The event time.
    var time: String
    var arguments: [String]
    /// How long windows of one fixed length are.
    var seconds: Int?

    var text: String { call(function, of: time) }

    func call(_ function: String, of time: String) -> String {
      "\(function)(\(([time] + arguments).joined(separator: ", ")))"
    }
  }

  var name: String
  var from: FromClause
  var lateness = Lateness()
  var window: Window
  /// What the SELECT list calls the window; nil: it has none.
  var windowName: String?
  var filter: String?
  var keys: [Key] = []
  var results: [Result] = []
  var having: Result?

  /// All that WHERE says.
  var condition: String? {
    guard let first = from.condition else { return filter }
    return filter.map { "\(first) AND (\($0))" } ?? first
  }

  var text: String {
    let selected = keys.filter { $0.mention != .unselected }
    let items =
      selected.map { "\($0.expression) AS \(quotedIdentifier($0.name))" }
      + (windowName.map { ["\(window.text) AS \(quotedIdentifier($0))"] } ?? [])
      + results.map { "\($0.text) AS \(quotedIdentifier($0.name))" }
    let groups = keys.map { key in
      switch key.mention {
      case .expression, .unselected: key.expression
      case .position: "\((selected.firstIndex { $0.name == key.name } ?? 0) + 1)"
      case .alias: quotedIdentifier(key.name)
      }
    }
    let clauses =
      ["SELECT \(items.joined(separator: ",\n       "))", from.text] + (condition.map { ["WHERE \($0)"] } ?? [])
      + ["GROUP BY \(([window.text] + groups).joined(separator: ", "))"] + (having.map { ["HAVING \($0.call)"] } ?? [])
    return "CREATE MATERIALIZED VIEW \(name) \(lateness.text)AS\n\(clauses.joined(separator: "\n"));"
  }

  /// All that Postgres evaluates of a row that passes `condition`.
  var evaluations: [Evaluation] {
    keys.map { Evaluation(expression: $0.expression) } + (results + (having.map { [$0] } ?? [])).flatMap(\.evaluations)
  }
}
