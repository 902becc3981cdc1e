import JSON

/// Where in the schema's JSON the fault is, and what it is.
struct SchemaFault: Error {
  var origin: SchemaOrigin
  var message: String
}

/// JSON → types. A name that is not defined yet where it is used is looked for in the library, and defined there and
/// then.
struct AvroSchemaParser {
  /// Records, enums and fixeds of one schema: chains of them are followed by recursion.
  private static let maximumNamedTypes = 5_000

  private(set) var types: [AvroType] = []
  private var named: [AvroName: Int] = [:]
  private let library: SchemaLibrary
  /// Where the parser is, for faults.
  private var origin: SchemaOrigin
  /// How deep the place is at which the present definition was asked for, less what its own path has.
  private var depth = 0
  /// Where each name was defined, so that a definition that was asked for early is not one more when it is met.
  private var origins: [AvroName: SchemaOrigin] = [:]
  /// Fields whose defaults are checked once all types are known.
  private var defaults: [(origin: SchemaOrigin, type: Int, value: JSONValue)] = []

  /// - Parameter file: the schema's, in the library.
  init(_ library: SchemaLibrary, file: Int) {
    self.library = library
    origin = SchemaOrigin(file: file, path: [])
  }

  mutating func parseSchema(_ json: JSONValue) throws(SchemaFault) -> Int {
    let root = try parse(json, namespace: nil)
    for entry in defaults {
      if let reason = DefaultValue.mismatch(entry.value, types: types, type: entry.type) {
        throw SchemaFault(
          origin: entry.origin, message: "the default does not fit the field's type: \(reason)")
      }
    }
    return root
  }

  private mutating func parse(_ json: JSONValue, namespace: String?) throws(SchemaFault) -> Int {
    // As deep as if all definitions stood in one text, which bounds every recursion over types.
    guard depth == 0 || depth + origin.path.count + 2 <= JSONValue.maximumDepth else {
      throw fault("types are nested more than \(JSONValue.maximumDepth) levels deep")
    }
    switch json {
    case .string(let name): return try reference(name, namespace: namespace)
    case .array(let branches): return try parseUnion(branches, namespace: namespace)
    case .object:
      switch json["type"] {
      case .string(let type)?: return try parseObject(json, type: type, namespace: namespace)
      case .some(let nested):
        return try inside(.member("type")) { parser throws(SchemaFault) in
          try parser.parse(nested, namespace: namespace)
        }
      case nil: throw fault("the schema has no \"type\"")
      }
    default: throw fault("a schema is a name, an object or an array, not \(json.kind)")
    }
  }

  private mutating func parseObject(_ json: JSONValue, type: String, namespace: String?) throws(SchemaFault) -> Int {
    switch type {
    case "record", "error": return try parseRecord(json, namespace: namespace)
    case "enum": return try parseEnum(json, namespace: namespace)
    case "fixed": return try parseFixed(json, namespace: namespace)
    case "array":
      let items = try parseChild(json, "items", namespace: namespace)
      return add(AvroType(shape: .array(items: items)))
    case "map":
      let values = try parseChild(json, "values", namespace: namespace)
      return add(AvroType(shape: .map(values: values)))
    default:
      let index = try inside(.member("type")) { parser throws(SchemaFault) in
        try parser.reference(type, namespace: namespace)
      }
      // A reference to a named type keeps the logical type of its definition.
      if types[index].name == nil { types[index].logical = logicalType(json, on: types[index].shape) }
      return index
    }
  }

  private mutating func parseChild(
    _ json: JSONValue, _ member: String, namespace: String?
  ) throws(SchemaFault) -> Int {
    guard let child = json[member] else { throw fault("the \(json["type"]?.stringValue ?? "") has no \"\(member)\"") }
    return try inside(.member(member)) { parser throws(SchemaFault) in try parser.parse(child, namespace: namespace) }
  }

  private mutating func reference(_ name: String, namespace: String?) throws(SchemaFault) -> Int {
    if let primitive = Self.primitives[name] { return add(AvroType(shape: primitive)) }
    let full = AvroName(name, in: namespace)
    if let index = named[full] { return index }
    switch library.definition(of: full, for: origin.file) {
    case .one(let definition): return try define(early: definition)
    case .ambiguous(let first, let second):
      throw fault(
        "the type \"\(full.full)\" is defined differently in \(first) and \(second): put the one that is meant in "
          + "place of this name")
    case .none:
      throw fault(
        "the type \"\(full.full)\" is not defined\(library.texts.count > 1 ? ", neither here nor in another file" : "")"
      )
    }
  }

  /// Parses a definition that stands further on or in another file.
  private mutating func define(early definition: SchemaLibrary.Definition) throws(SchemaFault) -> Int {
    let place = (origin, depth)
    depth += origin.path.count - definition.path.count
    origin = SchemaOrigin(file: definition.file, path: definition.path)
    defer { (origin, depth) = place }
    return try parse(definition.json, namespace: definition.namespace)
  }

  private mutating func parseUnion(_ branches: [JSONValue], namespace: String?) throws(SchemaFault) -> Int {
    var indices: [Int] = []
    var seen: Set<String> = []
    for (position, branch) in branches.enumerated() {
      try inside(.element(position)) { parser throws(SchemaFault) in
        let index = try parser.parse(branch, namespace: namespace)
        let type = parser.types[index]
        if case .union = type.shape { throw parser.fault("a union must not contain a union directly") }
        let label = type.name?.full ?? AvroType(shape: type.shape).summary
        guard seen.insert(label).inserted else { throw parser.fault("the union contains \(label) twice") }
        indices.append(index)
      }
    }
    guard !indices.isEmpty else { throw fault("the union has no branches") }
    return add(AvroType(shape: .union(indices)))
  }

  private mutating func parseRecord(_ json: JSONValue, namespace: String?) throws(SchemaFault) -> Int {
    if let known = definedEarly(json, namespace: namespace) { return known }
    let index = try define(json, shape: .record([]), namespace: namespace)
    guard let list = json["fields"]?.arrayValue else { throw fault("the record has no array of \"fields\"") }
    let inner = types[index].name?.namespace
    var fields: [AvroField] = []
    var names: Set<String> = []
    for (position, item) in list.enumerated() {
      try inside(.member("fields")) { parser throws(SchemaFault) in
        try parser.inside(.element(position)) { parser throws(SchemaFault) in
          let field = try parser.parseField(item, namespace: inner)
          guard names.insert(field.name).inserted else {
            throw parser.fault("the field \"\(field.name)\" is there twice")
          }
          fields.append(field)
        }
      }
    }
    types[index].shape = .record(fields)
    var seen: Set<Int> = []
    if isInEvery(index, valueOf: index, seen: &seen) {
      throw fault("the record contains itself in every value, so that no value can end")
    }
    return index
  }

  /// Whether each value of the record `outer` holds a value of `inner`. The array of fields of a record that is still
  /// being parsed is empty, so a cycle is found when its outermost record is complete.
  private func isInEvery(_ inner: Int, valueOf outer: Int, seen: inout Set<Int>) -> Bool {
    guard case .record(let fields) = types[outer].shape, seen.insert(outer).inserted else { return false }
    for field in fields {
      var type = field.type
      if case .union(let branches) = types[type].shape, branches.count == 1 { type = branches[0] }
      if type == inner || isInEvery(inner, valueOf: type, seen: &seen) { return true }
    }
    return false
  }

  private mutating func parseField(_ json: JSONValue, namespace: String?) throws(SchemaFault) -> AvroField {
    guard let name = json["name"]?.stringValue else { throw fault("the field has no \"name\"") }
    guard Self.isName(name) else { throw fault("\"\(name)\" is not a valid name", at: "name") }
    guard let schema = json["type"] else { throw fault("the field \"\(name)\" has no \"type\"") }
    let type = try inside(.member("type")) { parser throws(SchemaFault) in
      try parser.parse(schema, namespace: namespace)
    }
    var order = AvroField.Order.ascending
    if let text = json["order"] {
      guard let known = text.stringValue.flatMap(AvroField.Order.init) else {
        throw fault("\"order\" is ascending, descending or ignore", at: "order")
      }
      order = known
    }
    let value = json["default"]
    if let value {
      let place = SchemaOrigin(file: origin.file, path: origin.path + [.member("default")])
      defaults.append((place, type, value))
    }
    // A field may repeat what its type says rightly.
    let misplaced = json["logicalType"]?.stringValue.flatMap { wanted in
      LogicalType.named(wanted, on: types[optional(type)]) == nil ? nil : wanted
    }
    return AvroField(
      name: name, aliases: try strings(json, "aliases"), doc: json["doc"]?.stringValue, type: type,
      defaultValue: value, order: order, place: origin, misplacedLogicalType: misplaced)
  }

  /// The other branch of a union with null; else the type itself.
  private func optional(_ type: Int) -> Int {
    guard case .union(let branches) = types[type].shape, branches.count == 2 else { return type }
    return branches.first { !types[$0].isNull } ?? type
  }

  private mutating func parseEnum(_ json: JSONValue, namespace: String?) throws(SchemaFault) -> Int {
    if let known = definedEarly(json, namespace: namespace) { return known }
    let symbols = try strings(json, "symbols")
    guard json["symbols"] != nil else { throw fault("the enum has no \"symbols\"") }
    if let bad = symbols.first(where: { !Self.isName($0) }) { throw fault("\"\(bad)\" is not a symbol", at: "symbols") }
    guard Set(symbols).count == symbols.count else { throw fault("the enum repeats a symbol", at: "symbols") }
    let defaultSymbol = json["default"]?.stringValue
    if let value = json["default"], !symbols.contains(where: { .string($0) == value }) {
      throw fault("the default is not one of the enum's symbols", at: "default")
    }
    return try define(json, shape: .enumeration(symbols: symbols, defaultSymbol: defaultSymbol), namespace: namespace)
  }

  private mutating func parseFixed(_ json: JSONValue, namespace: String?) throws(SchemaFault) -> Int {
    if let known = definedEarly(json, namespace: namespace) { return known }
    guard let size = json["size"]?.intValue, (0...Int(Int32.max)).contains(size) else {
      throw fault("the fixed has no \"size\", a number of bytes")
    }
    let index = try define(json, shape: .fixed(size: size), namespace: namespace)
    types[index].logical = logicalType(json, on: .fixed(size: size))
    return index
  }

  /// The type of this very definition, when it has been asked for before it was met.
  private func definedEarly(_ json: JSONValue, namespace: String?) -> Int? {
    guard let text = json["name"]?.stringValue else { return nil }
    let space = json["namespace"]?.stringValue ?? namespace
    let name = AvroName(text, in: space == "" ? nil : space)
    guard let index = named[name], let known = origins[name], known.file == origin.file, known.path == origin.path
    else { return nil }
    return index
  }

  private mutating func define(
    _ json: JSONValue, shape: AvroType.Shape, namespace: String?
  ) throws(SchemaFault) -> Int {
    guard let text = json["name"]?.stringValue else { throw fault("the type has no \"name\"") }
    let space = json["namespace"]?.stringValue ?? namespace
    let name = try fullName(text, namespace: space == "" ? nil : space, at: "name")
    guard Self.primitives[name.full] == nil else { throw fault("\"\(name.full)\" is a primitive type", at: "name") }
    guard named.count < Self.maximumNamedTypes else {
      throw fault("the schema defines more than \(Self.maximumNamedTypes) types")
    }
    guard named[name] == nil else { throw fault("the type \"\(name.full)\" is defined twice", at: "name") }
    var aliases: [AvroName] = []
    for alias in try strings(json, "aliases") {
      aliases.append(try fullName(alias, namespace: name.namespace, at: "aliases"))
    }
    let index = add(AvroType(shape: shape, name: name, aliases: aliases, doc: json["doc"]?.stringValue))
    named[name] = index
    origins[name] = origin
    return index
  }

  private func fullName(_ text: String, namespace: String?, at member: String) throws(SchemaFault) -> AvroName {
    let name = AvroName(text, in: namespace)
    let parts = name.full.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ Self.isName($0) }) else { throw fault("\"\(name.full)\" is not a valid name", at: member) }
    return name
  }

  private func strings(_ json: JSONValue, _ member: String) throws(SchemaFault) -> [String] {
    guard let value = json[member] else { return [] }
    let strings = value.arrayValue?.compactMap(\.stringValue)
    guard let strings, strings.count == value.arrayValue?.count else {
      throw fault("\"\(member)\" is an array of strings", at: member)
    }
    return strings
  }

  private mutating func add(_ type: AvroType) -> Int {
    types.append(type)
    return types.count - 1
  }

  private mutating func inside<Value>(
    _ step: JSONPathStep, _ body: (inout Self) throws(SchemaFault) -> Value
  ) throws(SchemaFault) -> Value {
    origin.path.append(step)
    defer { origin.path.removeLast() }
    return try body(&self)
  }

  private func fault(_ message: String, at member: String? = nil) -> SchemaFault {
    SchemaFault(
      origin: SchemaOrigin(file: origin.file, path: origin.path + (member.map { [.member($0)] } ?? [])),
      message: message)
  }

  static let primitives: [String: AvroType.Shape] = [
    "null": .null, "boolean": .boolean, "int": .int, "long": .long, "float": .float, "double": .double,
    "bytes": .bytes, "string": .string,
  ]

  static func isName(_ text: some StringProtocol) -> Bool {
    guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }
}
