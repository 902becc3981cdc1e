/// Bounds how deep a statement's tree can get, before Postgres' parser builds it.
///
/// libpg_query recurses over its tree without looking at the stack: a chain such as `a + a + …` or `x IS NULL IS NULL …`
/// is as deep as it is long, and 10,000 links of some kinds take a stack of 2 MiB. What makes the tree one level deeper
/// is at least two tokens, so the tokens that can lie on one path through the tree are bounded: those in front, at the
/// same level or at one around it, as far back as the last comma, which begins a sibling.
enum NestingBound {
  /// Tokens on one path. A thread has 8 MiB of stack, and no definition written by people comes near.
  static let maximumTokens = 10_000
  /// Comments inside one another: libpg_query's time for them is quadratic.
  static let maximumCommentDepth = 100

  static func check(_ source: SourceText) throws(DefinitionError) {
    var levels = [Level()]
    var around = 0
    for token in source.tokens {
      if token.isComment {
        try checkComment(token, source)
        continue
      }
      let first = source.bytes[token.range.lowerBound]
      let isSingle = token.kind == .symbol && token.range.count == 1
      if isSingle, first == UInt8(ascii: "(") || first == UInt8(ascii: "[") {
        around += levels[levels.count - 1].path + 1
        levels.append(Level())
      } else if isSingle, first == UInt8(ascii: ")") || first == UInt8(ascii: "]"), levels.count > 1 {
        levels.removeLast()
        around -= levels[levels.count - 1].path + 1
        levels[levels.count - 1].tokens += 1
      } else if isSingle, first == UInt8(ascii: ",") {
        levels[levels.count - 1].tokens = 0
      } else if isSingle, first == UInt8(ascii: ";") {
        levels = [Level()]
        around = 0
      } else {
        levels[levels.count - 1].take(token, source)
      }
      guard around + levels[levels.count - 1].path <= maximumTokens else {
        throw source.error(
          at: token.range.lowerBound,
          "the statement is too deep: more than \(maximumTokens) words and signs build on one another", hint: hint)
      }
    }
  }

  static let hint =
    "split a long chain with parentheses, (a + b + …) + (c + d + …), or write IN (…) for a list of values"

  /// What lies between one parenthesis and its partner.
  private struct Level {
    /// Since the last comma.
    var tokens = 0
    /// Those of UNION and its kin: what stands between them may have commas.
    var setOperations = 0

    var path: Int { tokens + setOperations }

    mutating func take(_ token: Token, _ source: SourceText) {
      tokens += 1
      guard token.kind == .word, (5...9).contains(token.range.count),
        ["union", "intersect", "except"].contains(source.text(token).lowercased())
      else { return }
      setOperations += 2
    }
  }

  private static func checkComment(_ token: Token, _ source: SourceText) throws(DefinitionError) {
    guard token.kind == .blockComment else { return }
    var depth = 0
    var index = token.range.lowerBound
    while index + 1 < token.range.upperBound {
      switch (source.bytes[index], source.bytes[index + 1]) {
      case (UInt8(ascii: "/"), UInt8(ascii: "*")):
        depth += 1
        index += 2
      case (UInt8(ascii: "*"), UInt8(ascii: "/")):
        depth -= 1
        index += 2
      default: index += 1
      }
      guard depth <= maximumCommentDepth else {
        throw source.error(
          at: token.range.lowerBound, "comments are nested more than \(maximumCommentDepth) levels deep")
      }
    }
  }
}
