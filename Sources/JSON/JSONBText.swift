/// Why Postgres could not hold a JSON document as `jsonb`.
public enum JSONBError: Error, Hashable, Sendable {
  /// SQLSTATE 22P02: it is no JSON document.
  case syntax
  /// SQLSTATE 22P05: U+0000, which Postgres' texts cannot hold.
  case zeroCharacter
  /// SQLSTATE 22003: a number that `numeric` cannot hold.
  case numberOutOfRange
  /// Too deep, or too long as text.
  case tooLarge
}

/// Appends the text that Postgres shows of the document as `jsonb`: one member of each name, the last one, by the length of
/// the name and then its bytes; numbers as `numeric` has them; strings without needless escapes.
///
/// - Parameter limit: how many bytes the text may have.
public func appendJSONBText(
  of document: UnsafeBufferPointer<UInt8>, to output: inout [UInt8], limit: Int
) throws(JSONBError) {
  var reader = JSONBReader(document, limit: limit)
  let root = try reader.readDocument()
  let start = output.count
  reader.append(root, to: &output)
  if output.count - start > limit { throw .tooLarge }
}

/// Reads a document into nodes whose scalars are already in Postgres' form: what an object shows is known only when its
/// last member has been read.
struct JSONBReader {
  indirect enum Node {
    /// A number, a boolean or null: a range of `scalars`.
    case scalar(Range<Int>)
    /// A range of `scalars`, and what it says.
    case string(Range<Int>, String)
    case array([Node])
    /// In Postgres' order, each name once.
    case object([(name: String, value: Node)])
  }

  /// Deeper than a decoder nests values.
  private static let maximumDepth = 1024

  private var parser: JSONParser
  private let limit: Int
  private var scalars: [UInt8] = []

  init(_ document: UnsafeBufferPointer<UInt8>, limit: Int) {
    parser = JSONParser(document)
    self.limit = limit
  }

  mutating func readDocument() throws(JSONBError) -> Node {
    let root = try readNode(depth: 0)
    guard parser.isAtEnd else { throw .syntax }
    return root
  }

  private mutating func readNode(depth: Int) throws(JSONBError) -> Node {
    guard depth <= Self.maximumDepth else { throw .tooLarge }
    switch parser.peek() {
    case UInt8(ascii: "{"): return try readObject(depth: depth)
    case UInt8(ascii: "["): return try readArray(depth: depth)
    default:
      let start = scalars.count
      switch try parsed({ parser throws(JSONError) in try parser.parseValue(depth: 0) }) {
      case .string(let text):
        try check(text)
        appendJSONString(text, to: &scalars)
        guard scalars.count <= limit else { throw .tooLarge }
        return .string(start..<scalars.count, text)
      case .number(let text): try appendNumeric(text, to: &scalars)
      case let word: word.append(to: &scalars)
      }
      guard scalars.count <= limit else { throw .tooLarge }
      return .scalar(start..<scalars.count)
    }
  }

  private mutating func readArray(depth: Int) throws(JSONBError) -> Node {
    _ = parser.take("[")
    if parser.take("]") { return .array([]) }
    var elements: [Node] = []
    repeat { elements.append(try readNode(depth: depth + 1)) } while parser.take(",")
    guard parser.take("]") else { throw .syntax }
    return .array(elements)
  }

  private mutating func readObject(depth: Int) throws(JSONBError) -> Node {
    _ = parser.take("{")
    if parser.take("}") { return .object([]) }
    var members: [(name: String, value: Node)] = []
    repeat {
      let name = try parsed { parser throws(JSONError) in try parser.parseName() }
      try check(name)
      members.append((name, try readNode(depth: depth + 1)))
    } while parser.take(",")
    guard parser.take("}") else { throw .syntax }
    return .object(Self.ordered(members))
  }

  /// By the length of the name and then its bytes; of several members of one name the last.
  private static func ordered(_ members: [(name: String, value: Node)]) -> [(name: String, value: Node)] {
    func isBefore(_ left: String, _ right: String) -> Bool {
      let lengths = (left.utf8.count, right.utf8.count)
      return lengths.0 == lengths.1 ? left.utf8.lexicographicallyPrecedes(right.utf8) : lengths.0 < lengths.1
    }
    let order = members.indices.sorted { left, right in
      if isBefore(members[left].name, members[right].name) { return true }
      return !isBefore(members[right].name, members[left].name) && left < right
    }
    var kept: [(name: String, value: Node)] = []
    for index in order {
      // Strings compare by canonical equivalence, names by bytes.
      if let last = kept.last, last.name.utf8.elementsEqual(members[index].name.utf8) { kept.removeLast() }
      kept.append(members[index])
    }
    return kept
  }

  private func check(_ text: String) throws(JSONBError) {
    if text.utf8.contains(0) { throw .zeroCharacter }
  }

  private mutating func parsed<Value>(
    _ parse: (inout JSONParser) throws(JSONError) -> Value
  ) throws(JSONBError) -> Value {
    do throws(JSONError) { return try parse(&parser) } catch { throw .syntax }
  }

  func scalar(_ range: Range<Int>) -> ArraySlice<UInt8> { scalars[range] }

  func append(_ node: Node, to output: inout [UInt8]) {
    switch node {
    case .scalar(let range), .string(let range, _): output.append(contentsOf: scalars[range])
    case .array(let elements):
      output.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { output.append(contentsOf: ", ".utf8) }
        append(element, to: &output)
      }
      output.append(UInt8(ascii: "]"))
    case .object(let members):
      output.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { output.append(contentsOf: ", ".utf8) }
        appendJSONString(member.name, to: &output)
        output.append(contentsOf: ": ".utf8)
        append(member.value, to: &output)
      }
      output.append(UInt8(ascii: "}"))
    }
  }
}

/// A number in the form of `numeric`: no exponent, and as many decimal places as it is written with.
private func appendNumeric(_ number: String, to output: inout [UInt8]) throws(JSONBError) {
  // The reach of numeric: digits before the point, and behind it.
  let (maximumWhole, maximumScale) = (131_072, 16_383)
  var rest = Substring(number).utf8
  let isNegative = rest.first == UInt8(ascii: "-")
  if isNegative { rest = rest.dropFirst() }
  let mantissa = rest.prefix { $0 | 0x20 != UInt8(ascii: "e") }
  let exponentText = rest.dropFirst(mantissa.count + 1)
  // An exponent of more digits is out of reach for zero, too.
  guard let exponent = exponentText.isEmpty ? 0 : Int(Substring(exponentText)), exponent.magnitude < 1 << 30 else {
    throw .numberOutOfRange
  }
  let whole = mantissa.prefix { $0 != UInt8(ascii: ".") }
  let fraction = mantissa.dropFirst(whole.count + 1)
  let scale = max(0, fraction.count - exponent)
  guard scale <= maximumScale else { throw .numberOutOfRange }
  let digits = Array(whole) + Array(fraction)
  guard let first = digits.firstIndex(where: { $0 != UInt8(ascii: "0") }) else {
    output.append(UInt8(ascii: "0"))
    appendFraction(scale: scale, to: &output) { UInt8(ascii: "0") }
    return
  }
  // How many of the digits stand before the point; below zero, or beyond their number, zeros stand between.
  let point = whole.count + exponent
  guard point - first <= maximumWhole else { throw .numberOutOfRange }
  if isNegative { output.append(UInt8(ascii: "-")) }
  if point <= first {
    output.append(UInt8(ascii: "0"))
  } else {
    output.append(contentsOf: digits[first..<min(point, digits.count)])
    output.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, point - digits.count)))
  }
  var position = point
  appendFraction(scale: scale, to: &output) {
    defer { position += 1 }
    return digits.indices.contains(position) ? digits[position] : UInt8(ascii: "0")
  }
}

private func appendFraction(scale: Int, to output: inout [UInt8], _ digit: () -> UInt8) {
  guard scale > 0 else { return }
  output.append(UInt8(ascii: "."))
  for _ in 0..<scale { output.append(digit()) }
}
