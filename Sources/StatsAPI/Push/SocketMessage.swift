import HTTPServer
import JSON

/// What the server says on a WebSocket: one JSON object a message.
enum SocketMessage {
  static let authorized = Array("{\"authorized\":true}".utf8)

  /// - Parameter data: JSON; nil: the client has that result already.
  static func result(_ id: String, _ position: ResultPosition, _ data: [UInt8]?) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity((data?.count ?? 0) + 160)
    append(id, to: &bytes)
    bytes += Array(",\"position\":\"\(position.text)\"".utf8)
    if let data {
      bytes += Array(",\"data\":".utf8)
      bytes += data
    }
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  /// - Parameters:
  ///   - id: nil: it is about no subscription.
  ///   - hasEnded: there is no such subscription, or there is none any more.
  static func error(_ id: String?, _ problem: Problem, hasEnded: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    if let id { append(id, to: &bytes) } else { bytes.append(UInt8(ascii: "{")) }
    if id != nil { bytes.append(UInt8(ascii: ",")) }
    bytes += Array("\"error\":".utf8)
    bytes += problem.json
    bytes += Array((id != nil && hasEnded ? ",\"ended\":true}" : "}").utf8)
    return bytes
  }

  static func ended(_ id: String) -> [UInt8] {
    var bytes: [UInt8] = []
    append(id, to: &bytes)
    bytes += Array(",\"ended\":true}".utf8)
    return bytes
  }

  /// The beginning of an object, without its end.
  private static func append(_ id: String, to bytes: inout [UInt8]) {
    JSONValue.object([JSONMember("id", .string(id))]).append(to: &bytes)
    bytes.removeLast()
  }
}
