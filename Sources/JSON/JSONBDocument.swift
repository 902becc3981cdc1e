/// A JSON document as Postgres holds it as `jsonb`: members by the length of the name and then its bytes, the last of
/// equal names, numbers as `numeric` has them.
public struct JSONBDocument {
  /// One step into a document: a member's name, which of an array is the number of an element.
  public enum Step {
    case member(String)
    /// Counted from 0, or from the end below that.
    case element(Int)
    /// As `#>` has it: a name in an object, a number in an array.
    case either(String)
  }

  private let reader: JSONBReader
  private let root: JSONBReader.Node

  /// - Parameter limit: how many bytes its scalars may have.
  public init(_ document: UnsafeBufferPointer<UInt8>, limit: Int) throws(JSONBError) {
    var reader = JSONBReader(document, limit: limit)
    root = try reader.readDocument()
    self.reader = reader
  }

  private init(_ reader: JSONBReader, _ root: JSONBReader.Node) {
    self.reader = reader
    self.root = root
  }

  /// What lies at the path; nil when there is nothing.
  public subscript(path: [Step]) -> JSONBDocument? {
    var node = root
    for step in path {
      guard let next = Self.step(step, from: node) else { return nil }
      node = next
    }
    return JSONBDocument(reader, node)
  }

  private static func step(_ step: Step, from node: JSONBReader.Node) -> JSONBReader.Node? {
    switch (step, node) {
    case (.member(let name), .object(let members)), (.either(let name), .object(let members)):
      members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    case (.element(let index), .array(let elements)): self.element(index, of: elements)
    // To Postgres a lone value is an array of one.
    case (.element(let index), .scalar), (.element(let index), .string): index == 0 || index == -1 ? node : nil
    case (.either(let name), .array(let elements)): Int32(name).flatMap { element(Int($0), of: elements) }
    default: nil
    }
  }

  private static func element(_ index: Int, of elements: [JSONBReader.Node]) -> JSONBReader.Node? {
    let index = index < 0 ? elements.count + index : index
    return elements.indices.contains(index) ? elements[index] : nil
  }

  /// As `jsonb_typeof` names it.
  public var kind: String {
    switch root {
    case .object: "object"
    case .array: "array"
    case .string: "string"
    case .scalar(let range):
      switch reader.scalar(range).first {
      case UInt8(ascii: "n"): "null"
      case UInt8(ascii: "t"), UInt8(ascii: "f"): "boolean"
      default: "number"
      }
    }
  }

  /// Elements of an array; nil for what is none.
  public var elementCount: Int? {
    if case .array(let elements) = root { elements.count } else { nil }
  }

  /// Those elements; nil for what is no array.
  public var elements: [JSONBDocument]? {
    guard case .array(let elements) = root else { return nil }
    return elements.map { JSONBDocument(reader, $0) }
  }

  /// Whether it is an object with that member, an array with that string as an element, or that string itself: the
  /// operator `?`.
  public func has(_ name: String) -> Bool {
    func isName(_ node: JSONBReader.Node) -> Bool {
      if case .string(_, let text) = node { text.utf8.elementsEqual(name.utf8) } else { false }
    }
    switch root {
    case .object(let members): return members.contains { $0.name.utf8.elementsEqual(name.utf8) }
    case .array(let elements): return elements.contains(where: isName)
    case .string, .scalar: return isName(root)
    }
  }

  /// Appends it as Postgres shows it.
  public func append(to output: inout [UInt8]) { reader.append(root, to: &output) }

  /// Appends it as text: a string's characters, all else as it is shown. nil for null, which is no text.
  public func appendText(to output: inout [UInt8]) -> Bool {
    if case .string(_, let text) = root {
      output.append(contentsOf: text.utf8)
      return true
    }
    guard kind != "null" else { return false }
    append(to: &output)
    return true
  }
}
