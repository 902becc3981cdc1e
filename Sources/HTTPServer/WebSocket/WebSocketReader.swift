/// Takes a client's bytes apart into messages (RFC 6455, sections 5.2 to 5.6): a value that is fed with whatever has come.
///
/// Holds at most one message of `maximumMessageBytes` and one frame that has not come as a whole.
struct WebSocketReader {
  enum Event: Equatable {
    /// A whole message, which is UTF-8.
    case text([UInt8])
    case ping([UInt8])
    case pong
    /// The client closes; what it says goes back to it.
    case close([UInt8])
  }

  private let maximumMessageBytes: Int
  /// What has come and is no whole frame yet.
  private var buffer: [UInt8] = []
  private var position = 0
  /// The parts of a fragmented message that are there; nil: none has begun.
  private var message: [UInt8]?

  init(maximumMessageBytes: Int) {
    self.maximumMessageBytes = maximumMessageBytes
  }

  /// Bytes that it holds.
  var heldByteCount: Int { buffer.count - position + (message?.count ?? 0) }

  mutating func feed(_ bytes: some Sequence<UInt8>) { buffer.append(contentsOf: bytes) }

  /// The next event; nil: more has to come first. After an error nothing of the connection means anything any more.
  mutating func next() throws(WebSocketClose) -> Event? {
    while let frame = try frame() {
      switch frame.opcode {
      case .ping: return .ping(frame.payload)
      case .pong: return .pong
      case .close:
        try Self.check(close: frame.payload)
        return .close(frame.payload)
      case .binary: throw .notText
      case .text:
        guard message == nil else { throw .malformed("a message begins within another") }
        guard !frame.isLast else { return .text(try Self.unicode(frame.payload)) }
        message = frame.payload
      case .continuation:
        guard let begun = message else { throw .malformed("a message goes on that has not begun") }
        guard begun.count + frame.payload.count <= maximumMessageBytes else { throw .tooLarge(maximumMessageBytes) }
        message = begun + frame.payload
        guard frame.isLast, let whole = message else { continue }
        message = nil
        return .text(try Self.unicode(whole))
      }
    }
    if position == buffer.count {
      // A socket that is idle holds nothing.
      buffer = []
      position = 0
    } else if position > 0 {
      buffer.removeFirst(position)
      position = 0
    }
    return nil
  }

  private struct Frame {
    var opcode: WebSocketFrame.Opcode
    var isLast: Bool
    var payload: [UInt8]
  }

  private mutating func frame() throws(WebSocketClose) -> Frame? {
    let available = buffer.count - position
    guard available >= 2 else { return nil }
    let (first, second) = (buffer[position], buffer[position + 1])
    guard first & 0x70 == 0 else { throw .malformed("no extension was agreed on") }
    guard let opcode = WebSocketFrame.Opcode(rawValue: first & 0x0f) else { throw .malformed("unknown opcode") }
    guard second & 0x80 != 0 else { throw .malformed("a client masks its frames") }
    let isLast = first & 0x80 != 0
    var count = Int(second & 0x7f)
    if opcode.isControl {
      guard isLast, count <= WebSocketFrame.maximumControlBytes else {
        throw .malformed("a control frame is whole and has 125 bytes at most")
      }
    }
    let lengthBytes = count == 126 ? 2 : count == 127 ? 8 : 0
    guard available >= 2 + lengthBytes else { return nil }
    if lengthBytes > 0 {
      let length = buffer[(position + 2)..<(position + 2 + lengthBytes)].reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
      guard length > UInt64(lengthBytes == 2 ? 125 : 65535) else {
        throw .malformed("a length is longer than it need be")
      }
      // Before any of it is waited for.
      guard length <= UInt64(maximumMessageBytes) else { throw .tooLarge(maximumMessageBytes) }
      count = Int(length)
    }
    guard count <= maximumMessageBytes || opcode.isControl else { throw .tooLarge(maximumMessageBytes) }
    let head = 2 + lengthBytes + 4
    guard available >= head + count else { return nil }
    let mask = position + 2 + lengthBytes
    let start = position + head
    var payload = Array(buffer[start..<(start + count)])
    for index in payload.indices { payload[index] ^= buffer[mask + index & 3] }
    position = start + count
    return Frame(opcode: opcode, isLast: isLast, payload: payload)
  }

  private static func unicode(_ bytes: [UInt8]) throws(WebSocketClose) -> [UInt8] {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw .notUnicode }
    return bytes
  }

  /// Section 7.4: nothing, or a code that may be on the wire and a text.
  private static func check(close payload: [UInt8]) throws(WebSocketClose) {
    guard !payload.isEmpty else { return }
    guard payload.count >= 2 else { throw .malformed("a code has two bytes") }
    let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
    let isKnown = (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...4999).contains(code)
    guard isKnown else { throw .malformed("a code that may not be sent") }
    _ = try unicode(Array(payload.dropFirst(2)))
  }
}
