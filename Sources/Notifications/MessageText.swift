import JSON

/// What a notification says to people: a headline, the message, and facts. Every format shows these.
struct MessageText {
  /// How long each part may be, in characters (Unicode scalars).
  static let bounds = (headline: 150, message: 2_000, fact: 500, members: 10)

  /// One line.
  var headline: String
  var message: String
  /// Names and values of one line each, in the order of their importance.
  var facts: [(name: String, value: String)]
  var runbook: String?
  /// One line that says where it comes from.
  var origin: String

  init(_ notification: Notification) {
    let keys = notification.texts("key")
    let about = keys.isEmpty ? "" : ": " + MessageText.pairs(keys)
    let title = notification.text("title") ?? notification.alert + about
    headline = cut(oneLine("[\(MessageText.mark(notification))] \(title)"), to: MessageText.bounds.headline)
    message = cut(notification.message, to: MessageText.bounds.message)
    facts = MessageText.facts(notification, keys).map {
      ($0.name, cut(oneLine($0.value), to: MessageText.bounds.fact))
    }
    // Others than these are no links for a person, and some are dangerous.
    runbook = notification.text("runbook").flatMap { text in
      text.hasPrefix("https://") || text.hasPrefix("http://") ? cut(oneLine(text), to: MessageText.bounds.message) : nil
    }
    origin = MessageText.origin(notification)
  }

  private static func mark(_ notification: Notification) -> String {
    switch notification.event {
    case .firing: notification.severity
    case .updated: "\(notification.severity), updated"
    case .resolved: "RESOLVED"
    case .escalated: "\(notification.severity), not acknowledged"
    case .acknowledged: "ACKNOWLEDGED"
    case .test: "TEST"
    }
  }

  private static func facts(
    _ notification: Notification, _ keys: [(name: String, value: String)]
  ) -> [(name: String, value: String)] {
    var facts: [(name: String, value: String)] = []
    func add(_ name: String, _ value: String?) {
      if let value, !value.isEmpty { facts.append((name, value)) }
    }
    if notification.event != .test { add("Severity", notification.severity) }
    add("Key", pairs(keys))
    add("Members", members(notification))
    add("Value", value(notification))
    add("Reason", notification.text("reason"))
    add("Window", notification.text("window_start"))
    add("Started", notification.text("started_at"))
    if notification.event == .resolved { add("Resolved", notification.text("resolved_at")) }
    if notification.event == .acknowledged { add("Acknowledged by", notification.text("acknowledged_by")) }
    add("Labels", pairs(notification.texts("labels")))
    return facts
  }

  /// `error_rate 0.4211, expected 0.05, threshold 0.15`
  private static func value(_ notification: Notification) -> String? {
    guard let value = notification.payload["value"]?.doubleValue else { return nil }
    var text = "\(notification.text("metric") ?? "value") \(figure(value))"
    for name in ["expected", "threshold", "probability"] {
      if let number = notification.payload[name]?.doubleValue { text += ", \(name) \(figure(number))" }
    }
    return text
  }

  /// `12: shop = Berlin; shop = Rome; and 10 more`
  private static func members(_ notification: Notification) -> String? {
    guard let members = notification.payload["members"]?.arrayValue, !members.isEmpty else { return nil }
    // Of very many not all are listed.
    let count = max(notification.payload["member_count"]?.intValue ?? 0, members.count)
    guard count > 1 else { return nil }
    var texts = members.prefix(bounds.members).map { member in
      pairs((member["key"]?.objectValue ?? []).map { ($0.name, $0.value.stringValue ?? $0.value.text) })
    }
    if count > texts.count { texts.append("and \(count - texts.count) more") }
    return "\(count): " + texts.joined(separator: "; ")
  }

  private static func origin(_ notification: Notification) -> String {
    guard notification.event != .test else { return oneLine("StreamPulse \(notification.source)") }
    var text = notification.alert
    if let aggregate = notification.text("aggregate") { text += " on \(aggregate)" }
    if let stream = notification.text("stream") { text += " of \(stream)" }
    let line = "\(text), incident \(notification.incident) of \(notification.source)"
    return cut(oneLine(line), to: bounds.fact)
  }

  static func pairs(_ members: [(name: String, value: String)]) -> String {
    members.map { "\($0.name) = \($0.value)" }.joined(separator: ", ")
  }
}

/// Several notifications of one target in one message, because they are more than its rate limit lets through.
struct SummaryText {
  static let maximumLines = 20

  var headline: String
  /// A headline each, and how many more there are.
  var lines: [String]

  init(_ notifications: [Notification]) {
    let source = notifications.first?.source ?? ""
    headline = cut(
      oneLine("\(notifications.count) notifications of \(source), more than the rate limit of this target"),
      to: MessageText.bounds.headline)
    lines = notifications.prefix(Self.maximumLines).map { MessageText($0).headline }
    if notifications.count > Self.maximumLines { lines.append("… and \(notifications.count - Self.maximumLines) more") }
  }
}

/// The text, or its beginning with a mark where it is longer than so many characters (Unicode scalars).
func cut(_ text: String, to limit: Int) -> String {
  guard text.unicodeScalars.count > limit else { return text }
  return String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit - 1))) + "…"
}

/// Line breaks and other control characters become spaces.
public func oneLine(_ text: String) -> String {
  String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }))
}

/// A number for a person, with four significant digits at most after the point.
func figure(_ number: Double) -> String {
  guard number.isFinite, abs(number) < 1e15 else { return "\(number)" }
  var step = 1.0
  while abs(number) * step < 1000, step < 1e9 { step *= 10 }
  let rounded = (number * step).rounded() / step
  return rounded == rounded.rounded() ? String(Int64(rounded)) : "\(rounded)"
}
