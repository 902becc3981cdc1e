import Dialects
import JSON
import Plan

/// The API's description for programs: OpenAPI 3.1, generated from the endpoints and from what the database says of them.
package func openAPIDescription(of endpoints: [EndpointPlan]) -> [UInt8] {
  APIDescription(endpoints: endpoints).json
}

struct APIDescription {
  var endpoints: [EndpointPlan]
  /// What each of them gives; nil: the database was not asked.
  var results: [EndpointResult]?
  /// Aggregates and views; nil: the server does not show them.
  var relations: [RelationRoute]?
  /// Whether only those who have a token are answered.
  var needsToken = false

  var json: [UInt8] {
    var bytes: [UInt8] = []
    document.append(to: &bytes)
    return bytes
  }

  private var document: JSONValue {
    let paths = operations + OwnPaths.all(hasCatalogue: relations != nil, without: Set(endpoints.map(\.path.text)))
    // Methods of one path stand together.
    var order: [String] = []
    var methods: [String: [JSONMember]] = [:]
    for operation in paths {
      if methods[operation.path] == nil { order.append(operation.path) }
      methods[operation.path, default: []].append(JSONMember(operation.method, operation.json))
    }
    return object([
      "openapi": .string("3.1.0"),
      "info": object([
        "title": .string("StreamPulse"), "version": .string("1"),
        "description": .string("Results of a stream processor: endpoints, aggregates and views of this project."),
      ]),
      "security": .array((needsToken ? [] : [.object([])]) + [object(["token": .array([])])]),
      "paths": .object(order.map { JSONMember($0, .object(methods[$0] ?? [])) }),
      "components": object([
        "schemas": object(["Problem": Problems.schema]), "responses": Problems.described,
        "securitySchemes": object([
          "token": object([
            "type": .string("http"), "scheme": .string("bearer"),
            "description": .string("A token of this server; streampulse token NAME makes one"),
          ])
        ]),
      ]),
    ])
  }

  private var operations: [DescribedOperation] {
    var identifiers: [String: Int] = [:]
    let data =
      endpoints.enumerated().map { DataOperation($1, results?[$0], streams: $1.streams(of: relations ?? [])) }
      + (relations ?? []).map { DataOperation($0) }
    return data.map { operation in
      // `/a-b` and `/a_b` are two operations.
      let number = identifiers[operation.identifier, default: 0] + 1
      identifiers[operation.identifier] = number
      return operation.described(as: operation.identifier + (number == 1 ? "" : "__\(number)"))
    }
  }
}

/// One method of a path, as the description has it.
struct DescribedOperation {
  var path: String
  /// In small letters.
  var method: String
  var json: JSONValue
}

/// Members in their order.
func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
  .object(members.map { JSONMember($0.key, $0.value) })
}

/// The schema of a type and nothing else.
func typed(_ type: String) -> JSONValue { object(["type": .string(type)]) }

/// A response with one content.
func described(_ description: String, _ mediaType: String, _ schema: JSONValue) -> JSONValue {
  object([
    "description": .string(description), "content": object([mediaType: object(["schema": schema])]),
  ])
}
