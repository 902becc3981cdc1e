import Events
import JSON

/// Reads documents: checks all of each (RFC 8259, and that no object names a member twice) and writes the columns whose
/// values are met on the way. Complete, and the only place that reports failures: `ShapeLoops` take the common case and
/// leave everything else to it.
///
/// What is nested lies on a stack of its own, of `JSONValue.maximumDepth` frames.
struct JSONReader: ~Copyable {
  let batch: EventBatch
  let columns: UnsafePointer<Column>
  let tree: PathTree
  let seed: UInt64
  /// The row that is written.
  var row = 0
  /// What the scalars of the last document were, when that is asked for.
  var leaves: LeafRecorder?

  /// The document, and where its next byte is.
  private var start = TextView.empty.start
  var cursor = TextView.empty.start
  private var end = TextView.empty.start

  private struct Frame {
    /// Where the value begins.
    var start: UnsafePointer<UInt8>
    var node: Int
    var isObject: Bool
    /// The element that is read.
    var element = 0
    var firstName: Int
    var seenNames: UInt64 = 0
    /// How many there were in the document before.
    var zeros: Int
    var wideNumbers: Int
  }

  private let frames = UnsafeMutablePointer<Frame>.allocate(capacity: JSONValue.maximumDepth)
  private var openNames = NameTable()
  /// Strings of the document with an escaped U+0000.
  private var zeros = 0
  /// Numbers of the document that `numeric` cannot hold.
  private var wideNumbers = 0

  /// By column: the number of the value in which it was met last.
  private let met: UnsafeMutablePointer<UInt64>
  private var number: UInt64 = 0
  /// The first value that does not fit its column. What follows is read nevertheless: a document that is not JSON is not
  /// said to have a wrong value.
  private var refusal: JSONFailure?

  init(batch: EventBatch, columns: UnsafePointer<Column>, tree: PathTree, seed: UInt64) {
    self.batch = batch
    self.columns = columns
    self.tree = tree
    self.seed = seed
    met = .allocate(capacity: tree.columns.count)
    met.initialize(repeating: 0, count: tree.columns.count)
  }

  deinit {
    frames.deallocate()
    met.deallocate()
  }

  // MARK: - Documents and values

  /// Reads a record's payload into the row, which fails when it is no event.
  ///
  /// - Returns: whether it is one.
  mutating func readRecord(_ record: Record) -> Bool {
    do throws(JSONFailure) {
      try readDocument(record)
      return true
    } catch {
      batch.fail(row, error.code, error.message)
      return false
    }
  }

  private mutating func readDocument(_ record: Record) throws(JSONFailure) {
    guard let payload = record.payload else {
      throw JSONFailure(code: .tombstone, message: "the record has no payload")
    }
    guard record.payloadCount > 0 else { throw JSONFailure(code: .empty, message: "the payload has no bytes") }
    place(payload, at: payload, end: payload + record.payloadCount)
    if end - cursor >= 3, cursor[0] == 0xEF, cursor[1] == 0xBB, cursor[2] == 0xBF { cursor += 3 }
    skipSpace()
    let kind = cursor < end ? JSONKind(first: cursor.pointee) : nil
    try readValue(kind == .object ? PathTree.root : PathTree.nowhere, depth: 0)
    skipSpace()
    guard cursor == end else { throw malformed("text after the end of the document") }
    guard kind == .object else {
      throw JSONFailure(code: .malformed, message: "the document is \(kind?.name ?? "nothing"), not an object")
    }
    try settle(PathTree.root)
  }

  /// Reads a text that is a document of any kind, which Postgres could make `jsonb` of. No column is written.
  mutating func checkDocument(_ text: TextView) throws(JSONFailure) {
    place(text.start, at: text.start, end: text.start + text.count)
    try readValue(PathTree.nowhere, depth: 0)
    skipSpace()
    guard cursor == end else { throw malformed("text after the end of the document") }
    if let fault = JSONReader.fault(hasZero: zeros > 0, hasWideNumber: wideNumbers > 0) {
      throw JSONFailure(code: fault.code, message: fault.message)
    }
  }

  /// Reads the value at `cursor` inside of a document that begins at `start`, and its columns into the row.
  ///
  /// - Parameter depth: how many arrays and objects are open.
  /// - Returns: where it ends; nil when the document fails by it, which is not reported.
  mutating func readPart(
    _ node: Int, depth: Int, row: Int, _ cursor: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    self.row = row
    place(cursor, at: cursor, end: end)
    do throws(JSONFailure) {
      try readValue(node, depth: depth)
      if node != PathTree.nowhere { try settle(node) }
      return self.cursor
    } catch {
      return nil
    }
  }

  private mutating func place(
    _ start: UnsafePointer<UInt8>, at cursor: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) {
    self.start = start
    self.cursor = cursor
    self.end = end
    number &+= 1
    zeros = 0
    wideNumbers = 0
    openNames.removeAll()
    refusal = nil
  }

  /// Gives NULL to the columns at the node and below that were not met.
  private mutating func settle(_ node: Int) throws(JSONFailure) {
    for column in tree.nodes[node].all where met[column] != number {
      let target = tree.columns[column]
      if target.isNullable {
        setNull(columns[target.index], row)
      } else {
        refuse(column, .missingValue, "the member is missing")
      }
    }
    if let refusal { throw refusal }
  }

  /// Reads a value with all that is inside of it; without recursion, as documents are not to be trusted.
  private mutating func readValue(_ root: Int, depth base: Int) throws(JSONFailure) {
    var open = 0
    var node = root
    value: while true {
      skipSpace()
      guard cursor < end else { throw malformed("the text ends where a value is expected") }
      switch cursor.pointee {
      case UInt8(ascii: "{"):
        try enter(node, isObject: true, &open, base)
        skipSpace()
        if cursor < end, cursor.pointee == UInt8(ascii: "}") {
          try leave(&open)
        } else {
          node = try readName(open - 1)
          continue value
        }
      case UInt8(ascii: "["):
        try enter(node, isObject: false, &open, base)
        skipSpace()
        if cursor < end, cursor.pointee == UInt8(ascii: "]") {
          try leave(&open)
        } else {
          node = node == PathTree.nowhere ? node : tree.child(of: node, element: 0)
          continue value
        }
      default: try readScalar(node, depth: base + open)
      }
      // What is behind a value, as long as containers end there.
      while open > 0 {
        skipSpace()
        let isObject = frames[open - 1].isObject
        let byte = cursor < end ? cursor.pointee : 0
        if byte == UInt8(ascii: ",") {
          cursor += 1
          if isObject {
            node = try readName(open - 1)
          } else {
            frames[open - 1].element += 1
            node = frames[open - 1].node
            if node != PathTree.nowhere { node = tree.child(of: node, element: frames[open - 1].element) }
          }
          continue value
        }
        guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
          throw malformed("a comma or \(isObject ? "}" : "]") is expected")
        }
        try leave(&open)
      }
      return
    }
  }

  private mutating func enter(
    _ node: Int, isObject: Bool, _ open: inout Int, _ base: Int
  ) throws(JSONFailure) {
    guard base + open < JSONValue.maximumDepth else {
      throw malformed("nested more than \(JSONValue.maximumDepth) levels deep")
    }
    frames[open] = Frame(
      start: cursor, node: node, isObject: isObject, firstName: openNames.count, zeros: zeros, wideNumbers: wideNumbers)
    leaves?.enter(isObject: isObject, at: cursor, tree, node, depth: base + open)
    open += 1
    cursor += 1
  }

  private mutating func leave(_ open: inout Int) throws(JSONFailure) {
    cursor += 1
    open -= 1
    let frame = frames[open]
    if frame.isObject, !openNames.close(first: frame.firstName) {
      throw JSONFailure(
        code: .malformed, message: "an object has two members of one name (up to byte \(cursor - start))")
    }
    leaves?.leave(at: cursor)
    guard frame.node != PathTree.nowhere else { return }
    let text = TextView(start: frame.start, count: cursor - frame.start)
    write(
      frame.node, container: text, frame.isObject ? .object : .array, hasZero: zeros > frame.zeros,
      hasWideNumber: wideNumbers > frame.wideNumbers)
  }

  /// Reads a member's name and the colon behind it.
  ///
  /// - Returns: the member's node.
  private mutating func readName(_ frame: Int) throws(JSONFailure) -> Int {
    skipSpace()
    guard cursor < end, cursor.pointee == UInt8(ascii: "\"") else {
      throw malformed("a member's name in double quotes is expected")
    }
    let place = cursor
    let text = try readText(PathTree.nowhere)
    if text.hasZero { zeros += 1 }
    let name = NameHash(text.characters(&batch.arena), seed: seed)
    guard openNames.append(name, first: frames[frame].firstName, seen: &frames[frame].seenNames) else {
      throw JSONFailure(
        code: .malformed, message: "the member \(quoted(name.text.bytes)) is there twice (at byte \(place - start))")
    }
    skipSpace()
    guard cursor < end, cursor.pointee == UInt8(ascii: ":") else {
      throw malformed("a colon is expected after the member's name")
    }
    cursor += 1
    let node = frames[frame].node
    return node == PathTree.nowhere ? node : tree.child(of: node, name)
  }

  private mutating func readScalar(_ node: Int, depth: Int) throws(JSONFailure) {
    let place = cursor
    var kind = LeafKind.word
    switch cursor.pointee {
    case UInt8(ascii: "\""):
      let text = try readText(node)
      if text.hasZero { zeros += 1 }
      if node != PathTree.nowhere { write(node, text: text) }
      kind = .text
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      let number = try readNumber()
      if !number.isNumeric { wideNumbers += 1 }
      if node != PathTree.nowhere { write(node, number: number) }
      kind = .number(number)
    case UInt8(ascii: "t"):
      try take("true")
      if node != PathTree.nowhere { write(node, boolean: true, TextView(start: place, count: 4)) }
    case UInt8(ascii: "f"):
      try take("false")
      if node != PathTree.nowhere { write(node, boolean: false, TextView(start: place, count: 5)) }
    case UInt8(ascii: "n"):
      try take("null")
      if node != PathTree.nowhere { writeNull(node) }
    default: throw malformed("a value is expected")
    }
    leaves?.add(kind, node, depth: depth, place, cursor)
  }

  // MARK: - Tokens

  @inline(__always)
  private mutating func skipSpace() {
    while cursor < end, JSONReader.isSpace(cursor.pointee) { cursor += 1 }
  }

  @inline(__always)
  static func isSpace(_ byte: UInt8) -> Bool {
    byte <= 0x20 && (byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09)
  }

  private mutating func take(_ word: StaticString) throws(JSONFailure) {
    let count = word.utf8CodeUnitCount
    guard end - cursor >= count else { throw malformed("a value is expected") }
    for index in 0..<count where cursor[index] != word.utf8Start[index] { throw malformed("a value is expected") }
    cursor += count
  }

  private mutating func readText(_ node: Int) throws(JSONFailure) -> JSONText {
    let place = cursor
    cursor += 1
    do throws(JSONText.Fault) {
      return try JSONText(&cursor, end)
    } catch {
      throw explained(error, node, place)
    }
  }

  private func explained(_ fault: JSONText.Fault, _ node: Int, _ place: UnsafePointer<UInt8>) -> JSONFailure {
    switch fault {
    case .unclosed: return malformed("the text ends inside a string that begins at byte \(place - start)")
    case .control: return malformed("a control character in a string must be escaped")
    case .escape: return malformed("an unknown escape")
    case .hexadecimal: return malformed("four hexadecimal digits are expected")
    case .surrogate: return malformed("half a surrogate pair")
    case .invalidUTF8:
      let column = node == PathTree.nowhere ? nil : tree.nodes[node].own.first
      let name = column.map { tree.names[$0] + ": " } ?? ""
      return JSONFailure(
        code: .invalidUTF8, message: "\(name)the text is not UTF-8 (at byte \(cursor - start))")
    }
  }

  private mutating func readNumber() throws(JSONFailure) -> JSONNumber {
    guard let number = JSONNumber(&cursor, end) else {
      let isDigit = cursor < end && digitValue(cursor.pointee) < 10
      throw malformed(isDigit ? "a number must not begin with 0" : "a digit is expected")
    }
    return number
  }

  private func malformed(_ message: String) -> JSONFailure {
    JSONFailure(code: .malformed, message: "not JSON: \(message) (at byte \(cursor - start))")
  }

  // MARK: - Columns

  /// Notes that the column was met.
  @inline(__always)
  mutating func meet(_ column: Int) { met[column] = number }

  mutating func refuse(_ column: Int, _ code: EventErrorCode, _ message: String) {
    guard refusal == nil else { return }
    refusal = JSONFailure(code: code, message: "\(tree.names[column]): \(message)")
  }
}

/// What a value is, for messages.
enum JSONKind {
  case object, array, text, number, boolean, null

  init?(first byte: UInt8) {
    switch byte {
    case UInt8(ascii: "{"): self = .object
    case UInt8(ascii: "["): self = .array
    case UInt8(ascii: "\""): self = .text
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): self = .number
    case UInt8(ascii: "t"), UInt8(ascii: "f"): self = .boolean
    case UInt8(ascii: "n"): self = .null
    default: return nil
    }
  }

  static func isContainer(_ first: UInt8) -> Bool { first == UInt8(ascii: "{") || first == UInt8(ascii: "[") }

  var name: String {
    switch self {
    case .object: "an object"
    case .array: "an array"
    case .text: "a text"
    case .number: "a number"
    case .boolean: "a boolean"
    case .null: "null"
    }
  }
}
