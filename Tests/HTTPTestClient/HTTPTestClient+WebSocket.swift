/// A frame as it came from the server.
public struct TestFrame: Equatable {
  /// 1 a text, 8 a close, 9 a ping, 10 a pong.
  public var opcode: UInt8
  public var payload: [UInt8]

  public init(opcode: UInt8, payload: [UInt8]) {
    self.opcode = opcode
    self.payload = payload
  }

  public var text: String { String(decoding: payload, as: UTF8.self) }

  /// Of a close frame; 0 when it has none.
  public var closeCode: UInt16 {
    payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : 0
  }
}

/// WebSocket's frames, well-formed or not (RFC 6455).
extension HTTPTestClient {
  /// Sends a handshake and reads its answer's head.
  public func upgrade(_ target: String, headers: [String: String] = [:]) throws -> Answer {
    let own = [
      "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ]
    request(target, headers: own.merging(headers) { $1 })
    return try head()
  }

  /// A frame as a client sends it, masked.
  public static func frame(_ opcode: UInt8, _ payload: [UInt8], isLast: Bool = true) -> [UInt8] {
    var bytes = [(isLast ? 0x80 : 0) | opcode]
    switch payload.count {
    case ..<126: bytes.append(0x80 | UInt8(payload.count))
    case ..<65536: bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
    default:
      bytes.append(0x80 | 127)
      for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(payload.count >> shift & 0xff)) }
    }
    let mask: [UInt8] = [0x37, 0xfa, 0x21, 0x3d]
    return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
  }

  public func say(_ text: String) { send(Self.frame(1, Array(text.utf8))) }

  /// The next frame, which the server does not mask.
  public func nextFrame() throws -> TestFrame {
    let head = try take(2)
    var count = Int(head[1])
    if count >= 126 { count = try take(count == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) } }
    return TestFrame(opcode: head[0] & 0x0f, payload: try take(count))
  }

  /// The next message; pings are passed over.
  public func message() throws -> String {
    while true {
      let frame = try nextFrame()
      if frame.opcode == 1 { return frame.text }
      guard frame.opcode == 9 else { throw Failure.malformed("frame \(frame.opcode) \(frame.closeCode) \(frame.text)") }
    }
  }
}
