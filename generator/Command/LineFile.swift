import Glibc

/// A file of events, a line each, written in large pieces. To be used on one thread.
final class LineFile {
  /// Whether it is standard output.
  let isStandardOutput: Bool
  private let file: Int32
  private let path: String
  private var bytes: [UInt8] = []
  private static let pieceBytes = 1 << 18

  /// Makes or empties the file; `-` is standard output.
  init(path: String) throws(GeneratorError) {
    self.path = path
    isStandardOutput = path == "-"
    file = isStandardOutput ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw GeneratorError("cannot write \(path): \(String(cString: strerror(errno)))") }
  }

  deinit {
    if !isStandardOutput { close(file) }
  }

  /// Appends a line, which comes without its end.
  func append(_ line: UnsafeRawBufferPointer) throws(GeneratorError) {
    bytes.append(contentsOf: line)
    bytes.append(UInt8(ascii: "\n"))
    if bytes.count >= Self.pieceBytes { try flush() }
  }

  func flush() throws(GeneratorError) {
    guard bytes.withUnsafeBytes({ writeAll($0, to: file) }) else {
      throw GeneratorError("cannot write \(path): \(String(cString: strerror(errno)))")
    }
    bytes.removeAll(keepingCapacity: true)
  }
}
