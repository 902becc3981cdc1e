import JSON

/// A node of libpg_query's tree, which arrives as JSON: `{"FuncCall": {"funcname": […], "location": 7}}`.
///
/// Fields that have their default value (false, 0, empty) are left out of that JSON.
struct Node {
  var kind: String
  private var fields: JSONValue

  /// A node with its kind around it.
  init?(_ value: JSONValue) {
    guard case .object(let members) = value, let member = members.first, members.count == 1 else { return nil }
    kind = member.name
    fields = member.value
  }

  /// A node whose kind is known from the field it stands in.
  init(kind: String, fields: JSONValue) {
    self.kind = kind
    self.fields = fields
  }

  /// The names of the fields that are not at their default.
  var fieldNames: [String] {
    guard case .object(let members) = fields else { return [] }
    return members.map(\.name)
  }

  func has(_ name: String) -> Bool {
    fields[name] != nil
  }

  func string(_ name: String) -> String? {
    guard case .string(let text)? = fields[name] else { return nil }
    return text
  }

  func integer(_ name: String) -> Int? {
    guard case .number(let text)? = fields[name] else { return nil }
    return Int(text)
  }

  func flag(_ name: String) -> Bool {
    fields[name] == .bool(true)
  }

  /// The node in field `name`, which carries its own kind.
  func node(_ name: String) -> Node? {
    fields[name].flatMap(Node.init)
  }

  /// The node in field `name`, whose kind is always the same and not repeated.
  func inline(_ name: String) -> Node? {
    fields[name].map { Node(kind: name, fields: $0) }
  }

  func nodes(_ name: String) -> [Node] {
    guard case .array(let items)? = fields[name] else { return [] }
    return items.compactMap(Node.init)
  }

  /// The texts of a list of names; nil stands for anything else in it, such as `*`.
  func names(_ name: String) -> [String?] {
    nodes(name).map { $0.kind == "String" ? $0.string("sval") ?? "" : nil }
  }

  /// Byte offset into the text. Where the parser gives none, that of the node's beginning.
  var location: Int {
    if let location = integer("location"), location >= 0 { return location }
    if has("location") || kind == "A_Indirection" {
      if let inner = inline("typeName")?.integer("location") { return inner }
      if let argument = node("arg") { return argument.location }
    }
    return 0
  }

  /// The nodes directly in it. One whose kind is always the same has the name of its field for a kind, and so has what
  /// stands around one that carries its own.
  func children(without name: String) -> [Node] {
    guard case .object(let members) = fields else { return [] }
    return members.flatMap { member -> [Node] in
      switch member.value {
      case _ where member.name == name: []
      case .object: [Node(kind: member.name, fields: member.value)]
      case .array(let items): items.compactMap(Node.init)
      default: []
      }
    }
  }

  /// Every node in it, itself first.
  func visit(_ body: (Node) -> Void) {
    body(self)
    Node.visit(fields, body)
  }

  private static func visit(_ value: JSONValue, _ body: (Node) -> Void) {
    switch value {
    case .array(let items):
      for item in items { visit(item, body) }
    case .object(let members):
      for member in members {
        if case .object = member.value { body(Node(kind: member.name, fields: member.value)) }
        visit(member.value, body)
      }
    default: break
    }
  }
}
