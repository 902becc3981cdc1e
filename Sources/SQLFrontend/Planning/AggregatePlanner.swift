import Events
import Plan
import SQLQuoting

/// Plans one aggregate's definition against the columns of its stream, or of the aggregate whose rows it reads.
struct AggregatePlanner {
  let source: SourceText
  let references: ReferenceCatalogue
  var diagnostics = Diagnostics()
  /// nil before `read`, and when it is no aggregate's definition.
  private(set) var syntax: SyntaxAggregate?
  /// What is in its FROM when something is wrong with that, for which the aggregate is not to blame.
  private(set) var refusedRelation: String?

  static let knownOptions = ["retention", "allowed_lateness", "late", "partition"]
  /// Postgres' bound on the columns of an index; one of them is window_start.
  static let maximumKeys = 31
  /// How many aggregates may lie between one and its stream.
  static let maximumFeeders = 8

  init(source: SourceText, references: ReferenceCatalogue) {
    self.source = source
    self.references = references
  }

  /// Reads the text. What is wrong with it is in `diagnostics` then.
  mutating func read() {
    let source = source
    let statement = diagnostics.attempt { () throws(DefinitionError) in
      try PostgresParser.parseOne(source, expecting: SyntaxReader.aggregateForm)
    }
    syntax = statement.flatMap { SyntaxReader(source: source).aggregate($0, &diagnostics) }
  }

  /// nil when something is wrong, which then is in `diagnostics`, or when what it reads cannot be judged.
  mutating func plan(in catalogue: StreamCatalogue) -> (plan: AggregatePlan, stream: String)? {
    let source = source
    guard let syntax else { return nil }
    let options = readOptions(syntax)
    let select = syntax.select
    let columns: StreamColumns
    let stream: String
    switch catalogue.relation(named: select.source) {
    case .stream(let found): (columns, stream) = (found, select.source)
    case .aggregate(let first, let name):
      (columns, stream) = (StreamColumns(rowsOf: first), name)
      guard judgeFirst(first, columns, syntax) else { return nil }
    case .refused:
      refusedRelation = select.source
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
    var joins = JoinPlanner(source: source, columns: columns, unnest: unnest, catalogue: references)
    joins.plan(select.joins ?? [], &diagnostics)
    refusedRelation = joins.refusedReference
    // What names a table that is not known would be blamed for it.
    if joins.isIncomplete || select.joins == nil { return nil }
    let tables = joins.tables
    let typer = ExpressionTyper(source: source, eventsOf: columns, joinedWith: tables, unnest: unnest)
    let filter = select.filter.flatMap { condition in
      diagnostics.attempt { () throws(DefinitionError) in try typer.condition(condition, of: "WHERE") }
    }
    var grouping = Grouping(source: source, columns: columns, tables: tables, typer: typer, unnest: unnest)
    grouping.read(select, &diagnostics)
    var results = ResultPlanner(grouping)
    results.plan(select.items, &diagnostics)
    // Without its keys the condition cannot be judged.
    let having = (grouping.isIncomplete ? nil : select.having).flatMap { condition in
      diagnostics.attempt { () throws(DefinitionError) in try results.plan(having: condition) }
    }
    judgeTogether(select, grouping, tables.filter(filter))
    let shown = shownColumns(select.items, results.outputs)
    let presentation = PresentationParser(source: source, columns: shown).parse(&diagnostics)
    let forecasts = ForecastParser(source: source, columns: shown)
    let forecast = forecasts.parse(&diagnostics)
    guard diagnostics.errors.isEmpty, let window = grouping.window, let options else { return nil }
    let text = diagnostics.attempt { () throws(DefinitionError) in
      try BatchText(source: source, columns: columns).select(syntax, window: grouping.windowLocation)
    }
    guard let text else { return nil }
    var plan = AggregatePlan(
      name: syntax.name, comment: source.definitionComment, joins: tables.joins, unnest: unnest?.plan,
      filter: tables.filter(filter), window: window, keys: results.orderedKeys,
      accumulators: results.accumulators, outputs: results.outputs, having: having,
      retentionMicroseconds: options.retention,
      allowedLatenessMicroseconds: options.allowedLateness, latePolicy: options.late,
      select: text)
    plan.presentation = presentation
    plan.forecasts = forecast.map(\.name)
    forecasts.check(forecast, of: plan, &diagnostics)
    plan.partitionMicroseconds = options.partition
    if let length = options.partition {
      diagnostics.attempt { [source] () throws(DefinitionError) in
        try Self.judgePartition(length, of: plan, in: source, at: options.partitionLocation)
      }
    }
    guard diagnostics.errors.isEmpty else { return nil }
    guard let first = columns.aggregate else { return (plan, stream) }
    return composed(plan, over: first, columns, select, window: grouping.windowLocation).map { ($0, stream) }
  }

  /// A partition is dropped as a whole when retention says so: it must be for whole windows, and there must not be too many.
  private static func judgePartition(
    _ length: Int64, of plan: AggregatePlan, in source: SourceText, at location: Int
  ) throws(DefinitionError) {
    let hour = DateTime.microsecondsPerDay / 24
    guard let grain = plan.window.partitionGrain else {
      throw source.error(
        at: location, "partition is for windows of one length: neither sessions nor windows of a calendar have it",
        hint: "leave it out")
    }
    guard length > 0, length % hour == 0, length % grain == 0 else {
      throw source.error(
        at: location, "a partition is a whole number of hours and of windows", hint: "write it like '1 day'")
    }
    guard let retention = plan.retentionMicroseconds else {
      throw source.error(
        at: location, "partition without retention: partitions would become more and more",
        hint: "say how long windows are kept, e.g. retention = '90 days'")
    }
    guard retention / length < maximumPartitions else {
      throw source.error(
        at: location, "the retention has more than \(maximumPartitions) partitions",
        hint: "let each of them be longer")
    }
    guard plan.tableName.utf8.count <= ReservedNames.maximumBytes - partitionSuffix else {
      throw source.error(
        at: location, "the name \(plan.tableName) is too long for one whose partitions have names, too",
        hint: "it may have \(ReservedNames.maximumBytes - partitionSuffix) bytes")
    }
  }

  private static let maximumPartitions: Int64 = 400
  /// `_p20260131_00`
  private static let partitionSuffix = 13

  /// The columns of the SELECT list, for what comments say of them.
  private func shownColumns(_ items: [SyntaxItem], _ outputs: [OutputColumn]) -> [PresentationParser.Column] {
    items.compactMap { item in
      guard let name = item.outputName else { return nil }
      var column = PresentationParser.Column(name: name, location: item.location)
      switch outputs.first(where: { $0.name == name })?.source {
      case .key, .windowStart, .windowEnd: column.isResult = false
      case .accumulator, .derived, nil: break
      }
      return column
    }
  }

  /// Clauses that are each supported, and not together.
  private mutating func judgeTogether(_ select: SyntaxSelect, _ grouping: Grouping, _ filter: Expression?) {
    guard grouping.window?.isSession == true else { return }
    if let unnest = select.unnest {
      diagnostics.report(
        source.error(
          at: unnest.location, "sessions of events with UNNEST are not supported yet",
          hint: "write tumble(…) or hop(…)"))
    }
    // Which events are of one session is said without the tables.
    if let join = select.joins?.first,
      (grouping.keys.map(\.expression) + [filter].compactMap { $0 }).contains(where: \.readsTable)
    {
      diagnostics.report(
        source.error(
          at: join.nameLocation, "sessions whose events a joined table chooses or groups are not supported yet",
          hint: "write LEFT JOIN, and name its columns in aggregates and FILTER alone; or write tumble(…) or hop(…)"))
    }
  }

  /// Whether a cascade can be made of the aggregate in FROM at all.
  private mutating func judgeFirst(
    _ first: AggregatePlan, _ columns: StreamColumns, _ syntax: SyntaxAggregate
  ) -> Bool {
    let (source, location) = (source, syntax.select.sourceLocation)
    if let option = syntax.options.first(where: { $0.name == "late" && $0.value != LatePolicy.revise.rawValue }) {
      diagnostics.report(
        source.error(
          at: option.location, "what is late is decided by \(quotedIdentifier(first.name)), which feeds the aggregate",
          hint: "leave late out"))
    }
    let isPossible: Bool? = diagnostics.attempt { () throws(DefinitionError) -> Bool in
      guard first.feeders.count < Self.maximumFeeders else {
        throw source.error(
          at: location, "more than \(Self.maximumFeeders) aggregates lie between this one and its stream",
          hint: "read one that is nearer to the stream")
      }
      try CascadeCheck(source: source, first: first, columns: columns).judgeFirst(at: location)
      return true
    }
    return isPossible == true
  }

  /// The plan over the rows of another aggregate as one over their events.
  private mutating func composed(
    _ plan: AggregatePlan, over first: AggregatePlan, _ columns: StreamColumns, _ select: SyntaxSelect, window: Int
  ) -> AggregatePlan? {
    CascadeCheck(source: source, first: first, columns: columns).judge(select, &diagnostics)
    guard diagnostics.errors.isEmpty else { return nil }
    let name = quotedIdentifier(first.name)
    guard let composed = CascadeComposition(over: first, columns: columns.specs).composed(plan) else {
      diagnostics.report(
        source.error(
          at: window, "a window would begin or end within one of \(name)",
          hint: "windows of \(name) are \(first.select.window): write a length that they fill"))
      return nil
    }
    var steps = ExpressionTyper.maximumSteps
    guard composed.expressions.allSatisfy({ $0.fits(in: &steps) }) else {
      diagnostics.report(
        source.error(
          at: select.sourceLocation,
          "together with what \(name) computes, an event takes more than \(ExpressionTyper.maximumSteps) steps",
          hint: "read the stream, or an aggregate with simpler keys"))
      return nil
    }
    return composed
  }

  private struct Options {
    var retention: Int64?
    var allowedLateness: Int64
    var late: LatePolicy
    var partition: Int64?
    var partitionLocation: Int
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
      return Options(
        retention: retention, allowedLateness: allowedLateness ?? 0, late: late,
        partition: try options.interval("partition"), partitionLocation: options.place("partition"))
    }
  }
}
