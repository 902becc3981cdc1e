/// The frames of RFC 6455, section 5, as a server writes them: whole, and not masked.
enum WebSocketFrame {
  enum Opcode: UInt8 {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    var isControl: Bool { rawValue & 0x8 != 0 }
  }

  /// The longest payload of a control frame (section 5.5).
  static let maximumControlBytes = 125

  static func bytes(_ opcode: Opcode, _ payload: some Collection<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(payload.count + 10)
    bytes.append(0x80 | opcode.rawValue)
    switch payload.count {
    case ..<126: bytes.append(UInt8(payload.count))
    case ..<65536:
      bytes.append(126)
      bytes += [UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
    default:
      bytes.append(127)
      for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(payload.count >> shift & 0xff)) }
    }
    bytes += payload
    return bytes
  }

  static func close(_ code: WebSocketClose) -> [UInt8] {
    let reason = code.reason.utf8.prefix(maximumControlBytes - 2)
    return bytes(.close, [UInt8(code.code >> 8), UInt8(code.code & 0xff)] + reason)
  }
}

/// Why a socket is closed (RFC 6455, section 7.4.1), with a text for whoever looks at the client.
public struct WebSocketClose: Error, Hashable, Sendable {
  public var code: UInt16
  /// English; at most 123 bytes of it are sent.
  public var reason: String

  public init(_ code: UInt16, _ reason: String) {
    self.code = code
    self.reason = reason
  }

  /// The server, or what it serves, is about to stop.
  public static let goingAway = WebSocketClose(1001, "the server is about to stop; connect again")
  /// A client has not done what it must.
  public static func policy(_ reason: String) -> WebSocketClose { WebSocketClose(1008, reason) }

  static func malformed(_ reason: String) -> WebSocketClose { WebSocketClose(1002, reason) }
  static let notText = WebSocketClose(1003, "messages are text")
  static let notUnicode = WebSocketClose(1007, "a text is UTF-8")

  static func tooLarge(_ maximum: Int) -> WebSocketClose {
    WebSocketClose(1009, "a message may have \(maximum) bytes at most")
  }
}
