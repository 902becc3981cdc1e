import JSON

/// Rules for the JSON that stands for a default value.
enum DefaultValue {
  /// Why `value` is not a value of the type, or nil when it is one.
  ///
  /// For a union any branch will do, as the specification says since 1.12; before it was the first.
  static func mismatch(_ value: JSONValue, types: [AvroType], type index: Int) -> String? {
    let type = types[index]
    switch (type.shape, value) {
    case (.null, .null), (.boolean, .bool), (.float, .number), (.double, .number), (.string, .string): return nil
    case (.int, .number):
      return value.intValue.flatMap(Int32.init(exactly:)) == nil ? "\(value.text) is no 32-bit integer" : nil
    case (.long, .number): return value.intValue == nil ? "\(value.text) is no 64-bit integer" : nil
    case (.bytes, .string(let text)): return bytes(text) == nil ? "code points above 255 stand for no byte" : nil
    case (.fixed(let size), .string(let text)):
      return bytes(text)?.count == size ? nil : "\(size) code points below 256 are expected"
    case (.enumeration(let symbols, _), .string(let text)):
      return symbols.contains(text) ? nil : "\"\(text)\" is not one of the symbols"
    case (.array(let items), .array(let elements)):
      return elements.lazy.compactMap { mismatch($0, types: types, type: items) }.first
    case (.map(let values), .object(let members)):
      return members.lazy.compactMap { mismatch($0.value, types: types, type: values) }.first
    case (.record(let fields), .object):
      return fields.lazy.compactMap { field -> String? in
        guard let member = value[field.name] ?? field.defaultValue else { return "the field \(field.name) is missing" }
        return mismatch(member, types: types, type: field.type)
      }.first
    case (.union, _):
      return branch(of: value, types: types, type: index) == nil ? "no branch of the union holds \(value.kind)" : nil
    default: return "\(value.kind) is no \(type.summary)"
    }
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
