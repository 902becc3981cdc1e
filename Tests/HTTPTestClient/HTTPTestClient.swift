import Glibc

/// A connection to a server on 127.0.0.1 that sends what it is told, byte for byte, and parses what comes back.
/// Every read gives up after a minute, so that a test that waits in vain fails.
public final class HTTPTestClient {
  public enum Failure: Error {
    case notConnected(Int32)
    /// The server closed the connection, or a minute passed.
    case ended(received: String)
    case malformed(String)
  }

  public struct Answer {
    public var status: Int
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public var text: String { String(decoding: body, as: UTF8.self) }

    public func header(_ name: String) -> String? {
      headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
  }

  private let descriptor: Int32
  private let owner: AnyObject?
  private var received: [UInt8] = []

  /// `owner` is kept as long as the client: usually what the server would stop without.
  public init(port: UInt16, keeping owner: AnyObject? = nil, receiveBufferBytes: Int32? = nil) throws {
    self.owner = owner
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var timeout = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    if var bytes = receiveBufferBytes {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    // Everything is initialised by now, so that deinit closes the socket.
    guard connected == 0 else { throw Failure.notConnected(errno) }
  }

  deinit { close(descriptor) }

  public func send(_ text: String) { send(Array(text.utf8)) }

  public func send(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      sent += count
    }
  }

  /// Sends a request without a body and reads its answer.
  public func get(_ target: String, method: String = "GET", headers: [String: String] = [:]) throws -> Answer {
    request(target, method: method, headers: headers)
    return try answer(toHEAD: method == "HEAD")
  }

  /// Sends a request without a body.
  public func request(_ target: String, method: String = "GET", headers: [String: String] = [:]) {
    let lines = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
    send("\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n\(lines)\r\n")
  }

  /// Reads one answer; `body` is whole, also when it is chunked.
  public func answer(toHEAD: Bool = false) throws -> Answer {
    var answer = try head()
    if toHEAD || answer.status == 304 || answer.status == 204 { return answer }
    if let length = answer.header("Content-Length").flatMap({ Int($0) }) {
      answer.body = try take(length)
    } else if answer.header("Transfer-Encoding") == "chunked" {
      while let part = try chunk() { answer.body += part }
    }
    return answer
  }

  /// Reads an answer's head only.
  public func head() throws -> Answer {
    let lines = try text(through: "\r\n\r\n").split(separator: "\r\n").map(String.init)
    let parts = lines.first?.split(separator: " ") ?? []
    guard parts.count >= 2, let status = Int(parts[1]) else { throw Failure.malformed(lines.first ?? "") }
    let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      return (String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
    }
    return Answer(status: status, headers: headers, body: [])
  }

  /// Reads one chunk of a chunked body; nil is the last.
  public func chunk() throws -> [UInt8]? {
    let size = try text(through: "\r\n").dropLast(1)
    guard let count = Int(size, radix: 16) else { throw Failure.malformed(String(size)) }
    let bytes = try take(count)
    _ = try take(2)
    return count == 0 ? nil : bytes
  }

  /// Reads chunks until their text contains `end`, and returns it through there; what follows in the chunk is dropped.
  public func chunks(through end: String) throws -> String {
    var text = ""
    while let part = try chunk() {
      text += String(decoding: part, as: UTF8.self)
      if let range = text.firstRange(of: end) { return String(text[..<range.upperBound]) }
    }
    throw Failure.ended(received: text)
  }

  /// Whether the server has closed the connection and nothing is left to read.
  public func isAtEnd() -> Bool {
    received.isEmpty && (try? fill()) == nil
  }

  private func text(through end: String) throws -> String {
    let pattern = Array(end.utf8)
    while true {
      if let range = received.firstRange(of: pattern) {
        return String(decoding: try take(range.upperBound), as: UTF8.self)
      }
      try fill()
    }
  }

  func take(_ count: Int) throws -> [UInt8] {
    while received.count < count { try fill() }
    let bytes = Array(received.prefix(count))
    received.removeFirst(count)
    return bytes
  }

  private func fill() throws {
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { throw Failure.ended(received: String(decoding: received, as: UTF8.self)) }
    received += buffer.prefix(count)
  }
}
