/// Makes our own tree of the parser's. What has no place in ours is refused here, so that nothing is ever ignored.
struct SyntaxReader {
  let source: SourceText

  func refuse(_ node: Node, _ message: String, hint: String? = nil) -> DefinitionError {
    source.error(at: node.location, message, hint: hint)
  }

  /// Refuses the node when it has other fields than `allowed`, saying for each what it stands for.
  func require(
    _ node: Node, only allowed: Set<String>, at location: Int? = nil,
    refusals: [String: Refusal] = [:]
  ) throws(DefinitionError) {
    for name in node.fieldNames where !allowed.contains(name) {
      throw refusal(of: name, in: node, at: location, refusals)
    }
  }

  /// The same for a node that is read on: each such field is reported.
  func require(
    _ node: Node, only allowed: Set<String>, at location: Int, refusals: [String: Refusal],
    _ diagnostics: inout Diagnostics
  ) {
    for name in node.fieldNames where !allowed.contains(name) {
      diagnostics.report(refusal(of: name, in: node, at: location, refusals))
    }
  }

  private func refusal(
    of field: String, in node: Node, at location: Int?, _ refusals: [String: Refusal]
  ) -> DefinitionError {
    let start = location ?? node.location
    guard let refusal = refusals[field] else {
      return source.error(at: start, "\(node.kind) with \(field) is not supported")
    }
    let keyword = refusal.keyword.flatMap { self.keyword(after: start, $0) }
    return source.error(at: keyword ?? start, refusal.message, hint: refusal.hint)
  }

  struct Refusal {
    /// The word to point at.
    var keyword: String?
    var message: String
    var hint: String?

    init(_ keyword: String?, _ message: String, hint: String? = nil) {
      self.keyword = keyword
      self.message = message
      self.hint = hint
    }
  }

  /// Byte offset of the first such word at or behind `offset`, outside of parentheses opened there.
  func keyword(after offset: Int, _ word: String) -> Int? {
    var depth = 0
    for token in source.tokens where token.range.lowerBound >= offset {
      switch source.text(token) {
      case "(": depth += 1
      case ")": depth -= 1
      case let text where depth <= 0 && token.kind == .word && text.lowercased() == word:
        return token.range.lowerBound
      default: break
      }
    }
    return nil
  }
}
