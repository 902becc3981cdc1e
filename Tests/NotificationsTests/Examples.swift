import JSON
import Plan

@testable import Notifications

/// What the documentation's messages are made of.
enum Examples {
  static let now: Int64 = 1_769_860_870_000_000

  static let payload = """
    {"incident": 17, "event": "firing", "alert": "HIGH_ERROR_RATE", "severity": "CRITICAL",
     "title": "HIGH_ERROR_RATE: DE-Berlin",
     "message": "Error rate in DE-Berlin is 42.1 % over 38 downloads (threshold 15.0 %)",
     "stream": "content_downloads", "aggregate": "region_health", "key": {"region": "DE-Berlin"},
     "members": [{"key": {"region": "DE-Berlin"}, "value": 0.42105, "severity": "CRITICAL"}],
     "metric": "error_rate", "value": 0.42105, "expected": 0.05, "probability": 0.9991, "threshold": 0.15,
     "window_start": "2026-01-31T12:00:00Z", "started_at": "2026-01-31T12:00:00Z", "resolved_at": null,
     "labels": {"team": "media"}, "runbook": "https://wiki.example.org/downloads",
     "reason": "device = iPhone explains 81 % of it"}
    """

  static func notification(
    _ event: Notification.Event = .firing, _ changes: [(String, JSONValue)] = [],
    key: String = "6f0c2a3e-58b1-4a52-9d34-7a1c1be20f11"
  ) throws -> Notification {
    var members = try JSONValue(parsing: payload).objectValue ?? []
    for (name, value) in changes {
      members.removeAll { $0.name == name }
      members.append(JSONMember(name, value))
    }
    return Notification(
      key: key, event: event, source: "shop", createdAt: 1_769_860_865_000_000, payload: .object(members))
  }

  static func target(_ kind: NotificationTarget.Kind) -> NotificationTarget {
    var target = NotificationTarget(name: "oncall", kind: kind, address: .environment("ADDRESS"))
    switch kind {
    case .webhook, .pagerduty: target.key = "KEY"
    case .email:
      target.sender = "StreamPulse <alerts@example.org>"
      target.recipients = ["oncall@example.org", "Zoë <zoe@example.org>"]
    case .slack, .teams, .alertmanager: break
    }
    return target
  }

  static func renderer(_ kind: NotificationTarget.Kind) throws -> MessageRenderer {
    let target = target(kind)
    let key = kind == .pagerduty ? "(the key)" : "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    let values = ["ADDRESS": "https://receiver.example.org/hook", "KEY": key]
    return MessageRenderer(target, try TargetCredentials(target) { values[$0] }, validMicroseconds: 240_000_000)
  }

  static func message(_ kind: NotificationTarget.Kind, _ notifications: [Notification]) throws -> HTTPMessage {
    guard case .http(let message) = try renderer(kind).request(notifications, now: now) else { throw NoSuchMessage() }
    return message
  }

  static func mail(_ notifications: [Notification]) throws -> String {
    guard case .mail(let mail) = try renderer(.email).request(notifications, now: now) else { throw NoSuchMessage() }
    return String(decoding: mail.text, as: UTF8.self)
  }

  struct NoSuchMessage: Error {}
}

extension HTTPMessage {
  var text: String { String(decoding: body, as: UTF8.self) }
  var json: JSONValue { get throws { try JSONValue(parsing: text) } }

  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
