import HTTPServer

/// Which web pages of other origins may read the answers.
public enum AllowedOrigins: Hashable, Sendable {
  case none
  case any
  /// Origins as browsers send them, e.g. `https://example.org`.
  case list(Set<String>)

  /// From a setting: a comma-separated list, `*`, or nothing.
  public init(setting: String) {
    let origins = setting.split(separator: ",").map { origin in
      var origin = origin.drop { $0 == " " }
      while origin.last == " " || origin.last == "/" { origin.removeLast() }
      return String(origin)
    }.filter { !$0.isEmpty }
    if origins.contains("*") {
      self = .any
    } else {
      self = origins.isEmpty ? .none : .list(Set(origins))
    }
  }
}

/// The headers that every answer has: for the browser's safety, and for pages of other origins.
struct CommonHeaders: Sendable {
  /// For requests that need no headers of their own.
  let base: [HTTPHeader]
  private let origins: AllowedOrigins

  init(origins: AllowedOrigins) {
    self.origins = origins
    let safety = [HTTPHeader("X-Content-Type-Options", "nosniff"), HTTPHeader("Referrer-Policy", "no-referrer")]
    base = origins == .any ? safety + Self.crossOrigin("*") : safety
  }

  /// The request's origin if it needs headers of its own.
  func specialOrigin(of request: HTTPRequest) -> String? {
    guard case .list(let allowed) = origins, let origin = request.header("Origin"), allowed.contains(origin) else {
      return nil
    }
    return origin
  }

  /// Whether the request may need headers of its own.
  func mayBeSpecial(_ head: borrowing RequestHead) -> Bool {
    guard case .list = origins else { return false }
    return head.header("Origin") != nil
  }

  /// Whether a page may open a WebSocket, to which browsers apply no rule of their own: one of this server, or of an
  /// origin that may read the answers. Programs send no origin.
  func admitsSocket(_ request: HTTPRequest) -> Bool {
    guard let origin = request.header("Origin") else { return true }
    switch origins {
    case .any: return true
    case .list(let allowed) where allowed.contains(origin): return true
    case .none, .list:
      guard let host = request.header("Host"), let scheme = origin.firstRange(of: "://") else { return false }
      return origin[scheme.upperBound...].lowercased() == host.lowercased()
    }
  }

  func headers(for specialOrigin: String?) -> [HTTPHeader] {
    specialOrigin.map { base + Self.crossOrigin($0) } ?? base
  }

  /// The `Vary` header's value: what an answer depends on beside the URL.
  func vary(_ names: String...) -> String {
    let all = if case .list = origins { names + ["Origin"] } else { names }
    return all.joined(separator: ", ")
  }

  /// The answer to OPTIONS: what may be asked, here and from other origins.
  ///
  /// - Parameter methods: those of the route.
  func options(for specialOrigin: String?, methods: [String]) -> HTTPResponse {
    let methods = methods.joined(separator: ", ")
    var headers = [HTTPHeader("Allow", methods)]
    if origins != .none { headers.append(HTTPHeader("Vary", vary("Access-Control-Request-Method"))) }
    if specialOrigin != nil || origins == .any {
      headers += [
        HTTPHeader("Access-Control-Allow-Methods", methods),
        HTTPHeader("Access-Control-Allow-Headers", Self.allowedHeaders),
        HTTPHeader("Access-Control-Max-Age", "600"),
      ]
    }
    return HTTPResponse(status: 204, headers: headers)
  }

  /// What scripts send, beside what every request may have (Fetch, "CORS-safelisted request-header").
  private static let allowedHeaders =
    "Accept, Authorization, Cache-Control, Content-Type, If-None-Match, Last-Event-ID, X-Request-ID, X-Requested-With"

  private static func crossOrigin(_ origin: String) -> [HTTPHeader] {
    let headers = [
      HTTPHeader("Access-Control-Allow-Origin", origin),
      HTTPHeader(
        "Access-Control-Expose-Headers",
        "ETag, Link, Retry-After, Server-Timing, X-Process-Time, X-Replica-Lag, "
          + "X-Request-ID"),
    ]
    // Only origins that somebody has named may use what a browser keeps for this one; everybody may not.
    return origin == "*" ? headers : headers + [HTTPHeader("Access-Control-Allow-Credentials", "true")]
  }
}
