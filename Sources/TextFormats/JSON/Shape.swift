import Events

/// What documents of one kind have in common: the bytes between their values, and how each value is read.
///
/// Learned from a document that was read as a whole. Another one with the same bytes between values is JSON, too, and has
/// the same members, none of them twice.
final class Shape {
  /// How a value is read. What a loop does not read of it is left to the `JSONReader`.
  enum Kind {
    /// Of no column, or of none that has a scalar there.
    case skip
    case text
    /// A text of a `varchar(n)` column.
    case varchar
    /// A whole number of an `integer` or `bigint` column.
    case integer
    case decimal
    case double
    case boolean
    /// A whole number that counts units of time, of a `timestamptz` or `timestamp` column.
    case epoch
    /// A text of a `timestamptz` or `timestamp` column.
    case timestamp
    case uuid
    /// Whatever it is.
    case part

    /// Whether it begins with a quote, which is looked at with what stands in front.
    fileprivate var isQuoted: Bool {
      switch self {
      case .text, .varchar, .timestamp, .uuid: true
      case .skip, .integer, .decimal, .double, .boolean, .epoch, .part: false
      }
    }
  }

  struct Step {
    var kind: Kind
    /// The bytes in front of the value, the quote of a text with them.
    var text: TextView
    /// The first and the last eight of them; of fewer bytes, both are all.
    var first: UInt64
    var last: UInt64
    var lastOffset: Int
    /// The bits of a word that are compared.
    var mask: UInt64
    /// So many bytes behind the first eight are not among the last.
    var middle: Int
    /// Bytes that have to be left for comparing words, and for reading the value without minding the end.
    var reach: Int
    var room: Int
    /// Whether `QuickRoom.before` bytes are in front of every such value.
    var hasRoomBefore: Bool
    /// Where the value begins.
    var valueOffset: Int
    var node: Int
    var depth: Int
    /// The one column whose value this is, if it is one.
    var column: JSONColumn
    /// The member may be missing: what stands in front of it is its name and the comma behind the member before, and its
    /// columns take NULL.
    var isOptional: Bool

    /// - Parameter before: the least number of bytes in front of `text`.
    init(_ kind: Kind, _ text: TextView, _ leaf: LeafRecorder.Leaf, _ tree: PathTree, before: Int) {
      self.kind = kind
      self.text = text
      let count = text.count
      let (start, end) = (text.start, text.start + count)
      lastOffset = max(0, count - 8)
      first = Shape.word(start, end)
      last = Shape.word(start + lastOffset, end)
      mask = count < 8 ? 1 << UInt64(8 * count) - 1 : .max
      middle = max(0, count - 16)
      valueOffset = kind.isQuoted ? count - 1 : count
      reach = max(8, count)
      room = middle == 0 ? count + QuickRoom.bytes : .max
      hasRoomBefore = before + count >= QuickRoom.before
      node = leaf.node
      depth = leaf.depth
      column = tree.onlyColumn(of: leaf.node) ?? .none
      let columns = leaf.node == PathTree.nowhere ? 0..<0 : tree.nodes[leaf.node].all
      isOptional =
        Shape.isName(TextView(start: start, count: valueOffset)) && columns.allSatisfy { tree.columns[$0].isNullable }
    }
  }

  let steps: UnsafeMutableBufferPointer<Step>
  /// The bytes behind the last value.
  let tail: TextView
  /// Columns of the batch that have no value in such documents: NULL.
  let unmet: UnsafeMutableBufferPointer<Int>
  private let bytes: UnsafeMutableBufferPointer<UInt8>

  /// How many rows it was tried on, and how many had it; both fade.
  private(set) var tried = 0
  private(set) var matched = 0
  /// Blocks since a row had it.
  private(set) var idleBlocks = 0

  private static let maximumBytes = 1 << 14
  /// So many trials say what a shape is worth.
  private static let meaningfulTrials = 512
  private static let maximumIdleBlocks = 256

  /// nil for a document that is too large to be worth it.
  init?(_ leaves: [LeafRecorder.Leaf], of document: UnsafeBufferPointer<UInt8>, _ tree: PathTree) {
    guard let start = document.baseAddress, let last = leaves.last else { return nil }
    let end = start + document.count
    // With the quote of each text.
    let count = leaves.reduce(document.count) { $0 - ($1.end - $1.start) + 1 }
    guard count <= Shape.maximumBytes else { return nil }
    bytes = .allocate(capacity: count + 1)
    steps = .allocate(capacity: leaves.count)
    guard let target = bytes.baseAddress else { return nil }
    var copied = 0
    func copy(_ from: UnsafePointer<UInt8>, _ to: UnsafePointer<UInt8>) -> TextView {
      let copy = target + copied
      copy.update(from: from, count: to - from)
      copied += to - from
      return TextView(start: UnsafePointer(copy), count: to - from)
    }
    var unmet = Set(tree.columns.indices)
    var previous = start
    var before = 0
    for (index, leaf) in leaves.enumerated() {
      let kind = Shape.kind(of: leaf, tree)
      let text = copy(previous, kind.isQuoted ? leaf.start + 1 : leaf.start)
      let step = Step(kind, text, leaf, tree, before: before)
      // A value has a byte at least.
      before += step.isOptional ? 0 : text.count + 1
      steps.initializeElement(at: index, to: step)
      if leaf.node != PathTree.nowhere, kind != .skip { unmet.subtract(tree.nodes[leaf.node].all) }
      previous = leaf.end
    }
    tail = copy(last.end, end)
    self.unmet = .allocate(capacity: unmet.count)
    _ = self.unmet.initialize(from: unmet.map { tree.columns[$0].index })
  }

  deinit {
    steps.deallocate()
    bytes.deallocate()
    unmet.deallocate()
  }

  private static func kind(of leaf: LeafRecorder.Leaf, _ tree: PathTree) -> Kind {
    guard leaf.node != PathTree.nowhere else { return .skip }
    guard let column = tree.onlyColumn(of: leaf.node) else {
      // A scalar where columns are looked for inside: they are NULL.
      if case .container = leaf.kind { return .part }
      return tree.nodes[leaf.node].own.isEmpty ? .skip : .part
    }
    switch (leaf.kind, column.type) {
    case (.text, .text): return column.maximumCharacters < .max ? .varchar : .text
    case (.text, .uuid): return .uuid
    case (.text, .timestamptz), (.text, .timestamp): return column.unit == nil ? .timestamp : .part
    case (.number(let number), .integer), (.number(let number), .bigint):
      return number.isPlainInteger ? .integer : .part
    case (.number(let number), .timestamptz), (.number(let number), .timestamp):
      return number.isPlainInteger && column.unit != nil ? .epoch : .part
    case (.number(let number), .numeric): return number.hasExponent ? .part : .decimal
    case (.number(let number), .doublePrecision): return number.hasExponent ? .part : .double
    case (.word, .boolean): return .boolean
    // NULL: as what it would be otherwise.
    case (.word, .integer), (.word, .bigint): return .integer
    case (.word, .numeric): return .decimal
    case (.word, .doublePrecision): return .double
    default: return .part
    }
  }

  /// Whether the text between two values is a comma, a member's name and a colon: both are members of one object.
  private static func isName(_ text: TextView) -> Bool {
    var rest = text.bytes[...].filter { ![0x20, 0x0A, 0x0D, 0x09].contains($0) }[...]
    guard rest.popFirst() == UInt8(ascii: ","), rest.popFirst() == UInt8(ascii: "\"") else { return false }
    while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
      if byte == UInt8(ascii: "\\") { rest = rest.dropFirst() }
    }
    return rest.elementsEqual([UInt8(ascii: ":")])
  }

  /// The first eight bytes, zeros behind the end.
  private static func word(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UInt64 {
    (0..<min(8, end - start)).reduce(0) { $0 | UInt64(start[$1]) << UInt64(8 * $1) }
  }

  // MARK: - What it is worth

  func note(tried rows: Int, matched matches: Int) {
    tried += rows
    matched += matches
    if matches > 0 { idleBlocks = 0 }
    guard tried >= 2 * Shape.meaningfulTrials else { return }
    tried /= 2
    matched /= 2
  }

  /// A block has been read, be it with this shape or without.
  func noteBlock() { idleBlocks += 1 }

  /// Whether it saves more than it costs where it does not fit.
  var isWorthIt: Bool { tried < Shape.meaningfulTrials || matched * 8 >= tried }

  /// Whether it keeps the place of another one for nothing.
  var isForgotten: Bool { idleBlocks > Shape.maximumIdleBlocks }
}

extension JSONNumber {
  var hasExponent: Bool { text.bytes.contains { $0 | 0x20 == UInt8(ascii: "e") } }

  /// Neither fraction nor exponent, and few digits.
  fileprivate var isPlainInteger: Bool { places == 0 && !hasExponent && text.count <= 15 && !text.bytes.contains(0x2E) }
}
