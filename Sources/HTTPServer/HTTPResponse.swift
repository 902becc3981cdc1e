/// One line of an answer's head.
public struct HTTPHeader: Hashable, Sendable {
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// An answer. `Date`, `Content-Length` and `Connection` are added by the server, and a HEAD request gets the same head
/// without the body.
public struct HTTPResponse: Sendable {
  public enum Body: Sendable {
    case empty
    case bytes([UInt8])
    case file(OpenFile)
  }

  public var status: Int
  /// Names and values without control characters; an answer with others is replaced by 500.
  public var headers: [HTTPHeader]
  public var body: Body

  public init(status: Int, headers: [HTTPHeader] = [], body: Body = .empty) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  public init(status: Int = 200, contentType: String, bytes: [UInt8], headers: [HTTPHeader] = []) {
    self.init(status: status, headers: [HTTPHeader("Content-Type", contentType)] + headers, body: .bytes(bytes))
  }

  public init(status: Int = 200, text: String, headers: [HTTPHeader] = []) {
    self.init(status: status, contentType: "text/plain; charset=utf-8", bytes: Array(text.utf8), headers: headers)
  }
}
