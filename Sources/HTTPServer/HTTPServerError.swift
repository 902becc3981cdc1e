/// Why a server could not be started. Trying again helps only when what is named has changed.
public enum HTTPServerError: Error, Equatable, CustomStringConvertible {
  /// The host is not an address, or no name that resolves to one.
  case invalidHost(String)
  /// Another process listens there.
  case addressInUse(host: String, port: UInt16)
  /// The host is not an address of this machine.
  case addressNotAvailable(host: String, port: UInt16)
  /// Ports below 1024 usually need privileges.
  case permissionDenied(host: String, port: UInt16)
  /// A system call failed for another reason.
  case system(call: String, errorNumber: Int32)
  /// libmicrohttpd did not start: no memory, no threads or no descriptors left.
  case notStarted

  public var description: String {
    switch self {
    case .invalidHost(let host): "\"\(host)\" is not an address to listen on"
    case .addressInUse(let host, let port): "\(host):\(port) is already in use by another process"
    case .addressNotAvailable(let host, let port): "\(host):\(port) is not an address of this machine"
    case .permissionDenied(let host, let port): "no permission to listen on \(host):\(port)"
    case .system(let call, let errorNumber): "\(call) failed with error \(errorNumber)"
    case .notStarted: "the HTTP server did not start: memory, threads or file descriptors are exhausted"
    }
  }
}
