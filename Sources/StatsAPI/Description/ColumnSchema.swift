import Dialects
import JSON

/// JSON Schema of what Postgres makes of columns.
enum ColumnSchema {
  /// A row as an object.
  ///
  /// - Parameter isWhole: every column is always there.
  static func row(_ columns: [Relation.Column], isWhole: Bool = true) -> JSONValue {
    var members = [
      JSONMember("type", .string("object")),
      JSONMember("properties", .object(columns.map { JSONMember($0.name, schema($0)) })),
      JSONMember("additionalProperties", .bool(false)),
    ]
    if isWhole { members.append(JSONMember("required", .array(columns.map { .string($0.name) }))) }
    return .object(members)
  }

  /// Rows with what stands beside them.
  static func rows(_ row: JSONValue, beside meta: [Relation.Column]) -> JSONValue {
    let data = object(["type": .string("array"), "items": row])
    let count = object(["type": .string("integer"), "minimum": .number("0"), "description": .string("Of the rows")])
    return object([
      "type": .string("object"),
      "required": .array((["data", "count"] + meta.map(\.name)).map { .string($0) }),
      "properties": .object(
        [JSONMember("data", data), JSONMember("count", count)] + meta.map { JSONMember($0.name, schema($0)) }),
    ])
  }

  static func schema(_ column: Relation.Column) -> JSONValue {
    var members = members(column.type, isNullable: column.isNullable)
    if !column.comment.isEmpty { members.append(JSONMember("description", .string(column.comment))) }
    return .object(members)
  }

  /// Of what is not known here, none: it is whatever Postgres makes of it.
  private static func members(_ type: String, isNullable: Bool) -> [JSONMember] {
    func one(_ name: String, format: String? = nil) -> [JSONMember] {
      let text = JSONValue.string(name)
      return [JSONMember("type", isNullable ? .array([text, .string("null")]) : text)]
        + (format.map { [JSONMember("format", .string($0))] } ?? [])
    }
    if type.hasSuffix("[]") {
      let element = members(String(type.dropLast(2)), isNullable: true)
      return one("array") + [JSONMember("items", .object(element))]
    }
    switch type {
    case "boolean": return one("boolean")
    case "smallint", "integer": return one("integer", format: "int32")
    case "bigint": return one("integer", format: "int64")
    case "numeric", "real", "double precision":
      // JSON has no number for these.
      let special = JSONValue.array(["NaN", "Infinity", "-Infinity"].map { .string($0) })
      let forms = [typed("number"), object(["enum": special])] + (isNullable ? [typed("null")] : [])
      return [JSONMember("anyOf", .array(forms))]
    case "timestamp with time zone": return one("string", format: "date-time")
    case "date": return one("string", format: "date")
    case "uuid": return one("string", format: "uuid")
    case "text", "character varying", "character", "name", "bytea", "interval", "timestamp without time zone",
      "time without time zone", "time with time zone", "inet", "cidr":
      return one("string")
    default: return []
    }
  }

  // MARK: Examples

  static func example(_ columns: [Relation.Column]) -> JSONValue {
    .object(columns.map { JSONMember($0.name, example($0)) })
  }

  static func example(rows columns: [Relation.Column]?, beside meta: [Relation.Column]) -> JSONValue {
    .object(
      [
        JSONMember("data", .array(columns.map { [example($0)] } ?? [])),
        JSONMember("count", .number(columns == nil ? "0" : "1")),
      ] + meta.map { JSONMember($0.name, example($0)) })
  }

  private static func example(_ column: Relation.Column) -> JSONValue {
    if column.type.hasSuffix("[]") { return .array([]) }
    switch column.type {
    case "boolean": return .bool(true)
    case "smallint", "integer", "bigint": return .number("1284")
    case "numeric", "real", "double precision": return .number("0.9731")
    case "timestamp with time zone": return .string("2026-01-31T12:00:00+00:00")
    case "timestamp without time zone": return .string("2026-01-31T12:00:00")
    case "date": return .string("2026-01-31")
    case "uuid": return .string("7d9f1c9e-6a43-4f0e-9f3b-2f5b6f0c8a11")
    case "json", "jsonb": return .object([])
    default: return .string("text")
    }
  }
}
