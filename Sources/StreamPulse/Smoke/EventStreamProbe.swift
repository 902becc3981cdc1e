import Glibc
import Threads

/// Subscribes to a path of an API on this machine, as a browser's `EventSource` does, and counts what it is told.
final class EventStreamProbe {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  private var descriptor: Int32
  private var received = ""

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

  /// How many results have come.
  var results: Int { received.split(separator: "\n").count { $0.hasPrefix("data: ") } }

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
      guard size > 0 else { throw Failure(description: "the stream has ended: \(received.prefix(200))") }
      received += String(decoding: buffer[..<size], as: UTF8.self)
      guard received.hasPrefix("HTTP/1.1 200") || received.utf8.count < 12 else {
        throw Failure(description: "the subscription is answered \(received.prefix(80))")
      }
      // What was counted need not be kept; a result may be long.
      if received.utf8.count > 16 << 20 { throw Failure(description: "a result has more than 16 MiB") }
    }
    return true
  }

  private func close() {
    if descriptor >= 0 { _ = Glibc.close(descriptor) }
    descriptor = -1
  }
}
