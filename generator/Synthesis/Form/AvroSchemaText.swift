import JSON

extension EventForm {
  /// The form as an Avro schema, a field a line. Only for forms without nested fields.
  public var avroSchema: String {
    let lines = fields.map { field in
      precondition(field.path.count == 1, "a schema of nested fields")
      var members = [JSONMember("name", .string(field.name)), JSONMember("type", field.avroType)]
      if field.isNullable { members.append(JSONMember("default", .null)) }
      members.append(JSONMember("doc", .string(field.doc)))
      return "    " + JSONValue.object(members).text
    }
    return """
      {
        "type": "record",
        "name": "\(name)",
        "namespace": "streampulse",
        "doc": \(JSONValue.string(doc).text),
        "fields": [
      \(lines.joined(separator: ",\n"))
        ]
      }

      """
  }
}

extension EventForm.Field {
  fileprivate var avroType: JSONValue {
    let type: JSONValue =
      switch self.type {
      case .text: .string("string")
      case .integer: .string("int")
      case .bigint: .string("long")
      case .double: .string("double")
      case .time:
        .object([JSONMember("type", .string("long")), JSONMember("logicalType", .string("timestamp-millis"))])
      case .tags: .object([JSONMember("type", .string("map")), JSONMember("values", .string("string"))])
      }
    return isNullable ? .array([.string("null"), type]) : type
  }
}
