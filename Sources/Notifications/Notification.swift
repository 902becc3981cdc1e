import JSON

/// What one target is told about one incident, once.
public struct Notification: Sendable {
  public enum Event: String, Hashable, Sendable, CaseIterable {
    /// The incident has begun.
    case firing
    /// It has become worse, or has more members.
    case updated
    case resolved
    /// Another target was told before, and nobody has acknowledged it.
    case escalated
    /// Somebody has taken note of it.
    case acknowledged
    /// There is no incident: somebody tries the target.
    case test
  }

  /// The same at each attempt: receivers know repeats by it.
  public var key: String
  public var event: Event
  /// Which project speaks: several may use the same target.
  public var source: String
  /// Microseconds since 1970 UTC.
  public var createdAt: Int64
  /// What `pulse.notifications` has: incident, alert, severity, message, and what else is known.
  public var payload: JSONValue

  public init(key: String, event: Event, source: String, createdAt: Int64, payload: JSONValue) {
    self.key = key
    self.event = event
    self.source = source
    self.createdAt = createdAt
    self.payload = payload
  }

  /// What a test says.
  public static func test(key: String, target: String, source: String, now: Int64) -> Notification {
    let message = "This is a test of the target \(target). Nothing is wrong."
    return Notification(
      key: key, event: .test, source: source, createdAt: now,
      payload: .object([
        JSONMember("incident", .number("0")), JSONMember("event", .string("test")),
        JSONMember("alert", .string("TEST")), JSONMember("severity", .string("INFO")),
        JSONMember("title", .string("Test of the target \(target)")), JSONMember("message", .string(message)),
      ]))
  }

  // MARK: The payload's members

  /// A text, or whatever else the member is as a text; nil for NULL and for none.
  func text(_ name: String) -> String? {
    guard let value = payload[name], !value.isNull else { return nil }
    let text = value.stringValue ?? value.text
    return text.isEmpty ? nil : text
  }

  var incident: String { text("incident") ?? "0" }
  var alert: String { text("alert") ?? "ALERT" }
  var severity: String { text("severity") ?? "WARNING" }
  var message: String { text("message") ?? alert }

  /// An object's members, each value as a text.
  func texts(_ name: String) -> [(name: String, value: String)] {
    (payload[name]?.objectValue ?? []).filter { !$0.value.isNull }
      .map { ($0.name, $0.value.stringValue ?? $0.value.text) }
  }
}
