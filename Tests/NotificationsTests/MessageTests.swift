import Hexadecimal
import JSON
import Plan
import Testing

@testable import Notifications

@Suite struct MessageTests {
  @Test("a webhook's message is signed over its key, the time and its exact bytes")
  func webhook() throws {
    let message = try Examples.message(.webhook, [Examples.notification()])
    #expect(message.header("Content-Type") == "application/json")
    #expect(message.header("Idempotency-Key") == "6f0c2a3e-58b1-4a52-9d34-7a1c1be20f11")
    #expect(message.header("webhook-id") == message.header("Idempotency-Key"))
    #expect(message.header("webhook-timestamp") == "1769860870")
    let signed = Array("6f0c2a3e-58b1-4a52-9d34-7a1c1be20f11.1769860870.".utf8) + message.body
    let key = try #require(Base64.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    #expect(message.header("webhook-signature") == "v1," + Base64.encode(hmacSHA256(signed, key: key)))
  }

  @Test("a webhook's message has the payload as it is kept; of more than 500 members the first, and a count")
  func webhookMembers() throws {
    let members = JSONValue.array((0..<503).map { .object([JSONMember("value", .number("\($0)"))]) })
    let json = try Examples.message(.webhook, [Examples.notification(.updated, [("members", members)])]).json
    #expect(json["event"] == .string("updated"))
    #expect(json["members"]?.arrayValue?.count == 500)
    #expect(json["members_left_out"] == .number("3"))
    #expect(json["value"] == .number("0.42105"))
  }

  @Test("several in one message have the key of the first, and are all there")
  func webhookSummary() throws {
    let message = try Examples.message(
      .webhook, [Examples.notification(key: "a"), Examples.notification(.resolved, key: "b")])
    #expect(message.header("webhook-id") == "a")
    let json = try message.json
    #expect(json["event"] == .string("summary"))
    #expect(json["notifications"]?.arrayValue?.map { $0["event"] } == [.string("firing"), .string("resolved")])
  }

  @Test("what begins markup in Slack or calls everybody in Mattermost is only text")
  func slackEscapes() throws {
    let message = try Examples.message(
      .slack, [Examples.notification(.firing, [("message", .string("<!channel> & \"@all\" *bold*\nline"))])])
    let attachment = try #require(try message.json["attachments"]?[0])
    #expect(attachment["text"] == .string("&lt;!channel&gt; &amp; \"@\u{200b}all\" *bold*\nline"))
    #expect(attachment["mrkdwn_in"] == .array([]))
    #expect(try message.json["mrkdwn"] == .bool(false))
  }

  @Test("a card for Teams has no text in which characters are markup")
  func teams() throws {
    let json = try Examples.message(.teams, [Examples.notification(.firing, [("message", .string("*a* [b](c)"))])]).json
    let body = try #require(json["attachments"]?[0]?["content"]?["body"]?.arrayValue)
    #expect(body.allSatisfy { $0["type"] == .string("RichTextBlock") })
    #expect(body[1]["inlines"]?[0]?["text"] == .string("*a* [b](c)"))
  }

  @Test(
    "events of one incident have one key at PagerDuty, and trigger, acknowledge and resolve it",
    arguments: [
      (Notification.Event.firing, "trigger"), (.updated, "trigger"), (.escalated, "trigger"),
      (.acknowledged, "acknowledge"), (.resolved, "resolve"),
    ])
  func pagerDuty(event: Notification.Event, action: String) throws {
    let json = try Examples.message(.pagerduty, [Examples.notification(event)]).json
    #expect(json["event_action"] == .string(action))
    #expect(json["dedup_key"] == .string("streampulse/shop/17"))
    #expect((json["payload"] != nil) == (action == "trigger"))
  }

  @Test("an Alertmanager hears when a firing alert ends if nothing more is said, and when a resolved one has ended")
  func alertmanagerTimes() throws {
    let firing = try Examples.message(.alertmanager, [Examples.notification()])
    #expect(firing.address == "https://receiver.example.org/hook/api/v2/alerts")
    #expect(try firing.json[0]?["startsAt"] == .string("2026-01-31T12:00:00Z"))
    #expect(try firing.json[0]?["endsAt"] == .string("2026-01-31T12:05:10Z"))
    let ended = JSONValue.string("2026-01-31T12:03:00Z")
    let resolved = try Examples.message(.alertmanager, [Examples.notification(.resolved, [("resolved_at", ended)])])
    #expect(try resolved.json[0]?["endsAt"] == ended)
    // The same labels, or it would be another alert.
    #expect(try resolved.json[0]?["labels"] == firing.json[0]?["labels"])
  }

  @Test("of several words about one incident an Alertmanager hears the last; labels are such as Prometheus has")
  func alertmanagerStates() throws {
    let labels = JSONValue.object([
      JSONMember("2nd-line", .string("x")), JSONMember("incident", .string("not this")),
      JSONMember("empty", .string("")),
    ])
    let json = try Examples.message(
      .alertmanager, [Examples.notification(), Examples.notification(.resolved, [("labels", labels)])]
    ).json
    #expect(json.arrayValue?.count == 1)
    #expect(json[0]?["labels"]?["_2nd_line"] == .string("x"))
    #expect(json[0]?["labels"]?["incident"] == .string("17"))
    #expect(json[0]?["labels"]?["empty"] == nil)
  }

  @Test("long texts are cut with a mark, also in the middle of what one sees as a character")
  func cuts() throws {
    #expect(cut("abc", to: 3) == "abc")
    #expect(cut("abcd", to: 3) == "ab…")
    let long = JSONValue.string(String(repeating: "é", count: 10_000))
    let text = MessageText(try Examples.notification(.firing, [("message", long), ("title", long), ("reason", long)]))
    #expect(text.message.unicodeScalars.count == MessageText.bounds.message && text.message.hasSuffix("é…"))
    #expect(text.headline.unicodeScalars.count == MessageText.bounds.headline)
    #expect(text.facts.allSatisfy { $0.value.unicodeScalars.count <= MessageText.bounds.fact })
    let json = try Examples.message(.pagerduty, [Examples.notification(.firing, [("message", long)])]).json
    #expect(json["payload"]?["summary"]?.stringValue?.unicodeScalars.count == 1_024)
  }

  @Test("of many members the first are listed, and how many there are in all")
  func members() throws {
    let members = JSONValue.array(
      (1...12).map { number in
        .object([JSONMember("key", .object([JSONMember("region", .string("r\(number)"))]))])
      })
    let text = MessageText(try Examples.notification(.firing, [("members", members), ("member_count", .number("40"))]))
    let fact = try #require(text.facts.first { $0.name == "Members" }?.value)
    #expect(fact.hasPrefix("40: region = r1; region = r2; ") && fact.hasSuffix("region = r10; and 30 more"))
  }

  @Test(
    "a payload of nothing but what it must say has each kind of message", arguments: NotificationTarget.Kind.allCases)
  func bare(kind: NotificationTarget.Kind) throws {
    let text = #"{"incident": 3, "event": "firing", "alert": "A", "severity": "INFO", "message": "m"}"#
    let payload = try JSONValue(parsing: text)
    let bare = Notification(key: "k", event: .firing, source: "s", createdAt: 0, payload: payload)
    switch try Examples.renderer(kind).request([bare], now: Examples.now) {
    case .http(let message): #expect(try !message.json.isNull)
    case .mail(let mail): #expect(!mail.text.isEmpty)
    }
    #expect(MessageText(bare).headline == "[INFO] A")
  }

  @Test("a runbook that is no address of the web is not a link")
  func runbook() throws {
    let text = MessageText(try Examples.notification(.firing, [("runbook", .string("javascript:alert(1)"))]))
    #expect(text.runbook == nil)
  }

  @Test(
    "a number has four significant digits at most",
    arguments: [
      (0.421052, "0.4211"), (1, "1"), (1234.567, "1235"), (0.00012345, "0.0001235"), (-2.5, "-2.5"), (0, "0"),
    ])
  func figures(number: Double, text: String) {
    #expect(figure(number) == text)
  }
}

@Suite struct CredentialsTests {
  private let target = NotificationTarget(
    name: "t", kind: .webhook, address: .environment("URL"), key: "KEY", token: "TOKEN")

  @Test("a variable that is not set is named")
  func missing() {
    #expect(throws: TargetCredentials.Missing.self) { try TargetCredentials(target) { $0 == "URL" ? "x" : nil } }
  }

  @Test("no way of printing shows a secret, and what a server repeats is hidden")
  func hidden() throws {
    let values = ["URL": "https://h.example/secret-path", "KEY": "key-secret", "TOKEN": "token-secret"]
    let credentials = try TargetCredentials(target) { values[$0] }
    var dumped = ""
    dump(credentials, to: &dumped)
    for text in ["\(credentials)", String(reflecting: credentials), dumped] { #expect(!text.contains("secret")) }
    let answer = "bad token-secret at https://h.example/secret-path, not /secret-path, key-secret"
    #expect(!credentials.redacted(answer).contains("secret"))
  }
}
