public enum HTTPMethod: Hashable, Sendable, CustomStringConvertible {
  case get, head, post, put, patch, delete, options
  case other(String)

  init(_ name: UnsafePointer<CChar>) {
    let text = String(cString: name)
    switch text {
    case "GET": self = .get
    case "HEAD": self = .head
    case "POST": self = .post
    case "PUT": self = .put
    case "PATCH": self = .patch
    case "DELETE": self = .delete
    case "OPTIONS": self = .options
    default: self = .other(text)
    }
  }

  /// As in the request line.
  public var description: String {
    switch self {
    case .get: "GET"
    case .head: "HEAD"
    case .post: "POST"
    case .put: "PUT"
    case .patch: "PATCH"
    case .delete: "DELETE"
    case .options: "OPTIONS"
    case .other(let name): name
    }
  }
}

/// A request that has arrived completely. A value of its own: it stays valid after the answer.
public struct HTTPRequest: Sendable {
  public let method: HTTPMethod
  /// What `path` and `query` were decoded from, as it came in the request line.
  public let target: [UInt8]
  /// Percent-decoded, valid UTF-8 without zero bytes; dot segments (`..`) are left as they came.
  public let path: String
  /// Decoded, in the order of the request, repeated names repeated.
  public let query: [QueryItem]
  public let body: [UInt8]
  public let remoteAddress: RemoteAddress
  let headers: RequestHeaders

  /// What stands between the slashes of the path, each decoded for itself: a slash that was escaped is part of a segment.
  public var pathSegments: [String]? { RequestTarget.pathSegments(target) }

  /// The value of the first header of that name, whatever the case of its letters.
  public func header(_ name: String) -> String? { headers.first(name) }
}
