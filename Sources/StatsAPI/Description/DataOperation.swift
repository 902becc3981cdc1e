import Dialects
import JSON
import Plan

/// What is said of a route of data.
struct DataOperation {
  private let path: String
  private let method: String
  private let summary: String
  private let tag: String
  private let parameters: [EndpointPlan.Parameter]
  private let schema: JSONValue
  private let example: JSONValue
  /// Whether an object may be missing.
  private let mayBeAbsent: Bool
  private let isWrite: Bool
  private let isAdministrative: Bool
  /// What is behind it, for people.
  private let sql: String
  private let streams: [String]

  /// - Parameters:
  ///   - result: nil: the database was not asked.
  ///   - streams: that its tables are made of.
  init(_ endpoint: EndpointPlan, _ result: EndpointResult?, streams: [String]) {
    (path, method, summary) = (endpoint.path.text, endpoint.method, endpoint.summary)
    isAdministrative = endpoint.isAdministrative
    tag = isAdministrative ? "administration" : endpoint.isWrite || endpoint.isOwn ? "actions" : "endpoints"
    (isWrite, sql, self.streams) = (endpoint.isWrite, endpoint.isOwn ? "" : endpoint.sql, streams)
    parameters = endpoint.parameters
    mayBeAbsent = endpoint.returns == .object
    switch endpoint.returns {
    case .object:
      schema = result.map { ColumnSchema.row($0.columns) } ?? typed("object")
      example = result.map { ColumnSchema.example($0.columns) } ?? .object([])
    case .rows:
      schema = ColumnSchema.rows(
        result.map { ColumnSchema.row($0.columns) } ?? typed("object"), beside: result?.meta ?? [])
      example = ColumnSchema.example(rows: result?.columns, beside: result?.meta ?? [])
    }
  }

  init(_ route: RelationRoute) {
    (path, method) = (route.urlPath, "GET")
    tag = "aggregates"
    let comment = route.relation.comment.split(separator: "\n").first.map { ": \($0)" } ?? ""
    summary = "Rows of the \(route.relation.kind.rawValue) \(route.relation.name)\(comment)"
    parameters = route.parameters
    mayBeAbsent = false
    isAdministrative = false
    (isWrite, sql, streams) = (false, route.relation.sql, [route.relation.stream].compactMap { $0 })
    let moments = ["start", "end"] + (route.relation.canRollUp ? ["newest", "complete_until"] : [])
    let times = moments.map {
      Relation.Column(name: $0, type: "timestamp with time zone", isNullable: true, comment: "")
    }
    let next = Relation.Column(
      name: "next", type: "text", isNullable: true,
      comment: "The cursor of the page behind this one; null where the page is not full, and of roll-ups")
    let meta = times + (route.relation.pageOrder(nil) == nil ? [] : [next])
    // A roll-up leaves out the keys that it sums up over.
    schema = ColumnSchema.rows(ColumnSchema.row(route.relation.columns, isWhole: false), beside: meta)
    example = ColumnSchema.example(rows: route.relation.columns, beside: meta)
  }

  /// The path's words: `/api/stats/top-content` is `get_api_stats_top_content`.
  var identifier: String {
    "\(method.lowercased())_" + path.split { !$0.isLetter && !$0.isNumber }.joined(separator: "_")
  }

  func described(as identifier: String) -> DescribedOperation {
    let format = FormatParameter.isOwn(parameters) || method != "GET" ? [] : [FormatParameter.parameter]
    let shown = (parameters + format).filter { [.path, .query].contains($0.place) }
    var members = [
      JSONMember("summary", .string(summary)), JSONMember("operationId", .string(identifier)),
      JSONMember("tags", .array([.string(tag)])), JSONMember("parameters", .array(shown.map(\.parameterObject))),
    ]
    if let requestBody { members.append(JSONMember("requestBody", requestBody)) }
    members.append(JSONMember("responses", isWrite ? writeResponses : responses))
    if !sql.isEmpty { members.append(JSONMember("x-sql", .string(sql))) }
    if !streams.isEmpty { members.append(JSONMember("x-streams", .array(streams.map { .string($0) }))) }
    return DescribedOperation(path: path, method: method.lowercased(), json: .object(members))
  }

  /// nil: it takes none.
  private var requestBody: JSONValue? {
    let members = parameters.filter { $0.place == .body }
    guard !members.isEmpty else { return nil }
    let required = members.filter(\.isRequired).map { JSONValue.string($0.name) }
    let schema = JSONValue.object(
      [
        JSONMember("type", .string("object")),
        JSONMember("properties", .object(members.map { JSONMember($0.name, $0.describedSchema) })),
        JSONMember("additionalProperties", .bool(false)),
      ] + (required.isEmpty ? [] : [JSONMember("required", .array(required))]))
    let example = JSONValue.object(members.filter(\.isRequired).map { JSONMember($0.name, $0.example) })
    return object([
      "required": .bool(!required.isEmpty),
      "content": object(["application/json": object(["schema": schema, "example": example])]),
    ])
  }

  private var writeResponses: JSONValue {
    let result = object([
      "description": .string("What has become of it"),
      "content": object(["application/json": object(["schema": schema, "example": example])]),
    ])
    return .object(
      [JSONMember("200", result)]
        + Problems.references([
          "400", "401", "403", "404", "409", "413", "414", "415", "422", "429", "500", "503", "504",
        ]))
  }

  private var responses: JSONValue {
    let json = object(["schema": schema, "example": example])
    let text = object(["schema": typed("string")])
    let isPushed = !isAdministrative
    let result = object([
      "description": .string(
        isPushed
          ? "The result; with Accept: text/event-stream, again whenever new data has changed it"
          : "The result, for who has the scope admin"),
      "headers": object([
        "ETag": object(["description": .string("For If-None-Match"), "schema": typed("string")]),
        "Link": object([
          "description": .string("rel=\"next\": the page behind this one, where there is one"),
          "schema": typed("string"),
        ]),
        "X-Request-ID": object(["description": .string("What the log calls the request"), "schema": typed("string")]),
      ]),
      "content": .object(
        [JSONMember("application/json", json)]
          + (["text/csv", "application/x-ndjson"] + (isPushed ? ["text/event-stream"] : [])).map {
            JSONMember($0, text)
          }),
    ])
    return .object(
      [
        JSONMember("200", result), JSONMember("304", object(["description": .string("Unchanged since that ETag")])),
      ]
        + Problems.references(
          ["400", "401", "403"] + (mayBeAbsent ? ["404"] : []) + ["414", "429", "500", "503", "504"]))
  }
}
