/// A lexical element of SQL text, as Postgres' scanner sees it.
///
/// libpg_query's tree has locations but no ends and no comments; the tokens supply both.
struct Token: Hashable {
  enum Kind: Hashable {
    case lineComment
    case blockComment
    /// In any of the quotings, dollar quotes too.
    case string
    case quotedIdentifier
    /// A keyword or an identifier without quotes.
    case word
    case number
    /// An operator or a punctuation mark. `::` is one token, a lone `:` too.
    case symbol
  }

  var kind: Kind
  /// Byte offsets.
  var range: Range<Int>

  var isComment: Bool { kind == .lineComment || kind == .blockComment }

  /// All tokens in order. Unterminated ones reach to the end: the parser reports them.
  static func scan(_ bytes: [UInt8]) -> [Token] {
    var scanner = TokenScanner(bytes: bytes)
    var tokens: [Token] = []
    while let token = scanner.next() { tokens.append(token) }
    return tokens
  }
}

private struct TokenScanner {
  let bytes: [UInt8]
  var position = 0

  private static let operatorBytes = Set("+-*/<>=~!@#%^&|`?".utf8)

  private func peek(_ distance: Int = 0) -> UInt8? {
    position + distance < bytes.count ? bytes[position + distance] : nil
  }

  private func isWordByte(_ byte: UInt8, first: Bool) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), 0x80...0xff:
      true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "$"): !first
    default: false
    }
  }

  mutating func next() -> Token? {
    while let byte = peek(), [0x20, 0x09, 0x0a, 0x0b, 0x0c, 0x0d].contains(byte) { position += 1 }
    guard let byte = peek() else { return nil }
    let start = position
    let kind = scan(byte)
    return Token(kind: kind, range: start..<position)
  }

  private mutating func scan(_ byte: UInt8) -> Token.Kind {
    let following = peek(1)
    switch byte {
    case UInt8(ascii: "-") where following == UInt8(ascii: "-"):
      // A lone carriage return is a line end to Postgres, too.
      while let byte = peek(), byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") { position += 1 }
      return .lineComment
    case UInt8(ascii: "/") where following == UInt8(ascii: "*"):
      skipBlockComment()
      return .blockComment
    case UInt8(ascii: "'"):
      skipQuoted(UInt8(ascii: "'"), backslashes: false)
      return .string
    case UInt8(ascii: "\""):
      skipQuoted(UInt8(ascii: "\""), backslashes: false)
      return .quotedIdentifier
    case UInt8(ascii: "$"):
      return scanDollar()
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      skipNumber()
      return .number
    case _ where isWordByte(byte, first: true):
      return scanWord(byte)
    case UInt8(ascii: ":") where following == UInt8(ascii: ":"):
      position += 2
      return .symbol
    case _ where Self.operatorBytes.contains(byte):
      skipOperator()
      return .symbol
    default:
      position += 1
      return .symbol
    }
  }

  private mutating func skipBlockComment() {
    var depth = 0
    while let byte = peek() {
      if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
        depth += 1
        position += 2
      } else if byte == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
        depth -= 1
        position += 2
        if depth == 0 { return }
      } else {
        position += 1
      }
    }
  }

  private mutating func skipQuoted(_ quote: UInt8, backslashes: Bool) {
    position += 1
    while let byte = peek() {
      if backslashes, byte == UInt8(ascii: "\\") {
        position = min(position + 2, bytes.count)
      } else if byte == quote {
        position += 1
        guard peek() == quote else { return }
        position += 1
      } else {
        position += 1
      }
    }
  }

  /// `$1` or `$tag$ … $tag$`.
  private mutating func scanDollar() -> Token.Kind {
    var end = position + 1
    while end < bytes.count, bytes[end] != UInt8(ascii: "$"), isWordByte(bytes[end], first: end == position + 1) {
      end += 1
    }
    guard end < bytes.count, bytes[end] == UInt8(ascii: "$") else {
      position += 1
      while let byte = peek(), isWordByte(byte, first: false) { position += 1 }
      return .word
    }
    let tag = bytes[position...end]
    position = end + 1
    while position + tag.count <= bytes.count {
      if bytes[position..<position + tag.count].elementsEqual(tag) {
        position += tag.count
        return .string
      }
      position += 1
    }
    position = bytes.count
    return .string
  }

  private mutating func scanWord(_ first: UInt8) -> Token.Kind {
    // A one-letter prefix makes another kind of string: E'…', B'…', X'…', N'…'.
    if peek(1) == UInt8(ascii: "'"), "eEbBxXnN".utf8.contains(first) {
      position += 1
      skipQuoted(UInt8(ascii: "'"), backslashes: first | 0x20 == UInt8(ascii: "e"))
      return .string
    }
    while let byte = peek(), isWordByte(byte, first: false) { position += 1 }
    return .word
  }

  private mutating func skipNumber() {
    while let byte = peek() {
      let previous = bytes[position - (position > 0 ? 1 : 0)]
      let isSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
      if isSign, previous | 0x20 == UInt8(ascii: "e") {
        position += 1
      } else if byte == UInt8(ascii: "."), peek(1) == UInt8(ascii: ".") {
        // The range of an annotation, `1..60`.
        return
      } else if isWordByte(byte, first: false) || byte == UInt8(ascii: ".") {
        position += 1
      } else {
        return
      }
    }
  }

  private mutating func skipOperator() {
    while let byte = peek(), Self.operatorBytes.contains(byte) {
      if byte == UInt8(ascii: "-"), peek(1) == UInt8(ascii: "-") { return }
      if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") { return }
      position += 1
    }
  }
}
