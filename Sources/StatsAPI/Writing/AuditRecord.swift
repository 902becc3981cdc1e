/// An entry of the audit log.
public struct AuditRecord: Hashable, Sendable {
  /// The token's name, `local` where there are no tokens, empty when nobody knows.
  public var who: String
  /// The address.
  public var origin: String
  /// The route with its method.
  public var action: String
  /// What it was about.
  public var subject: String
  /// `done`, or why not.
  public var result: String
  public var times: Int64

  public init(who: String, origin: String, action: String, subject: String = "", result: String, times: Int64 = 1) {
    (self.who, self.origin, self.action) = (who, origin, action)
    (self.subject, self.result, self.times) = (subject, result, times)
  }
}
