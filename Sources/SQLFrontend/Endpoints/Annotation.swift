import Spelling

/// A line `-- name: value` of a file's header, as endpoint and alert files have.
struct Annotation {
  var name: String
  var value: String
  /// Byte offset of the name.
  var location: Int
  /// Byte offset of the value.
  var valueLocation: Int
}

extension Annotation {
  /// nil for a comment that is none.
  init?(_ token: Token, _ source: SourceText) {
    let bytes = source.bytes
    var position = token.range.lowerBound + 2
    let end = token.range.upperBound
    while position < end, bytes[position] == UInt8(ascii: " ") { position += 1 }
    let start = position
    while position < end, (0x61...0x7a).contains(bytes[position]) || bytes[position] == UInt8(ascii: "_") {
      position += 1
    }
    guard position > start, position < end, bytes[position] == UInt8(ascii: ":") else { return nil }
    let name = source.text(start..<position)
    position += 1
    while position < end, bytes[position] == UInt8(ascii: " ") { position += 1 }
    let value = String(source.text(position..<end).reversed().drop { $0.isWhitespace }.reversed())
    self.init(name: name, value: value, location: start, valueLocation: position)
  }
}

extension Annotation {
  /// The parts of the value that commas separate, without blanks, each with its place in the file.
  var list: [(text: String, offset: Int)] {
    var offset = valueLocation
    return value.split(separator: ",", omittingEmptySubsequences: false).map { part in
      defer { offset += part.utf8.count + 1 }
      let blanks = part.prefix { $0 == " " }.utf8.count
      return (trimmed(String(part)), offset + blanks)
    }
  }
}

/// A text without blanks at its ends.
func trimmed(_ text: String) -> String {
  String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
}

/// The annotations at the head of a file, read one by one.
struct Annotations {
  let source: SourceText
  let items: [Annotation]

  /// - Parameters:
  ///   - known: the names that the kind of file has. Another `word:` in the header is refused, for it is probably
  ///     a misspelling; free text is not.
  init(_ source: SourceText, known: [String], diagnostics: inout Diagnostics) {
    self.source = source
    var items: [Annotation] = []
    for token in source.tokens {
      guard token.kind == .lineComment else { break }
      guard let item = Annotation(token, source) else { continue }
      if known.contains(item.name) {
        items.append(item)
      } else {
        let nearest = suggestion(for: item.name, among: known)
        diagnostics.report(
          source.error(
            at: item.location, "there is no annotation \"\(item.name)\"",
            hint: "\(nearest)annotations are \(known.joined(separator: ", "))"))
      }
    }
    self.items = items
  }

  /// The value of an annotation that may stand once.
  func one(_ name: String) throws(DefinitionError) -> Annotation? {
    let found = items.filter { $0.name == name }
    if found.count > 1 { throw source.error(at: found[1].location, "annotation \"\(name)\" is given twice") }
    if let item = found.first, item.value.isEmpty {
      throw source.error(at: item.location, "annotation \"\(name)\" is empty")
    }
    return found.first
  }

  func required(_ name: String, form: String) throws(DefinitionError) -> Annotation {
    guard let item = try one(name) else {
      throw source.error(at: 0, "annotation \"\(name)\" is missing", hint: "write -- \(name): \(form)")
    }
    return item
  }
}
