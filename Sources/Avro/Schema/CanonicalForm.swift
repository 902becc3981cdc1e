import JSON

/// Parsing Canonical Form, as the specification's section of that name lists its transformations.
struct CanonicalForm {
  private let types: [AvroType]
  private var written: Set<AvroName> = []

  static func text(of types: [AvroType], root: Int) -> String {
    var form = CanonicalForm(types: types)
    return form.json(root).text
  }

  private init(types: [AvroType]) {
    self.types = types
  }

  private mutating func json(_ index: Int) -> JSONValue {
    let type = types[index]
    if let name = type.name, !written.insert(name).inserted { return .string(name.full) }
    let name = JSONMember("name", .string(type.name?.full ?? ""))
    switch type.shape {
    case .null, .boolean, .int, .long, .float, .double, .bytes, .string:
      return .string(AvroType(shape: type.shape).summary)
    case .fixed(let size):
      return .object([name, JSONMember("type", .string("fixed")), JSONMember("size", .number(String(size)))])
    case .enumeration(let symbols, _):
      let symbols = JSONValue.array(symbols.map { .string($0) })
      return .object([name, JSONMember("type", .string("enum")), JSONMember("symbols", symbols)])
    case .record(let fields):
      var list: [JSONValue] = []
      for field in fields {
        list.append(.object([JSONMember("name", .string(field.name)), JSONMember("type", json(field.type))]))
      }
      return .object([name, JSONMember("type", .string("record")), JSONMember("fields", .array(list))])
    case .array(let items):
      return .object([JSONMember("type", .string("array")), JSONMember("items", json(items))])
    case .map(let values):
      return .object([JSONMember("type", .string("map")), JSONMember("values", json(values))])
    case .union(let branches):
      var list: [JSONValue] = []
      for branch in branches { list.append(json(branch)) }
      return .array(list)
    }
  }
}

/// The specification's CRC-64-AVRO.
func rabinFingerprint(_ bytes: some Sequence<UInt8>) -> UInt64 {
  bytes.reduce(emptyFingerprint) { fingerprint, byte in
    fingerprint >> 8 ^ rabinTable[Int(truncatingIfNeeded: fingerprint ^ UInt64(byte)) & 0xFF]
  }
}

private let emptyFingerprint: UInt64 = 0xC15D_213A_A4D7_A795

private let rabinTable: [UInt64] = (0..<256).map { byte in
  (0..<8).reduce(UInt64(byte)) { fingerprint, _ in
    fingerprint >> 1 ^ (fingerprint & 1 == 1 ? emptyFingerprint : 0)
  }
}
