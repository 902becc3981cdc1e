import Glibc

/// A keep-alive connection to a server on 127.0.0.1 that asks for one thing at a time.
final class HTTPConnection {
  let descriptor: Int32
  private var received: [UInt8] = []
  private var chunk = [UInt8](repeating: 0, count: 64 * 1024)

  init(port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    var timeout = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw BenchmarkError.setup("port \(port): \(String(cString: strerror(errno)))") }
  }

  deinit { close(descriptor) }

  /// The bytes of a GET request.
  /// - Parameter token: of who asks; nil: nobody in particular.
  static func request(_ target: String, token: String? = nil) -> [UInt8] {
    let authorization = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
    return Array("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\(authorization)\r\n".utf8)
  }

  /// Sends a request; they are small enough for the socket's buffer.
  func send(_ request: [UInt8]) throws {
    guard Glibc.send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
      throw BenchmarkError.setup("a request could not be sent: \(String(cString: strerror(errno)))")
    }
  }

  /// Reads what is there, waiting for the first byte.
  /// - Returns: whether the answer is complete; then `takeBody` has it.
  func receive() throws -> Bool {
    let count = recv(descriptor, &chunk, chunk.count, 0)
    guard count > 0 else { throw BenchmarkError.setup("the server closed the connection, or was silent for 10 s") }
    received.append(contentsOf: chunk[..<count])
    return body != nil
  }

  /// The body of the complete answer; the next request may be sent.
  func takeBody<Value>(_ use: (ArraySlice<UInt8>) throws -> Value) throws -> Value {
    guard let body else { throw BenchmarkError.setup("the answer is not complete") }
    defer { received.removeAll(keepingCapacity: true) }
    guard received.starts(with: HTTPConnection.success) else {
      throw BenchmarkError.wrongAnswer(String(decoding: received.prefix(200), as: UTF8.self))
    }
    return try use(received[body])
  }

  /// Asks and waits for the answer's body.
  func get(_ target: String, token: String? = nil) throws -> [UInt8] {
    try send(HTTPConnection.request(target, token: token))
    while try !receive() {}
    return try takeBody { Array($0) }
  }

  /// Reads an answer that has no body.
  func readHead(beginning expected: String) throws {
    while received.firstRange(of: HTTPConnection.headEnd) == nil { _ = try receive() }
    guard received.starts(with: expected.utf8), let end = received.firstRange(of: HTTPConnection.headEnd) else {
      throw BenchmarkError.wrongAnswer(String(decoding: received.prefix(200), as: UTF8.self))
    }
    received.removeFirst(end.upperBound)
  }

  /// Reads what is there of a WebSocket.
  /// - Returns: whether a text has arrived as a whole; frames that are none are passed over.
  func receiveText() throws -> Bool {
    _ = try receive()
    while received.count >= 2 {
      var (head, count) = (2, Int(received[1]))
      if count >= 126 {
        head += count == 126 ? 2 : 8
        guard received.count >= head else { return false }
        count = received[2..<head].reduce(0) { $0 << 8 | Int($1) }
      }
      guard received.count >= head + count else { return false }
      let isText = received[0] & 0x0f == 1
      received.removeFirst(head + count)
      if isText { return true }
    }
    return false
  }

  private static let success = Array("HTTP/1.1 200".utf8)
  private static let headEnd = Array("\r\n\r\n".utf8)
  private static let lengthName = Array("\r\nContent-Length: ".utf8)

  /// Where the body is, as soon as all of it is there.
  private var body: Range<Int>? {
    received.withUnsafeBufferPointer { bytes in
      guard let end = find(HTTPConnection.headEnd, in: bytes, from: 0, to: bytes.count),
        var digit = find(HTTPConnection.lengthName, in: bytes, from: 0, to: end)
      else { return nil }
      digit += HTTPConnection.lengthName.count
      var length = 0
      while digit < end, case let value = bytes[digit] &- 0x30, value < 10 {
        length = length * 10 + Int(value)
        digit += 1
      }
      let start = end + HTTPConnection.headEnd.count
      return start + length <= bytes.count ? start..<start + length : nil
    }
  }
}

private func find(_ pattern: [UInt8], in bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Int? {
  var place = start
  while place + pattern.count <= end {
    var matched = 0
    while matched < pattern.count, bytes[place + matched] == pattern[matched] { matched += 1 }
    if matched == pattern.count { return place }
    place += 1
  }
  return nil
}
