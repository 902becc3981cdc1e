import SQLFrontend

extension Project {
  /// Something that is refused of a definition which is valid in itself.
  ///
  /// - Parameters:
  ///   - subject: the name of a stream, an aggregate or a reference table.
  ///   - word: what it is about in the definition; it is looked for behind the name, outside of comments and constants.
  public func refusal(of subject: String, near word: String?, message: String, hint: String) -> DefinitionError {
    for file in files.deployed where file.path.hasSuffix(".sql") {
      let text = CodeText(file.text)
      guard let name = text.definition(of: subject) else { continue }
      let found = word.flatMap { text.find($0, from: name.upperBound) } ?? name
      let place = text.place(of: found.lowerBound)
      return DefinitionError(
        path: file.path, line: place.line, column: place.column, offendingText: text.text(found), message: message,
        hint: hint)
    }
    return DefinitionError(
      path: "sql", line: 0, column: 0, offendingText: "", message: "\(subject): \(message)", hint: hint)
  }
}

/// A definition's text without its comments and constants, for words to be looked for.
private struct CodeText {
  private let scalars: [Unicode.Scalar]
  /// Spaces where comments and constants are.
  private let code: [Unicode.Scalar]

  init(_ text: String) {
    scalars = Array(text.unicodeScalars)
    var code = scalars
    var index = 0
    func blank(until end: Int) {
      for place in index..<min(end, code.count) where code[place] != "\n" { code[place] = " " }
      index = end
    }
    while index < code.count {
      if code[index] == "-", index + 1 < code.count, code[index + 1] == "-" {
        blank(until: code[index...].firstIndex(of: "\n") ?? code.count)
      } else if code[index] == "'" {
        blank(until: (code[(index + 1)...].firstIndex(of: "'") ?? code.count) + 1)
      } else {
        index += 1
      }
    }
    self.code = code
  }

  /// Where a statement creates what has the name.
  func definition(of name: String) -> Range<Int>? {
    var start = 0
    while let found = find(name, from: start) {
      start = found.upperBound
      let before = code[..<found.lowerBound].split { $0 == " " || $0 == "\n" || $0 == "\"" }.last.map { word in
        String(String.UnicodeScalarView(word)).uppercased()
      }
      if let before, ["VIEW", "TABLE", "EXISTS"].contains(before) { return found }
    }
    return nil
  }

  /// A word, or an operator's signs.
  func find(_ word: String, from start: Int) -> Range<Int>? {
    let wanted = Array(word.lowercased().unicodeScalars)
    guard let first = wanted.first, let last = wanted.last, code.count >= wanted.count else { return nil }
    for index in max(0, start)...max(max(0, start), code.count - wanted.count) {
      let end = index + wanted.count
      guard end <= code.count,
        zip(code[index..<end], wanted).allSatisfy({ $0.properties.lowercaseMapping == String($1) })
      else { continue }
      if isWord(first), index > 0, isWord(code[index - 1]) { continue }
      if isWord(last), end < code.count, isWord(code[end]) { continue }
      return index..<end
    }
    return nil
  }

  private func isWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }

  func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }

  func place(of index: Int) -> (line: Int, column: Int) {
    let before = scalars[..<index]
    let line = before.reduce(1) { $1 == "\n" ? $0 + 1 : $0 }
    let start = before.lastIndex(of: "\n").map { $0 + 1 } ?? 0
    return (line, index - start + 1)
  }
}
