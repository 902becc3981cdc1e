/// A place in a definition file.
public struct FilePlace: Hashable, Sendable {
  public var path: String
  /// From 1.
  public var line: Int
  /// From 1, in characters (Unicode scalars).
  public var column: Int

  public init(path: String, line: Int, column: Int) {
    self.path = path
    self.line = line
    self.column = column
  }
}

/// SQL that was taken over from a definition file: a database's complaint about it can be led back to the file.
///
/// It is the file's own text but for parameters, in whose places stands something else.
public struct FileText: Hashable, Sendable {
  /// A part that is the file's own, or what stands for a parameter.
  struct Part: Hashable, Sendable {
    /// In bytes of the text's UTF-8.
    var start: Int
    var place: FilePlace
    var isReplacement: Bool
    /// It is the name of the engine's own schema, which of some projects is another.
    var isBooks = false
  }

  public private(set) var text = ""
  private(set) var parts: [Part] = []

  public init() {}

  /// Appends text that stands at `place` in the file.
  public mutating func append(_ text: String, at place: FilePlace) {
    parts.append(Part(start: self.text.utf8.count, place: place, isReplacement: false))
    self.text += text
  }

  /// Appends what stands for the file's text at `place`.
  public mutating func append(_ text: String, insteadOf place: FilePlace) {
    parts.append(Part(start: self.text.utf8.count, place: place, isReplacement: true))
    self.text += text
  }

  /// Appends the name of the engine's own schema, which stands at `place` in the file.
  public mutating func append(books name: String, at place: FilePlace) {
    parts.append(Part(start: text.utf8.count, place: place, isReplacement: true, isBooks: true))
    text += name
  }

  /// The same with another name of the engine's own schema.
  public func naming(books name: String) -> FileText {
    guard parts.contains(where: \.isBooks) else { return self }
    let bytes = Array(text.utf8)
    var renamed = FileText()
    for (part, end) in zip(parts, parts.dropFirst().map(\.start) + [bytes.count]) {
      var moved = part
      moved.start = renamed.text.utf8.count
      renamed.parts.append(moved)
      renamed.text += part.isBooks ? name : String(decoding: bytes[part.start..<end], as: UTF8.self)
    }
    return renamed
  }

  /// Where the text begins in the file.
  public var start: FilePlace? { parts.first?.place }

  /// Where in the file stands what is at `offset`, in bytes of the text's UTF-8.
  public func place(of offset: Int) -> FilePlace? {
    guard let part = parts.last(where: { $0.start <= offset }) else { return nil }
    var place = part.place
    guard !part.isReplacement else { return place }
    for scalar in String(decoding: Array(text.utf8)[part.start..<min(offset, text.utf8.count)], as: UTF8.self)
      .unicodeScalars
    {
      if scalar == "\n" {
        place.line += 1
        place.column = 1
      } else {
        place.column += 1
      }
    }
    return place
  }
}
