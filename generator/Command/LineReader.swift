import Glibc
import Replay
import TextFiles

/// Reads a file line by line or record by record, in bounded memory.
final class LineReader {
  private let file: Int32
  private let path: String
  /// The first bytes that were read, as many as `FileLook` needs.
  private(set) var beginning: [UInt8] = []
  private static let pieceBytes = 1 << 16

  /// Ends the reading from within a line.
  private struct Enough: Error {}

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
    var splitter = LineSplitter()
    var number: UInt64 = 0
    func take(_ line: LineSplitter.Line) throws {
      number += 1
      guard try body(number, line) else { throw Enough() }
    }
    do {
      try forEachPiece { try splitter.feed($0, take) }
      try splitter.finish(take)
    } catch is Enough {
      return
    }
  }

  /// Calls `body` with each record of CSV and the number of its first line, counted from 1, until it returns false.
  func forEachRecord(delimiter: UInt8, _ body: (UInt64, CSVRecordSplitter.Record) throws -> Bool) throws {
    var splitter = CSVRecordSplitter(delimiter: delimiter)
    func take(_ number: UInt64, _ record: CSVRecordSplitter.Record) throws {
      guard try body(number, record) else { throw Enough() }
    }
    do {
      try forEachPiece { try splitter.feed($0, take) }
      try splitter.finish(take)
    } catch is Enough {
      return
    }
  }

  /// Calls `body` with the file's bytes, piece by piece, without a byte order mark.
  private func forEachPiece(_ body: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: Self.pieceBytes)
    defer { buffer.deallocate() }
    var isFirst = true
    while true {
      var count = try read(into: buffer[...])
      // A pipe may give less than a byte order mark at first.
      while isFirst, (1..<3).contains(count) {
        let more = try read(into: buffer[count...])
        if more == 0 { break }
        count += more
      }
      if count == 0 { return }
      var piece = UnsafeBufferPointer(rebasing: buffer[..<count])
      if beginning.count < FileLook.byteCount { beginning += piece.prefix(FileLook.byteCount - beginning.count) }
      if isFirst { piece = UnsafeBufferPointer(rebasing: piece.dropFirst(TextFile.byteOrderMarkCount(piece))) }
      isFirst = false
      try body(piece)
    }
  }

  /// How many bytes there were; 0 at the end.
  private func read(into target: Slice<UnsafeMutableBufferPointer<UInt8>>) throws(GeneratorError) -> Int {
    let target = UnsafeMutableBufferPointer(rebasing: target)
    while true {
      let count = Glibc.read(file, target.baseAddress, target.count)
      if count >= 0 { return count }
      if errno != EINTR { throw GeneratorError("cannot read \(path): \(String(cString: strerror(errno)))") }
    }
  }
}
