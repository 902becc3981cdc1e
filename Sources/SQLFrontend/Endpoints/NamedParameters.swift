import Plan

/// The `:name` parameters of a statement.
struct NamedParameters {
  struct Use {
    var name: String
    /// The bytes of `:name`.
    var range: Range<Int>
  }

  let uses: [Use]

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
  }

  /// The bytes with `$1` and spaces in place of each parameter: what follows keeps its place.
  func palatable(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for use in uses {
      bytes.replaceSubrange(use.range, with: "$1".utf8 + Array(repeating: 0x20, count: use.range.count - 2))
    }
    return bytes
  }

  /// The text in `range` with `replacement` of each parameter's name in its place. `place` gives a byte's in the file.
  func replacing(
    in range: Range<Int>, of source: SourceText, place: (Int) -> FilePlace, with replacement: (String) -> String
  ) -> FileText {
    var text = FileText()
    var position = range.lowerBound
    for use in uses where range.contains(use.range.lowerBound) {
      text.append(source.text(position..<use.range.lowerBound), at: place(position))
      text.append(replacement(use.name), insteadOf: place(use.range.lowerBound))
      position = use.range.upperBound
    }
    text.append(source.text(position..<range.upperBound), at: place(position))
    return text
  }
}
