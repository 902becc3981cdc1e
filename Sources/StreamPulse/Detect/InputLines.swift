import Glibc

/// The lines of a file or of standard input, one after the other, as they come.
struct InputLines: ~Copyable {
  /// A longer line is no line of samples.
  private static let longestLine = 1 << 20
  private static let readSize = 1 << 18

  private let descriptor: Int32
  private var buffer: [UInt8] = []
  /// Where the next line begins.
  private var start = 0
  /// What was looked at for its end.
  private var searched = 0
  private var isAtEnd = false
  /// Of the line that was read last, counted from 1.
  private(set) var number = 0

  /// - Parameter path: `-` is standard input.
  init(_ path: String) throws(InputError) {
    guard path != "-" else {
      descriptor = STDIN_FILENO
      return
    }
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw InputError(place: path, message: String(cString: strerror(errno))) }
  }

  deinit {
    if descriptor != STDIN_FILENO { close(descriptor) }
  }

  /// Whether the next line is here already, so that nobody has to wait for it.
  var hasLine: Bool { isAtEnd || lineEnd != nil }

  private var lineEnd: Int? {
    buffer.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress, searched < bytes.count,
        let found = memchr(base + searched, Int32(UInt8(ascii: "\n")), bytes.count - searched)
      else { return nil }
      return UnsafeRawPointer(base).distance(to: found)
    }
  }

  /// Gives the next line to `body`, without its end; nil when there is none.
  mutating func next<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
  ) throws -> Result? {
    while true {
      if let end = lineEnd {
        defer { (start, searched) = (end + 1, end + 1) }
        return try give(start..<end, body)
      }
      searched = buffer.count
      if isAtEnd {
        defer { start = buffer.count }
        return start < buffer.count ? try give(start..<buffer.count, body) : nil
      }
      try read()
    }
  }

  private mutating func give<Result, Failure: Error>(
    _ range: Range<Int>, _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
  ) throws -> Result {
    number += 1
    return try buffer.withUnsafeBufferPointer { bytes in
      var line = UnsafeBufferPointer(rebasing: bytes[range])
      if line.last == UInt8(ascii: "\r") { line = UnsafeBufferPointer(rebasing: line.dropLast()) }
      // A byte order mark is no part of the first name.
      if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = UnsafeBufferPointer(rebasing: line.dropFirst(3)) }
      return try body(line)
    }
  }

  private mutating func read() throws(InputError) {
    buffer.removeSubrange(..<start)
    searched -= start
    start = 0
    guard buffer.count <= InputLines.longestLine else {
      throw InputError(place: "line \(number + 1)", message: "longer than \(InputLines.longestLine) bytes")
    }
    let count = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: InputLines.readSize) { chunk -> Int in
      var count = -1
      repeat { count = Glibc.read(descriptor, chunk.baseAddress, chunk.count) } while count < 0 && errno == EINTR
      if count > 0 { buffer.append(contentsOf: chunk.prefix(count)) }
      return count
    }
    guard count >= 0 else {
      throw InputError(place: "line \(number + 1)", message: String(cString: strerror(errno)))
    }
    isAtEnd = count == 0
  }
}

/// Why input was not read further.
struct InputError: Error, CustomStringConvertible {
  var place: String
  var message: String
  var hint = ""

  var description: String { hint.isEmpty ? "\(place): \(message)" : "\(place): \(message); \(hint)" }
}
