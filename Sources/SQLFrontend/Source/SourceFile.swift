import Plan

/// A definition file as it was read.
public struct SourceFile: Hashable, Sendable {
  /// The path that error messages show.
  public var path: String
  public var text: String

  public init(path: String, text: String) {
    self.path = path
    self.text = text
  }
}

/// A file, its tokens, and the way from a byte offset to a line and a column.
struct SourceText {
  let path: String
  let bytes: [UInt8]
  let tokens: [Token]
  private let lineStarts: [Int]

  init(_ file: SourceFile) {
    path = file.path
    let bytes = Array(file.text.utf8)
    self.bytes = bytes
    tokens = Token.scan(bytes)
    // `\n`, `\r\n` or a lone `\r`.
    let ends = bytes.indices.filter { index in
      bytes[index] == UInt8(ascii: "\n")
        || bytes[index] == UInt8(ascii: "\r") && (index + 1 == bytes.count || bytes[index + 1] != UInt8(ascii: "\n"))
    }
    lineStarts = [0] + ends.map { $0 + 1 }
  }

  /// The file's name without its ending.
  var fileName: String {
    let file = path.split(separator: "/").last.map(String.init) ?? ""
    return file.hasSuffix(".sql") ? String(file.dropLast(4)) : file
  }

  /// The file's name without its ending, in small letters, digits and underscores: what its definition may be called.
  var stem: String {
    let name = fileName.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
    return name.isEmpty ? "name" : String(name)
  }

  func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range.clamped(to: 0..<bytes.count)], as: UTF8.self)
  }

  func text(_ token: Token) -> String {
    text(token.range)
  }

  /// The line that holds `offset`, counted from 0.
  func line(of offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low
  }

  /// The byte offset of the `index`-th character (Unicode scalar, from 0), which is how the parser counts.
  func byteOffset(ofCharacter index: Int) -> Int {
    var remaining = index
    for (offset, byte) in bytes.enumerated() where byte & 0xc0 != 0x80 {
      if remaining == 0 { return offset }
      remaining -= 1
    }
    return bytes.count
  }

  func place(at offset: Int) -> FilePlace {
    let offset = min(max(offset, 0), bytes.count)
    let line = line(of: offset)
    let column = bytes[lineStarts[line]..<offset].count { $0 & 0xc0 != 0x80 }
    return FilePlace(path: path, line: line + 1, column: column + 1)
  }

  /// Byte offset of a place in this file.
  func offset(of place: FilePlace) -> Int {
    guard lineStarts.indices.contains(place.line - 1) else { return bytes.count }
    var left = place.column - 1
    var offset = lineStarts[place.line - 1]
    while offset < bytes.count, left > 0 || bytes[offset] & 0xc0 == 0x80 {
      if bytes[offset] & 0xc0 != 0x80 { left -= 1 }
      offset += 1
    }
    return offset
  }

  func error(at offset: Int, _ message: String, hint: String? = nil) -> DefinitionError {
    let offset = min(max(offset, 0), bytes.count)
    let place = place(at: offset)
    return DefinitionError(
      path: path, line: place.line, column: place.column, offendingText: offendingText(at: offset), message: message,
      hint: hint)
  }

  private func firstToken(endingAfter offset: Int) -> Int? {
    var low = 0
    var high = tokens.count
    while low < high {
      let middle = (low + high) / 2
      if tokens[middle].range.upperBound > offset { high = middle } else { low = middle + 1 }
    }
    return low < tokens.count ? low : nil
  }

  /// The tokens from `offset` up to a space, or up to a comma, semicolon or parenthesis that was not opened there.
  private func offendingText(at offset: Int) -> String {
    guard let first = firstToken(endingAfter: offset),
      line(of: max(tokens[first].range.lowerBound, offset)) == line(of: offset)
    else { return "" }
    var end = tokens[first].range.lowerBound
    var depth = 0
    for token in tokens[first...] {
      guard token.range.lowerBound == end, end - offset < 60 else { break }
      let text = text(token)
      if depth == 0, [",", ";", ")"].contains(text), end > offset { break }
      if text == "(" { depth += 1 }
      if text == ")" { depth -= 1 }
      end = token.range.upperBound
    }
    let start = tokens[first].isComment ? offset : tokens[first].range.lowerBound
    let line = text(start..<max(end, start)).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    return line.count > 60 ? line.prefix(57) + "…" : line
  }
}
