import Dialects
import Events
import Plan
import SQLQuoting

/// A GROUP BY: one window and the keys.
struct Grouping {
  let source: SourceText
  let columns: StreamColumns
  let tables: JoinedTables
  let typer: ExpressionTyper
  let unnest: UnnestScope?
  private(set) var keys: [GroupKey] = []
  /// Whether some key could not be read: then the SELECT list cannot be judged against the keys.
  private(set) var isIncomplete = false
  /// nil when there is none or it could not be read.
  private(set) var window: WindowAssigner?
  /// Where the window's call begins.
  private(set) var windowLocation = 0

  init(
    source: SourceText, columns: StreamColumns, tables: JoinedTables, typer: ExpressionTyper,
    unnest: UnnestScope? = nil
  ) {
    self.unnest = unnest
    self.source = source
    self.columns = columns
    self.tables = tables
    self.typer = typer
  }

  /// Reads the clause into `keys` and `window`.
  mutating func read(_ select: SyntaxSelect, _ diagnostics: inout Diagnostics) {
    var windows: [(window: WindowAssigner, location: Int)] = []
    var hasFailed = false
    for term in select.groupBy {
      let grouping = self
      let resolved = diagnostics.attempt { () throws(DefinitionError) in try grouping.item(term, select.items) }
      guard let resolved else {
        hasFailed = true
        isIncomplete = true
        continue
      }
      if let call = WindowCall(resolved, source: source, columns: columns) {
        let window = diagnostics.attempt { () throws(DefinitionError) in try call.assigner() }
        if let window { windows.append((window, resolved.location)) } else { hasFailed = true }
      } else {
        let key = diagnostics.attempt { () throws(DefinitionError) in try grouping.key(resolved) }
        if key == nil { isIncomplete = true }
        // What cannot be read may have been the window.
        if case .refused = resolved.kind { hasFailed = true }
        if let key, !keys.contains(where: { $0.expression == key.expression }) { keys.append(key) }
      }
    }
    if windows.count > 1 {
      diagnostics.report(source.error(at: windows[1].location, "GROUP BY holds more than one window"))
    }
    if windows.isEmpty, !hasFailed {
      let end = select.groupBy.first?.location ?? select.sourceLocation
      diagnostics.report(
        source.error(
          at: end, "GROUP BY names no window of time",
          hint: "write GROUP BY tumble(\(quotedPath(columns.stream.eventTime)), INTERVAL '1 minute'), …"))
    }
    if keys.count > AggregatePlanner.maximumKeys {
      diagnostics.report(
        source.error(
          at: keys[AggregatePlanner.maximumKeys].location,
          "GROUP BY holds more than \(AggregatePlanner.maximumKeys) keys"))
    }
    window = windows.first?.window
    windowLocation = windows.first?.location ?? 0
  }

  /// A number or an alias of the SELECT list stands for that item, as in Postgres; a field goes before an alias.
  private func item(_ term: SyntaxExpression, _ items: [SyntaxItem]) throws(DefinitionError) -> SyntaxExpression {
    switch term.kind {
    case .integer(let number):
      guard number >= 1, number <= items.count else {
        throw source.error(at: term.location, "GROUP BY position \(number) is not in the SELECT list")
      }
      return items[Int(number) - 1].expression
    case .column(let path)
    where path.count == 1 && columns.resolve(path) == nil && !tables.names(path) && unnest?.names(path) != true:
      return items.first { $0.alias == path[0] }?.expression ?? term
    default: return term
    }
  }

  private func key(_ syntax: SyntaxExpression) throws(DefinitionError) -> GroupKey {
    let expression = try typer.expression(syntax)
    switch expression.type {
    case .doublePrecision:
      throw source.error(
        at: syntax.location, "a key cannot be double precision: rounding would split groups",
        hint: "cast it to bigint, or group by ranges with CASE")
    case .interval:
      throw source.error(
        at: syntax.location, "a key cannot be an interval", hint: "write its seconds: extract(epoch FROM …)")
    case .array:
      throw source.error(
        at: syntax.location, "a key cannot be an array", hint: "write an element, or a row for each: UNNEST(…) in FROM")
    case .jsonb, .bytea:
      throw source.error(
        at: syntax.location, "a key cannot be \(expression.type.sqlName)",
        hint: expression.type == .jsonb ? jsonHint : nil)
    default: break
    }
    if case .literal = expression {
      throw source.error(at: syntax.location, "a constant is no key: it does not tell rows apart")
    }
    var name: String?
    var comment = ""
    if case .column(let path) = syntax.kind { name = path.last }
    if case .column(let column, _) = expression { comment = columns.comment(column) }
    if case .lookup(let value, _) = expression { comment = tables.comment(of: value) }
    if comment.isEmpty { comment = expression.sql { quotedPath(columns.specs[$0].path) } }
    return GroupKey(
      expression: expression, name: name, isNullable: expression.isNullable(columns.specs), comment: comment,
      location: syntax.location)
  }

  private var jsonHint: String {
    let cast = "cast it to text"
    guard columns.stream.format == .json else { return cast }
    return "declare a column for the value in the stream, with OPTIONS (path 'a.b'), and group by that; or \(cast)"
  }
}

/// A key of a GROUP BY.
struct GroupKey {
  var expression: Expression
  /// The name that the SELECT list does not give: that of the field.
  var name: String?
  var isNullable: Bool
  var comment: String
  var location: Int
}
