import Events
import Plan

/// The columns of a table of JSON documents: members, and records of members where paths lead into them.
struct JSONColumns {
  private indirect enum Node {
    case leaf(String)
    case record([(name: String, node: Node)])
    case array(Node)
  }

  private var root: [(name: String, node: Node)] = []

  /// Adds what a path leads to.
  ///
  /// - Returns: false when another column reads a part of it, or more of it, in another way.
  mutating func add(_ path: [DeclaredColumn.Step], type: String) -> Bool {
    guard case .member? = path.first else { return false }
    guard case .record(let members)? = Self.merged(.record(root), path[...], type) else { return false }
    root = members
    return true
  }

  private static func merged(_ node: Node?, _ path: ArraySlice<DeclaredColumn.Step>, _ type: String) -> Node? {
    guard let step = path.first else {
      switch node {
      case nil: return .leaf(type)
      case .leaf(type)?: return node
      default: return nil
      }
    }
    switch (step, node) {
    case (.member(let name), nil): return merged(nil, path.dropFirst(), type).map { .record([(name, $0)]) }
    case (.member(let name), .record(var members)?):
      let index = members.firstIndex { $0.name == name }
      guard let inner = merged(index.map { members[$0].node }, path.dropFirst(), type) else { return nil }
      if let index { members[index].node = inner } else { members.append((name, inner)) }
      return .record(members)
    case (.element, nil): return merged(nil, path.dropFirst(), type).map { .array($0) }
    case (.element, .array(let items)?): return merged(items, path.dropFirst(), type).map { .array($0) }
    default: return nil
    }
  }

  /// `` `name` TYPE ``, one after the other.
  var columns: [String] { root.map { "\(FlinkText.identifier($0.name)) \(Self.text($0.node))" } }

  private static func text(_ node: Node) -> String {
    switch node {
    case .leaf(let type): type
    case .record(let members):
      "ROW<\(members.map { "\(FlinkText.identifier($0.name)) \(text($0.node))" }.joined(separator: ", "))>"
    case .array(let items): "ARRAY<\(text(items))>"
    }
  }

  /// What a query calls the value at a path.
  static func reference(_ path: [DeclaredColumn.Step]) -> String {
    path.reduce("") { text, step in
      switch step {
      case .member(let name): text + (text.isEmpty ? "" : ".") + FlinkText.identifier(name)
      // Flink counts from 1.
      case .element(let number): text + "[\(number + 1)]"
      }
    }
  }
}
