import HTTPServer
import Plan

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

  /// Of what a client may do.
  init(_ client: String, _ request: HTTPRequest, _ endpoint: EndpointPlan, _ arguments: [String?]) {
    let given = zip(endpoint.parameters, arguments).filter { $0.0.place != .client }
    self.init(
      who: client, origin: request.remoteAddress.description, action: "\(endpoint.method) \(endpoint.path)",
      subject: given.map { "\($0.0.name)=\($0.1 ?? "")" }.joined(separator: " "), result: "done")
  }
}
