import JSON

extension MessageRenderer {
  /// A message with an attachment in Slack's first form, which Mattermost, Rocket.Chat and others take as well.
  func slack(_ notifications: [Notification]) -> [UInt8] {
    var attachment: [JSONMember] = []
    let headline: String
    if notifications.count == 1 {
      let text = MessageText(notifications[0])
      headline = text.headline
      let fields = text.facts.map { fact in
        JSONValue.object([
          JSONMember("title", .string(plain(fact.name))), JSONMember("value", .string(plain(fact.value))),
          JSONMember("short", .bool(fact.value.unicodeScalars.count <= 40)),
        ])
      }
      attachment = [
        JSONMember("fallback", .string(plain(text.headline))),
        JSONMember("color", .string(colour(notifications[0]))), JSONMember("text", .string(plain(text.message))),
        JSONMember("fields", .array(fields)), JSONMember("footer", .string(plain(text.origin))),
      ]
      if let runbook = text.runbook {
        attachment += [
          JSONMember("title", .string("Runbook")), JSONMember("title_link", .string(runbook)),
        ]
      }
    } else {
      let summary = SummaryText(notifications)
      headline = summary.headline
      attachment = [
        JSONMember("fallback", .string(plain(headline))), JSONMember("color", .string("#d97706")),
        JSONMember("text", .string(plain(summary.lines.joined(separator: "\n")))),
      ]
    }
    // Without this `*` and `_` in a key would be taken for markup.
    attachment.append(JSONMember("mrkdwn_in", .array([])))
    return bytes(
      .object([
        JSONMember("text", .string(plain(headline))), JSONMember("mrkdwn", .bool(false)),
        JSONMember("attachments", .array([.object(attachment)])),
      ]))
  }

  private func colour(_ notification: Notification) -> String {
    switch notification.event {
    case .resolved, .test: "#2f9e44"
    case .acknowledged: "#868e96"
    case .firing, .updated, .escalated:
      notification.severity == "CRITICAL" ? "#d92626" : notification.severity == "WARNING" ? "#d97706" : "#1971c2"
    }
  }

  /// The three characters that begin Slack's own markup, and with it links and `<!channel>`; what Mattermost takes for a
  /// call to everybody gets a character of no width inside.
  private func plain(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "@": escaped += "@\u{200b}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  func bytes(_ value: JSONValue) -> [UInt8] {
    var bytes: [UInt8] = []
    value.append(to: &bytes)
    return bytes
  }
}
