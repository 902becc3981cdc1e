import Events

/// What a value of a document is, as far as it decides how the next document's is read.
enum LeafKind {
  case text
  case number(JSONNumber)
  /// `true`, `false` or `null`
  case word
  /// With all that is inside of it.
  case container
}

/// A document as values with text between them.
struct LeafRecorder {
  struct Leaf {
    var kind: LeafKind
    var node: Int
    /// Arrays and objects that it lies in.
    var depth: Int
    var start: UnsafePointer<UInt8>
    var end: UnsafePointer<UInt8>
  }

  /// Documents of more values have no shape.
  static let maximumLeaves = 256

  private(set) var leaves: [Leaf] = []
  /// How many containers are open from the one on that is taken as a whole.
  private var inside = 0
  private var isTooLarge = false
  /// Whether the members of objects without columns are leaves of their own.
  private let opensUnknown: Bool

  init(opensUnknown: Bool) {
    self.opensUnknown = opensUnknown
  }

  /// nil when there are too many.
  var document: [Leaf]? { isTooLarge ? nil : leaves }

  mutating func removeAll() {
    leaves.removeAll(keepingCapacity: true)
    inside = 0
    isTooLarge = false
  }

  mutating func enter(
    isObject: Bool, at start: UnsafePointer<UInt8>, _ tree: PathTree, _ node: Int, depth: Int
  ) {
    if inside > 0 {
      inside += 1
    } else if !isObject || (node == PathTree.nowhere ? !opensUnknown : !tree.nodes[node].own.isEmpty) {
      append(Leaf(kind: .container, node: node, depth: depth, start: start, end: start))
      inside = 1
    }
  }

  mutating func leave(at end: UnsafePointer<UInt8>) {
    guard inside > 0 else { return }
    inside -= 1
    if inside == 0, !isTooLarge { leaves[leaves.count - 1].end = end }
  }

  mutating func add(
    _ kind: LeafKind, _ node: Int, depth: Int, _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) {
    if inside == 0 { append(Leaf(kind: kind, node: node, depth: depth, start: start, end: end)) }
  }

  private mutating func append(_ leaf: Leaf) {
    if leaves.count == LeafRecorder.maximumLeaves { isTooLarge = true }
    if !isTooLarge { leaves.append(leaf) }
  }
}
