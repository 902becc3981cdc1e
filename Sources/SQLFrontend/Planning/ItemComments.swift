extension SourceText {
  /// The comment block at the beginning of the file, without its dashes, one line of text for each of the file's.
  var headerComment: String { headerTokens.map(commentText).joined(separator: "\n") }

  /// The lines of the comment block at the beginning of the file.
  var headerTokens: [Token] {
    var lines: [Token] = []
    for token in tokens {
      guard token.kind == .lineComment else { break }
      // A blank line ends the block.
      if let previous = lines.last, line(of: token.range.lowerBound) > line(of: previous.range.lowerBound) + 1 { break }
      lines.append(token)
    }
    return lines
  }

  /// The line comments directly above the token at `offset`, as one line.
  ///
  /// A comment behind something else on its line belongs to that and not to what follows.
  func commentAbove(_ offset: Int) -> String { commentTokens(above: offset).map(commentText).joined(separator: " ") }

  /// The same, line by line.
  func commentTokens(above offset: Int) -> [Token] {
    guard var index = tokens.firstIndex(where: { $0.range.lowerBound >= offset }) else { return [] }
    var lines: [Token] = []
    var below = line(of: offset)
    while index > 0 {
      index -= 1
      let comment = tokens[index]
      let line = line(of: comment.range.lowerBound)
      guard comment.kind == .lineComment, line == below - 1 else { break }
      if index > 0, self.line(of: tokens[index - 1].range.upperBound - 1) == line { break }
      lines.insert(comment, at: 0)
      below = line
    }
    return lines
  }

  /// The text of the SELECT item that begins at `offset`, without its alias, on one line.
  func itemText(at offset: Int) -> String {
    var depth = 0
    var pieces: [String] = []
    var end: Int?
    for token in tokens where token.range.lowerBound >= offset && !token.isComment {
      let text = text(token)
      if depth == 0, [",", ";", ")"].contains(text) { break }
      if depth == 0, token.kind == .word, ["from", "as"].contains(text.lowercased()) { break }
      if text == "(" { depth += 1 }
      if text == ")" { depth -= 1 }
      if let end, end < token.range.lowerBound { pieces.append(" ") }
      pieces.append(text)
      end = token.range.upperBound
    }
    return pieces.joined()
  }

  /// Where the call stands that begins at `offset`, up to its closing parenthesis.
  func callRange(at offset: Int) -> Range<Int> {
    var depth = 0
    for token in tokens where token.range.lowerBound >= offset && !token.isComment {
      let text = text(token)
      if text == "(" { depth += 1 }
      if text == ")" { depth -= 1 }
      if depth == 0, text == ")" { return offset..<token.range.upperBound }
    }
    return offset..<offset
  }

  /// Without its dashes.
  func commentText(_ token: Token) -> String {
    let text = text(token).drop { $0 == "-" }
    let start = text.first == " " ? text.dropFirst() : text
    return String(start.reversed().drop { $0.isWhitespace }.reversed())
  }
}
