import TextFiles

/// The contents of a `.env` file: `KEY=VALUE` lines, comments, quotes, an optional `export`.
///
/// In single quotes everything is literal; in double quotes `\n`, `\t`, `\\`, `\"` and `\$` are escapes; an unquoted
/// value ends at ` #` or at the end of the line. Nothing is expanded.
public struct EnvironmentFile: Sendable {
  public struct Entry: Hashable, Sendable {
    public var key: String
    public var value: String
    public var line: Int

    public init(key: String, value: String, line: Int) {
      self.key = key
      self.value = value
      self.line = line
    }
  }

  /// As the user knows the file.
  public var path: String
  public var entries: [Entry]

  /// Parses the text of a file.
  public init(path: String, text: String) throws(ConfigurationError) {
    self.path = path
    entries = []
    var problems: [ConfigurationError.Problem] = []
    var lines: [String: Int] = [:]
    for (index, line) in Self.lines(of: text).enumerated() {
      do throws(LineError) {
        guard var entry = try Self.parse(line) else { continue }
        entry.line = index + 1
        if let earlier = lines[entry.key] {
          throw LineError(column: 1, message: "\(entry.key) is already set in line \(earlier)")
        }
        lines[entry.key] = entry.line
        entries.append(entry)
      } catch {
        problems.append(
          .init(location: "\(path):\(index + 1):\(error.column)", message: error.message, hint: error.hint))
      }
    }
    if !problems.isEmpty { throw ConfigurationError(problems: problems) }
  }

  /// Reads a file; nil when there is none.
  public static func read(_ path: String) throws(ConfigurationError) -> EnvironmentFile? {
    let text: String?
    do {
      text = try TextFile.read(path)
    } catch {
      throw ConfigurationError(location: path + error.place, message: error.description)
    }
    guard let text else { return nil }
    return try EnvironmentFile(path: path, text: text)
  }

  /// Scalars, because to Swift a quote with a combining mark behind it is a character of its own, and so is CR LF.
  private typealias Line = Substring.UnicodeScalarView

  private static func lines(of text: String) -> [Line] {
    text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.last == "\r" ? line.dropLast() : line
    }
  }

  private struct LineError: Error {
    var column: Int
    var message: String
    var hint: String?
  }

  private static func parse(_ line: Line) throws(LineError) -> Entry? {
    var rest = line
    func column() -> Int { line.distance(from: line.startIndex, to: rest.startIndex) + 1 }
    func skipBlanks() { rest = rest.drop { $0 == " " || $0 == "\t" } }

    skipBlanks()
    guard let first = rest.first, first != "#" else { return nil }
    if rest.starts(with: "export ".unicodeScalars) || rest.starts(with: "export\t".unicodeScalars) {
      rest = rest.dropFirst(6)
      skipBlanks()
    }
    let start = column()
    let name = rest.prefix(while: isNamePart)
    guard let initial = name.first, !("0"..."9").contains(initial) else {
      throw LineError(column: start, message: "a setting's name is expected", hint: "lines are KEY=VALUE or # comment")
    }
    let key = String(name)
    rest = rest[name.endIndex...]
    skipBlanks()
    guard rest.first == "=" else {
      throw LineError(column: column(), message: "\"=\" is expected after \(key)", hint: "lines are KEY=VALUE")
    }
    rest = rest.dropFirst()
    skipBlanks()
    let value: String
    if let quote = rest.first, quote == "\"" || quote == "'" {
      let opening = column()
      guard let quoted = parseQuoted(&rest, quote: quote) else {
        throw LineError(column: opening, message: "the quote is not closed in this line")
      }
      value = quoted
      skipBlanks()
      if let next = rest.first, next != "#" {
        throw LineError(column: column(), message: "text after the closing quote", hint: "a comment begins with #")
      }
    } else {
      value = parseUnquoted(rest)
    }
    return Entry(key: key, value: value, line: 0)
  }

  private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_": true
    default: false
    }
  }

  /// Takes a quoted value off `rest`; nil when it has no end.
  private static func parseQuoted(_ rest: inout Line, quote: Unicode.Scalar) -> String? {
    var value = String.UnicodeScalarView()
    var index = rest.index(after: rest.startIndex)
    while index < rest.endIndex {
      let character = rest[index]
      index = rest.index(after: index)
      if character == quote {
        rest = rest[index...]
        return String(value)
      }
      guard character == "\\", quote == "\"", index < rest.endIndex else {
        value.append(character)
        continue
      }
      let escaped = rest[index]
      index = rest.index(after: index)
      switch escaped {
      case "n": value.append("\n")
      case "t": value.append("\t")
      case "\\", "\"", "$": value.append(escaped)
      default: value.append(contentsOf: ["\\", escaped])
      }
    }
    return nil
  }

  private static func parseUnquoted(_ rest: Line) -> String {
    var value = String.UnicodeScalarView()
    var previous: Unicode.Scalar = " "
    for character in rest {
      if character == "#", previous == " " || previous == "\t" { break }
      value.append(character)
      previous = character
    }
    while value.last == " " || value.last == "\t" { value.removeLast() }
    return String(value)
  }
}
