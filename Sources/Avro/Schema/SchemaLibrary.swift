import JSON

/// The named types that the schema files of a project define, each by its full name: a schema may name one that another
/// file defines, in any order.
struct SchemaLibrary: Sendable {
  struct Definition: Sendable {
    /// Counts into `texts`.
    var file: Int
    var path: [JSONPathStep]
    var json: JSONValue
    /// What its simple names are relative to, outside of it.
    var namespace: String?
  }

  enum Found {
    case one(Definition)
    /// Several files define it, and not alike.
    case ambiguous(String, String)
    case none
  }

  let texts: [SchemaText]
  private(set) var roots: [JSONValue] = []
  private var definitions: [AvroName: [Definition]] = [:]

  init(_ texts: [SchemaText]) throws(AvroError) {
    self.texts = texts
    for (file, text) in texts.enumerated() {
      let root = try text.parsed()
      roots.append(root)
      collect(root, file: file, path: [], namespace: nil)
    }
  }

  /// The definition of a name for a schema in `file`, whose own goes before those of others.
  func definition(of name: AvroName, for file: Int) -> Found {
    guard let all = definitions[name], let first = all.first else { return .none }
    if let own = all.first(where: { $0.file == file }) { return .one(own) }
    if let other = all.first(where: { $0.json != first.json || $0.namespace != first.namespace }) {
      return .ambiguous(texts[first.file].file, texts[other.file].file)
    }
    return .one(first)
  }

  private mutating func collect(_ json: JSONValue, file: Int, path: [JSONPathStep], namespace: String?) {
    switch json {
    case .array(let branches):
      for (index, branch) in branches.enumerated() {
        collect(branch, file: file, path: path + [.element(index)], namespace: namespace)
      }
    case .object:
      switch json["type"] {
      case .string(let kind)?:
        var namespace = namespace
        if ["record", "error", "enum", "fixed"].contains(kind), let text = json["name"]?.stringValue {
          let space = json["namespace"]?.stringValue ?? namespace
          let name = AvroName(text, in: space == "" ? nil : space)
          definitions[name, default: []].append(
            Definition(file: file, path: path, json: json, namespace: namespace))
          namespace = name.namespace
        }
        for member in ["items", "values"] {
          if let inner = json[member] {
            collect(inner, file: file, path: path + [.member(member)], namespace: namespace)
          }
        }
        for (index, field) in (json["fields"]?.arrayValue ?? []).enumerated() {
          guard let type = field["type"] else { continue }
          let steps: [JSONPathStep] = [.member("fields"), .element(index), .member("type")]
          collect(type, file: file, path: path + steps, namespace: namespace)
        }
      case let nested?: collect(nested, file: file, path: path + [.member("type")], namespace: namespace)
      case nil: break
      }
    default: break
    }
  }
}
