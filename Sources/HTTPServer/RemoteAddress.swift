import Glibc

/// The client's end of a connection. Kept as it came; text is made only when somebody asks.
public struct RemoteAddress: Sendable, CustomStringConvertible {
  private enum Host {
    case unknown
    case v4(in_addr)
    case v6(in6_addr)
  }

  private let host: Host
  /// 0 when unknown.
  public let port: UInt16

  init(_ address: UnsafePointer<sockaddr>?) {
    switch address.map({ Int32($0.pointee.sa_family) }) {
    case AF_INET:
      let v4 = UnsafeRawPointer(address)?.load(as: sockaddr_in.self) ?? sockaddr_in()
      host = .v4(v4.sin_addr)
      port = UInt16(bigEndian: v4.sin_port)
    case AF_INET6:
      let v6 = UnsafeRawPointer(address)?.load(as: sockaddr_in6.self) ?? sockaddr_in6()
      host = .v6(v6.sin6_addr)
      port = UInt16(bigEndian: v6.sin6_port)
    default:
      host = .unknown
      port = 0
    }
  }

  /// Whether it is this machine's own: 127.0.0.0/8 or ::1.
  public var isLoopback: Bool {
    switch host {
    case .unknown: false
    case .v4(let address): UInt32(bigEndian: address.s_addr) >> 24 == 127
    case .v6(let address):
      withUnsafeBytes(of: address) { bytes in
        let isShort = bytes.prefix(10).allSatisfy { $0 == 0 }
        return isShort
          && (bytes[10..<16].elementsEqual([0, 0, 0, 0, 0, 1]) || bytes[10..<13].elementsEqual([255, 255, 127]))
      }
    }
  }

  /// Tells clients apart: an IPv4 address, or the first 64 bits of an IPv6 address, which are what one client is given.
  public var clientBits: UInt64 {
    switch host {
    case .unknown: 0
    case .v4(let address): UInt64(address.s_addr)
    case .v6(let address):
      withUnsafeBytes(of: address) { bytes in
        // ::ffff:192.0.2.1 is an IPv4 client of a socket for both.
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
        return isMapped
          ? UInt64(bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self)) : bytes.loadUnaligned(as: UInt64.self)
      }
    }
  }

  /// The address without the port, e.g. `127.0.0.1`.
  public var description: String {
    switch host {
    case .unknown: "unknown"
    case .v4(var address): Self.text(AF_INET, &address)
    case .v6(var address): Self.text(AF_INET6, &address)
    }
  }

  private static func text(_ family: Int32, _ address: UnsafeRawPointer) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
      guard let base = buffer.baseAddress, inet_ntop(family, address, base, socklen_t(buffer.count)) != nil else {
        return "unknown"
      }
      return String(cString: base)
    }
  }
}
