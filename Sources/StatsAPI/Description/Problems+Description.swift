import HTTPServer
import JSON
import Plan

extension Problems {
  /// RFC 9457.
  static var schema: JSONValue {
    let texts = object(["type": .string("array"), "items": typed("string")])
    return object([
      "type": .string("object"),
      "required": .array(["type", "title", "status", "detail"].map { .string($0) }),
      "properties": object([
        "type": typed("string"), "title": typed("string"), "status": typed("integer"), "detail": typed("string"),
        "parameter": object(["type": .string("string"), "description": .string("Which one is at fault")]),
        "minimum": typed("integer"), "maximum": typed("integer"), "allowed": texts,
      ]),
    ])
  }

  private static let kinds: [(status: Int, title: String, detail: String, description: String)] = [
    (
      400, "Unknown parameter", "minuts is not a parameter: the parameters are minutes, limit",
      "A parameter is unknown, repeated, missing or none that it takes"
    ),
    (
      401, "Token needed", "send Authorization: Bearer with a token of this server", "There is no token, or a wrong one"
    ),
    (403, "Not allowed", "the token has no scope read", "The token is not for this"),
    (404, "No result", "there is nothing that the parameters name", "There is nothing of that name"),
    (409, "Conflict", "this does not go with what is there already", "What is there already speaks against it"),
    (413, "Request body too large", "a request body may have 65536 bytes at most", "The body is too long"),
    (414, "Request target too long", "path and query may have 8192 bytes at most", "Path and query are too long"),
    (
      415, "Unsupported media type", "send the parameters as a JSON object, with Content-Type: application/json",
      "The body is no JSON"
    ),
    (422, "Refused", "there is no such thing to restart", "The project's function refuses it, and says why"),
    (429, "Too many requests", "wait 1 s before the next request", "More requests than the client may make"),
    (500, "Query failed", "the endpoint's query failed; the server's log says why", "The query failed"),
    (
      503, "Database unavailable", "the database cannot be reached at the moment",
      "The database cannot be reached, or too many queries wait"
    ),
    (504, "Query timeout", "the database did not answer in time", "The query took too long"),
  ]

  /// Every kind of them, as components of the description.
  static var described: JSONValue {
    .object(
      kinds.map { kind in
        let problem = Problem(status: kind.status, title: kind.title, detail: kind.detail)
        let example = (try? JSONValue(parsing: problem.json)) ?? .object([])
        let retry = object([
          "Retry-After": object([
            "description": .string("In how many seconds to try again"), "schema": typed("integer"),
          ])
        ])
        return JSONMember(
          name(kind.status),
          .object(
            [JSONMember("description", .string(kind.description))]
              + ([429, 503].contains(kind.status) ? [JSONMember("headers", retry)] : []) + [
                JSONMember(
                  "content",
                  object([
                    "application/problem+json": object([
                      "schema": object(["$ref": .string("#/components/schemas/Problem")]), "example": example,
                    ])
                  ]))
              ]))
      })
  }

  /// Responses of an operation.
  static func references(_ statuses: [String]) -> [JSONMember] {
    statuses.map { JSONMember($0, object(["$ref": .string("#/components/responses/\(name(Int($0) ?? 500))")])) }
  }

  private static func name(_ status: Int) -> String { "Problem\(status)" }
}
