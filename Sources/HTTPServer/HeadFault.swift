/// Why a request is refused, and its connection closed, before anything is done with it.
enum HeadFault: CaseIterable {
  case malformed
  case noHost
  case severalHosts
  case ambiguousLength
  case invalidLength
  case unsupportedCoding
  case targetTooLong
  case headTooLarge
  case unsupportedVersion
  /// Plain HTTP, or anything else, where TLS is spoken.
  case notTLS
  /// It did not arrive in time.
  case late
  /// As many connections are open as may be.
  case full
  /// As many connections of the client's address are open as may be.
  case addressFull

  /// - Parameter configuration: whose bounds are named.
  func problem(_ configuration: HTTPConfiguration) -> Problem {
    switch self {
    case .malformed:
      Problem(status: 400, title: "Malformed request", detail: "the request does not begin like one of HTTP/1.1")
    case .noHost:
      Problem(status: 400, title: "Missing Host", detail: "a request of HTTP/1.1 has the header Host (RFC 9112, 3.2)")
    case .severalHosts:
      Problem(status: 400, title: "Several Hosts", detail: "the header Host may be given once (RFC 9112, 3.2)")
    case .ambiguousLength:
      Problem(
        status: 400, title: "Ambiguous length",
        detail: "a request has one Content-Length or a chunked body, not several lengths (RFC 9112, 6.3)")
    case .invalidLength:
      Problem(status: 400, title: "Invalid length", detail: "Content-Length is a decimal number (RFC 9110, 8.6)")
    case .unsupportedCoding:
      Problem(
        status: 501, title: "Unsupported transfer coding", detail: "of the transfer codings only chunked is understood")
    case .targetTooLong:
      Problem(
        status: 414, title: "Request target too long",
        detail: "path and query may have \(configuration.maximumTargetBytes) bytes at most",
        extensions: [.init("maximum", .integer(configuration.maximumTargetBytes))])
    case .headTooLarge:
      Problem(
        status: 431, title: "Request head too large",
        detail: "request line and headers may have \(configuration.maximumHeadBytes) bytes at most",
        extensions: [.init("maximum", .integer(configuration.maximumHeadBytes))])
    case .unsupportedVersion:
      Problem(status: 505, title: "Unsupported version", detail: "HTTP/1.1 and HTTP/1.0 are understood")
    case .notTLS:
      Problem(status: 400, title: "TLS needed", detail: "this port speaks TLS: write https:// instead of http://")
    case .late:
      Problem(
        status: 408, title: "Request too slow",
        detail: "the whole head of a request must arrive within \(configuration.headTimeoutSeconds) s")
    case .full: Problem(status: 503, title: "Too many connections", detail: "all connections are in use")
    case .addressFull:
      Problem(
        status: 503, title: "Too many connections",
        detail: "an address may have \(configuration.maximumConnectionsPerAddress) connections at most",
        extensions: [.init("maximum", .integer(configuration.maximumConnectionsPerAddress))])
    }
  }

  var headers: [HTTPHeader] {
    switch self {
    case .full, .addressFull: [HTTPHeader("Connection", "close"), HTTPHeader("Retry-After", "1")]
    default: [HTTPHeader("Connection", "close")]
    }
  }
}
