import Glibc
import Replay
import TextFiles

/// Reads a file line by line in bounded memory.
final class LineReader {
  private let file: Int32
  private let path: String
  /// The first bytes that were read, as many as `FileLook` needs.
  private(set) var beginning: [UInt8] = []
  private static let pieceBytes = 1 << 16

  /// `-` is standard input.
  init(path: String) throws(GeneratorError) {
    self.path = path
    file = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw GeneratorError("cannot read \(path): \(String(cString: strerror(errno)))") }
  }

  deinit {
    if file != STDIN_FILENO { close(file) }
  }

  /// Calls `body` with each line and its number, counted from 1, until it returns false.
  func forEachLine(_ body: (UInt64, LineSplitter.Line) throws -> Bool) throws {
    /// Ends the reading from within a line.
    struct Enough: Error {}
    var splitter = LineSplitter()
    var number: UInt64 = 0
    func take(_ line: LineSplitter.Line) throws {
      number += 1
      guard try body(number, number == 1 ? withoutByteOrderMark(line) : line) else { throw Enough() }
    }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceBytes, alignment: 16)
    defer { buffer.deallocate() }
    do {
      while true {
        let count = read(file, buffer.baseAddress, buffer.count)
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { throw GeneratorError("cannot read \(path): \(String(cString: strerror(errno)))") }
        if count == 0 { break }
        if beginning.count < FileLook.byteCount {
          beginning += buffer[..<count].prefix(FileLook.byteCount - beginning.count)
        }
        let bytes = UnsafeMutableBufferPointer(rebasing: buffer.bindMemory(to: UInt8.self)[..<count])
        try splitter.feed(UnsafeBufferPointer(bytes), take)
      }
      try splitter.finish(take)
    } catch is Enough {
      return
    }
  }
}

private func withoutByteOrderMark(_ line: LineSplitter.Line) -> LineSplitter.Line {
  guard case .text(let bytes) = line else { return line }
  return .text(UnsafeBufferPointer(rebasing: bytes.dropFirst(TextFile.byteOrderMarkCount(bytes))))
}
