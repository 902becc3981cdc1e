import Dialects
import Plan
import SQLQuoting

/// Whether what a definition says of an aggregate's rows can be said of the events that they are made of: keys are the same
/// of both, and results can be added up as their own states are, but not be looked at one by one.
struct CascadeCheck {
  let source: SourceText
  let first: AggregatePlan
  let columns: StreamColumns
  private let results: [ResultTable.Column]

  init(source: SourceText, first: AggregatePlan, columns: StreamColumns) {
    self.source = source
    self.first = first
    self.columns = columns
    results = first.shownColumns
  }

  /// Functions for which it does not matter how often they meet a value.
  private static let idempotent: Set<String> = ["min", "max", "bool_and", "bool_or", "every", "approx_count_distinct"]

  private var name: String { quotedIdentifier(first.name) }
  private var viewHint: String { "write a view in sql/views/ that reads \(name)" }

  /// Why nothing can be made of the aggregate's rows; `location` is where FROM names it.
  func judgeFirst(at location: Int) throws(DefinitionError) {
    guard !first.window.isOverlapping else {
      throw source.error(
        at: location, "an event is in several rows of \(name), whose windows overlap",
        hint: "read an aggregate with tumble(…), or write hop(…) here")
    }
    guard !first.window.isSession else {
      throw source.error(
        at: location, "rows of \(name) are sessions, which begin and end anywhere",
        hint: "read the stream, or \(viewHint)")
    }
    guard first.having == nil else {
      throw source.error(
        at: location, "\(name) has HAVING, and its groups come and go when their windows close",
        hint: "read an aggregate without HAVING, and write it here; or \(viewHint)")
    }
    guard first.latePolicy == .revise else {
      throw source.error(
        at: location, "\(name) does not take late events (late = '\(first.latePolicy.rawValue)')",
        hint: "read an aggregate with late = 'revise', or the stream")
    }
  }

  /// Everything in the SELECT that the rows could not answer alike.
  func judge(_ select: SyntaxSelect, _ diagnostics: inout Diagnostics) {
    if let unnest = select.unnest {
      diagnostics.report(
        source.error(
          at: unnest.location, "rows of \(name) have no arrays", hint: "read the stream, or \(viewHint)"))
    }
    if let join = select.joins?.first {
      diagnostics.report(
        source.error(
          at: join.nameLocation, "rows of \(name) are not joined with tables",
          hint: "join the table in \(name), and read its column here as a key; or \(viewHint)"))
    }
    for expression in [select.filter].compactMap({ $0 }) + select.groupBy { judge(expression, &diagnostics) }
    for item in select.items { judge(item.expression, &diagnostics) }
    if let having = select.having { judge(having, &diagnostics) }
  }

  private func judge(_ expression: SyntaxExpression, _ diagnostics: inout Diagnostics) {
    switch expression.kind {
    case .call(let call) where WindowCall.names.contains(call.name): break
    case .call(let call) where AggregateFunction.named(call.name) != nil:
      diagnostics.attempt { () throws(DefinitionError) in try judge(call, at: expression.location) }
      if let filter = call.filter { judge(filter, &diagnostics) }
    case .column(let path):
      diagnostics.attempt { () throws(DefinitionError) in try requireKey(path, at: expression.location) }
    default: for child in expression.children { judge(child, &diagnostics) }
    }
  }

  private func requireKey(_ path: [String], at location: Int) throws(DefinitionError) {
    guard let column = column(path), !column.isKey else { return }
    let written = quotedIdentifier(column.name)
    if case .accumulator = column.role {
      throw source.error(
        at: location, "\(written) is a result of \(name), which is added up here and cannot be looked at row by row",
        hint: "group and filter by \(keyList); or \(viewHint)")
    }
    if column.name == "window_start" {
      throw source.error(
        at: location, "window_start of \(name) stands in the window alone",
        hint: "write tumble(window_start, INTERVAL '1 hour'); or \(viewHint)")
    }
    throw source.error(
      at: location, "\(written) of \(name) belongs to its rows, and not to the events",
      hint: "group and filter by \(keyList); or \(viewHint)")
  }

  private func judge(_ call: SyntaxCall, at location: Int) throws(DefinitionError) {
    guard !call.isStar else {
      throw source.error(
        at: location, "count(*) would count the rows of \(name), and not the events",
        hint: count.map { "write sum(\($0)); or \(viewHint)" } ?? viewHint)
    }
    let arguments = call.arguments + [call.order].compactMap { $0 }
    guard arguments.contains(where: { $0.contains(where: isResult) }) else {
      guard Self.idempotent.contains(call.name) else {
        throw source.error(
          at: location, "what \(call.name) of keys says depends on how many rows \(name) has",
          hint: "read the stream that \(name) reads; or \(viewHint)")
      }
      return
    }
    guard let column = arguments.count == 1 ? bareColumn(arguments[0]) : nil else {
      throw source.error(
        at: location, "\(call.name) takes a result of \(name) as it is, or an expression over its keys",
        hint: "compute with what is added up, e.g. sum(a) + sum(b); or \(viewHint)")
    }
    if case .accumulator(let index) = column.role,
      Self.functions(that: first.accumulators[index].function).contains(call.name)
    {
      return
    }
    throw source.error(
      at: location, "\(call.name) of \(quotedIdentifier(column.name)) says nothing about the events of \(name)",
      hint: hint(for: column))
  }

  /// What may be called of a result that is made by a function.
  private static func functions(that made: AccumulatorPlan.Function) -> Set<String> {
    switch made {
    case .count, .sum: ["sum"]
    case .min: ["min"]
    case .max: ["max"]
    case .boolAnd: ["bool_and", "every"]
    case .boolOr: ["bool_or"]
    default: []
    }
  }

  /// What to write for a result that the function does not take.
  private func hint(for column: ResultTable.Column) -> String {
    let written = quotedIdentifier(column.name)
    switch column.role {
    case .accumulator(let index):
      guard let function = Self.functions(that: first.accumulators[index].function).min() else { return viewHint }
      return "write \(function)(\(written)); or \(viewHint)"
    case .generated:
      guard let (sum, count) = mean(column.name) else { return viewHint }
      return "write sum(\(sum)) / nullif(sum(\(count)), 0); or \(viewHint)"
    default: return "windows and times of rows are theirs alone; \(viewHint)"
    }
  }

  /// Of a mean, the columns that its sum and its count are shown in.
  private func mean(_ result: String) -> (sum: String, count: String)? {
    for output in first.outputs where output.name == result {
      guard case .derived(let derived) = output.source, case .mean(let sum, let count)? = derived.parts.first,
        derived.parts.count == 1
      else { continue }
      let shown = [sum, count].compactMap { part in
        results.first { $0.role == .accumulator(part) }.map { quotedIdentifier($0.name) }
      }
      if shown.count == 2 { return (shown[0], shown[1]) }
    }
    return nil
  }

  /// A result that counts events.
  private var count: String? {
    results.first { column in
      guard case .accumulator(let index) = column.role else { return false }
      let plan = first.accumulators[index]
      return plan.function == .count && plan.argument == nil && plan.filter == nil
    }.map { quotedIdentifier($0.name) }
  }

  private var keyList: String {
    let keys = first.keys.prefix(8).map { quotedIdentifier($0.name) }
    return keys.isEmpty ? "keys, of which \(name) has none" : "its keys: \(keys.joined(separator: ", "))"
  }

  private func column(_ path: [String]) -> ResultTable.Column? {
    guard let resolved = columns.resolve(path) else { return nil }
    return results.first { [$0.name] == resolved }
  }

  private func isResult(_ expression: SyntaxExpression) -> Bool {
    guard case .column(let path) = expression.kind, let column = column(path) else { return false }
    return !column.isKey
  }

  /// The column that the expression is, with COLLATE or not.
  private func bareColumn(_ expression: SyntaxExpression) -> ResultTable.Column? {
    switch expression.kind {
    case .column(let path): column(path)
    case .collate(let inner, _): bareColumn(inner)
    default: nil
    }
  }
}

extension ResultTable.Column {
  fileprivate var isKey: Bool {
    if case .key = role { true } else { false }
  }
}
