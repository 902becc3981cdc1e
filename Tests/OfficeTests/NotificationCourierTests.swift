import HTTPServer
import JSON
import Observability
import Plan
import Postgres
import Synchronization
import TestThreads
import Testing
import Threads

@testable import Office
@testable import ProcessingTestSupport
@testable import Storage

/// A server that notifications are sent to. What it answers, the test says.
private final class Receiver: Sendable {
  struct Message: Sendable {
    var key: String
    var json: JSONValue
    var status: Int
  }

  private final class State: Sendable {
    let messages = Mutex<[Message]>([])
    let unanswered = Mutex<[HTTPResponder]>([])
  }

  private let state = State()
  private let server: HTTPServer

  /// - Parameter answer: the status for a message, or nil for none at all, by its number from 0.
  init(answer: @escaping @Sendable (Int, JSONValue) -> Int? = { _, _ in 200 }) throws {
    let state = state
    server = try HTTPServer(configuration: HTTPConfiguration()) { request, responder in
      let json = (try? JSONValue(parsing: String(decoding: request.body, as: UTF8.self))) ?? .null
      let key = request.header("idempotency-key") ?? ""
      let status: Int? = state.messages.withLock { messages in
        let status = answer(messages.count, json)
        messages.append(Message(key: key, json: json, status: status ?? 0))
        return status
      }
      guard let status else { return state.unanswered.withLock { $0.append(responder) } }
      responder.complete(HTTPResponse(status: status, text: "answer"))
    }
  }

  deinit { server.stop(graceMilliseconds: 0) }

  var address: String { "http://127.0.0.1:\(server.port)/" }
  var messages: [Message] { state.messages.withLock { $0 } }
  /// Those that were taken.
  var taken: [Message] { messages.filter { $0.status == 200 } }
}

@Suite(.blocking) struct NotificationCourierTests {
  private let bench: Bench

  init() throws { bench = try Bench() }

  private func target(_ name: String, _ receiver: Receiver, _ kind: NotificationTarget.Kind = .webhook)
    -> NotificationTarget
  {
    NotificationTarget(name: name, kind: kind, address: .text(receiver.address))
  }

  private func delivering(
    _ targets: [NotificationTarget], log: Log = Log(), resendSeconds: Int = 60, giveUpSeconds: Int = 86_400,
    variables: [String: String] = [:], _ body: () throws -> Void
  ) throws {
    var settings = DeliverySettings(source: "shop")
    settings.timeoutMilliseconds = 2_000
    settings.resendSeconds = resendSeconds
    settings.giveUpSeconds = giveUpSeconds
    let courier = NotificationCourier(
      targets, settings, database: bench.settings, value: { variables[$0] }, observe: { log.append($0) })
    let thread = try WorkerThread(name: "courier") { courier.run() }
    defer {
      courier.stop()
      thread.join()
    }
    try body()
  }

  /// Writes notifications as the transaction does that raises what they tell.
  private func write(
    _ target: String, incident: Int = 1, event: String = "firing", severity: String = "CRITICAL", count: Int = 1
  ) throws {
    try bench.connection.execute(
      """
      INSERT INTO pulse.notifications (target, incident, event, payload)
      SELECT '\(target)', \(incident) + n, '\(event)', jsonb_build_object('incident', \(incident) + n,
        'event', '\(event)', 'alert', 'A', 'severity', '\(severity)', 'message', 'm')
      FROM generate_series(0, \(count - 1)) AS n
      """)
  }

  private func waiting() throws -> Int {
    Int(
      try bench.rows(
        "SELECT count(*) FROM pulse.notifications WHERE delivered_at IS NULL AND given_up_at IS NULL")[0]) ?? -1
  }

  @Test("each notification arrives, again with the same key when the receiver fails, and by one of two instances")
  func failing() throws {
    let receiver = try Receiver { number, _ in number.isMultiple(of: 2) ? 503 : 200 }
    try write("a", count: 20)
    try delivering([target("a", receiver)]) {
      try delivering([target("a", receiver)]) { try until("all delivered") { try waiting() == 0 } }
    }
    let keys = try bench.rows("SELECT key FROM pulse.notifications ORDER BY id")
    #expect(Set(receiver.taken.map(\.key)) == Set(keys))
    #expect(receiver.taken.count == 20)
    for message in receiver.messages {
      let index = try #require(keys.firstIndex(of: message.key))
      #expect(message.json["incident"]?.intValue == index + 1)
    }
  }

  @Test("a target that hangs delays no other")
  func hanging() throws {
    let (hanging, good) = (try Receiver { _, _ in nil }, try Receiver())
    try write("hangs", count: 5)
    try write("good", count: 5)
    let log = Log()
    try delivering([target("hangs", hanging), target("good", good)], log: log) {
      try until("the other's messages") { good.taken.count == 5 }
      #expect(hanging.messages.count == 1)
      try until("the end of the transfer") {
        log.observations.contains { if case .deliveryFailed("hangs", _, true) = $0 { true } else { false } }
      }
    }
  }

  @Test("what is told of one incident comes in its order, and does not keep others waiting")
  func order() throws {
    let receiver = try Receiver { number, json in number == 0 && json["incident"]?.intValue == 1 ? 500 : 200 }
    try write("a", incident: 1)
    try write("a", incident: 1, event: "resolved")
    try write("a", incident: 2)
    try delivering([target("a", receiver)]) { try until("all delivered") { try waiting() == 0 } }
    let told = receiver.taken.map { "\($0.json["incident"]?.intValue ?? 0) \($0.json["event"]?.stringValue ?? "")" }
    #expect(told == ["2 firing", "1 firing", "1 resolved"])
  }

  @Test("more than the rate limit lets through is told in one message, which stays the same when it fails")
  func summary() throws {
    let receiver = try Receiver { number, _ in number == 1 ? 503 : 200 }
    try write("a", count: 9)
    var limited = target("a", receiver)
    limited.rateLimit = .init(count: 2, microseconds: 60_000_000)
    try delivering([limited]) { try until("all delivered") { try waiting() == 0 } }
    let messages = receiver.messages
    #expect(messages.map { $0.json["event"]?.stringValue } == ["firing", "summary", "summary"])
    #expect(messages[1].key == messages[2].key && messages[1].json == messages[2].json)
    #expect(messages[1].json["notifications"]?.arrayValue?.count == 8)
    try write("a", incident: 100)
    try delivering([limited]) {
      try until("a look") { try Int(bench.rows("SELECT count(*) FROM pulse.notifications")[0]) == 10 }
      #expect(try waiting() == 1)
    }
    #expect(receiver.messages.count == 3)
  }

  @Test("a target whose secret is not set waits, and the variable is named; once it is set all goes on")
  func secret() throws {
    let receiver = try Receiver()
    var signed = target("a", receiver)
    signed.key = "SIGNING_KEY"
    try write("a")
    try delivering([signed]) {
      try until("a problem") {
        try bench.rows("SELECT problem FROM pulse.notifications")[0].contains("SIGNING_KEY is not set")
      }
    }
    #expect(receiver.messages.isEmpty)
    try delivering([signed], variables: ["SIGNING_KEY": "key"]) {
      try until("all delivered") { try waiting() == 0 }
    }
  }

  @Test("what is too old is given up with its problem and counted, also of a target that is not defined any more")
  func givenUp() throws {
    let receiver = try Receiver { _, _ in 500 }
    try write("a")
    try write("gone")
    let log = Log()
    try bench.connection.execute("UPDATE pulse.notifications SET created_at = now() - interval '2 hours'")
    try delivering([target("a", receiver)], log: log, giveUpSeconds: 3_600) {
      try until("both given up") { try waiting() == 0 }
    }
    #expect(
      try bench.rows("SELECT target, delivered_at IS NULL, problem IS NOT NULL FROM pulse.notifications ORDER BY id")
        == ["a t t", "gone t t"])
    let names = log.observations.compactMap { if case .notificationsGivenUp(let name, _, _) = $0 { name } else { nil } }
    #expect(Set(names) == ["a", "other"])
  }

  @Test("an Alertmanager gets all that waits in one request, and hears again of what goes on until it is over")
  func alertmanager() throws {
    let receiver = try Receiver()
    try write("am", count: 3)
    try delivering([target("am", receiver, .alertmanager)], resendSeconds: 1) {
      try until("repeats") { receiver.messages.count >= 3 }
      #expect(receiver.messages.allSatisfy { $0.json.arrayValue?.count == 3 })
      try write("am", event: "resolved", count: 2)
      try until("what is over is not repeated") { receiver.messages.last?.json.arrayValue?.count == 1 }
    }
    #expect(try waiting() == 0)
  }

  @Test("what was delivered is removed when it is old")
  func retention() throws {
    try write("a", count: 3)
    try bench.connection.execute(
      """
      UPDATE pulse.notifications SET created_at = now() - interval '2 days',
        delivered_at = CASE WHEN incident = 1 THEN now() END, given_up_at = CASE WHEN incident = 2 THEN now() END
      """)
    let outbox = NotificationOutbox(bench.connection)
    #expect(try outbox.removeOld(seconds: 3 * 86_400, portion: 10) == 0)
    #expect(try outbox.removeOld(seconds: 86_400, portion: 10) == 2)
    #expect(try waiting() == 1)
  }
}

@Suite(.blocking) struct FollowUpsTests {
  private let bench: Bench
  private let rule = [FollowUps.Escalation(from: "oncall", to: "boss", seconds: 60)]

  init() throws { bench = try Bench() }

  private func write(_ target: String, _ event: String, severity: String = "CRITICAL", age: Int = 120) throws {
    try bench.connection.execute(
      """
      INSERT INTO pulse.notifications (target, incident, event, payload, created_at)
      VALUES ('\(target)', 7, '\(event)', '{"severity": "\(severity)", "message": "m"}', now() - interval '\(age) s')
      """)
  }

  private func alert(acknowledged: Bool) throws {
    try bench.connection.execute(
      """
      INSERT INTO alerts (alert_type, severity, message, metric_name, metric_value, threshold_value, aggregate, key,
        window_start, window_end, incident, acknowledged_at, acknowledged_by)
      VALUES ('A', 'CRITICAL', 'm', 'x', 1, 1, 'region_health', '{}', now(), now(), 7,
        \(acknowledged ? "now(), 'zoe'" : "NULL, NULL"))
      """)
  }

  private var told: [String] {
    get throws { try bench.rows("SELECT target, event FROM pulse.notifications ORDER BY id") }
  }

  @Test("an incident that stays CRITICAL and unacknowledged is escalated once, and its end is told there, too")
  func escalates() throws {
    let followUps = FollowUps(bench.connection)
    try alert(acknowledged: false)
    try write("oncall", "firing")
    for _ in 0..<2 { _ = try followUps.escalate(rule) }
    #expect(try told == ["oncall firing", "boss escalated"])
    try write("oncall", "resolved", age: 0)
    for _ in 0..<2 {
      #expect(try followUps.escalate(rule).isEmpty)
      try followUps.resolveEscalated()
    }
    #expect(try told == ["oncall firing", "boss escalated", "oncall resolved", "boss resolved"])
    // It begins again.
    try write("oncall", "firing")
    #expect(try followUps.escalate(rule).map(\.count) == [1])
  }

  @Test(
    "nobody is bothered before the time, for less than CRITICAL, or when somebody has taken note",
    arguments: [("CRITICAL", 30, false), ("WARNING", 120, false), ("CRITICAL", 120, true)])
  func spares(severity: String, age: Int, acknowledged: Bool) throws {
    try alert(acknowledged: acknowledged)
    try write("oncall", "firing", severity: severity, age: age)
    #expect(try FollowUps(bench.connection).escalate(rule).isEmpty)
  }

  @Test("a target with incidents of its own hears once who has taken note")
  func acknowledges() throws {
    let followUps = FollowUps(bench.connection)
    try write("duty", "firing")
    try followUps.acknowledge(["duty"])
    #expect(try told == ["duty firing"])
    try alert(acknowledged: true)
    for _ in 0..<2 { try followUps.acknowledge(["duty"]) }
    #expect(try told == ["duty firing", "duty acknowledged"])
    #expect(
      try bench.rows("SELECT payload ->> 'acknowledged_by' FROM pulse.notifications ORDER BY id DESC")[0] == "zoe")
  }
}
