import JSON

extension MessageRenderer {
  /// How long PagerDuty lets a summary be.
  private static let maximumSummary = 1_024

  /// An event of the Events API v2. Those of one incident have one `dedup_key`: they trigger, acknowledge and resolve one
  /// incident there, however often they come.
  func pagerDuty(_ notifications: [Notification]) -> [UInt8] {
    guard let notification = notifications.first else { return [] }
    let text = MessageText(notification)
    var event = [
      JSONMember("routing_key", .string(credentials.key ?? "")),
      JSONMember("event_action", .string(action(notification.event))),
      JSONMember("dedup_key", .string(deduplicationKey(notification))),
    ]
    guard notification.event != .resolved, notification.event != .acknowledged else {
      return bytes(.object(event))
    }
    var details = [JSONMember("message", .string(text.message))]
    details += text.facts.map { JSONMember($0.name, .string($0.value)) }
    var payload = [
      JSONMember("summary", .string(cut(oneLine("\(text.headline): \(text.message)"), to: Self.maximumSummary))),
      JSONMember("source", .string(notification.source)), JSONMember("severity", .string(severity(notification))),
    ]
    for (name, member) in [
      ("timestamp", "started_at"), ("component", "stream"), ("group", "aggregate"), ("class", "alert"),
    ] {
      if let value = notification.text(member) { payload.append(JSONMember(name, .string(value))) }
    }
    payload.append(JSONMember("custom_details", .object(details)))
    event += [JSONMember("client", .string("StreamPulse")), JSONMember("payload", .object(payload))]
    if let runbook = text.runbook {
      let link = JSONValue.object([JSONMember("href", .string(runbook)), JSONMember("text", .string("Runbook"))])
      event.append(JSONMember("links", .array([link])))
    }
    return bytes(.object(event))
  }

  private func action(_ event: Notification.Event) -> String {
    switch event {
    case .firing, .updated, .escalated, .test: "trigger"
    case .acknowledged: "acknowledge"
    case .resolved: "resolve"
    }
  }

  private func deduplicationKey(_ notification: Notification) -> String {
    // 255 characters are allowed.
    cut("streampulse/\(notification.source)/\(notification.incident)", to: 255)
  }

  private func severity(_ notification: Notification) -> String {
    switch notification.severity {
    case "CRITICAL": "critical"
    case "WARNING": "warning"
    default: "info"
    }
  }
}
