import Plan
import SQLFrontend
import Testing

@Suite struct TargetTests {
  private func targets(_ text: String) throws -> [NotificationTarget] {
    try parseTargets(SourceFile(path: "sql/alerts/targets.sql", text: text))
  }

  @Test("targets of each kind are read with what belongs to them")
  func kinds() throws {
    let targets = try targets(
      """
      -- Who is told, and in which order.
      -- target: oncall webhook https://hooks.example.org/x
      --   secret: env ONCALL_SECRET
      --   rate_limit: 10 per minute
      --   escalate_to: boss after 15 minutes
      -- target: boss email smtp://mail.example.org:587
      -- from: StreamPulse <alerts@example.org>
      -- to: boss@example.org, Zoe <zoe@example.org>
      -- user: alerts
      -- password: env SMTP_PASSWORD
      -- target: chat slack env SLACK_URL
      -- rate_limit: 5 per 10 minutes
      -- target: office teams env TEAMS_URL
      -- target: duty pagerduty
      -- key: env PAGERDUTY_KEY
      -- target: prometheus alertmanager http://alertmanager:9093
      -- token: env PROMETHEUS_TOKEN
      """)
    #expect(targets.map(\.name) == ["oncall", "boss", "chat", "office", "duty", "prometheus"])
    #expect(targets.map(\.kind) == [.webhook, .email, .slack, .teams, .pagerduty, .alertmanager])
    #expect(targets[0].address == .text("https://hooks.example.org/x") && targets[0].key == "ONCALL_SECRET")
    #expect(targets[0].rateLimit == .init(count: 10, microseconds: 60_000_000))
    #expect(targets[0].escalation == .init(target: "boss", microseconds: 900_000_000))
    #expect(targets[1].recipients == ["boss@example.org", "Zoe <zoe@example.org>"])
    #expect(targets[1].sender == "StreamPulse <alerts@example.org>")
    #expect(targets[1].user == "alerts" && targets[1].variables == ["SMTP_PASSWORD"])
    #expect(targets[2].address == .environment("SLACK_URL"))
    #expect(targets[2].rateLimit == .init(count: 5, microseconds: 600_000_000))
    #expect(targets[4].address == .text("https://events.pagerduty.com/v2/enqueue"))
    #expect(targets[5].variables == ["PROMETHEUS_TOKEN"])
  }

  private static let mail = "-- target: m email smtp://h:25\n-- from: a@b.org\n-- to: c@d.org\n"

  @Test(
    "what is wrong is refused at its place, with a way out",
    arguments: [
      ("", "1:1: the file has no target", "write -- target:"),
      ("SELECT 1;", "1:1: a file of targets has annotations only", "-- target: oncall"),
      ("-- secret: env X", "1:4: \"secret\" belongs to no target", "above it"),
      ("-- target: a", "1:12: a target is a name, a kind and an address", "write -- target:"),
      ("-- target: A webhook http://x", "1:12: a target's name is of a to z", "write"),
      ("-- target: a webhok http://x", "1:14: there is no kind of target webhok", "did you mean webhook?"),
      ("-- target: a webhook", "1:12: the target has no address", "https://"),
      ("-- target: a webhook ftp://x", "1:22: the address of a target of kind webhook begins with http://", "https://"),
      ("-- target: a webhook https://x y", "1:32: this does not belong to a target", "write"),
      ("-- target: a webhook https://u:hunter2@x", "1:22: the address holds a user or a query", "env NAME"),
      (
        "-- target: a slack https://hooks/hunter2", "1:20: whoever knows the address of a slack target", "env SLACK_URL"
      ),
      ("-- target: a slack env slack_url", "1:24: an environment variable's name is of A to Z", "env NAME"),
      ("-- target: a slack env STREAMPULSE_X", "1:24: variables STREAMPULSE_", "another name"),
      (
        "-- target: a webhook https://x\n-- secret: hunter2", "2:4: a secret does not stand in a definition", "env NAME"
      ),
      (
        "-- target: a webhook https://x\n-- secrt: env X", "2:4: there is no annotation \"secrt\"",
        "did you mean secret?"
      ),
      ("-- target: a webhook https://x\n-- key: env X", "2:4: a target of kind webhook has no \"key\"", "secret"),
      ("-- target: a pagerduty", "1:4: the target has no \"key\"", "-- key: env PAGERDUTY_KEY"),
      ("-- target: a email smtp://h\n-- from: a@b.org", "1:4: the target has no \"to\"", "-- to:"),
      ("\(mail)-- user: x", "1:4: user and password belong together", "SMTP_PASSWORD"),
      ("-- target: a email smtp://h\n-- from: a\n-- to: c@d.org", "2:10: this is no address of mail", "alerts@"),
      ("\(mail)-- rate_limit: often", "4:16: a rate limit is a number of messages and a time", "10 per minute"),
      ("\(mail)-- rate_limit: 3 per fortnight", "4:16: no unit of time is called 'fortnight'", "write"),
      ("\(mail)-- rate_limit: 3 per 2 days", "4:16: the time is from a second to a day", "write"),
      ("\(mail)-- escalate_to: b in 3 minutes", "4:17: an escalation is a target and a time", "boss after"),
      ("\(mail)-- escalate_to: n after 3 minutes", "4:17: there is no target n", "did you mean m?"),
      ("\(mail)-- escalate_to: m after 3 minutes", "4:17: a target does not escalate to itself", ""),
      ("\(mail)\(mail)", "4:12: there are two targets m", "another name"),
    ])
  func refused(text: String, message: String, hint: String) {
    let error = #expect(throws: DefinitionErrors.self) { try targets(text) }
    let described = error?.description ?? ""
    #expect(described.contains("sql/alerts/targets.sql:\(message)"), "\(described)")
    #expect(described.contains(hint), "\(described)")
    #expect(!described.contains("hunter2"), "\(described)")
  }

  @Test("a name in an alert's notify that no target has is refused at its place")
  func notify() {
    let file = SourceFile(path: "sql/alerts/a.sql", text: "-- name: A\n-- notify: oncall, bos\nSELECT 1")
    #expect(unknownTargets(in: file, targets: ["oncall", "bos"]).isEmpty)
    let errors = unknownTargets(in: file, targets: ["oncall", "boss"]).map(\.description)
    #expect(errors.count == 1)
    #expect(errors.first?.contains("sql/alerts/a.sql:2:20: there is no target bos") == true)
    #expect(errors.first?.contains("did you mean boss?") == true)
    #expect(unknownTargets(in: file, targets: []).first?.hint?.contains("sql/alerts/targets.sql") == true)
  }
}
