import Glibc
import Threads

struct SocketFailure: Error {}

private func withLoopback<Value>(port: Int, _ body: (UnsafeMutablePointer<sockaddr>, inout socklen_t) -> Value) -> Value
{
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
  address.sin_port = in_port_t(port).bigEndian
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  return withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
  }
}

/// A client's blocking socket.
final class TestSocket: Sendable {
  enum End: Equatable {
    case ended([UInt8])
    case reset([UInt8])
  }

  private let socket: Int32

  init(connectingTo port: Int) throws {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.socket = socket
    guard withLoopback(port: port, { connect(socket, $0, $1) }) == 0 else { throw SocketFailure() }
    // No test waits for ever.
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit {
    close(socket)
  }

  /// Sends as much as the other side takes.
  func send(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return }
      sent += count
    }
  }

  /// Nothing more will be sent.
  func finish() {
    shutdown(socket, Int32(SHUT_WR))
  }

  /// nil when the connection has ended before that.
  func read(_ count: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: count)
    while bytes.count < count {
      let length = recv(socket, &chunk, count - bytes.count, 0)
      guard length > 0 else { return nil }
      bytes += chunk.prefix(length)
    }
    return bytes
  }

  func readToEnd() -> End {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let length = recv(socket, &chunk, chunk.count, 0)
      if length == 0 { return .ended(bytes) }
      if length < 0 { return .reset(bytes) }
      bytes += chunk.prefix(length)
    }
  }
}

/// Sends back what it gets, one connection at a time, and counts it.
final class EchoServer: Sendable {
  let port: Int
  let received: Monitor<Int>
  private let listener: Int32
  private let thread: WorkerThread

  init() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    let port = withLoopback(port: 0) { address, length in
      guard bind(listener, address, length) == 0, listen(listener, 5) == 0,
        getsockname(listener, address, &length) == 0
      else { return 0 }
      return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        Int(UInt16(bigEndian: $0.pointee.sin_port))
      }
    }
    guard port != 0 else { throw SocketFailure() }
    self.port = port
    let received = Monitor(0)
    self.received = received
    thread = try WorkerThread(name: "echo") {
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        EchoServer.echo(client, received)
        close(client)
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private static func echo(_ client: Int32, _ received: Monitor<Int>) {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let length = recv(client, &chunk, chunk.count, 0)
      guard length > 0 else { return }
      received.update { $0 += length }
      var sent = 0
      while sent < length {
        let count = chunk[sent..<length].withUnsafeBytes {
          send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        // The client may be gone while bytes of it are still to be read and counted.
        guard count > 0 else { break }
        sent += count
      }
    }
  }
}
