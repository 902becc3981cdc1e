import Events
import JSON

/// Writes rows as JSON objects that nest as the paths of their columns say.
///
/// Which members there are is the same for every row, so that all text between two values is made once.
public struct JSONForm: Sendable {
  /// What stands before each value and, at last, behind them all.
  private let pieces: [[UInt8]]
  /// The columns in the order in which the object has them: members of one object stand together.
  private let order: [Int]
  private let timeText: TimeText

  /// Elements of arrays that no column has become null; more of them are refused.
  public static let maximumElements = 1000

  public init(_ form: EventForm) {
    do {
      try self.init(paths: form.fields.map { $0.path.map(JSONPathStep.member) }, timeText: form.timeText)
    } catch {
      preconditionFailure("the form \(form.name): \(error)")
    }
  }

  /// - Parameter paths: those of the columns. None may be another's beginning, and an element of an array is not at the
  ///   place of a member.
  public init(paths: [[JSONPathStep]], timeText: TimeText) throws(PathConflict) {
    var root = Node.object([])
    for (column, path) in paths.enumerated() {
      guard root.insert(column, at: path[...]) else { throw PathConflict(column: column) }
    }
    var text = TemplateText()
    text.append(root)
    pieces = text.pieces + [text.piece]
    order = text.order
    self.timeText = timeText
  }

  /// Appends the object, without a line end.
  public func append(_ row: EventRow, to output: inout [UInt8]) {
    for (piece, column) in zip(pieces, order) {
      output.append(contentsOf: piece)
      append(row[column], to: &output)
    }
    if let last = pieces.last { output.append(contentsOf: last) }
  }

  private func append(_ value: FieldValue, to output: inout [UInt8]) {
    switch value {
    case .null: output.append(contentsOf: "null".utf8)
    case .text(let text): appendJSONString(utf8: text.bytes, to: &output)
    case .integer(let number): output.append(contentsOf: String(number).utf8)
    case .double(let number): output.append(contentsOf: number.description.utf8)
    case .json(let text): output.append(contentsOf: text.bytes)
    case .tags(let tags): appendJSON(tags, to: &output)
    case .time(let milliseconds):
      switch timeText {
      case .epochMilliseconds: output.append(contentsOf: String(milliseconds).utf8)
      case .iso8601:
        output.append(UInt8(ascii: "\""))
        appendISO8601(milliseconds: milliseconds, to: &output)
        output.append(UInt8(ascii: "\""))
      }
    }
  }
}

/// Why columns do not make one object.
public struct PathConflict: Error, Equatable {
  /// Its place is taken by one before it, or it has too high a number in an array.
  public var column: Int

  public init(column: Int) {
    self.column = column
  }
}

/// Appends an object with a member for each tag.
func appendJSON(_ tags: UnsafeBufferPointer<Tag>, to output: inout [UInt8]) {
  output.append(UInt8(ascii: "{"))
  for (index, tag) in tags.enumerated() {
    if index > 0 { output.append(UInt8(ascii: ",")) }
    appendJSONString(utf8: tag.name.bytes, to: &output)
    output.append(UInt8(ascii: ":"))
    appendJSONString(utf8: tag.value.bytes, to: &output)
  }
  output.append(UInt8(ascii: "}"))
}

/// What stands at a place of the object.
private enum Node {
  case missing
  case value(column: Int)
  case object([(name: String, node: Node)])
  case array([Node])

  /// False: something else is there.
  mutating func insert(_ column: Int, at path: ArraySlice<JSONPathStep>) -> Bool {
    switch (path.first, self) {
    case (nil, .missing):
      self = .value(column: column)
      return true
    case (.member, .missing):
      self = .object([])
      return insert(column, at: path)
    case (.element, .missing):
      self = .array([])
      return insert(column, at: path)
    case (.member(let name)?, .object(var members)):
      let index = members.firstIndex { $0.name == name } ?? members.count
      if index == members.count { members.append((name, .missing)) }
      guard members[index].node.insert(column, at: path.dropFirst()) else { return false }
      self = .object(members)
      return true
    case (.element(let index)?, .array(var elements)):
      guard (0..<JSONForm.maximumElements).contains(index) else { return false }
      while elements.count <= index { elements.append(.missing) }
      guard elements[index].insert(column, at: path.dropFirst()) else { return false }
      self = .array(elements)
      return true
    default:
      return false
    }
  }
}

/// The object's text, cut where values go.
private struct TemplateText {
  var pieces: [[UInt8]] = []
  var order: [Int] = []
  var piece: [UInt8] = []

  mutating func append(_ node: Node) {
    switch node {
    case .missing: piece.append(contentsOf: "null".utf8)
    case .value(let column):
      pieces.append(piece)
      order.append(column)
      piece = []
    case .object(let members):
      piece.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { piece.append(UInt8(ascii: ",")) }
        appendJSONString(member.name, to: &piece)
        piece.append(UInt8(ascii: ":"))
        append(member.node)
      }
      piece.append(UInt8(ascii: "}"))
    case .array(let elements):
      piece.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { piece.append(UInt8(ascii: ",")) }
        append(element)
      }
      piece.append(UInt8(ascii: "]"))
    }
  }
}
