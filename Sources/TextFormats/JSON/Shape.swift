import CTextScan
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
    /// A text of a `text` or `varchar(n)` column.
    case text
    /// A whole number of an `integer` or `bigint` column.
    case integer
    case decimal
    case double
    case boolean
    /// A whole number that counts units of time.
    case epoch
    /// A text of a `timestamptz` or `timestamp` column.
    case timestamp
    case uuid
    /// Whatever it is.
    case part
  }

  struct Step {
    var kind: Kind
    /// The bytes in front of the value.
    var text: TextView
    /// Those of them that are compared at once.
    var literal: UnsafePointer<streampulse_literal>
    /// So many bytes have to be left for that.
    var reach: Int
    /// Bytes of `text` in its middle that are left.
    var middle: Int
    var node: Int
    var depth: Int
    /// The one column whose value this is, if it is one.
    var column: JSONColumn
  }

  let steps: UnsafeMutableBufferPointer<Step>
  /// The bytes behind the last value.
  let tail: TextView
  /// Columns of the batch that have no value in such documents: NULL.
  let unmet: [Int]
  private let literals: UnsafeMutableBufferPointer<streampulse_literal>
  private let bytes: UnsafeMutableBufferPointer<UInt8>

  /// How many rows it was tried on, and how many had it; both fade.
  private(set) var tried = 0
  private(set) var matched = 0

  private static let maximumBytes = 1 << 14
  private static let width = streampulse_scan_width
  /// So many trials say what a shape is worth.
  private static let meaningfulTrials = 512

  /// nil for a document that is too large to be worth it.
  init?(_ leaves: [LeafRecorder.Leaf], of document: UnsafeBufferPointer<UInt8>, _ tree: PathTree) {
    guard let start = document.baseAddress, let last = leaves.last else { return nil }
    let end = start + document.count
    let valueBytes = leaves.reduce(0) { $0 + ($1.end - $1.start) }
    let count = document.count - valueBytes
    guard count <= Shape.maximumBytes else { return nil }
    bytes = .allocate(capacity: count + 1)
    literals = .allocate(capacity: leaves.count)
    steps = .allocate(capacity: leaves.count)
    guard let target = bytes.baseAddress, let literal = literals.baseAddress else { return nil }
    var copied = 0
    func copy(_ from: UnsafePointer<UInt8>, _ to: UnsafePointer<UInt8>) -> TextView {
      let copy = target + copied
      copy.update(from: from, count: to - from)
      copied += to - from
      return TextView(start: UnsafePointer(copy), count: to - from)
    }
    var unmet = Set(tree.columns.indices)
    var previous = start
    for (index, leaf) in leaves.enumerated() {
      let text = copy(previous, leaf.start)
      (literal + index).initialize(to: Shape.literal(text))
      let column = tree.onlyColumn(of: leaf.node)
      let kind = Shape.kind(of: leaf, tree)
      steps.initializeElement(
        at: index,
        to: Step(
          kind: kind, text: text, literal: UnsafePointer(literal + index),
          reach: max(text.count, Shape.width), middle: max(0, text.count - 2 * Shape.width), node: leaf.node,
          depth: leaf.depth, column: column ?? .none))
      if leaf.node != PathTree.nowhere, kind != .skip { unmet.subtract(tree.nodes[leaf.node].all) }
      previous = leaf.end
    }
    tail = copy(last.end, end)
    self.unmet = unmet.map { tree.columns[$0].index }
  }

  deinit {
    steps.deallocate()
    literals.deallocate()
    bytes.deallocate()
  }

  private static func kind(of leaf: LeafRecorder.Leaf, _ tree: PathTree) -> Kind {
    guard leaf.node != PathTree.nowhere else { return .skip }
    guard let column = tree.onlyColumn(of: leaf.node) else {
      // A scalar where columns are looked for inside: they are NULL.
      if case .container = leaf.kind { return .part }
      return tree.nodes[leaf.node].own.isEmpty ? .skip : .part
    }
    switch (leaf.kind, column.type) {
    case (.text, .text): return .text
    case (.text, .uuid): return .uuid
    case (.text, .timestamptz), (.text, .timestamp): return column.unit == nil ? .timestamp : .part
    case (.number(let number), .integer), (.number(let number), .bigint): return number.isPlainInteger ? .integer : .part
    case (.number(let number), .timestamptz), (.number(let number), .timestamp), (.number(let number), .date),
      (.number(let number), .time):
      return number.isPlainInteger ? .epoch : .part
    case (.number(let number), .numeric): return number.hasExponent ? .part : .decimal
    case (.number(let number), .doublePrecision): return number.hasExponent ? .part : .double
    case (.word, .boolean): return .boolean
    // NULL: as what it would be otherwise.
    case (.word, .text): return .text
    case (.word, .integer), (.word, .bigint): return .integer
    case (.word, .numeric): return .decimal
    case (.word, .doublePrecision): return .double
    default: return .part
    }
  }

  private static func literal(_ text: TextView) -> streampulse_literal {
    var literal = streampulse_literal()
    let lastOffset = max(0, text.count - width)
    literal.last_offset = lastOffset
    withUnsafeMutableBytes(of: &literal.first) { $0.copyBytes(from: text.bytes.prefix(width)) }
    withUnsafeMutableBytes(of: &literal.last) { $0.copyBytes(from: text.bytes[lastOffset...]) }
    withUnsafeMutableBytes(of: &literal.mask) { mask in
      for index in 0..<min(width, text.count) { mask[index] = 0xFF }
    }
    return literal
  }

  // MARK: - What it is worth

  func note(tried rows: Int, matched matches: Int) {
    tried += rows
    matched += matches
    guard tried >= 2 * Shape.meaningfulTrials else { return }
    tried /= 2
    matched /= 2
  }

  /// Whether it saves more than it costs where it does not fit.
  var isWorthIt: Bool { tried < Shape.meaningfulTrials || matched * 8 >= tried }
}

extension JSONNumber {
  var hasExponent: Bool { text.bytes.contains { $0 | 0x20 == UInt8(ascii: "e") } }

  /// Neither fraction nor exponent, and few digits.
  fileprivate var isPlainInteger: Bool { places == 0 && !hasExponent && text.count <= 15 && !text.bytes.contains(0x2E) }
}
