import JSON
import Plan

/// What the API answers beside data.
enum OwnPaths {
  /// - Parameter taken: paths that the project has taken.
  static func all(hasCatalogue: Bool, without taken: Set<String>) -> [DescribedOperation] {
    let metrics = described("In Prometheus' text format", "text/plain", typed("string"))
    let identity = object([
      "type": .string("object"), "required": .array([.string("name"), .string("version")]),
      "properties": object(["name": typed("string"), "version": typed("string")]),
    ])
    let status = object([
      "type": .string("object"), "required": .array([.string("status")]),
      "properties": object(["status": object(["const": .string("ok")])]),
    ])
    var paths = [
      operation(
        "/health", "get_health", "Whether the database, the broker and the processor are well", isPublic: true,
        [
          JSONMember("200", described("Well, or answering with old data", "application/json", health)),
          JSONMember("503", described("A dependency is down", "application/json", health)),
        ]),
      operation("/metrics", "get_metrics", "Metrics for Prometheus", [JSONMember("200", metrics)]),
      operation("/-/metrics", "get_own_metrics", "The same, whatever the project has", [JSONMember("200", metrics)]),
      operation(
        "/ping", "get_ping", "Whether the server answers", isPublic: true,
        [JSONMember("200", described("It does", "application/json", status))]),
      operation(
        "/version", "get_version", "The program's name and version",
        [JSONMember("200", described("Both", "application/json", identity))]),
      operation(
        "/openapi.json", "get_openapi", "This description",
        [JSONMember("200", described("OpenAPI 3.1", "application/json", typed("object")))]),
    ]
    if hasCatalogue {
      let text = object(["schema": typed("string")])
      let list = object([
        "description": .string("The list"),
        "content": object([
          "application/json": object(["schema": catalogue]), "text/csv": text, "application/x-ndjson": text,
        ]),
      ])
      paths.append(
        operation(
          EndpointPlan.aggregatesPath, "list_aggregates",
          "The project's aggregates and views with their columns, and its endpoints",
          parameters: [FormatParameter.parameter], [JSONMember("200", list)], problems: ["400", "414"]))
    }
    return paths.filter { !taken.contains($0.path) }
  }

  private static func operation(
    _ path: String, _ identifier: String, _ summary: String, isPublic: Bool = false,
    parameters: [EndpointPlan.Parameter] = [], _ responses: [JSONMember], problems: [String] = []
  ) -> DescribedOperation {
    let refusals = isPublic ? [] : ["401", "403", "429"]
    return DescribedOperation(
      path: path, method: "get",
      json: .object(
        [
          JSONMember("summary", .string(summary)), JSONMember("operationId", .string(identifier)),
          JSONMember("tags", .array([.string("server")])),
          JSONMember("parameters", .array(parameters.map(\.parameterObject))),
        ] + (isPublic ? [JSONMember("security", .array([]))] : []) + [
          JSONMember("responses", .object(responses + Problems.references(problems + refusals)))
        ]))
  }

  private static var health: JSONValue {
    let word = { (words: [String]) in object(["enum": .array(words.map { .string($0) })]) }
    let dependency = object([
      "type": .string("object"), "required": .array([.string("status")]),
      "properties": object([
        "status": word(["up", "down"]),
        "detail": object(["type": .array([.string("string"), .string("null")])]),
      ]),
    ])
    return object([
      "type": .string("object"),
      "required": .array(
        ["status", "timestamp", "version", "database", "broker", "processor", "streams"].map { .string($0) }),
      "properties": object([
        "status": word(["ok", "degraded", "down"]),
        "timestamp": object(["type": .string("string"), "format": .string("date-time")]),
        "version": typed("string"), "database": dependency, "broker": dependency, "processor": typed("object"),
        "streams": object(["type": .string("array"), "items": typed("object")]),
      ]),
    ])
  }

  private static var catalogue: JSONValue {
    let list = object(["type": .string("array"), "items": typed("object")])
    return object([
      "type": .string("object"), "required": .array(["data", "count", "endpoints"].map { .string($0) }),
      "properties": object(["data": list, "count": typed("integer"), "endpoints": list]),
    ])
  }
}
