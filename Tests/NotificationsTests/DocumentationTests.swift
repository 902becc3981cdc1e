import Glibc
import JSON
import Plan
import Testing

@testable import Notifications

/// `docs/notifications.md` shows each message; these hold it to what is sent.
@Suite struct DocumentationTests {
  @Test("the documentation shows the message of each kind as it is sent", arguments: NotificationTarget.Kind.allCases)
  func messages(kind: NotificationTarget.Kind) throws {
    let block = try documented(kind.rawValue)
    if kind == .email {
      let mail = try Examples.mail([Examples.notification()]).split(separator: "\r\n", omittingEmptySubsequences: false)
      #expect(block == mail.joined(separator: "\n"))
    } else {
      let message = try Examples.message(kind, [Examples.notification()])
      #expect(try JSONValue(parsing: block).text == message.text)
    }
  }

  @Test("and those of the other events, by the text of a mail", arguments: Notification.Event.allCases)
  func headlines(event: Notification.Event) throws {
    let text = try contents()
    let notification = try Examples.notification(event)
    #expect(text.contains("| `\(event.rawValue)` | `\(MessageText(notification).headline)` |"))
  }

  @Test("and a summary")
  func summary() throws {
    let notifications = try (1...22).map { number in
      try Examples.notification(.firing, [("title", .string("HIGH_ERROR_RATE: region \(number)"))])
    }
    let summary = SummaryText(notifications)
    #expect(try documented("summary") == ([summary.headline] + summary.lines).joined(separator: "\n") + "\n")
  }

  /// The fenced block behind the mark `<!-- message: NAME -->`.
  private func documented(_ name: String) throws -> String {
    let lines = try contents().split(separator: "\n", omittingEmptySubsequences: false)
    let mark = try #require(lines.firstIndex(of: "<!-- message: \(name) -->"), "no message \(name)")
    let begin = try #require(lines[mark...].firstIndex { $0.hasPrefix("```") })
    let end = try #require(lines[(begin + 1)...].firstIndex { $0.hasPrefix("```") })
    return lines[(begin + 1)..<end].map { $0 + "\n" }.joined()
  }

  private func contents() throws -> String {
    let folders = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    let path = folders.joined(separator: "/") + "/docs/notifications.md"
    let file = try #require(fopen(path, "r"))
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = fread(&part, 1, part.count, file)
      guard count > 0 else { break }
      bytes += part.prefix(count)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
