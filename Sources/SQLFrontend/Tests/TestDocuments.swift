import JSON
import Plan

/// The JSON objects in a part of a file: one behind the other, over as many lines as they like.
struct TestDocuments {
  private(set) var all: [TestPlan.Document] = []

  /// - Parameters:
  ///   - isCommented: the objects stand in line comments. A line between two objects that begins with neither a brace nor
  ///     a bracket or a quote is a comment for people.
  init(_ source: SourceText, in range: Range<Int>, isCommented: Bool) throws(DefinitionError) {
    let text = isCommented ? Self.uncommented(source, range) : source.bytes
    var position = range.lowerBound
    while position < range.upperBound {
      let byte = text[position]
      if [0x20, 0x09, 0x0a, 0x0d].contains(byte) {
        position += 1
      } else if byte == UInt8(ascii: "{") {
        let end = Self.end(of: text, from: position, in: range)
        try add(source, text, position..<end)
        position = end
      } else if isCommented, !"[]}\"".utf8.contains(byte) {
        while position < range.upperBound, text[position] != UInt8(ascii: "\n") { position += 1 }
      } else {
        throw source.error(at: position, "a JSON object is expected", hint: "write {\"name\": …}")
      }
    }
  }

  private mutating func add(_ source: SourceText, _ text: [UInt8], _ range: Range<Int>) throws(DefinitionError) {
    let bytes = Array(text[range])
    do throws(JSONError) {
      _ = try JSONValue(parsing: bytes)
    } catch {
      throw source.error(at: range.lowerBound + error.position.offset, "not JSON: \(error.message)")
    }
    let document = String(decoding: bytes, as: UTF8.self)
    all.append(TestPlan.Document(text: document, place: source.place(at: range.lowerBound)))
  }

  /// The file with spaces for all that stands in no line comment, and for the dashes: every byte keeps its place.
  private static func uncommented(_ source: SourceText, _ range: Range<Int>) -> [UInt8] {
    var text = source.bytes.map { $0 == UInt8(ascii: "\n") ? $0 : UInt8(ascii: " ") }
    for token in source.tokens where token.kind == .lineComment && range.contains(token.range.lowerBound) {
      for index in token.range.dropFirst(2) { text[index] = source.bytes[index] }
    }
    return text
  }

  /// Behind the brace that closes the object at `start`; the end of the range when none does.
  private static func end(of text: [UInt8], from start: Int, in range: Range<Int>) -> Int {
    var depth = 0
    var isString = false
    var position = start
    while position < range.upperBound {
      let byte = text[position]
      position += 1
      if isString {
        if byte == UInt8(ascii: "\\") { position += 1 }
        // A string does not go over lines: one that is not closed ends here, and the parser says so.
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\n") { isString = false }
      } else if byte == UInt8(ascii: "\"") {
        isString = true
      } else if byte == UInt8(ascii: "{") {
        depth += 1
      } else if byte == UInt8(ascii: "}") {
        depth -= 1
        if depth == 0 { return position }
      }
    }
    return range.upperBound
  }
}
