import Glibc

/// A bound socket that accepts connections. Opened here and not by libmicrohttpd, which does not say why it failed.
struct ListeningSocket: ~Copyable {
  private let descriptor: Int32
  let port: UInt16

  init(host: String, port: UInt16) throws(HTTPServerError) {
    var hints = addrinfo()
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host == "*" ? nil : host, String(port), &hints, &found) == 0, let address = found?.pointee else {
      throw .invalidHost(host)
    }
    defer { freeaddrinfo(found) }

    let descriptor = try Self.listen(address, host: host, port: port)
    guard let bound = Self.boundPort(of: descriptor) else {
      let reason = errno
      close(descriptor)
      throw .system(call: "getsockname", errorNumber: reason)
    }
    self.descriptor = descriptor
    self.port = bound
  }

  deinit { close(descriptor) }

  /// Hands the descriptor to a caller that will close it.
  consuming func release() -> Int32 {
    let released = descriptor
    discard self
    return released
  }

  /// Of two sockets that begin to listen at the same moment Linux may refuse both (inet_csk_listen_start announces itself
  /// before it asks), so that nobody would serve: both try again, at moments of their own.
  private static let attempts = 4
  private static let pauseMicroseconds: Range<UInt32> = 5_000..<50_000

  private static func listen(_ address: addrinfo, host: String, port: UInt16) throws(HTTPServerError) -> Int32 {
    var attempt = 1
    while true {
      let type = address.ai_socktype | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
      let descriptor = socket(address.ai_family, type, address.ai_protocol)
      guard descriptor >= 0 else { throw .system(call: "socket", errorNumber: errno) }
      // A restart must not wait for the old connections' TIME_WAIT.
      var yes: Int32 = 1
      setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
      if bind(descriptor, address.ai_addr, address.ai_addrlen) == 0, Glibc.listen(descriptor, SOMAXCONN) == 0 {
        return descriptor
      }
      let reason = errno
      close(descriptor)
      guard reason == EADDRINUSE, attempt < attempts else {
        throw error(errorNumber: reason, host: host, port: port)
      }
      attempt += 1
      usleep(.random(in: pauseMicroseconds))
    }
  }

  private static func error(errorNumber: Int32, host: String, port: UInt16) -> HTTPServerError {
    switch errorNumber {
    case EADDRINUSE: .addressInUse(host: host, port: port)
    case EADDRNOTAVAIL: .addressNotAvailable(host: host, port: port)
    case EACCES: .permissionDenied(host: host, port: port)
    default: .system(call: "bind", errorNumber: errorNumber)
    }
  }

  private static func boundPort(of descriptor: Int32) -> UInt16? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutableBytes(of: &storage) { bytes -> UInt16? in
      guard let base = bytes.baseAddress,
        getsockname(descriptor, base.assumingMemoryBound(to: sockaddr.self), &length) == 0
      else { return nil }
      // The port stands at the same place in sockaddr_in and sockaddr_in6.
      return UInt16(bigEndian: base.load(fromByteOffset: 2, as: UInt16.self))
    }
  }
}
