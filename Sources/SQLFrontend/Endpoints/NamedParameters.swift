import Plan

/// The `:name` parameters of a statement.
struct NamedParameters {
  struct Use {
    var name: String
    /// The bytes of `:name`.
    var range: Range<Int>
  }

  let uses: [Use]
  /// Where `pulse` stands in front of a point: the engine's own schema, of which each project has one.
  private let books: [Range<Int>]

  /// Finds them outside of strings, comments and quoted identifiers. `::` is a cast.
  init(_ source: SourceText, in range: Range<Int>) {
    var uses: [Use] = []
    for (token, next) in zip(source.tokens, source.tokens.dropFirst())
    where range.contains(token.range.lowerBound) && next.kind == .word
      && token.range.upperBound == next.range.lowerBound
    {
      guard source.text(token) == ":" else { continue }
      uses.append(Use(name: source.text(next), range: token.range.lowerBound..<next.range.upperBound))
    }
    self.uses = uses
    books = zip(source.tokens, source.tokens.dropFirst()).compactMap { token, next in
      token.kind == .word && source.text(token).lowercased() == Self.books && source.text(next) == "."
        ? token.range : nil
    }
  }

  private static let books = "pulse"

  /// The bytes with `$1` and spaces in place of each parameter: what follows keeps its place.
  func palatable(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for use in uses {
      bytes.replaceSubrange(use.range, with: "$1".utf8 + Array(repeating: 0x20, count: use.range.count - 2))
    }
    return bytes
  }

  /// The text in `range`, in which the engine's own schema can be named anew, with `replacement` of each parameter's name in
  /// its place. `place` gives a byte's in the file.
  func replacing(
    in range: Range<Int>, of source: SourceText, place: (Int) -> FilePlace, with replacement: (String) -> String
  ) -> FileText {
    var text = FileText()
    var position = range.lowerBound
    let replaced = uses.map { ($0.range, $0.name as String?) } + books.map { ($0, nil) }
    for (part, name) in replaced.sorted(by: { $0.0.lowerBound < $1.0.lowerBound }) where range.contains(part.lowerBound)
    {
      text.append(source.text(position..<part.lowerBound), at: place(position))
      if let name {
        text.append(replacement(name), insteadOf: place(part.lowerBound))
      } else {
        text.append(books: Self.books, at: place(part.lowerBound))
      }
      position = part.upperBound
    }
    text.append(source.text(position..<range.upperBound), at: place(position))
    return text
  }
}
