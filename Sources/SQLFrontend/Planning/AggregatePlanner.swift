import Events
import Plan
import SQLQuoting

/// Plans one aggregate's definition against the columns of its stream.
struct AggregatePlanner {
  let source: SourceText
  let catalogue: StreamCatalogue
  var diagnostics = Diagnostics()
  /// The stream of the aggregate when something is wrong with that, for which the aggregate is not to blame.
  private(set) var refusedStream: String?

  static let knownOptions = ["retention", "allowed_lateness", "late"]
  /// Postgres' bound on the columns of an index; one of them is window_start.
  static let maximumKeys = 31

  init(source: SourceText, catalogue: StreamCatalogue) {
    self.source = source
    self.catalogue = catalogue
  }

  /// nil when something was wrong, which then is in `diagnostics`, or when its stream cannot be judged.
  mutating func plan() -> (plan: AggregatePlan, stream: String)? {
    let source = source
    let statement = diagnostics.attempt { () throws(DefinitionError) in
      try PostgresParser.parseOne(source, expecting: SyntaxReader.aggregateForm)
    }
    guard let statement, let syntax = SyntaxReader(source: source).aggregate(statement, &diagnostics) else {
      return nil
    }
    let options = readOptions(syntax)
    let select = syntax.select
    let columns: StreamColumns
    switch catalogue.stream(named: select.source) {
    case .stream(let found): columns = found
    case .refused:
      refusedStream = select.source
      return nil
    case .unknown(let hint):
      diagnostics.report(
        source.error(at: select.sourceLocation, "there is no stream \"\(select.source)\"", hint: hint))
      return nil
    }
    let events = ExpressionTyper(source: source, eventsOf: columns)
    let unnest = select.unnest.flatMap { syntax in
      diagnostics.attempt { () throws(DefinitionError) in
        try UnnestScope(syntax, source: source, columns: columns, typer: events)
      }
    }
    // Without its element nothing else can be judged.
    if select.unnest != nil, unnest == nil { return nil }
    let typer = ExpressionTyper(source: source, eventsOf: columns, unnest: unnest)
    let filter = select.filter.flatMap { condition in
      diagnostics.attempt { () throws(DefinitionError) in try typer.condition(condition, of: "WHERE") }
    }
    var grouping = Grouping(source: source, columns: columns, typer: typer, unnest: unnest)
    grouping.read(select, &diagnostics)
    var results = ResultPlanner(grouping)
    results.plan(select.items, &diagnostics)
    // Without its keys the condition cannot be judged.
    let having = (grouping.isIncomplete ? nil : select.having).flatMap { condition in
      diagnostics.attempt { () throws(DefinitionError) in try results.plan(having: condition) }
    }
    guard diagnostics.errors.isEmpty, let window = grouping.window, let options else { return nil }
    let text = diagnostics.attempt { () throws(DefinitionError) in
      try BatchText(source: source, columns: columns).select(syntax, window: grouping.windowLocation)
    }
    guard let text else { return nil }
    let plan = AggregatePlan(
      name: syntax.name, comment: source.headerComment, unnest: unnest?.plan, filter: filter, window: window,
      keys: results.orderedKeys,
      accumulators: results.accumulators, outputs: results.outputs, having: having,
      retentionMicroseconds: options.retention,
      allowedLatenessMicroseconds: options.allowedLateness, latePolicy: options.late,
      select: text)
    return (plan, select.source)
  }

  private struct Options {
    var retention: Int64?
    var allowedLateness: Int64
    var late: LatePolicy
  }

  private mutating func readOptions(_ syntax: SyntaxAggregate) -> Options? {
    let options = DefinitionOptions(
      syntax.options, known: Self.knownOptions, source: source, location: syntax.nameLocation,
      diagnostics: &diagnostics)
    let name = source.writtenName(at: syntax.nameLocation) ?? syntax.name
    if let refusal = TableNames.refusal(of: name) {
      diagnostics.report(source.error(at: syntax.nameLocation, refusal))
    }
    return diagnostics.attempt { () throws(DefinitionError) in
      let retention = try options.interval("retention")
      if retention == 0 { throw options.error("retention", "retention is nothing", hint: "leave it out to keep all") }
      let late = try options.choice("late", LatePolicy.self) ?? .revise
      let allowedLateness = try options.interval("allowed_lateness")
      // A window that is revised never closes.
      if allowedLateness != nil, late == .revise {
        throw options.error(
          "allowed_lateness", "allowed_lateness without late = 'drop' or 'dead_letter': late events are all taken",
          hint: "leave it out, or write late = 'drop' beside it")
      }
      return Options(retention: retention, allowedLateness: allowedLateness ?? 0, late: late)
    }
  }
}
