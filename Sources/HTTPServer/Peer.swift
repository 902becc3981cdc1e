import CMicrohttpd
import Glibc

/// The other end of a connection, as accept(2) names it.
struct Peer {
  private var storage: sockaddr_storage
  private var length: socklen_t
  let key: AddressKey
  /// Of a connection whose socket does not say when bytes came.
  var arrivals: LastArrival?

  /// The next connection of a listening socket, non-blocking; nil when there is none, and errno says why.
  static func accepted(by listener: Int32) -> (descriptor: Int32, peer: Peer)? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let descriptor = withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        streampulse_accept(listener, $0, &length)
      }
    }
    guard descriptor >= 0 else { return nil }
    return (descriptor, Peer(storage: storage, length: length, key: AddressKey(storage)))
  }

  func withAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }
}
