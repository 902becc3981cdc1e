/// What a server answered.
public struct HTTPReply: Sendable {
  public var status: Int
  public var contentType: String?
  /// Where a redirection leads; nil: it is none.
  public var location: String?
  public var body: [UInt8]

  public init(status: Int, contentType: String? = nil, location: String? = nil, body: [UInt8] = []) {
    self.status = status
    self.contentType = contentType
    self.location = location
    self.body = body
  }

  public var isSuccess: Bool { (200..<300).contains(status) }
}
