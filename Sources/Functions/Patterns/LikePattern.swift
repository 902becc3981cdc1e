import Events

/// Postgres' LIKE: `%` is any text, `_` any character, and a backslash makes the next byte itself.
enum LikePattern {
  enum Outcome {
    case matches, differs
    /// The text is at its end before the pattern is: no later start of it can match either, which keeps the search from
    /// growing exponentially.
    case exhausted
  }

  static func matches(_ text: TextView, _ pattern: TextView) throws(ScalarError) -> Bool {
    try match(text, pattern, depth: 0) == .matches
  }

  /// Signs `%` that are tried inside of one another. Postgres bounds its stack, too.
  private static let maximumDepth = 1_000

  private static let (percent, underscore, escape) = (UInt8(ascii: "%"), UInt8(ascii: "_"), UInt8(ascii: "\\"))

  private static func match(_ text: TextView, _ pattern: TextView, depth: Int) throws(ScalarError) -> Outcome {
    guard depth < maximumDepth else {
      throw ScalarError(.limitExceeded, "a LIKE pattern of more than \(maximumDepth) signs %")
    }
    var (here, sign) = (0, 0)
    while here < text.count, sign < pattern.count {
      switch pattern.start[sign] {
      case escape:
        guard sign + 1 < pattern.count else { throw openEscape }
        guard text.start[here] == pattern.start[sign + 1] else { return .differs }
        here += 1
        sign += 2
      case percent:
        return try matchAny(text, here, pattern, sign + 1, depth: depth)
      case underscore:
        here = text.end(ofCharacterAt: here)
        sign += 1
      case let byte:
        guard text.start[here] == byte else { return .differs }
        here += 1
        sign += 1
      }
    }
    if here < text.count { return .differs }
    while sign < pattern.count, pattern.start[sign] == percent { sign += 1 }
    return sign == pattern.count ? .matches : .exhausted
  }

  /// Behind a `%`: any beginning of the text is passed over.
  private static func matchAny(
    _ text: TextView, _ here: Int, _ pattern: TextView, _ sign: Int, depth: Int
  ) throws(ScalarError) -> Outcome {
    var (here, sign) = (here, sign)
    while sign < pattern.count {
      if pattern.start[sign] == underscore {
        guard here < text.count else { return .exhausted }
        here = text.end(ofCharacterAt: here)
      } else if pattern.start[sign] != percent {
        break
      }
      sign += 1
    }
    guard sign < pattern.count else { return .matches }
    var first = pattern.start[sign]
    if first == escape {
      guard sign + 1 < pattern.count else { throw openEscape }
      first = pattern.start[sign + 1]
    }
    let rest = pattern.piece(sign..<pattern.count)
    while here < text.count {
      if text.start[here] == first {
        let outcome = try match(text.piece(here..<text.count), rest, depth: depth + 1)
        if outcome != .differs { return outcome }
      }
      here = text.end(ofCharacterAt: here)
    }
    return .exhausted
  }

  private static var openEscape: ScalarError {
    ScalarError(.invalidEscapeSequence, "LIKE pattern must not end with escape character")
  }

  /// Whether a pattern ends with an escape that has nothing to make itself of.
  static func isOpen(_ pattern: String) -> Bool {
    var isEscaped = false
    for byte in pattern.utf8 { isEscaped = !isEscaped && byte == escape }
    return isEscaped
  }

  /// The pattern with a backslash for another escape character, as `like_escape` makes it; nil when that is more than one
  /// character.
  static func pattern(_ pattern: String, escape: String) -> String? {
    let signs = Array(escape.unicodeScalars)
    guard signs.count <= 1 else { return nil }
    if signs.first == "\\" { return pattern }
    var result = String.UnicodeScalarView()
    var isEscaped = false
    for scalar in pattern.unicodeScalars {
      if scalar == signs.first, !isEscaped {
        result.append("\\")
        isEscaped = true
      } else if scalar == "\\" {
        result.append("\\")
        if !isEscaped { result.append("\\") }
        isEscaped = false
      } else {
        result.append(scalar)
        isEscaped = false
      }
    }
    return String(result)
  }
}

extension ScalarFunction {
  static let patternFunctions: [ScalarFunction] =
    [("LIKE", false), ("NOT LIKE", true)].map { name, isNegated in
      like(name, needsByteCollation: false) { row throws(ScalarError) in
        row.give(try LikePattern.matches(row.text(0), row.text(1)) != isNegated)
      }
    }
    + [("ILIKE", false), ("NOT ILIKE", true)].map { name, isNegated in
      like(name, needsByteCollation: true) { row throws(ScalarError) in
        let matches = try withLowercased(row.text(0)) { text throws(ScalarError) in
          try withLowercased(row.text(1)) { pattern throws(ScalarError) in try LikePattern.matches(text, pattern) }
        }
        row.give(matches != isNegated)
      }
    }

  /// The pattern with a backslash for its escape character; nil when that is no single character.
  public static func likePattern(_ pattern: String, escape: String) -> String? {
    LikePattern.pattern(pattern, escape: escape)
  }

  private static func like(_ name: String, needsByteCollation: Bool, _ kernel: @escaping Kernel) -> ScalarFunction {
    ScalarFunction(name, [.text, .text], notation: .infix, needsByteCollation: needsByteCollation) {
      preparation throws(PreparationError) in
      if let pattern = preparation.text(1), LikePattern.isOpen(pattern) {
        throw PreparationError(
          "the pattern ends with its escape character", hint: "write it twice to mean itself", argument: 1)
      }
      return PreparedFunction(.boolean, kernel)
    }
  }
}

/// Calls `body` with the text in the small letters of the collation "C".
private func withLowercased(_ text: TextView, _ body: (TextView) throws(ScalarError) -> Bool) throws(ScalarError)
  -> Bool
{
  let result = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(text.count, 1)) { copy in
    for offset in 0..<text.count { copy[offset] = lowercasedASCII(text.start[offset]) }
    return Result { () throws(ScalarError) in
      try body(TextView(start: UnsafePointer(copy.baseAddress.unsafelyUnwrapped), count: text.count))
    }
  }
  return try result.get()
}
