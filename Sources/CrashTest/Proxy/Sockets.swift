import Glibc

/// A listening socket on a free port of 127.0.0.1, and the port.
func listenOnFreePort() throws(CrashTestError) -> (socket: Int32, port: Int) {
  let listener = makeSocket()
  guard listener >= 0 else { throw .setup("socket: \(lastSystemError())") }
  var address = loopback(port: 0)
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  let isListening = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
      bind(listener, generic, length) == 0 && listen(listener, SOMAXCONN) == 0
        && getsockname(listener, generic, &length) == 0
    }
  }
  guard isListening else {
    defer { close(listener) }
    throw .setup("no port to listen on: \(lastSystemError())")
  }
  return (listener, Int(UInt16(bigEndian: address.sin_port)))
}

/// Two ports in a row that nobody uses at the moment: Kafka takes the next one for its controller.
///
/// Below those that the system gives to clients, so that none of them takes one while its server is down.
func findFreePorts() throws(CrashTestError) -> Int {
  for _ in 0..<1000 {
    let port = Int.random(in: 12_000..<30_000)
    if [port, port + 1].allSatisfy(isFree) { return port }
  }
  throw .setup("no free port between 12000 and 30000")
}

private func isFree(_ port: Int) -> Bool {
  let probe = makeSocket()
  guard probe >= 0 else { return false }
  defer { close(probe) }
  return withAddress(port: port) { bind(probe, $0, $1) } == 0
}

/// A socket whose connection is under way; nil when it is refused at once.
func startConnecting(to port: Int) -> Int32? {
  let socket = makeSocket()
  guard socket >= 0 else { return nil }
  if withAddress(port: port, { connect(socket, $0, $1) }) == 0 || errno == EINPROGRESS { return socket }
  close(socket)
  return nil
}

/// Closes it with a reset instead of an orderly end.
func resetSocket(_ socket: Int32) {
  var now = linger(l_onoff: 1, l_linger: 0)
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
  close(socket)
}

func lastSystemError() -> String { String(cString: strerror(errno)) }

private func makeSocket() -> Int32 {
  socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
}

private func loopback(port: Int) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
  address.sin_port = in_port_t(UInt16(truncatingIfNeeded: port)).bigEndian
  return address
}

private func withAddress(port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
  var address = loopback(port: port)
  return withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}
