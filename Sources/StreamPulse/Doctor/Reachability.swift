import Glibc

/// Whether somebody takes connections at an address. Nothing is said there.
enum Reachability {
  private static let patienceMilliseconds: Int32 = 3_000

  /// - Returns: why nobody is reached; nil: somebody is.
  static func problem(host: String, port: Int) -> String? {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    guard code == 0 else { return String(cString: gai_strerror(code)) }
    defer { freeaddrinfo(list) }
    var problem: String? = "it has no address"
    var next = list
    while let address = next?.pointee {
      problem = attempt(address)
      if problem == nil { return nil }
      next = address.ai_next
    }
    return problem
  }

  private static func attempt(_ address: addrinfo) -> String? {
    let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(address.ai_family, address.ai_socktype | flags, address.ai_protocol)
    guard descriptor >= 0 else { return reason(errno) }
    defer { close(descriptor) }
    if connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return nil }
    guard errno == EINPROGRESS else { return reason(errno) }
    var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    guard Glibc.poll(&poll, 1, patienceMilliseconds) > 0 else { return "nothing answers" }
    var error: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 else { return reason(errno) }
    return error == 0 ? nil : reason(error)
  }

  private static func reason(_ error: Int32) -> String { String(cString: strerror(error)) }

  /// Host and port of an address with a scheme; nil: it has none, or one of unknown port.
  static func place(of address: String) -> (host: String, port: Int)? {
    let ports = ["http": 80, "https": 443, "smtp": 25, "smtps": 465]
    guard let colon = address.firstIndex(of: ":"), address[colon...].hasPrefix("://"),
      let standard = ports[String(address[..<colon])]
    else { return nil }
    let rest = address[address.index(colon, offsetBy: 3)...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    var place = rest.split(separator: "@", omittingEmptySubsequences: false).last ?? rest
    var port = standard
    if place.hasPrefix("[") {
      guard let end = place.firstIndex(of: "]") else { return nil }
      let tail = place[place.index(after: end)...]
      if tail.hasPrefix(":"), let number = Int(tail.dropFirst()) { port = number }
      place = place[place.index(after: place.startIndex)..<end]
    } else if let separator = place.lastIndex(of: ":"), let number = Int(place[place.index(after: separator)...]) {
      port = number
      place = place[..<separator]
    }
    return place.isEmpty ? nil : (String(place), port)
  }
}
