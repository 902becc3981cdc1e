import Downloads
import Glibc

/// A file of events as JSON lines, written in large pieces. To be used on one thread.
final class LineFile {
  /// Whether it is standard output.
  let isStandardOutput: Bool
  private let file: Int32
  private let path: String
  private var lines = JSONLineWriter()
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

  func append(_ event: DownloadEvent) throws(GeneratorError) {
    lines.append(event)
    if lines.bytes.count >= Self.pieceBytes { try flush() }
  }

  func flush() throws(GeneratorError) {
    guard lines.bytes.withUnsafeBytes({ writeAll($0, to: file) }) else {
      throw GeneratorError("cannot write \(path): \(String(cString: strerror(errno)))")
    }
    lines.bytes.removeAll(keepingCapacity: true)
  }
}
