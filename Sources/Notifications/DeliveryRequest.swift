import Plan

/// What is sent for a message.
public enum DeliveryRequest: Sendable {
  case http(HTTPMessage)
  case mail(MailMessage)
}

/// A POST.
public struct HTTPMessage: Sendable {
  /// May be a secret itself.
  public var address: String
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]
}

/// A mail with its envelope.
public struct MailMessage: Sendable {
  public var address: String
  public var sender: String
  public var recipients: [String]
  /// RFC 5322, lines end in CR LF.
  public var text: [UInt8]
}

/// Makes a target's messages.
public struct MessageRenderer: Sendable {
  let target: NotificationTarget
  let credentials: TargetCredentials
  /// How long an Alertmanager believes that an alert goes on, without hearing of it again.
  let validMicroseconds: Int64

  /// - Parameter validMicroseconds: how long an Alertmanager keeps an alert that it is not told again.
  public init(_ target: NotificationTarget, _ credentials: TargetCredentials, validMicroseconds: Int64) {
    self.target = target
    self.credentials = credentials
    self.validMicroseconds = validMicroseconds
  }

  /// How many notifications one message may tell, of a target of this kind; 1: each has its own.
  public static func maximumCount(_ kind: NotificationTarget.Kind) -> Int { kind == .pagerduty ? 1 : 200 }

  /// Whether a message of several says as much as one for each.
  public static func combinesFreely(_ kind: NotificationTarget.Kind) -> Bool { kind == .alertmanager }

  /// The message of one notification, or of several in one.
  ///
  /// - Parameters:
  ///   - notifications: at least one; no more than `maximumCount`.
  ///   - now: when it is sent, microseconds since 1970 UTC.
  public func request(_ notifications: [Notification], now: Int64) -> DeliveryRequest {
    switch target.kind {
    case .webhook: .http(webhook(notifications, now))
    case .slack: .http(post(notifications, slack(notifications)))
    case .teams: .http(post(notifications, teams(notifications)))
    case .pagerduty: .http(post(notifications, pagerDuty(notifications)))
    case .alertmanager: .http(alertmanager(notifications, now))
    case .email: .mail(mail(notifications))
    }
  }

  func post(_ notifications: [Notification], _ body: [UInt8]) -> HTTPMessage {
    var headers = [(name: "Content-Type", value: "application/json")]
    if let key = notifications.first?.key { headers.append(("Idempotency-Key", key)) }
    return HTTPMessage(address: credentials.address, headers: headers, body: body)
  }
}
