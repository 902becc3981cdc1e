import Plan

extension MessageRenderer {
  /// A mail of one part of plain text. Those of one incident are one conversation.
  func mail(_ notifications: [Notification]) -> MailMessage {
    let sender = target.sender.flatMap { MailAddress($0) }
    let recipients = target.recipients.compactMap { MailAddress($0) }
    let domain = sender.map { String($0.address.drop { $0 != "@" }.dropFirst()) } ?? "localhost"
    let first = notifications.first
    let subject: String
    let text: String
    var conversation: String?
    if notifications.count == 1 {
      let message = MessageText(notifications[0])
      subject = message.headline
      text = body(message)
      if notifications[0].event != .test {
        conversation =
          "<incident-\(notifications[0].incident).\(identifier(notifications[0].source))@\(domain)>"
      }
    } else {
      let summary = SummaryText(notifications)
      subject = summary.headline
      text = summary.lines.joined(separator: "\n") + "\n"
    }
    var headers = HeaderLines()
    headers.add("Date", MailDate.text(first?.createdAt ?? 0))
    headers.add("From", sender.map { [$0] } ?? [])
    headers.add("To", recipients)
    headers.add(unstructured: "Subject", subject)
    headers.add("Message-ID", "<\(identifier(first?.key ?? ""))@\(domain)>")
    if let conversation {
      headers.add("In-Reply-To", conversation)
      headers.add("References", conversation)
    }
    // RFC 3834: nobody's absence is to answer it.
    headers.add("Auto-Submitted", "auto-generated")
    headers.add("MIME-Version", "1.0")
    headers.add("Content-Type", "text/plain; charset=utf-8")
    headers.add("Content-Transfer-Encoding", "quoted-printable")
    return MailMessage(
      address: credentials.address, sender: sender?.address ?? "", recipients: recipients.map(\.address),
      text: headers.bytes + Array("\r\n".utf8) + quotedPrintable(text))
  }

  private func body(_ message: MessageText) -> String {
    var facts = message.facts
    if let runbook = message.runbook { facts.append(("Runbook", runbook)) }
    let width = facts.map(\.name.count).max() ?? 0
    var text = message.message + "\n\n"
    for (name, value) in facts {
      text += "\(name):\(String(repeating: " ", count: width - name.count + 1))\(value)\n"
    }
    if !facts.isEmpty { text += "\n" }
    return text + message.origin + "\n"
  }

  /// A part of a message's identifier: others than these become `_`.
  private func identifier(_ text: String) -> String {
    String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "_" })
  }
}
