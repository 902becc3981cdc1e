import Glibc
import Threads

/// Subscribes to a path of an API on this machine, as a browser's `EventSource` does, and counts what it is told.
final class EventStreamProbe {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  private static let maximumLineBytes = 16 << 20

  private var descriptor: Int32
  /// How many results have come.
  private var results = 0
  /// The line that is not over yet.
  private var line: [UInt8] = []
  private var hasStatus = false

  /// - Parameter url: `http://127.0.0.1:PORT` of an API that speaks plain HTTP.
  init(_ url: String, path: String) throws {
    guard let port = url.split(separator: ":").last.flatMap({ UInt16($0) }) else {
      throw Failure(description: "\(url) has no port")
    }
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Failure(description: String(cString: strerror(errno))) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    let request = Array(
      "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nAccept: text/event-stream\r\n\r\n".utf8)
    guard connected == 0, write(descriptor, request, request.count) == request.count else {
      let reason = String(cString: strerror(errno))
      close()
      throw Failure(description: "\(url)\(path): \(reason)")
    }
  }

  deinit { close() }

  /// Waits until so many results have come, at most so long.
  func wait(for count: Int, microseconds: Int64) throws -> Bool {
    let deadline = Clock.monotonic() + microseconds
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while results < count {
      let left = deadline - Clock.monotonic()
      guard left > 0 else { return false }
      var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard Glibc.poll(&poll, 1, Int32(clamping: left / 1000 + 1)) > 0 else { continue }
      let size = read(descriptor, &buffer, buffer.count)
      guard size > 0 else { throw Failure(description: "the stream has ended") }
      for byte in buffer[..<size] {
        if byte == UInt8(ascii: "\n") {
          try take(String(decoding: line, as: UTF8.self))
          line = []
        } else {
          line.append(byte)
        }
      }
      if line.count > Self.maximumLineBytes { throw Failure(description: "a result has more than 16 MiB") }
    }
    return true
  }

  private func take(_ line: String) throws {
    if line.hasPrefix("data: ") { results += 1 }
    if hasStatus { return }
    hasStatus = true
    guard line.hasPrefix("HTTP/1.1 200") else {
      throw Failure(description: "the subscription is answered \(line.prefix(80))")
    }
  }

  private func close() {
    if descriptor >= 0 { _ = Glibc.close(descriptor) }
    descriptor = -1
  }
}
