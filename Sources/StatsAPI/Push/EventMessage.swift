/// Server-sent events as they stand on the wire (WHATWG HTML, section 9.2).
enum EventMessage {
  /// Keeps the connection and says nothing.
  static let heartbeat = Array(": \n\n".utf8)

  /// What a client gets first: how soon to come back after the connection is lost.
  static let preamble = Array("retry: 2000\n\n".utf8)

  /// A line break within the data would end it: each line is marked.
  ///
  /// - Parameter id: what the client sends as `Last-Event-ID` when it comes back; without one it keeps the former.
  static func message(_ data: [UInt8], event: String? = nil, id: String? = nil) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(data.count + 64)
    if let event { bytes += Array("event: \(event)\n".utf8) }
    if let id { bytes += Array("id: \(id)\n".utf8) }
    for line in data.split(omittingEmptySubsequences: false, whereSeparator: { $0 == 10 || $0 == 13 }) {
      bytes += Array("data: ".utf8)
      bytes += line
      bytes.append(10)
    }
    bytes.append(10)
    return bytes
  }
}
