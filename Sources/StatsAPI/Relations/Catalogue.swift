import Dialects
import HTTPServer
import JSON
import Plan

/// The list of what a project defines, as JSON: its aggregates and views with their columns, and its endpoints.
struct Catalogue {
  private let bytes: [UInt8]

  /// - Parameter results: what each endpoint gives; nil: the database was not asked.
  init(_ relations: [RelationRoute], endpoints: [EndpointPlan], results: [EndpointResult]?) {
    var bytes: [UInt8] = []
    let members = [
      JSONMember("data", .array(relations.map(Self.json))), JSONMember("count", .number(String(relations.count))),
      JSONMember(
        "endpoints",
        .array(
          endpoints.enumerated().filter { !$1.isOwn }.map {
            Self.json($1, results?[$0], streams: $1.streams(of: relations))
          })),
    ]
    JSONValue.object(members).append(to: &bytes)
    self.bytes = bytes
  }

  /// It changes with the definitions alone.
  func answer(_ common: CommonHeaders) -> EndpointAnswer {
    let headers = [
      HTTPHeader("Cache-Control", "no-cache"), HTTPHeader("Vary", common.vary("Accept", "Accept-Encoding")),
    ]
    return EndpointAnswer(body: bytes, headers: headers, common: common.base, hasData: true)
  }

  private static func json(_ route: RelationRoute) -> JSONValue {
    let relation = route.relation
    let text = { (text: String?) in text.map { JSONValue.string($0) } ?? .null }
    return .object([
      JSONMember("name", .string(relation.name)), JSONMember("kind", .string(relation.kind.rawValue)),
      JSONMember("path", .string(route.urlPath)), JSONMember("comment", .string(relation.comment)),
      JSONMember("stream", text(relation.stream)), JSONMember("window", text(relation.window)),
      JSONMember("window_seconds", relation.windowSeconds.map { .number(String($0)) } ?? .null),
      JSONMember("time", text(relation.time)), JSONMember("rolls_up", .bool(relation.canRollUp)),
      JSONMember("keys", .array(relation.keys.map { .string($0.name) })),
      JSONMember("columns", .array(relation.columns.map(json))), JSONMember("sql", .string(relation.sql)),
    ])
  }

  private static func json(_ column: Relation.Column) -> JSONValue {
    var members = [
      JSONMember("name", .string(column.name)), JSONMember("type", .string(column.type)),
      JSONMember("nullable", .bool(column.isNullable)), JSONMember("role", .string(column.role.rawValue)),
      JSONMember("comment", .string(column.comment)),
    ]
    if let presentation = column.presentation { members += presentation.members }
    if column.isForecast { members.append(JSONMember("forecast", .bool(true))) }
    return .object(members)
  }

  private static func json(_ endpoint: EndpointPlan, _ result: EndpointResult?, streams: [String]) -> JSONValue {
    .object([
      JSONMember("method", .string(endpoint.method)), JSONMember("path", .string(endpoint.path.text)),
      JSONMember("summary", .string(endpoint.summary)), JSONMember("returns", .string(endpoint.returns.rawValue)),
      JSONMember("reads", .array((endpoint.reads ?? []).sorted().map { .string($0) })),
      JSONMember("streams", .array(streams.map { .string($0) })), JSONMember("sql", .string(endpoint.sql)),
      JSONMember("columns", result.map { .array($0.columns.map(json)) } ?? .null),
    ])
  }
}

extension ColumnPresentation {
  /// Of a column's object: `chart`, `format` with `unit`, `thresholds`; what is not said is not there.
  fileprivate var members: [JSONMember] {
    var members: [JSONMember] = []
    if let chart { members.append(JSONMember("chart", .string(chart.rawValue))) }
    if let format {
      members.append(JSONMember("format", .string(format.name)))
      if let unit = format.unit { members.append(JSONMember("unit", .string(unit))) }
    }
    if let thresholds { members.append(JSONMember("thresholds", thresholds.json)) }
    return members
  }
}

extension ColumnPresentation.Format {
  fileprivate var name: String {
    switch self {
    case .count: "count"
    case .number: "number"
    case .percent: "percent"
    case .bytes: "bytes"
    case .duration: "duration"
    case .milliseconds: "milliseconds"
    case .currency: "currency"
    }
  }

  fileprivate var unit: String? {
    switch self {
    case .number(let unit): unit
    case .currency(let code): code
    default: nil
    }
  }
}

extension ColumnPresentation.Thresholds {
  fileprivate var json: JSONValue {
    .object([
      JSONMember("warning", warning.map { .number($0.description) } ?? .null),
      JSONMember("critical", .number(critical.description)), JSONMember("bad", .string(isAbove ? "above" : "below")),
    ])
  }
}
