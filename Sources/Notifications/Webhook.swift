import JSON

extension MessageRenderer {
  /// How many members of an incident are sent.
  private static let maximumMembers = 500

  /// The payload as it is kept, with the message's key and event; of several an array of these.
  func webhook(_ notifications: [Notification], _ now: Int64) -> HTTPMessage {
    var body: [UInt8] = []
    if notifications.count == 1 {
      document(notifications[0]).append(to: &body)
    } else {
      let first = notifications.first
      JSONValue.object([
        JSONMember("id", .string(first?.key ?? "")), JSONMember("event", .string("summary")),
        JSONMember("source", .string(first?.source ?? "")), JSONMember("count", .number("\(notifications.count)")),
        JSONMember("notifications", .array(notifications.map(document))),
      ]).append(to: &body)
    }
    var message = post(notifications, body)
    let key = notifications.first?.key ?? ""
    let seconds = now / 1_000_000
    message.headers += [("webhook-id", key), ("webhook-timestamp", "\(seconds)")]
    if let secret = credentials.key {
      message.headers.append(
        ("webhook-signature", Signature.text(of: body, key: key, seconds: seconds, secret: secret)))
    }
    return message
  }

  private func document(_ notification: Notification) -> JSONValue {
    var members = [
      JSONMember("id", .string(notification.key)), JSONMember("event", .string(notification.event.rawValue)),
      JSONMember("source", .string(notification.source)),
    ]
    for member in notification.payload.objectValue ?? [] where !["id", "event", "source"].contains(member.name) {
      guard member.name == "members", let all = member.value.arrayValue, all.count > Self.maximumMembers else {
        members.append(member)
        continue
      }
      members.append(JSONMember("members", .array(Array(all.prefix(Self.maximumMembers)))))
      members.append(JSONMember("members_left_out", .number("\(all.count - Self.maximumMembers)")))
    }
    return .object(members)
  }
}
