/// Which server takes mails, and what it is told. Every way of printing it hides the password.
public struct SMTPClientSettings: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// `smtp://host:port`, where TLS begins by STARTTLS, or `smtps://host:port`.
  public var address: String
  public var login: (user: String, password: String)?
  /// A PEM file of the authorities that certificates are checked against; nil: those of the system.
  public var caFile: String?
  /// Of a mail as a whole.
  public var timeoutMilliseconds = 10_000

  public init(address: String, login: (user: String, password: String)? = nil, caFile: String? = nil) {
    self.address = address
    self.login = login
    self.caFile = caFile
  }

  public var description: String { address }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
