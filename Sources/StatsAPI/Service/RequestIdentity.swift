import HTTPServer

/// `X-Request-ID`: what a request is called in answers and in the log.
enum RequestIdentity {
  static let header = "X-Request-ID"
  private static let maximumBytes = 128

  /// What the client or a proxy calls the request, if that can stand in a header and a log: letters, digits and `-._~:/+=`.
  static func given(by request: HTTPRequest) -> String? {
    guard let text = request.header(header), !text.isEmpty, text.utf8.count <= maximumBytes,
      text.utf8.allSatisfy({ isAllowed($0) })
    else { return nil }
    return text
  }

  /// A new one: 128 random bits.
  static func make() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<2).map { _ in
      let digits = String(generator.next(), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-._~:/+=".utf8.contains(byte)
    }
  }
}
