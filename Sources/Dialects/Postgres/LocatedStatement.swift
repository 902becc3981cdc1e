import Plan

/// A statement that holds text of a definition file, and the way from Postgres' complaint about it back to the file.
public struct LocatedStatement: Sendable {
  public private(set) var text = ""
  private var parts: [(start: Int, text: FileText)] = []

  init(_ pieces: Piece...) {
    for piece in pieces { append(piece) }
  }

  enum Piece {
    case own(String)
    case file(FileText)
  }

  mutating func append(_ piece: Piece) {
    switch piece {
    case .own(let own): text += own
    case .file(let file):
      parts.append((text.utf8.count, file))
      text += file.text
    }
  }

  /// Where in the file stands what Postgres points at, as a character (Unicode scalar) number from 1; for what is around
  /// the file's text, or nil, where that begins.
  public func place(ofCharacter number: Int?) -> FilePlace? {
    let start = parts.first?.text.start
    guard let number, number > 0 else { return start }
    let offset = text.unicodeScalars.prefix(number - 1).reduce(0) { $0 + UTF8.width($1) }
    guard let part = parts.last(where: { $0.start <= offset }), offset <= part.start + part.text.text.utf8.count else {
      return start
    }
    return part.text.place(of: offset - part.start) ?? start
  }
}
