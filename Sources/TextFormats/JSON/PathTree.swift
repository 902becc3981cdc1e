import Events
import JSON
import Plan

/// The paths of the declared columns as one tree, so that columns which share a beginning share the way to it.
///
/// Nodes are met in the order of a walk over the tree: the columns at a node and below it lie side by side, and so do
/// those at the node itself, which come first.
final class PathTree {
  /// What is not on the way to any column.
  static let nowhere = -1
  static let root = 0

  struct Node {
    /// The columns whose value this is.
    var own = 0..<0
    /// Those and all below.
    var all = 0..<0
    /// Members are looked up in so many places, a power of two or none, from here on.
    var firstPlace = 0
    var placeCount = 0
    /// Elements of arrays, in ascending order.
    var elements = 0..<0

    /// Whether columns are to be found inside of the value.
    var isInner: Bool { placeCount > 0 || !elements.isEmpty }
  }

  private struct Place {
    var name: NameHash = NameHash()
    var child = PathTree.nowhere
  }

  /// By node.
  let nodes: UnsafeMutablePointer<Node>
  /// The columns in the order of the walk.
  let columns: UnsafeMutableBufferPointer<JSONColumn>
  /// Their names.
  let names: [String]
  /// What reads those that are arrays.
  let arrays: [JSONArrayDecoder?]
  private let places: UnsafeMutablePointer<Place>
  private let elements: UnsafeMutablePointer<(index: Int, child: Int)>
  private let memberNames: UnsafeMutableBufferPointer<UInt8>

  convenience init(columns: [(index: Int, declared: DeclaredColumn)], seed: UInt64) {
    let root = Branch()
    // No value is deeper; that the rest of such a path is cut off makes no difference to a column that is never met.
    for column in columns { root.add(column, column.declared.path.prefix(JSONValue.maximumDepth + 1)) }
    self.init(root, seed: seed)
  }

  private init(_ root: Branch, seed: UInt64) {
    var layout = Layout()
    layout.add(root)
    nodes = .allocate(capacity: layout.nodes.count)
    nodes.initialize(from: layout.nodes, count: layout.nodes.count)
    columns = .allocate(capacity: layout.columns.count)
    _ = columns.initialize(from: layout.columns)
    names = layout.names
    arrays = layout.arrays
    elements = .allocate(capacity: max(1, layout.elements.count))
    elements.initialize(from: layout.elements, count: layout.elements.count)
    let bytes = layout.members.reduce(0) { $0 + $1.reduce(0) { $0 + $1.name.utf8.count } }
    memberNames = .allocate(capacity: max(1, bytes))
    memberNames.initialize(repeating: 0)
    places = .allocate(capacity: max(1, layout.placeCount))
    places.initialize(repeating: Place(), count: max(1, layout.placeCount))
    var next = 0
    for (node, members) in zip(layout.nodes, layout.members) {
      for member in members {
        let count = member.name.utf8.count
        let bytes = UnsafeMutableBufferPointer(rebasing: memberNames[next..<next + count])
        _ = bytes.initialize(from: member.name.utf8)
        next += count
        let start = bytes.baseAddress.map { UnsafePointer($0) } ?? TextView.empty.start
        let name = NameHash(TextView(start: start, count: count), seed: seed)
        var place = Int(truncatingIfNeeded: name.hash) & (node.placeCount - 1)
        while places[node.firstPlace + place].child != PathTree.nowhere { place = (place + 1) & (node.placeCount - 1) }
        places[node.firstPlace + place] = Place(name: name, child: member.child)
      }
    }
  }

  deinit {
    nodes.deallocate()
    columns.deallocate()
    places.deallocate()
    elements.deallocate()
    memberNames.deallocate()
  }

  /// The column whose value this is, when there are no others at the node and below.
  func onlyColumn(of node: Int) -> JSONColumn? {
    guard node != PathTree.nowhere, !nodes[node].isInner, nodes[node].own.count == 1 else { return nil }
    return columns[nodes[node].own.lowerBound]
  }

  /// The node of a member; `nowhere` when there is none.
  @inline(__always)
  func child(of node: Int, _ name: NameHash) -> Int {
    let (first, count) = (nodes[node].firstPlace, nodes[node].placeCount)
    guard count > 0 else { return PathTree.nowhere }
    // A place in two is free at least.
    var place = Int(truncatingIfNeeded: name.hash) & (count &- 1)
    while true {
      let found = places[first &+ place]
      if found.child == PathTree.nowhere || found.name == name { return found.child }
      place = (place &+ 1) & (count &- 1)
    }
  }

  /// The node of an element; `nowhere` when there is none.
  @inline(__always)
  func child(of node: Int, element: Int) -> Int {
    for index in nodes[node].elements where elements[index].index == element { return elements[index].child }
    return PathTree.nowhere
  }
}

/// The tree while columns are added to it.
private final class Branch {
  var columns: [(index: Int, declared: DeclaredColumn)] = []
  var members: [(name: String, branch: Branch)] = []
  var elements: [(index: Int, branch: Branch)] = []

  func add(_ column: (index: Int, declared: DeclaredColumn), _ path: ArraySlice<DeclaredColumn.Step>) {
    switch path.first {
    case nil: columns.append(column)
    case .member(let name):
      // Strings compare by canonical equivalence, names by bytes.
      let known = members.first { $0.name.utf8.elementsEqual(name.utf8) }?.branch
      let branch = known ?? Branch()
      if known == nil { members.append((name, branch)) }
      branch.add(column, path.dropFirst())
    case .element(let index):
      let known = elements.first { $0.index == index }?.branch
      let branch = known ?? Branch()
      if known == nil { elements.append((index, branch)) }
      branch.add(column, path.dropFirst())
    }
  }
}

/// The tree as tables.
private struct Layout {
  var nodes: [PathTree.Node] = []
  /// By node.
  var members: [[(name: String, child: Int)]] = []
  var elements: [(index: Int, child: Int)] = []
  var columns: [JSONColumn] = []
  var names: [String] = []
  var arrays: [JSONArrayDecoder?] = []
  var placeCount = 0

  @discardableResult
  mutating func add(_ branch: Branch) -> Int {
    let index = nodes.count
    nodes.append(PathTree.Node())
    members.append([])
    let first = columns.count
    columns += branch.columns.map { JSONColumn(index: $0.index, $0.declared) }
    names += branch.columns.map(\.declared.name)
    arrays += branch.columns.map { JSONArrayDecoder($0.declared) }
    nodes[index].own = first..<columns.count
    members[index] = branch.members.map { ($0.name, add($0.branch)) }
    let inner = branch.elements.sorted { $0.index < $1.index }.map { (index: $0.index, child: add($0.branch)) }
    nodes[index].elements = elements.count..<elements.count + inner.count
    elements += inner
    nodes[index].all = first..<columns.count
    guard !members[index].isEmpty else { return index }
    var places = 2
    while places < 2 * members[index].count { places *= 2 }
    nodes[index].firstPlace = placeCount
    nodes[index].placeCount = places
    placeCount += places
    return index
  }
}
