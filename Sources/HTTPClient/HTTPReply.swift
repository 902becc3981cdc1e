/// What a server answered.
public struct HTTPReply: Sendable {
  public var status: Int
  public var contentType: String?
  /// Where a redirection leads; nil: it is none.
  public var location: String?
  /// How long the server wants to be left alone (`Retry-After`); 0: it does not say.
  public var retryAfterSeconds: Int
  public var body: [UInt8]

  public init(
    status: Int, contentType: String? = nil, location: String? = nil, retryAfterSeconds: Int = 0, body: [UInt8] = []
  ) {
    self.status = status
    self.contentType = contentType
    self.location = location
    self.retryAfterSeconds = retryAfterSeconds
    self.body = body
  }

  public var isSuccess: Bool { (200..<300).contains(status) }
}
