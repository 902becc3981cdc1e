import Detection
import Dialects
import Events
import JSON
import Plan
import SQLQuoting

extension Explanation {
  /// Of a stream.
  public init(_ stream: StreamPlan) {
    let definition = stream.definition
    let facts = StreamFacts(definition: definition)
    let aggregates = stream.aggregates.map(\.name)
    var page = Page(title: "stream \(definition.name)", comment: "")
    page.add("reads", facts.source)
    page.add("columns", rows: stream.columns.map { ($0.name, $0.typeText) })
    page.add("in time", "up to \(lengthText(microseconds: definition.outOfOrdernessMicroseconds)) out of order")
    page.add("idle", "a partition without events for \(lengthText(microseconds: definition.idleTimeoutMicroseconds))")
    page.add(
      "refused", "events more than \(lengthText(microseconds: definition.maxAheadMicroseconds)) ahead of the clock")
    page.add("dead to", definition.deadLetterTopic.map { "topic \($0)" } ?? "the table dead_letters alone")
    if let sample = definition.sampleIntervalMicroseconds {
      page.add(
        "sampled",
        "an event of each partition every \(lengthText(microseconds: sample)), kept "
          + lengthText(microseconds: definition.sampleKeepMicroseconds))
    }
    page.add("feeds", aggregates.isEmpty ? "no aggregate" : aggregates.joined(separator: ", "))
    self.init(
      page,
      json: .object([
        JSONMember("kind", .string("stream")), JSONMember("name", .string(definition.name)),
        JSONMember("topic", .string(definition.topic)), JSONMember("format", .string(definition.format.rawValue)),
        JSONMember("schema", JSONValue(facts.schema)), JSONMember("event_time", .string(facts.eventTime)),
        JSONMember("columns", .array(stream.columns.map(\.json))),
        JSONMember("out_of_orderness_seconds", JSONValue(seconds: definition.outOfOrdernessMicroseconds)),
        JSONMember("idle_timeout_seconds", JSONValue(seconds: definition.idleTimeoutMicroseconds)),
        JSONMember("max_ahead_seconds", JSONValue(seconds: definition.maxAheadMicroseconds)),
        JSONMember("dead_letter_topic", JSONValue(definition.deadLetterTopic)),
        JSONMember("sample_seconds", JSONValue(seconds: definition.sampleIntervalMicroseconds)),
        JSONMember("aggregates", .array(aggregates.map(JSONValue.string))),
      ]))
  }

  /// Of a view.
  public init(_ view: ViewPlan) {
    var page = Page(title: "view \(view.name)", comment: view.comment)
    page.add("reads", view.reads.isEmpty ? "nothing" : view.reads.joined(separator: ", "))
    let statements = [view.createStatement.text] + view.commentStatements
    page.add(statements: statements, "the view, which Postgres computes whenever it is read")
    self.init(
      page,
      json: .object([
        JSONMember("kind", .string("view")), JSONMember("name", .string(view.name)),
        JSONMember("comment", .string(view.comment)), JSONMember("reads", .array(view.reads.map(JSONValue.string))),
        JSONMember("view", .array(statements.map(JSONValue.string))),
      ]))
  }

  /// Of an endpoint.
  public init(_ endpoint: EndpointPlan) {
    let name = "\(endpoint.method) \(endpoint.path)"
    var page = Page(title: "endpoint \(name)", comment: endpoint.summary)
    page.add("returns", endpoint.returns.rawValue)
    page.add(
      "parameters",
      rows: endpoint.parameters.isEmpty
        ? [("none", "")] : endpoint.parameters.enumerated().map { ("$\($0 + 1) \($1.name)", $1.text) })
    page.add(statements: [endpoint.statement.text], "the statement, which makes the JSON")
    self.init(
      page,
      json: .object([
        JSONMember("kind", .string("endpoint")), JSONMember("name", .string(name)),
        JSONMember("comment", .string(endpoint.summary)), JSONMember("returns", .string(endpoint.returns.rawValue)),
        JSONMember(
          "parameters",
          .array(
            endpoint.parameters.map { parameter in
              .object([
                JSONMember("name", .string(parameter.name)), JSONMember("type", .string(parameter.type.rawValue)),
                JSONMember("list", .bool(parameter.isList)),
                JSONMember("default", JSONValue(parameter.defaultValue?.text)),
                JSONMember("optional", .bool(parameter.isOptional)),
              ])
            })),
        JSONMember("statement", .string(endpoint.statement.text)),
      ]))
  }

  /// Of an alert.
  public init(_ alert: AlertPlan) {
    var page = Page(title: "alert \(alert.name) on \(alert.aggregate)", comment: alert.summary)
    let levels = alert.levelTexts
    page.add("watches", "\(alert.metric), for each \((alert.keys + ["window"]).joined(separator: ", "))")
    page.add("raises", levels)
    page.add("over", alert.lifecycle.texts)
    page.add("samples", "windows of \(alert.minimumSamples) or more")
    if !alert.routing.notify.isEmpty { page.add("tells", alert.routing.notify) }
    page.add(
      statements: [alert.statement.text],
      "the statement, over windows that ended after $1 and not after $2, or were revised after $3")
    self.init(
      page,
      json: .object([
        JSONMember("kind", .string("alert")), JSONMember("name", .string(alert.name)),
        JSONMember("comment", .string(alert.summary)), JSONMember("aggregate", .string(alert.aggregate)),
        JSONMember("metric", .string(alert.metric)), JSONMember("levels", .array(levels.map(JSONValue.string))),
        JSONMember("min_samples", JSONValue(alert.minimumSamples)),
        JSONMember("lifecycle", .array(alert.lifecycle.texts.map(JSONValue.string))),
        JSONMember("notify", .array(alert.routing.notify.map(JSONValue.string))),
        JSONMember("keys", .array(alert.keys.map(JSONValue.string))),
        JSONMember("statement", .string(alert.statement.text)),
      ]))
  }
}

extension AlertPlan {
  /// `WARNING above 0.1`, `CRITICAL after 10 windows`.
  fileprivate var levelTexts: [String] {
    switch detector {
    case .silence(let levels):
      return levels.map { "\($0.severity.rawValue) after \(Int($0.threshold)) windows without a row" }
    case .values(let configuration):
      let side =
        switch configuration.direction {
        case .above: "above"
        case .below: "below"
        case .both: "beyond"
        }
      let what = configuration.method.text.map { " \($0)" } ?? ""
      guard !configuration.levels.isEmpty else {
        return ["what is unusual\(side == "beyond" ? "" : ", \(side)"),\(what)"]
      }
      return configuration.levels.map { "\($0.severity.rawValue) \(side) \($0.threshold)\(what)" }
    }
  }
}

extension AlertLifecycle {
  fileprivate var texts: [String] {
    ["raised after \(forWindows) bad window\(forWindows == 1 ? "" : "s") in a row"]
      + ["over after \(keepFiringWindows + 1) good window\(keepFiringWindows == 0 ? "" : "s") in a row"]
      + (cooldownMicroseconds > 0 ? ["the same again within \(cooldownMicroseconds / 1_000_000) s"] : [])
  }
}

extension DetectorConfiguration.Method {
  /// What levels are measured in; nil: as the value is.
  fileprivate var text: String? {
    switch self {
    case .threshold: nil
    case .rollingZ(let windows): "standard deviations of \(windows) windows"
    case .ewma(let weight): "standard deviations of a moving mean of weight \(weight)"
    case .cusum(let slack): "standard deviations, summed beyond \(slack)"
    case .median(let windows): "median deviations of \(windows) windows"
    case .seasonal(.hourOfDay): "standard deviations from the hour of the day"
    case .seasonal(.hourOfWeek): "standard deviations from the hour of the week"
    case .change: "of change"
    case .adaptive: "by the key's own history"
    }
  }
}

extension EndpointPlan.Parameter {
  fileprivate var text: String {
    var text = type.rawValue + (isList ? "[]" : "") + (isOptional ? "?" : "")
    if let defaultValue { text += " = \(defaultValue.text)" }
    if let range { text += " in \(range.text)" }
    if !allowedValues.isEmpty { text += " in \(allowedValues.joined(separator: "|"))" }
    if let pattern { text += " ~ '\(pattern.text)'" }
    return description.isEmpty ? text : "\(text), \(description)"
  }
}
