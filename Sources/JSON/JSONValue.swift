/// A member of a JSON object.
public struct JSONMember: Hashable, Sendable {
  public var name: String
  public var value: JSONValue

  public init(_ name: String, _ value: JSONValue) {
    self.name = name
    self.value = value
  }
}

/// A JSON document (RFC 8259), as it was written: members keep their order and numbers their text.
public enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  /// The number's source text, so that no digit is lost.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([JSONMember])
}

extension JSONValue {
  /// The value of the member of that name; nil when there is none or when this is no object.
  ///
  /// A linear search: meant for the small objects of schemas and parse trees.
  public subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// The element at `index`; nil when there is none or when this is no array.
  public subscript(index: Int) -> JSONValue? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  public var isNull: Bool { self == .null }

  public var boolValue: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  public var stringValue: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  /// The number when it is written as an integer of at most 64 bits: 1, but neither 1.0 nor 1e0.
  public var intValue: Int? {
    guard case .number(let text) = self else { return nil }
    return Int(text)
  }

  /// The number rounded to the nearest double; infinite when it is too large.
  public var doubleValue: Double? {
    guard case .number(let text) = self else { return nil }
    return Double(text)
  }

  public var arrayValue: [JSONValue]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  public var objectValue: [JSONMember]? {
    guard case .object(let members) = self else { return nil }
    return members
  }

  /// What kind of value it is, for messages: "an object", "a number", …
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}
