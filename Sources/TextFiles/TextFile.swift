import Glibc

/// Reads files that people write by hand: definitions, schemas, settings.
///
/// A UTF-8 byte order mark at the beginning is no part of the text, so places in errors are those that editors show.
public enum TextFile {
  /// The text of a file; nil when there is none.
  ///
  /// - Parameter maximumBytes: what is larger is not such a file.
  public static func read(_ path: String, maximumBytes: Int = 1 << 20) throws(TextFileError) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw .unreadable(String(cString: strerror(errno)))
    }
    defer { close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let length = Glibc.read(file, &chunk, chunk.count)
      if length < 0 && errno == EINTR { continue }
      if length < 0 { throw .unreadable(String(cString: strerror(errno))) }
      if length == 0 { break }
      bytes.append(contentsOf: chunk.prefix(length))
      if bytes.count > maximumBytes { throw .tooLarge(maximumBytes: maximumBytes) }
    }
    return try text(of: bytes)
  }

  /// The bytes as text, without a byte order mark.
  public static func text(of bytes: [UInt8]) throws(TextFileError) -> String {
    let body = bytes.dropFirst(byteOrderMarkCount(bytes))
    if let text = String(validating: body, as: UTF8.self), !isWide(body) { return text }
    if isWide(body) { throw .wideCharacters }
    let place = placeOfInvalidByte(body)
    throw .notUTF8(line: place.line, column: place.column)
  }

  /// How many bytes a UTF-8 byte order mark takes at the beginning.
  public static func byteOrderMarkCount(_ bytes: some Collection<UInt8>) -> Int {
    bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// Whether it is UTF-16 or UTF-32, as Windows' editors call "Unicode": by its byte order mark, or by the zero bytes
  /// that every other character of a text of ours has there.
  private static func isWide(_ bytes: ArraySlice<UInt8>) -> Bool {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return true }
    let start = bytes.prefix(512)
    return start.count >= 4 && start.count { $0 == 0 } * 3 >= start.count
  }

  private static func placeOfInvalidByte(_ bytes: ArraySlice<UInt8>) -> (line: Int, column: Int) {
    var line = 1
    var column = 1
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      column += 1
      if scalar == "\n" {
        line += 1
        column = 1
      }
    }
    return (line, column)
  }
}

/// Why a file is not read as text. A retry cannot help.
public enum TextFileError: Error, Hashable, Sendable, CustomStringConvertible {
  case unreadable(String)
  case tooLarge(maximumBytes: Int)
  /// UTF-16 or UTF-32.
  case wideCharacters
  /// The place is that of the first byte that is wrong.
  case notUTF8(line: Int, column: Int)

  /// Where in the file, as it is appended to a path: `:3:7`, or nothing.
  public var place: String {
    if case .notUTF8(let line, let column) = self { ":\(line):\(column)" } else { "" }
  }

  public var description: String {
    switch self {
    case .unreadable(let reason): reason
    case .tooLarge(let maximumBytes): "larger than \(maximumBytes) bytes"
    case .wideCharacters: "this is UTF-16 text; save it as UTF-8"
    case .notUTF8: "not UTF-8 text; save the file as UTF-8"
    }
  }
}
