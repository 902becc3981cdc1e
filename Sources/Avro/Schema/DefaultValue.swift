import JSON

/// Rules for the JSON that stands for a default value.
enum DefaultValue {
  /// Why `value` is not a value of the type, or nil when it is one.
  ///
  /// For a union any branch will do, as the specification says since 1.12; before it was the first.
  static func mismatch(_ value: JSONValue, types: [AvroType], type index: Int) -> String? {
    var check = DefaultValueCheck(types: types)
    return check.mismatch(value, type: index, depth: 0)
  }

  /// The first branch of the union that `value` fits.
  static func branch(of value: JSONValue, types: [AvroType], type index: Int) -> Int? {
    guard case .union(let branches) = types[index].shape else { return nil }
    return branches.first { mismatch(value, types: types, type: $0) == nil }
  }

  /// The default with the defaults of the record fields that it leaves out, as JSON of the value it stands for.
  static func completed(_ value: JSONValue, types: [AvroType], type index: Int) -> JSONValue {
    switch (types[index].shape, value) {
    case (.array(let items), .array(let elements)):
      return .array(elements.map { completed($0, types: types, type: items) })
    case (.map(let values), .object(let members)):
      return .object(members.map { JSONMember($0.name, completed($0.value, types: types, type: values)) })
    case (.record(let fields), .object):
      return .object(
        fields.map { field in
          let member = value[field.name] ?? field.defaultValue ?? .null
          return JSONMember(field.name, completed(member, types: types, type: field.type))
        })
    case (.union, _):
      guard let branch = branch(of: value, types: types, type: index) else { return value }
      return completed(value, types: types, type: branch)
    default: return value
    }
  }

  /// The bytes that a string of code points below 256 stands for.
  static func bytes(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}

/// Compares a default value with a type.
///
/// Bounded, because a record's fields that the value leaves out have defaults of their own: these can lead back to the
/// same record without end, or double from one record to the next.
private struct DefaultValueCheck {
  /// Values in one default, tried branches of unions included.
  private static let maximumValues = 4096

  let types: [AvroType]
  private var values = 0

  init(types: [AvroType]) { self.types = types }

  mutating func mismatch(_ value: JSONValue, type index: Int, depth: Int) -> String? {
    values += 1
    // What is too deep is too much as a whole: another branch around it must not be taken instead.
    if depth > JSONValue.maximumDepth { values = Self.maximumValues + 1 }
    guard values <= Self.maximumValues else {
      return "with the defaults of its fields it has too many values inside one another"
    }
    let type = types[index]
    switch (type.shape, value) {
    case (.null, .null), (.boolean, .bool), (.float, .number), (.double, .number), (.string, .string): return nil
    case (.int, .number):
      return value.intValue.flatMap(Int32.init(exactly:)) == nil ? "\(value.text) is no 32-bit integer" : nil
    case (.long, .number): return value.intValue == nil ? "\(value.text) is no 64-bit integer" : nil
    case (.bytes, .string(let text)):
      return DefaultValue.bytes(text) == nil ? "code points above 255 stand for no byte" : nil
    case (.fixed(let size), .string(let text)):
      return DefaultValue.bytes(text)?.count == size ? nil : "\(size) code points below 256 are expected"
    case (.enumeration(let symbols, _), .string(let text)):
      return symbols.contains(text) ? nil : "\"\(text)\" is not one of the symbols"
    case (.array(let items), .array(let elements)):
      return firstMismatch(elements.map { ($0, items) }, depth: depth)
    case (.map(let values), .object(let members)):
      return firstMismatch(members.map { ($0.value, values) }, depth: depth)
    case (.record(let fields), .object):
      for field in fields {
        guard let member = value[field.name] ?? field.defaultValue else { return "the field \(field.name) is missing" }
        if let reason = mismatch(member, type: field.type, depth: depth + 1) { return reason }
      }
      return nil
    case (.union(let branches), _):
      for branch in branches where mismatch(value, type: branch, depth: depth + 1) == nil { return nil }
      return "no branch of the union holds \(value.kind)"
    default: return "\(value.kind) is no \(type.summary)"
    }
  }

  private mutating func firstMismatch(_ list: [(value: JSONValue, type: Int)], depth: Int) -> String? {
    for (value, type) in list {
      if let reason = mismatch(value, type: type, depth: depth + 1) { return reason }
    }
    return nil
  }
}
