import Events

/// A regular expression that tells which texts it matches somewhere, in time that grows with the text alone: it follows all
/// ways through the pattern at once and never goes back.
final class RegularExpression: Sendable {
  enum Node {
    /// One of a set of characters, by the set's number.
    case characters(Int, next: Int)
    case split(Int, Int)
    case begin(next: Int)
    case end(next: Int)
    case accept
  }

  /// Steps of a pattern, in which repetitions are written out.
  static let maximumNodes = 2_000
  /// Of the table that says at once what comes after a character.
  private static let maximumStates = 512
  private static let maximumCells = 1 << 15

  private let nodes: [Node]
  private let start: Int
  private let alphabet: Alphabet
  /// For each state and class of characters the next state. nil: there would be too many.
  private let table: StateTable?

  init(_ tree: RegularExpressionTree) throws(PreparationError) {
    var builder = NodeBuilder()
    start = try builder.add(tree, before: 0)
    nodes = builder.nodes
    alphabet = Alphabet(builder.sets)
    table = StateTable(nodes, start: start, alphabet, states: Self.maximumStates, cells: Self.maximumCells)
  }

  /// Whether it matches any part of the text, which is UTF-8.
  func matches(_ text: TextView) -> Bool {
    table.map { $0.matches(text, alphabet) } ?? simulate(text)
  }

  /// Without a table: the nodes that have been reached, character by character.
  private func simulate(_ text: TextView) -> Bool {
    var closure = Closure(nodes)
    var reached = closure.nodes(from: [start], isAtBegin: true, isAtEnd: text.count == 0)
    var offset = 0
    while !closure.hasAccepted, offset < text.count {
      let (point, end) = text.codePoint(at: offset)
      offset = end
      let kind = alphabet.kind(of: point)
      var next = [start]
      for node in reached {
        if case .characters(let set, let target) = nodes[node], alphabet.holds(set, kind) { next.append(target) }
      }
      reached = closure.nodes(from: next, isAtBegin: false, isAtEnd: offset == text.count)
    }
    return closure.hasAccepted
  }
}

/// Writes a tree out as nodes, each of which knows what comes behind it.
private struct NodeBuilder {
  private(set) var nodes: [RegularExpression.Node] = [.accept]
  private(set) var sets: [CodePointSet] = []
  /// Parts of the tree that have been written out: what matches nothing takes no nodes, however often it is repeated.
  private var parts = 0

  private mutating func add(_ node: RegularExpression.Node) throws(PreparationError) -> Int {
    guard nodes.count < RegularExpression.maximumNodes else { throw Self.tooLarge }
    nodes.append(node)
    return nodes.count - 1
  }

  private static var tooLarge: PreparationError {
    PreparationError(
      "the regular expression takes more than \(RegularExpression.maximumNodes) steps",
      hint: "repeat less: x{1,200} is x written 200 times", argument: 1)
  }

  /// - Returns: the node that the tree begins with.
  mutating func add(_ tree: RegularExpressionTree, before next: Int) throws(PreparationError) -> Int {
    parts += 1
    guard parts <= 4 * RegularExpression.maximumNodes else { throw Self.tooLarge }
    switch tree {
    case .characters(let set):
      let number = sets.firstIndex(of: set) ?? sets.count
      if number == sets.count { sets.append(set) }
      return try add(.characters(number, next: next))
    case .begin: return try add(.begin(next: next))
    case .end: return try add(.end(next: next))
    case .sequence(let terms):
      var first = next
      for term in terms.reversed() { first = try add(term, before: first) }
      return first
    case .choice(let branches):
      var first: Int?
      for branch in branches.reversed() {
        let start = try add(branch, before: next)
        first = if let other = first { try add(.split(start, other)) } else { start }
      }
      return first ?? next
    case .repeated(let inner, let least, let most):
      var first = next
      if let most {
        for _ in least..<most { first = try add(.split(try add(inner, before: first), next)) }
      } else {
        first = try add(.split(next, next))
        nodes[first] = .split(try add(inner, before: first), next)
      }
      for _ in 0..<least { first = try add(inner, before: first) }
      return first
    }
  }
}

/// Follows nodes that take no character.
struct Closure {
  private let nodes: [RegularExpression.Node]
  private var seen: [Bool]
  /// Whether the last set of nodes has the last one in it.
  private(set) var hasAccepted = false

  init(_ nodes: [RegularExpression.Node]) {
    self.nodes = nodes
    seen = [Bool](repeating: false, count: nodes.count)
  }

  /// The nodes that take a character or wait for the end, in ascending order.
  mutating func nodes(from starts: [Int], isAtBegin: Bool, isAtEnd: Bool) -> [Int] {
    var left = starts
    var found: [Int] = []
    var visited: [Int] = []
    hasAccepted = false
    while let node = left.popLast() {
      if seen[node] { continue }
      seen[node] = true
      visited.append(node)
      switch nodes[node] {
      case .characters: found.append(node)
      case .split(let first, let second): left += [first, second]
      case .begin(let next): if isAtBegin { left.append(next) }
      case .end(let next):
        found.append(node)
        if isAtEnd { left.append(next) }
      case .accept: hasAccepted = true
      }
    }
    for node in visited { seen[node] = false }
    return found.sorted()
  }
}

/// All characters, in classes of those that no set of the pattern tells apart.
struct Alphabet {
  /// Where the class of characters changes, and to which.
  private let starts: [UInt32]
  private let kinds: [Int]
  private let ascii: [Int]
  /// For each class the sets that hold it.
  private let members: [[Bool]]

  var count: Int { members.count }

  init(_ sets: [CodePointSet]) {
    let bounds = Set([0] + sets.flatMap { $0.ranges.flatMap { [$0.lowerBound, $0.upperBound + 1] } })
    let starts = bounds.filter { $0 <= CodePointSet.greatest }.sorted()
    var members: [[Bool]] = []
    var numbers: [[Bool]: Int] = [:]
    kinds = starts.map { start in
      let signature = sets.map { $0.contains(start) }
      if let known = numbers[signature] { return known }
      members.append(signature)
      numbers[signature] = members.count - 1
      return members.count - 1
    }
    self.starts = starts
    self.members = members
    var ascii: [Int] = []
    var place = 0
    for point in 0..<128 as Range<UInt32> {
      while place + 1 < starts.count, starts[place + 1] <= point { place += 1 }
      ascii.append(kinds[place])
    }
    self.ascii = ascii
  }

  func kind(of point: UInt32) -> Int {
    if point < 128 { return ascii[Int(point)] }
    var (low, high) = (0, starts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= point { low = middle } else { high = middle }
    }
    return kinds[low]
  }

  func holds(_ set: Int, _ kind: Int) -> Bool { members[kind][set] }
}

/// What each character leads to from each set of nodes that can be reached.
struct StateTable {
  private static let found: Int32 = -1
  private let next: [Int32]
  private let width: Int
  /// Whether the text matches when it ends in the state.
  private let acceptsAtEnd: [Bool]

  /// nil when there would be too many states.
  init?(_ nodes: [RegularExpression.Node], start: Int, _ alphabet: Alphabet, states: Int, cells: Int) {
    var closure = Closure(nodes)
    width = alphabet.count
    var sets: [[Int]] = []
    var numbers: [[Int]: Int32] = [:]
    var next: [Int32] = []
    var acceptsAtEnd: [Bool] = []
    /// The state of that set; the first one is at the beginning, and so is no other.
    func state(_ reached: [Int]) -> Int32 {
      if let known = numbers[reached] { return known }
      let number = Int32(sets.count)
      sets.append(reached)
      if number > 0 { numbers[reached] = number }
      return number
    }
    let first = closure.nodes(from: [start], isAtBegin: true, isAtEnd: false)
    let isFound = closure.hasAccepted
    _ = state(first)
    var number = 0
    while number < sets.count {
      guard sets.count <= states, sets.count * width <= cells else { return nil }
      let reached = sets[number]
      _ = closure.nodes(from: number == 0 ? [start] : reached, isAtBegin: number == 0, isAtEnd: true)
      acceptsAtEnd.append(closure.hasAccepted)
      for kind in 0..<width {
        var targets = [start]
        for node in reached {
          if case .characters(let set, let target) = nodes[node], alphabet.holds(set, kind) { targets.append(target) }
        }
        let set = closure.nodes(from: targets, isAtBegin: false, isAtEnd: false)
        next.append(closure.hasAccepted ? Self.found : state(set))
      }
      number += 1
    }
    // The pattern matches nothing at all, as every text has it.
    if isFound { next[0..<width] = ArraySlice(repeating: Self.found, count: width) }
    self.next = next
    self.acceptsAtEnd = acceptsAtEnd
  }

  func matches(_ text: TextView, _ alphabet: Alphabet) -> Bool {
    next.withUnsafeBufferPointer { next in
      var state: Int32 = 0
      var offset = 0
      while offset < text.count {
        let (point, end) = text.codePoint(at: offset)
        state = next[Int(state) * width + alphabet.kind(of: point)]
        if state == Self.found { return true }
        offset = end
      }
      return acceptsAtEnd[Int(state)]
    }
  }
}

extension TextView {
  /// The character that begins at the offset, of UTF-8, and where it ends.
  @inline(__always)
  fileprivate func codePoint(at offset: Int) -> (point: UInt32, end: Int) {
    let first = UInt32(start[offset])
    if first < 0x80 { return (first, offset + 1) }
    let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    var point = first & (0x7F >> UInt32(length))
    for following in offset + 1..<min(offset + length, count) {
      point = point << 6 | UInt32(start[following]) & 0x3F
    }
    return (point, min(offset + length, count))
  }
}

extension ScalarFunction {
  /// `~` and its kin: whether a constant pattern matches any part of a text.
  static let expressionFunctions: [ScalarFunction] = [
    ("~", false, false), ("!~", false, true), ("~*", true, false), ("!~*", true, true),
  ].map { name, ignoresCase, isNegated in
    ScalarFunction(
      name, [.text, .text], notation: .infix, writesByteCollation: true, isCostly: true, constants: [1]
    ) { preparation throws(PreparationError) in
      guard let pattern = preparation.text(1) else {
        throw PreparationError("a regular expression is a constant", hint: "write LIKE for another", argument: 1)
      }
      var parser = RegularExpressionParser(pattern, ignoresCase: ignoresCase)
      let expression = try RegularExpression(try parser.parse())
      return PreparedFunction(.boolean, needsByteCollation: parser.dependsOnCollation) { row in
        row.give(expression.matches(row.text(0)) != isNegated)
      }
    }
  }
}
