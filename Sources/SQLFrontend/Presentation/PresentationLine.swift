import Spelling

/// A comment that says how pages show results: `-- format: percent`, or with columns' names
/// `-- format price, tax: currency USD`.
struct PresentationLine {
  struct Column {
    var name: String
    /// Byte offset.
    var location: Int
  }

  static let names = ["chart", "format", "thresholds"]

  /// One of `names`, or a word that is written almost like one.
  var name: String
  /// Byte offset of the name.
  var location: Int
  /// None: it is about what stands below it.
  var columns: [Column] = []
  var value: String
  var valueLocation: Int

  /// nil for a comment that is none.
  ///
  /// - Parameter known: a word that is almost one of `names` is taken for a misspelt one in front of one of these columns.
  init?(_ token: Token, _ source: SourceText, known: Set<String> = []) {
    guard token.kind == .lineComment else { return nil }
    var scanner = Scanner(source: source, position: token.range.lowerBound + 2, end: token.range.upperBound)
    scanner.skipBlanks()
    location = scanner.position
    name = scanner.word { (0x61...0x7a).contains($0) || $0 == UInt8(ascii: "_") }
    scanner.skipBlanks()
    while !scanner.takes(UInt8(ascii: ":")) {
      guard columns.isEmpty || scanner.takes(UInt8(ascii: ",")) else { return nil }
      scanner.skipBlanks()
      let location = scanner.position
      guard let column = scanner.identifier() else { return nil }
      columns.append(Column(name: column, location: location))
      scanner.skipBlanks()
    }
    scanner.skipBlanks()
    valueLocation = scanner.position
    value = trimmed(source.text(scanner.position..<token.range.upperBound))
    if Self.names.contains(name) { return }
    guard columns.contains(where: { known.contains($0.name) }), nearestSpelling(of: name, among: Self.names) != nil
    else {
      return nil
    }
  }
}

private struct Scanner {
  let source: SourceText
  var position: Int
  let end: Int

  private static let separators = Set(" \t,:".utf8)

  private var next: UInt8? { position < end ? source.bytes[position] : nil }

  mutating func skipBlanks() {
    while let byte = next, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { position += 1 }
  }

  mutating func takes(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  mutating func word(_ isPart: (UInt8) -> Bool) -> String {
    let start = position
    while let byte = next, isPart(byte) { position += 1 }
    return source.text(start..<position)
  }

  /// nil: there is none.
  mutating func identifier() -> String? {
    // A name in quotes may hold whatever it likes, a colon too.
    guard takes(UInt8(ascii: "\"")) else {
      let name = word { !Self.separators.contains($0) }
      return name.isEmpty ? nil : name
    }
    let name = word { $0 != UInt8(ascii: "\"") }
    return takes(UInt8(ascii: "\"")) ? name : nil
  }
}

extension SourceText {
  /// The header without what is said to pages and of forecasts.
  var definitionComment: String {
    headerTokens.filter { PresentationLine($0, self) == nil && !isForecast($0) }.map(commentText)
      .joined(separator: "\n")
  }

  /// What stands above a column, without what is said to pages.
  func resultComment(above offset: Int) -> String {
    commentTokens(above: offset).filter { PresentationLine($0, self) == nil }.map(commentText).joined(separator: " ")
  }
}
