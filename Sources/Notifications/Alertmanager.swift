import Events
import JSON

extension MessageRenderer {
  /// An array of alerts, the last word on each incident: an Alertmanager keeps states, not messages.
  func alertmanager(_ notifications: [Notification], _ now: Int64) -> HTTPMessage {
    var last: [String: Int] = [:]
    for (index, notification) in notifications.enumerated() { last[notification.incident] = index }
    let alerts = notifications.enumerated().filter { last[$0.element.incident] == $0.offset }
    var message = post(notifications, bytes(.array(alerts.map { alert($0.element, now) })))
    while message.address.hasSuffix("/") { message.address.removeLast() }
    message.address += "/api/v2/alerts"
    return message
  }

  private func alert(_ notification: Notification, _ now: Int64) -> JSONValue {
    let text = MessageText(notification)
    var labels = [
      JSONMember("alertname", .string(notification.alert)), JSONMember("incident", .string(notification.incident)),
      JSONMember("severity", .string(notification.severity.lowercased())),
      JSONMember("source", .string(notification.source)),
    ]
    for name in ["stream", "aggregate"] {
      if let value = notification.text(name) { labels.append(JSONMember(name, .string(value))) }
    }
    for (name, value) in notification.texts("key") + notification.texts("labels") {
      let name = labelName(name)
      // Those that make the alert this one are ours alone.
      guard !value.isEmpty, !labels.contains(where: { $0.name == name }) else { continue }
      labels.append(JSONMember(name, .string(cut(value, to: MessageText.bounds.fact))))
    }
    var annotations = [
      JSONMember("summary", .string(text.headline)), JSONMember("description", .string(text.message)),
    ]
    for fact in text.facts where ["Members", "Value", "Reason", "Acknowledged by"].contains(fact.name) {
      annotations.append(JSONMember(labelName(fact.name.lowercased()), .string(fact.value)))
    }
    if let runbook = text.runbook { annotations.append(JSONMember("runbook_url", .string(runbook))) }
    let isOver = notification.event == .resolved
    let ends = isOver ? notification.text("resolved_at") ?? time(now) : time(now + validMicroseconds)
    return .object([
      JSONMember("labels", .object(labels)), JSONMember("annotations", .object(annotations)),
      JSONMember("startsAt", .string(notification.text("started_at") ?? time(notification.createdAt))),
      JSONMember("endsAt", .string(ends)),
    ])
  }

  private func time(_ microseconds: Int64) -> String {
    DateTimeText.iso8601(timestamp: microseconds, zone: "Z")
  }

  /// A label's name as Prometheus has them; what does not fit becomes `_`.
  private func labelName(_ text: String) -> String {
    let name = String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    return name.first.map { $0.isNumber } ?? true ? "_" + name : name
  }
}
