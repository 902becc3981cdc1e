import JSON
import Plan

extension EndpointPlan.Parameter {
  /// As OpenAPI 3 describes a parameter.
  var parameterObject: JSONValue {
    .object([
      JSONMember("name", .string(name)), JSONMember("in", .string(place == .path ? "path" : "query")),
      JSONMember("required", .bool(isRequired)), JSONMember("description", .string(description)),
      JSONMember("schema", schema), JSONMember("example", example),
    ])
  }

  /// Of a member of a body, with what it means.
  var describedSchema: JSONValue {
    let schema = isOptional && type != .jsonb ? object(["anyOf": .array([schema, typed("null")])]) : schema
    guard case .object(let members) = schema else { return schema }
    return .object(members + (description.isEmpty ? [] : [JSONMember("description", .string(description))]))
  }

  /// Of its value, a list as the array that it is.
  var schema: JSONValue {
    var members = isList ? listMembers : valueMembers
    if let defaultValue { members.append(JSONMember("default", json(defaultValue))) }
    return .object(members)
  }

  private var listMembers: [JSONMember] {
    [
      JSONMember("type", .string("array")), JSONMember("items", .object(valueMembers)),
      JSONMember("maxItems", .number(String(Self.maximumListCount))),
    ]
  }

  private var valueMembers: [JSONMember] {
    func string(_ more: JSONMember...) -> [JSONMember] { [JSONMember("type", .string("string"))] + more }
    switch type {
    case .boolean: return [JSONMember("type", .string("boolean"))]
    case .integer: return [JSONMember("type", .string("integer")), JSONMember("format", .string("int32"))] + bounds
    case .bigint: return [JSONMember("type", .string("integer")), JSONMember("format", .string("int64"))] + bounds
    case .double: return [JSONMember("type", .string("number")), JSONMember("format", .string("double"))] + bounds
    case .text:
      if !allowedValues.isEmpty { return string(JSONMember("enum", .array(allowedValues.map { .string($0) }))) }
      // Of what is longer the length of the request is the bound.
      let length =
        maximumCharacters > Self.maximumTextCharacters
        ? [] : [JSONMember("maxLength", .number(String(maximumCharacters)))]
      // A segment of a path is never empty.
      let least = place == .path ? [JSONMember("minLength", .number("1"))] : []
      return string() + length + least + (pattern.map { [JSONMember("pattern", .string($0.text))] } ?? [])
    case .timestamptz:
      let forms: [JSONValue] = [
        .object([JSONMember("format", .string("date-time"))]),
        .object([JSONMember("pattern", .string("^[-+][0-9]{1,4}(s|m|h|d)$"))]),
      ]
      return string(JSONMember("anyOf", .array(forms)))
    case .interval:
      let range = range.map { [JSONMember("x-range", .string($0.text))] } ?? []
      // What there is no word for is the rest of the range.
      var digits = "[0-9]{1,4}"
      if case .intervals(let range) = self.range, range.lowerBound > 0 { digits = "[1-9][0-9]{0,3}" }
      return string(JSONMember("pattern", .string("^\(digits) ?(s|m|h|d|seconds?|minutes?|hours?|days?)$"))) + range
    case .uuid: return string(JSONMember("format", .string("uuid")))
    case .jsonb: return []
    }
  }

  private var bounds: [JSONMember] {
    switch range {
    case .integers(let range):
      [
        JSONMember("minimum", .number(String(range.lowerBound))),
        JSONMember("maximum", .number(String(range.upperBound))),
      ]
    case .doubles(let range):
      [
        JSONMember("minimum", .number(String(range.lowerBound))),
        JSONMember("maximum", .number(String(range.upperBound))),
      ]
    case .intervals, nil:
      type == .bigint
        ? [
          JSONMember("minimum", .number(String(Int64.min))), JSONMember("maximum", .number(String(Int64.max))),
        ] : []
    }
  }

  /// Something that the parameter takes.
  var example: JSONValue {
    if let defaultValue { return json(defaultValue) }
    let one: JSONValue =
      switch type {
      case .boolean: .bool(true)
      case .integer, .bigint:
        if case .integers(let range) = range {
          .number(String(min(max(10, range.lowerBound), range.upperBound)))
        } else {
          .number("10")
        }
      case .double: if case .doubles(let range) = range { .number(String(range.lowerBound)) } else { .number("0.5") }
      // Nobody can tell a text that a pattern takes.
      case .text: .string(allowedValues.first ?? "")
      case .timestamptz: .string("2026-01-31T12:00:00Z")
      case .interval:
        if case .intervals(let range) = range { .string(LengthText.short(range.lowerBound)) } else { .string("5m") }
      case .uuid: .string("7d9f1c9e-6a43-4f0e-9f3b-2f5b6f0c8a11")
      case .jsonb: .object([])
      }
    return isList ? .array([one]) : one
  }

  private func json(_ value: EndpointPlan.ParameterValue) -> JSONValue {
    switch value {
    case .one(let text): json(text)
    case .list(let texts): .array(texts.map(json))
    }
  }

  private func json(_ canonical: String) -> JSONValue {
    switch type {
    case .boolean: .bool(canonical == "true")
    case .integer, .bigint, .double: .number(canonical)
    case .text, .timestamptz, .interval, .uuid, .jsonb: .string(canonical)
    }
  }
}
