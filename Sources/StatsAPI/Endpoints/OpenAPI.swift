import Dialects
import JSON
import Plan

/// The API's description for programs: OpenAPI 3.1, generated from the endpoints.
package func openAPIDescription(of endpoints: [EndpointPlan]) -> [UInt8] {
  openAPIDescription(of: endpoints, nil)
}

/// The same with aggregates and views.
///
/// - Parameter relations: nil: the server does not show them.
func openAPIDescription(of endpoints: [EndpointPlan], _ relations: [RelationRoute]?) -> [UInt8] {
  var identifiers: [String: Int] = [:]
  let operations = endpoints.map(Operation.init) + (relations ?? []).map(Operation.init)
  let paths = operations.map { operation in
    // `/a-b` and `/a_b` are two operations.
    let number = identifiers[operation.identifier, default: 0] + 1
    identifiers[operation.identifier] = number
    let identifier = operation.identifier + (number == 1 ? "" : "__\(number)")
    return JSONMember(operation.path, json(["get": operation.described(as: identifier)]))
  }
  let ownPaths = ownPaths + (relations == nil ? [] : [cataloguePath])
  let document = json([
    "openapi": .string("3.1.0"),
    "info": json(["title": .string("StreamPulse"), "version": .string("1")]),
    "paths": .object(paths + ownPaths.filter { own in !endpoints.contains { $0.path.text == own.name } }),
    "components": json(["schemas": json(["Problem": problemSchema])]),
  ])
  var bytes: [UInt8] = []
  document.append(to: &bytes)
  return bytes
}

func json(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
  .object(members.map { JSONMember($0.key, $0.value) })
}

func typed(_ type: String) -> JSONValue { json(["type": .string(type)]) }

private func response(_ description: String, _ mediaType: String, _ schema: JSONValue) -> JSONValue {
  json([
    "description": .string(description),
    "content": json([mediaType: json(["schema": schema])]),
  ])
}

private var ownPaths: [JSONMember] {
  let health = json([
    "summary": .string("Whether the database, the broker and the processor are well"),
    "responses": json([
      "200": response("Well, or answering with old data", "application/json", typed("object")),
      "503": response("A dependency is down", "application/json", typed("object")),
    ]),
  ])
  let metrics = json([
    "summary": .string("Metrics for Prometheus"),
    "responses": json(["200": response("Metrics", "text/plain", typed("string"))]),
  ])
  let ping = json([
    "summary": .string("Whether the server answers"),
    "responses": json(["200": response("It does", "application/json", typed("object"))]),
  ])
  let version = json([
    "summary": .string("The program's name and version"),
    "responses": json(["200": response("Both", "application/json", typed("object"))]),
  ])
  return [("/health", health), ("/metrics", metrics), ("/-/metrics", metrics), ("/ping", ping), ("/version", version)]
    .map { JSONMember($0, json(["get": $1])) }
}

/// RFC 9457.
private var problemSchema: JSONValue {
  json([
    "type": .string("object"),
    "properties": json([
      "type": typed("string"), "title": typed("string"), "status": typed("integer"), "detail": typed("string"),
      "parameter": typed("string"), "minimum": typed("integer"), "maximum": typed("integer"),
    ]),
  ])
}

/// What is said of a route of data.
private struct Operation {
  let path: String
  let summary: String
  let parameters: [EndpointPlan.Parameter]
  let schema: JSONValue

  init(_ endpoint: EndpointPlan) {
    path = endpoint.path.text
    summary = endpoint.summary
    parameters = endpoint.parameters
    schema = endpoint.returns.schema
  }

  init(_ route: RelationRoute) {
    path = route.urlPath
    let comment = route.relation.comment.split(separator: "\n").first.map { ": \($0)" } ?? ""
    summary = "Rows of the \(route.relation.kind.rawValue) \(route.relation.name)\(comment)"
    parameters = route.parameters
    schema = route.relation.schema
  }

  func described(as identifier: String) -> JSONValue {
    json([
      "summary": .string(summary),
      "operationId": .string(identifier),
      "parameters": .array(
        (parameters + (FormatParameter.isOwn(parameters) ? [] : [FormatParameter.parameter])).map(\.parameterObject)),
      "responses": json([
        "200": json([
          "description": .string("The result; with Accept: text/event-stream, again whenever new data has changed it"),
          "content": json([
            "application/json": json(["schema": schema]),
            "text/csv": json(["schema": typed("string")]),
            "application/x-ndjson": json(["schema": typed("string")]),
            "text/event-stream": json(["schema": typed("string")]),
          ]),
        ]),
        "400": problem("A parameter is unknown, repeated or out of its range"),
        "503": problem("The database cannot be reached, or too many queries wait"),
        "504": problem("The query took too long"),
      ]),
    ])
  }

  /// The path's words: `/api/stats/top-content` is `get_api_stats_top_content`.
  var identifier: String {
    "get_" + path.split { !$0.isLetter && !$0.isNumber }.joined(separator: "_")
  }

  private func problem(_ description: String) -> JSONValue {
    response(
      description, "application/problem+json", json(["$ref": .string("#/components/schemas/Problem")]))
  }
}

private var cataloguePath: JSONMember {
  let operation = json([
    "summary": .string("The project's aggregates and views with their columns, and its endpoints"),
    "operationId": .string("list_aggregates"),
    "parameters": .array([FormatParameter.parameter.parameterObject]),
    "responses": json(["200": response("The list", "application/json", typed("object"))]),
  ])
  return JSONMember(EndpointPlan.aggregatesPath, json(["get": operation]))
}

extension Relation {
  /// Of its rows, with what stands beside them. A roll-up leaves out the keys that it sums up over.
  fileprivate var schema: JSONValue {
    let properties = columns.map { JSONMember($0.name, $0.schema) }
    let moment = json(["type": .array([.string("string"), .string("null")]), "format": .string("date-time")])
    return json([
      "type": .string("object"),
      "required": .array([.string("data"), .string("count")]),
      "properties": json([
        "data": json([
          "type": .string("array"), "items": json(["type": .string("object"), "properties": .object(properties)]),
        ]),
        "count": typed("integer"), "start": moment, "end": moment, "newest": moment, "complete_until": moment,
      ]),
    ])
  }
}

extension Relation.Column {
  fileprivate var schema: JSONValue {
    var members: [JSONMember] = []
    if let jsonType {
      let type = JSONValue.string(jsonType)
      members.append(JSONMember("type", isNullable ? .array([type, .string("null")]) : type))
    }
    if type.hasPrefix("timestamp") { members.append(JSONMember("format", .string("date-time"))) }
    if !comment.isEmpty { members.append(JSONMember("description", .string(comment))) }
    return .object(members)
  }

  /// nil: any.
  private var jsonType: String? {
    switch type {
    case "boolean": "boolean"
    case "smallint", "integer", "bigint": "integer"
    // Not a number has none in JSON: it is the text "NaN".
    case "numeric", "real", "double precision", "json", "jsonb": nil
    default: type.hasSuffix("[]") ? "array" : "string"
    }
  }
}

extension EndpointPlan.Returns {
  fileprivate var schema: JSONValue {
    switch self {
    case .object: typed("object")
    case .rows:
      json([
        "type": .string("object"),
        "required": .array([.string("data"), .string("count")]),
        "properties": json([
          "data": json(["type": .string("array"), "items": typed("object")]),
          "count": typed("integer"),
        ]),
      ])
    }
  }
}
