import Configuration
import Glibc

/// Standard output for lines that are to be seen at once. Whoever reads them may be slow, or gone: neither keeps the
/// process from ending.
struct LineOutput {
  /// Lines wait for one another up to here.
  private static let bufferSize = 64 << 10
  /// What a pipe that can be written to takes without blocking.
  private static let pieceSize = Int(PIPE_BUF)
  private static let patienceMilliseconds: Int32 = 200

  private var buffer: [UInt8] = []

  /// Whether nobody reads any more.
  var isClosed: Bool { LineOutput.events(waiting: 0, for: 0) & LineOutput.ended != 0 }

  /// Adds a line, which `flush` writes at the latest.
  /// - Returns: whether more may come: false when nobody reads any more, or when `isOver`.
  mutating func append(_ line: [UInt8], until isOver: () -> Bool) throws -> Bool {
    buffer += line
    return buffer.count < LineOutput.bufferSize ? true : try flush(until: isOver)
  }

  /// Writes what waits. The result is that of `append`.
  mutating func flush(until isOver: () -> Bool) throws -> Bool {
    defer { buffer.removeAll(keepingCapacity: true) }
    var written = 0
    while written < buffer.count {
      let events = LineOutput.events(waiting: LineOutput.patienceMilliseconds, for: Int16(POLLOUT))
      if events & LineOutput.ended != 0 { return false }
      guard events & Int16(POLLOUT) != 0 else {
        if isOver() { return false }
        continue
      }
      let count = buffer[written...].withUnsafeBytes {
        write(STDOUT_FILENO, $0.baseAddress, min($0.count, LineOutput.pieceSize))
      }
      guard count < 0 else {
        written += count
        continue
      }
      switch errno {
      case EINTR, EAGAIN: continue
      case EPIPE: return false
      default: throw ConfigurationError(location: "standard output", message: String(cString: strerror(errno)))
      }
    }
    return !isOver()
  }

  private static let ended = Int16(POLLERR | POLLHUP | POLLNVAL)

  private static func events(waiting milliseconds: Int32, for events: Int16) -> Int16 {
    var descriptor = pollfd(fd: STDOUT_FILENO, events: events, revents: 0)
    return poll(&descriptor, 1, milliseconds) > 0 ? descriptor.revents : 0
  }
}
