import JSON

/// What a client says on a WebSocket: one JSON object a message.
enum SocketRequest: Equatable {
  /// Who it is, where it could not say so in the handshake.
  case token(String)
  /// Wants an endpoint's result, now and whenever it changes.
  case subscribe(id: String, endpoint: String, position: ResultPosition?)
  /// Wants the latest alerts in the same way.
  case subscribeToAlerts(id: String, position: ResultPosition?)
  case unsubscribe(id: String)

  /// Why a message is none of these.
  struct Fault: Error, Equatable {
    /// Of the subscription that it is about, as far as it could be read.
    var id: String?
    var detail: String
  }

  static let maximumIDBytes = 64
  /// More than a target's of the HTTP server would help nobody.
  private static let maximumEndpointBytes = 8 * 1024

  init(_ message: [UInt8]) throws(Fault) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: message)
    } catch {
      throw Fault(detail: "a message is one JSON object: \(error)")
    }
    guard let members = value.objectValue else {
      throw Fault(detail: "a message is one JSON object, not \(value.kind)")
    }
    for (name, allowed) in Self.kinds where value[name] != nil {
      let id = value["subscribe"]?.stringValue ?? value["unsubscribe"]?.stringValue
      for member in members {
        guard allowed.contains(member.name) else {
          let others = allowed.filter { $0 != name }
          throw Fault(
            id: id, detail: "beside \(name) there may be \(others.isEmpty ? "nothing" : others.joined(separator: ", "))"
          )
        }
      }
      self = try Self.request(name, value)
      return
    }
    throw Fault(
      detail:
        "write {\"subscribe\": \"any id\", \"endpoint\": \"/api/…\"}, {\"subscribe\": \"any id\", \"alerts\": true}, "
        + "{\"unsubscribe\": \"the id\"} or {\"token\": \"…\"}")
  }

  /// The member that says what a message is, with all that it may have.
  private static let kinds = [
    ("subscribe", ["subscribe", "endpoint", "alerts", "position"]), ("unsubscribe", ["unsubscribe"]),
    ("token", ["token"]),
  ]

  private static func request(_ name: String, _ value: JSONValue) throws(Fault) -> SocketRequest {
    guard let text = value[name]?.stringValue, !text.isEmpty else {
      throw Fault(detail: "\(name) is a text, and not empty")
    }
    if name == "token" { return .token(text) }
    guard text.utf8.count <= maximumIDBytes else { throw Fault(detail: "an id has \(maximumIDBytes) bytes at most") }
    if name == "unsubscribe" { return .unsubscribe(id: text) }
    var position: ResultPosition?
    if let given = value["position"], !given.isNull {
      guard let text = given.stringValue else { throw Fault(id: text, detail: "position is a text, as it was sent") }
      // Of a position that is none of ours nothing is known: the present result is sent.
      position = ResultPosition(text: text)
    }
    switch (value["endpoint"], value["alerts"]) {
    case (let endpoint?, nil):
      guard let endpoint = endpoint.stringValue, endpoint.utf8.count <= maximumEndpointBytes else {
        throw Fault(id: text, detail: "endpoint is a path with its query: \"/api/stats/realtime?minutes=5\"")
      }
      return .subscribe(id: text, endpoint: endpoint, position: position)
    case (nil, .bool(true)?): return .subscribeToAlerts(id: text, position: position)
    default: throw Fault(id: text, detail: "beside subscribe there is either endpoint, or \"alerts\": true")
    }
  }
}
