/// Where notifications go: one target of `sql/alerts/targets.sql`.
///
/// Holds no secret: those are in the environment, and only the names of their variables are here.
public struct NotificationTarget: Hashable, Sendable {
  /// What is spoken there.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// JSON, signed as Standard Webhooks has it.
    case webhook
    /// An incoming webhook of Slack, or of what takes the same messages.
    case slack
    /// A webhook of Microsoft Teams' workflows, with an Adaptive Card.
    case teams
    /// PagerDuty's Events API v2.
    case pagerduty
    /// SMTP.
    case email
    /// Prometheus Alertmanager's API v2.
    case alertmanager
  }

  /// Where the address stands.
  public enum Address: Hashable, Sendable {
    case text(String)
    /// The variable that holds it.
    case environment(String)
  }

  /// So many messages in so long, at most.
  public struct RateLimit: Hashable, Sendable {
    public var count: Int
    public var microseconds: Int64

    public init(count: Int, microseconds: Int64) {
      self.count = count
      self.microseconds = microseconds
    }
  }

  /// Who hears of a CRITICAL that nobody has acknowledged for so long.
  public struct Escalation: Hashable, Sendable {
    public var target: String
    public var microseconds: Int64

    public init(target: String, microseconds: Int64) {
      self.target = target
      self.microseconds = microseconds
    }
  }

  public var name: String
  public var kind: Kind
  public var address: Address
  /// The variable with what messages are signed with (webhook) or routed by (PagerDuty).
  public var key: String?
  /// The variable with a bearer token.
  public var token: String?
  public var user: String?
  /// The variable with that user's password.
  public var password: String?
  /// Of mails, as `Name <address>` or the address alone.
  public var sender: String?
  /// Addresses of mails, at least one.
  public var recipients: [String]
  public var rateLimit: RateLimit?
  public var escalation: Escalation?

  public init(
    name: String, kind: Kind, address: Address, key: String? = nil, token: String? = nil, user: String? = nil,
    password: String? = nil, sender: String? = nil, recipients: [String] = [], rateLimit: RateLimit? = nil,
    escalation: Escalation? = nil
  ) {
    self.name = name
    self.kind = kind
    self.address = address
    self.key = key
    self.token = token
    self.user = user
    self.password = password
    self.sender = sender
    self.recipients = recipients
    self.rateLimit = rateLimit
    self.escalation = escalation
  }

  /// The environment variables that it needs.
  public var variables: [String] {
    var names = [key, token, password].compactMap { $0 }
    if case .environment(let name) = address { names.insert(name, at: 0) }
    return names
  }
}
