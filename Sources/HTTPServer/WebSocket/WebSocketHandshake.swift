import CCrypto
import Hexadecimal

/// A request to go on with WebSocket's frames that may be answered so (RFC 6455, section 4.2).
public struct WebSocketHandshake: Sendable {
  /// Why it may not.
  public struct Refusal: Error, Sendable {
    public let response: HTTPResponse
  }

  /// The value of `Sec-WebSocket-Accept`.
  let accept: String

  public init(_ request: HTTPRequest) throws(Refusal) {
    guard request.method == .get, Self.names("websocket", in: request.header("Upgrade")),
      Self.names("upgrade", in: request.header("Connection"))
    else {
      throw Self.refusal(
        426, "Upgrade required", "this is a WebSocket: connect with ws:// or wss://",
        [HTTPHeader("Upgrade", "websocket")])
    }
    guard request.header("Sec-WebSocket-Version") == "13" else {
      throw Self.refusal(
        426, "Unsupported version", "version 13 of the protocol is understood (RFC 6455)",
        [HTTPHeader("Upgrade", "websocket"), HTTPHeader("Sec-WebSocket-Version", "13")])
    }
    guard let key = request.header("Sec-WebSocket-Key"), Self.isKey(key) else {
      throw Self.refusal(400, "Malformed handshake", "Sec-WebSocket-Key is 16 bytes in base64", [])
    }
    accept = Self.accept(of: key)
  }

  private static func refusal(
    _ status: Int, _ title: String, _ detail: String, _ headers: [HTTPHeader]
  ) -> Refusal {
    Refusal(response: Problem(status: status, title: title, detail: detail).response(headers: headers))
  }

  static func accept(of key: String) -> String {
    // The constant of section 1.3, which no other server would add.
    let bytes = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
    var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
    _ = SHA1(bytes, bytes.count, &digest)
    return Base64.encode(digest)
  }

  /// Whether a list of tokens has that one, in any case of letters.
  private static func names(_ token: String, in header: String?) -> Bool {
    header?.split(separator: ",").contains { $0.lowercased().split(separator: " ") == [Substring(token)] } ?? false
  }

  /// 16 bytes: 22 characters and two signs for what is missing.
  private static func isKey(_ text: String) -> Bool {
    text.utf8.count == 24 && text.hasSuffix("==") && text.utf8.prefix(22).allSatisfy { Base64.digits.contains($0) }
  }
}
