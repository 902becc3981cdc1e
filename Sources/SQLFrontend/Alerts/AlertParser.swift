import Dialects
import Plan
import SQLQuoting
import Spelling

/// Reads an alert's file: annotations and one SELECT of keys, `window_start`, `window_end`, `value` and measures.
///
/// The SELECT reads the aggregate as if it held only the windows to be judged.
///
/// - Parameter streams: whose aggregates an alert may watch.
/// An alert on an aggregate that something is wrong with cannot be judged.
/// - Throws: everything that is wrong in the file.
public func parseAlert(
  _ file: SourceFile, of streams: PlannedStreams
) throws(DefinitionErrors) -> Judged<AlertPlan> {
  try parseAlert(file, streams.aggregates, isRefused: streams.isRefused)
}

/// The same when nothing is wrong with any aggregate.
public func parseAlert(_ file: SourceFile, aggregates: [AggregatePlan]) throws(DefinitionErrors) -> AlertPlan {
  guard case .right(let plan) = try parseAlert(file, aggregates, isRefused: { _ in false }) else {
    throw unreadable(SourceText(file))
  }
  return plan
}

private func parseAlert(
  _ file: SourceFile, _ aggregates: [AggregatePlan], isRefused: @escaping (String) -> Bool
) throws(DefinitionErrors) -> Judged<AlertPlan> {
  let source = SourceText(file)
  var diagnostics = Diagnostics()
  let outcome = AlertParser(source: source, aggregates: aggregates, isRefused: isRefused).parse(&diagnostics)
  try diagnostics.check()
  switch outcome {
  case .plan(let plan): return .right(plan)
  case .unjudged(let name, let aggregate): return .unjudged(UnjudgedDefinition(.alert, name, cause: aggregate))
  case .refused: throw unreadable(source)
  }
}

private func unreadable(_ source: SourceText) -> DefinitionErrors {
  DefinitionErrors([source.error(at: 0, "the alert cannot be read")])
}

private struct AlertParser {
  let source: SourceText
  let aggregates: [AggregatePlan]
  let isRefused: (String) -> Bool

  enum Outcome {
    case plan(AlertPlan)
    /// What it watches is wrong, which is said there.
    case unjudged(name: String, aggregate: String)
    /// What is wrong is in the diagnostics.
    case refused
  }

  static let annotations = [
    "name", "summary", "on", "metric", "detector", "min_samples", "missing", "for", "keep_firing", "cooldown",
    "message",
    "labels", "notify", "group_by", "inhibits", "runbook", "backfill",
  ]
  /// What every alert's SELECT yields beside its keys.
  static let columns = ["window_start", "window_end", "value"]

  func parse(_ diagnostics: inout Diagnostics) -> Outcome {
    let annotations = Annotations(source, known: Self.annotations, diagnostics: &diagnostics)
    let name = diagnostics.attempt { () throws(DefinitionError) in try self.name(annotations) }
    let summary = diagnostics.attempt { () throws(DefinitionError) in
      try annotations.required("summary", form: "what it warns of, in one line").value
    }
    let aggregate = diagnostics.attempt { () throws(DefinitionError) in try self.aggregate(annotations) }
    let metric = diagnostics.attempt { () throws(DefinitionError) in
      try annotations.required("metric", form: "what the value is called").value
    }
    let samples = diagnostics.attempt { () throws(DefinitionError) in try minimumSamples(annotations) }
    let detector = diagnostics.attempt { () throws(DefinitionError) in
      try DetectorParser(source: source).parse(
        annotations.required("detector", form: DetectorParser.form), minimumSamples: samples ?? 1)
    }
    let rules = LifecycleParser(source: source, annotations: annotations)
    let lifecycle = diagnostics.attempt { () throws(DefinitionError) in try rules.lifecycle() }
    let backfill = diagnostics.attempt { () throws(DefinitionError) in try rules.length("backfill") ?? 0 }
    let select = diagnostics.attempt { () throws(DefinitionError) in
      try PlainSelect(source, bytes: source.bytes)
    }
    // No aggregate and no error: the one that it names is wrong itself.
    if case .some(nil) = aggregate {
      let value = { (name: String) in annotations.items.first { $0.name == name }?.value }
      return .unjudged(name: name ?? value("name") ?? source.stem, aggregate: value("on") ?? "")
    }
    guard let select, case let aggregate?? = aggregate else { return .refused }
    let columns = diagnostics.attempt { () throws(DefinitionError) in
      try self.columns(select, aggregate, hasMinimum: annotations.one("min_samples") != nil)
    }
    let keys = columns?.keys
    let missing = diagnostics.attempt { () throws(DefinitionError) in try rules.missing(aggregate.window) }
    let routing = diagnostics.attempt { () throws(DefinitionError) in try rules.routing(keys: keys) }
    let message = diagnostics.attempt { () throws(DefinitionError) in
      let item = try annotations.required("message", form: "\(keys?.first.map { "{\($0)}: " } ?? ""){value}")
      return try MessageParser(source: source).parse(item, keys: keys)
    }
    if case .silence? = detector {
      _ = diagnostics.attempt { () throws(DefinitionError) in try checkSilence(annotations, aggregate) }
    }
    guard let name, let summary, let metric, let detector, let samples, let columns, let message, let lifecycle,
      let backfill, let missing, let routing
    else { return .refused }
    var text = FileText()
    text.append(source.text(select.range), at: source.place(at: select.range.lowerBound))
    return .plan(
      AlertPlan(
        name: name, summary: summary, watched: aggregate, metric: metric,
        detector: detector, minimumSamples: samples, message: message, keys: columns.keys, measures: columns.measures,
        lifecycle: lifecycle, routing: routing, missing: missing, backfillMicroseconds: backfill, select: text))
  }

  /// What a silence is, is nobody's to say.
  private func checkSilence(_ annotations: Annotations, _ aggregate: AggregatePlan) throws(DefinitionError) {
    for name in ["missing", "min_samples", "for"] {
      if let item = try annotations.one(name) {
        throw source.error(
          at: item.location, "silence is found by windows without a row, and takes no \(name)",
          hint: "write -- detector: silence WARNING 3")
      }
    }
    guard aggregate.window.isRegular else {
      throw source.error(
        at: try annotations.one("on")?.valueLocation ?? 0, "windows that are made by events cannot be missing",
        hint: "watch an aggregate with tumble or hop")
    }
  }

  private func name(_ annotations: Annotations) throws(DefinitionError) -> String {
    let item = try annotations.required("name", form: source.stem.uppercased())
    let isName = item.value.utf8.allSatisfy { (0x41...0x5a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f }
    guard isName else {
      throw source.error(
        at: item.valueLocation, "an alert's name is of A to Z, 0 to 9 and _",
        hint: "write -- name: \(source.stem.uppercased())")
    }
    return item.value
  }

  /// nil when it is defined, but not as it should be.
  private func aggregate(_ annotations: Annotations) throws(DefinitionError) -> AggregatePlan? {
    let item = try annotations.required("on", form: aggregates.first?.name ?? "the aggregate's name")
    if let aggregate = aggregates.first(where: { $0.name == item.value }) {
      // Its rows come some time after the alert has judged the window.
      guard aggregate.having == nil else {
        throw source.error(
          at: item.valueLocation, "an alert does not watch an aggregate with HAVING",
          hint: "watch one without, and write the condition as the alert's WHERE")
      }
      // Those that have closed are found by how long they are at most.
      guard aggregate.window.isBounded else {
        throw source.error(
          at: item.valueLocation, "an alert does not watch sessions of any length",
          hint:
            "give the sessions of \(aggregate.name) a longest length: session(…, INTERVAL '30 minutes', INTERVAL '4 hours')"
        )
      }
      return aggregate
    }
    if isRefused(item.value) { return nil }
    let names = aggregates.map(\.name)
    let nearest = suggestion(for: item.value, among: names)
    throw source.error(
      at: item.valueLocation, "there is no aggregate \(item.value)",
      hint: names.isEmpty ? nil : "\(nearest)aggregates are \(names.joined(separator: ", "))")
  }

  private func minimumSamples(_ annotations: Annotations) throws(DefinitionError) -> Int64 {
    guard let item = try annotations.one("min_samples") else { return 1 }
    guard let value = Int64(item.value), value >= 1 else {
      throw source.error(at: item.valueLocation, "min_samples is a whole number from 1")
    }
    return value
  }

  private func columns(
    _ select: PlainSelect, _ aggregate: AggregatePlan, hasMinimum: Bool
  ) throws(DefinitionError) -> (keys: [String], measures: Set<AlertPlan.Measure>) {
    let keys = aggregate.keys.map { "\(quotedIdentifier($0.name)), " }.joined()
    let form =
      "SELECT \(keys)window_start, window_end, … AS value, … AS samples FROM \(quotedIdentifier(aggregate.name))"
    guard select.reads(aggregate.name) else {
      throw source.error(
        at: select.range.lowerBound, "the SELECT does not read \(aggregate.name)", hint: "write \(form)")
    }
    var names: [String] = []
    for column in select.columnNames {
      guard let name = column.name else {
        throw source.error(at: column.location, "a column of an alert needs a name", hint: "add AS and a name")
      }
      names.append(name)
    }
    try select.checkNames()
    for column in Self.columns where !names.contains(column) {
      throw source.error(
        at: select.range.lowerBound, "the SELECT has no column \(column)", hint: "write \(form)")
    }
    try checkValue(select, names, aggregate)
    let measures = Set(names.compactMap(AlertPlan.Measure.init(rawValue:)))
    if measures.contains(.numerator) != measures.contains(.denominator) {
      throw source.error(
        at: select.range.lowerBound, "a rate has both a numerator and a denominator",
        hint: "write … AS numerator, … AS denominator")
    }
    if hasMinimum, measures.isDisjoint(with: [.samples, .denominator]) {
      throw source.error(
        at: select.range.lowerBound, "min_samples needs a column that says how many there are", hint: "write \(form)")
    }
    return (
      names.filter { !Self.columns.contains($0) && AlertPlan.Measure(rawValue: $0) == nil }, measures
    )
  }

  /// Refuses results of several values: Postgres would refuse some of them only when windows are judged.
  private func checkValue(
    _ select: PlainSelect, _ names: [String], _ aggregate: AggregatePlan
  ) throws(DefinitionError) {
    guard let name = select.plainColumn("value"),
      let column = aggregate.shownColumns.first(where: { $0.name == name }),
      let index = names.firstIndex(of: "value")
    else { return }
    let quoted = quotedIdentifier(name)
    let hint: String
    switch column.type {
    case .array: hint = "write \(quoted)[1] AS value"
    case .jsonb: hint = "write (\(quoted)->0->>'count')::bigint AS value"
    default: return
    }
    throw source.error(
      at: select.columnNames[index].location, "\(quoted) has several values, and an alert judges one", hint: hint)
  }
}
