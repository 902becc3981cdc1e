import HTTPServer
import JSON
import Plan

/// Why a request's body is none that parameters can be read from.
enum BodyError: Error {
  /// Its media type is another.
  case notJSON
  case malformed
  case argument(ArgumentError)

  var problem: Problem {
    switch self {
    case .notJSON:
      Problem(
        status: 415, title: "Unsupported media type",
        detail: "send the parameters as a JSON object, with Content-Type: application/json")
    case .malformed:
      Problem(status: 400, title: "Malformed body", detail: "the body is no JSON object")
    case .argument(let error): error.problem
    }
  }
}

extension EndpointPlan {
  /// What a request that writes gives for the parameters, in one spelling.
  ///
  /// - Parameters:
  ///   - path: what the path gives, from left to right.
  ///   - client: who asks.
  func arguments(
    ofWrite request: HTTPRequest, path values: [String], client: String
  ) throws(BodyError) -> [String?] {
    if let item = request.query.first { throw .argument(.unknown(name: item.name, known: [])) }
    let members = try Self.members(of: request)
    let known = parameters.filter { $0.place == .body }.map(\.name)
    if let member = members.first(where: { !known.contains($0.name) }) {
      throw .argument(.unknown(name: member.name, known: known))
    }
    let path = Dictionary(uniqueKeysWithValues: zip(self.path.parameters, values))
    var arguments: [String?] = []
    for parameter in parameters {
      do throws(ArgumentError) {
        switch parameter.place {
        case .client: arguments.append(client)
        case .path, .query: arguments.append(try parameter.argument([path[parameter.name]].compactMap { $0 }))
        case .body:
          let given = members.filter { $0.name == parameter.name }
          guard given.count <= 1 else { throw .repeated(parameter) }
          arguments.append(try parameter.argument(given.first?.value))
        }
      } catch {
        throw .argument(error)
      }
    }
    return arguments
  }

  private static func members(of request: HTTPRequest) throws(BodyError) -> [JSONMember] {
    guard !request.body.isEmpty else { return [] }
    let type = request.header("Content-Type")?.split(separator: ";").first.map { $0.lowercased() } ?? ""
    guard type.split(separator: " ").joined() == "application/json" else { throw .notJSON }
    guard let value = try? JSONValue(parsing: request.body), case .object(let members) = value else { throw .malformed }
    return members
  }
}

extension EndpointPlan.Parameter {
  /// What a JSON value comes to; nil: there is none.
  fileprivate func argument(_ value: JSONValue?) throws(ArgumentError) -> String? {
    guard let value else { return try argument([String]()) }
    if value == .null, isOptional { return nil }
    guard isList else { return try argument([try text(of: value)]) }
    guard case .array(let elements) = value else { throw .invalid(self, value: Self.shown(value)) }
    guard elements.count <= Self.maximumListCount else { throw .tooMany(self) }
    // An empty list is one, and not the default.
    guard !elements.isEmpty else { return Self.list([]) }
    var texts: [String] = []
    for element in elements { texts.append(try text(of: element)) }
    return try argument(texts)
  }

  private func text(of value: JSONValue) throws(ArgumentError) -> String {
    switch (type, value) {
    case (.jsonb, _): return Self.shown(value)
    case (.boolean, .bool(let flag)): return flag ? "true" : "false"
    case (.integer, .number(let text)), (.bigint, .number(let text)), (.double, .number(let text)): return text
    case (.text, .string(let text)), (.timestamptz, .string(let text)), (.interval, .string(let text)),
      (.uuid, .string(let text)):
      return text
    default: throw .invalid(self, value: Self.shown(value))
    }
  }

  private static func shown(_ value: JSONValue) -> String {
    var bytes: [UInt8] = []
    value.append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
