import JSON

extension MessageRenderer {
  /// An Adaptive Card. Its texts are runs of a `RichTextBlock`, in which no character is markup.
  func teams(_ notifications: [Notification]) -> [UInt8] {
    var body: [JSONValue] = []
    var actions: [JSONValue] = []
    if notifications.count == 1 {
      let text = MessageText(notifications[0])
      body = [block([run(text.headline, isBold: true, colour: colour(notifications[0]))]), block([run(text.message)])]
      body += text.facts.map { block([run("\($0.name): ", isBold: true), run($0.value)]) }
      body.append(block([run(text.origin, isSubtle: true)]))
      if let runbook = text.runbook {
        actions = [
          .object([
            JSONMember("type", .string("Action.OpenUrl")), JSONMember("title", .string("Runbook")),
            JSONMember("url", .string(runbook)),
          ])
        ]
      }
    } else {
      let summary = SummaryText(notifications)
      body = [block([run(summary.headline, isBold: true, colour: "Warning")])]
      body += summary.lines.map { block([run($0)]) }
    }
    var card = [
      JSONMember("$schema", .string("http://adaptivecards.io/schemas/adaptive-card.json")),
      JSONMember("type", .string("AdaptiveCard")), JSONMember("version", .string("1.4")),
      JSONMember("msteams", .object([JSONMember("width", .string("Full"))])), JSONMember("body", .array(body)),
    ]
    if !actions.isEmpty { card.append(JSONMember("actions", .array(actions))) }
    let attachment = JSONValue.object([
      JSONMember("contentType", .string("application/vnd.microsoft.card.adaptive")),
      JSONMember("contentUrl", .null), JSONMember("content", .object(card)),
    ])
    return bytes(
      .object([JSONMember("type", .string("message")), JSONMember("attachments", .array([attachment]))]))
  }

  private func block(_ runs: [JSONValue]) -> JSONValue {
    .object([JSONMember("type", .string("RichTextBlock")), JSONMember("inlines", .array(runs))])
  }

  private func run(_ text: String, isBold: Bool = false, isSubtle: Bool = false, colour: String? = nil) -> JSONValue {
    var members = [JSONMember("type", .string("TextRun")), JSONMember("text", .string(text))]
    if isBold { members.append(JSONMember("weight", .string("Bolder"))) }
    if isSubtle { members.append(JSONMember("isSubtle", .bool(true))) }
    if let colour { members.append(JSONMember("color", .string(colour))) }
    return .object(members)
  }

  private func colour(_ notification: Notification) -> String {
    switch notification.event {
    case .resolved, .test: "Good"
    case .acknowledged: "Default"
    case .firing, .updated, .escalated:
      notification.severity == "CRITICAL" ? "Attention" : notification.severity == "WARNING" ? "Warning" : "Accent"
    }
  }
}
