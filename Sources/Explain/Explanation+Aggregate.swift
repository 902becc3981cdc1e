import Dialects
import Events
import JSON
import Plan
import SQLQuoting

extension Explanation {
  /// Of an aggregate.
  ///
  /// - Parameter cost: what an event costs, when that was measured.
  public init(_ aggregate: AggregatePlan, of stream: StreamPlan, cost: MeasuredCost?) {
    let facts = AggregateFacts(aggregate, stream)
    self.init(facts.page(cost), json: facts.json(cost))
  }
}

/// All that is said of an aggregate. What its windows, filters and accumulators mean is told by the table's own shape, so
/// that a new one needs nothing here.
private struct AggregateFacts {
  let plan: AggregatePlan
  let stream: StreamPlan
  let table: ResultTable
  let shape: TableShape
  let columns: [ColumnSpec]

  init(_ plan: AggregatePlan, _ stream: StreamPlan) {
    self.plan = plan
    self.stream = stream
    table = ResultTable(plan)
    shape = TableShape(plan, of: stream)
    columns = stream.columns(of: plan)
  }

  /// `fed by orders through shop_minutes`; nil: it reads the stream itself.
  private var feeding: String? {
    guard !plan.feeders.isEmpty else { return nil }
    return "fed by \(stream.definition.name) through \(plan.feeders.reversed().map(\.name).joined(separator: ", "))"
  }

  private var source: StreamFacts { StreamFacts(definition: stream.definition) }
  private var window: String { shape.meaning(of: "window") ?? "" }
  private var rows: String? { shape.meaning(of: "rows of") }
  private var filter: String? { shape.meaning(of: "filter") }
  private var joins: [(name: String, meaning: String)] {
    plan.joins.map { ($0.alias, shape.meaning(of: "join \(quotedIdentifier($0.alias))") ?? $0.reference.name) }
  }
  private var having: String? { plan.having.map { $0.sql(in: plan) } }
  private var view: [String]? { ResultView(plan)?.createStatements(pulse: "pulse") }
  private var keys: [(name: String, meaning: String)] {
    plan.keys.map { ($0.name, shape.meaning(of: "key \(quotedIdentifier($0.name))") ?? $0.type.sqlName) }
  }
  private var accumulators: [(plan: AccumulatorPlan, meaning: String)] {
    plan.accumulators.map { ($0, shape.meaning(of: "column \(quotedIdentifier($0.column))") ?? $0.type.sqlName) }
  }

  private var late: String {
    switch plan.latePolicy {
    case .revise: "events update their window whenever they come (late = 'revise')"
    case .drop: "events \(tooOld) are counted as late and change nothing"
    case .deadLetter: "events \(tooOld) become dead letters"
    }
  }

  private var tooOld: String {
    plan.window.isSession
      ? "from more than \(lateness) before the watermark" : "of windows that ended \(lateness) before the watermark"
  }

  private var lateness: String { lengthText(microseconds: plan.allowedLatenessMicroseconds) }

  private var retention: String {
    (plan.retentionMicroseconds.map { "\(lengthText(microseconds: $0)) of event time" } ?? "for ever")
      + (plan.partitionMicroseconds.map { ", in partitions of \(lengthText(microseconds: $0))" } ?? "")
  }

  private var forecast: String? {
    guard !plan.forecasts.isEmpty else { return nil }
    let horizons = plan.forecastHorizons.map { lengthText(microseconds: $0) }.joined(separator: ", ")
    return "\(plan.forecasts.joined(separator: ", ")), \(horizons) ahead, into trending_predictions"
  }

  private static let batchComment = "the same as a batch, over a table of the stream's events"

  /// The definition's own SELECT over a table `events`; nil when it is none that a table can answer.
  private var batch: String? {
    try? BatchSelect(plan, of: stream, events: "events").text
  }

  private var eventColumns: String {
    stream.columns.enumerated().map { "\(BatchSelect.eventColumn($0)) is \($1.name)" }.joined(separator: ", ")
  }

  func page(_ cost: MeasuredCost?) -> Page {
    var page = Page(title: "aggregate \(plan.name) of \(stream.definition.name)", comment: plan.comment)
    page.add("reads", source.source)
    if let feeding { page.add("", "\(feeding): by the same events, without a second read") }
    page.add("columns", rows: columns.map { ($0.name, $0.typeText) })
    if !joins.isEmpty { page.add("joined with", rows: joins.map { ($0.name, $0.meaning) }) }
    if let rows { page.add("rows", "\(rows): one for each element; an event without any is filtered") }
    page.add("filter", filter ?? "none: every event counts")
    page.add("window", window)
    if let having { page.add("shown", "groups of closed windows with \(having)") }
    page.add("keys", rows: keys.isEmpty ? [("none", "one row for each window")] : keys.map { ($0.name, $0.meaning) })
    page.add("state", rows: accumulators.map { ($0.plan.column, $0.meaning) })
    if let cost { page.add("", "\(cost.stateBytes) bytes of accumulators for each group in memory") }
    let definition = stream.definition
    page.add(
      "in time",
      "up to \(lengthText(microseconds: definition.outOfOrdernessMicroseconds)) out of order; a silent partition holds "
        + "windows open for \(lengthText(microseconds: definition.idleTimeoutMicroseconds))")
    page.add("late", late)
    page.add("kept", retention)
    if let forecast { page.add("forecast", forecast) }
    if let cost { add(cost, to: &page) }
    page.add(statements: table.createStatements, view == nil ? "the table" : "the table of the states")
    if let view { page.add(statements: view, "the view above it, which reads like the definition") }
    page.add(statements: [table.upsertStatement], "what a flush adds to it, an array for each column")
    if let batch {
      page.add(statements: [batch], "\(Self.batchComment), in which \(eventColumns)")
    } else {
      page.add(statements: [plan.select.text], "the same as a batch")
    }
    return page
  }

  private func add(_ cost: MeasuredCost, to page: inout Page) {
    let nanoseconds = { (value: Double) in "\(JSONValue(tenths: value).text) ns" }
    page.add("cost", "\(nanoseconds(cost.total)) of processor time an event, without decoding and Postgres")
    page.add(
      "",
      rows: [("filter, window and keys", nanoseconds(cost.grouping))]
        + cost.accumulators.map { ($0.column, nanoseconds($0.nanoseconds)) })
    let failed = cost.failed > 0 ? "; \(cost.failed) could not be evaluated" : ""
    page.add(
      "",
      "measured just now with \(cost.events) made-up events, of which \(cost.aggregated) were aggregated into "
        + "\(cost.groups) groups\(failed)")
  }

  func json(_ cost: MeasuredCost?) -> JSONValue {
    let definition = stream.definition
    return .object([
      JSONMember("kind", .string("aggregate")), JSONMember("name", .string(plan.name)),
      JSONMember("comment", .string(plan.comment)), JSONMember("stream", .string(definition.name)),
      JSONMember("topic", .string(definition.topic)), JSONMember("format", .string(definition.format.rawValue)),
      JSONMember("through", .array(plan.feeders.reversed().map { .string($0.name) })),
      JSONMember("schema", JSONValue(source.schema)), JSONMember("event_time", .string(source.eventTime)),
      JSONMember("columns", .array(columns.map(\.json))),
      JSONMember(
        "joins",
        .array(
          joins.map { .object([JSONMember("name", .string($0.name)), JSONMember("meaning", .string($0.meaning))]) })),
      JSONMember("rows", JSONValue(rows)), JSONMember("filter", JSONValue(filter)),
      JSONMember("having", JSONValue(having)),
      JSONMember("window", .string(window)),
      JSONMember(
        "keys",
        .array(
          zip(plan.keys, keys).map { key, named in
            .object([
              JSONMember("name", .string(key.name)), JSONMember("type", .string(key.type.sqlName)),
              JSONMember("nullable", .bool(key.isNullable)), JSONMember("meaning", .string(named.meaning)),
            ])
          })),
      JSONMember(
        "accumulators",
        .array(
          accumulators.map { accumulator, meaning in
            .object([
              JSONMember("column", .string(accumulator.column)), JSONMember("type", .string(accumulator.type.sqlName)),
              JSONMember("meaning", .string(meaning)),
            ])
          })),
      JSONMember("late", .string(plan.latePolicy.rawValue)),
      JSONMember("allowed_lateness_seconds", JSONValue(seconds: plan.allowedLatenessMicroseconds)),
      JSONMember("out_of_orderness_seconds", JSONValue(seconds: definition.outOfOrdernessMicroseconds)),
      JSONMember("idle_timeout_seconds", JSONValue(seconds: definition.idleTimeoutMicroseconds)),
      JSONMember("retention_seconds", JSONValue(seconds: plan.retentionMicroseconds)),
      JSONMember("forecast", .array(plan.forecasts.map(JSONValue.string))),
      JSONMember("table", .array(table.createStatements.map(JSONValue.string))),
      JSONMember("view", view.map { .array($0.map(JSONValue.string)) } ?? .null),
      JSONMember("upsert", .string(table.upsertStatement)),
      JSONMember("batch", JSONValue(batch ?? plan.select.text)),
      JSONMember("cost", cost?.json ?? .null),
    ])
  }
}

extension ColumnSpec {
  var json: JSONValue {
    .object([
      JSONMember("path", .array(path.map(JSONValue.string))), JSONMember("type", .string(type.sqlName)),
      JSONMember("nullable", .bool(isNullable)),
    ])
  }
}

extension MeasuredCost {
  fileprivate var json: JSONValue {
    .object([
      JSONMember("nanoseconds_per_event", JSONValue(tenths: total)),
      JSONMember("grouping_nanoseconds", JSONValue(tenths: grouping)),
      JSONMember(
        "accumulators",
        .array(
          accumulators.map {
            .object([
              JSONMember("column", .string($0.column)), JSONMember("nanoseconds", JSONValue(tenths: $0.nanoseconds)),
            ])
          })),
      JSONMember("state_bytes_per_group", JSONValue(stateBytes)), JSONMember("events", JSONValue(events)),
      JSONMember("aggregated", JSONValue(aggregated)), JSONMember("failed", JSONValue(failed)),
      JSONMember("groups", JSONValue(groups)),
    ])
  }
}
