import HTTPClient
import Notifications
import Plan
import SMTPClient
import Tracing

/// Sends a target's messages: the owner of the connection there. Blocks the calling thread; for one thread at a time, but
/// for the canceller.
public final class TargetSender {
  private enum Way {
    case http(HTTPClient)
    case mail(SMTPClient)
  }

  private let way: Way
  private let credentials: TargetCredentials
  private let renderer: MessageRenderer
  let canceller: HTTPCanceller

  /// - Parameter value: of an environment variable; nil: it is not set.
  public init(
    _ target: NotificationTarget, _ settings: DeliverySettings, value: (_ variable: String) -> String?
  ) throws(DeliveryFailure) {
    do {
      credentials = try TargetCredentials(target, value)
      renderer = MessageRenderer(target, credentials, validMicroseconds: settings.validMicroseconds)
      if target.kind == .email {
        var mail = SMTPClientSettings(address: credentials.address, caFile: settings.caFile)
        if let user = target.user, let password = credentials.password { mail.login = (user, password) }
        mail.timeoutMilliseconds = settings.timeoutMilliseconds
        let client = try SMTPClient(mail)
        way = .mail(client)
        canceller = client.canceller
      } else {
        var http = HTTPClientSettings(caFile: settings.caFile)
        http.timeoutMilliseconds = settings.timeoutMilliseconds
        http.connectTimeoutMilliseconds = min(http.connectTimeoutMilliseconds, settings.timeoutMilliseconds)
        http.maximumBodyBytes = 64 << 10
        if let token = credentials.token {
          http.authorization = .bearer(token: token)
        } else if let user = target.user, let password = credentials.password {
          http.authorization = .basic(user: user, password: password)
        }
        let client = try HTTPClient(http)
        way = .http(client)
        canceller = client.canceller
      }
    } catch {
      throw DeliveryFailure(isRefused: false, description: "\(error)")
    }
  }

  /// Sends one message that tells these notifications.
  ///
  /// - Parameters:
  ///   - now: microseconds since 1970 UTC.
  ///   - trace: the span that sends it, which a server is told of; nil: nothing is traced.
  /// - Returns: what the server answered, in a word.
  @discardableResult
  public func send(
    _ notifications: [Notification], now: Int64, trace: TraceContext? = nil
  ) throws(DeliveryFailure) -> String {
    switch (renderer.request(notifications, now: now), way) {
    case (.http(var message), .http(let client)):
      if let trace { message.headers.append((TraceContext.header, trace.headerValue)) }
      return try send(message, client)
    case (.mail(let message), .mail(let client)): return try send(message, client)
    default: throw DeliveryFailure(isRefused: true, description: "the target cannot take this kind of message")
    }
  }

  private func send(_ message: HTTPMessage, _ client: HTTPClient) throws(DeliveryFailure) -> String {
    let reply: HTTPReply
    do throws(HTTPClientError) {
      reply = try client.post(message.address, body: message.body, headers: message.headers)
    } catch {
      throw DeliveryFailure(isRefused: error.kind == .address, description: credentials.redacted(error.description))
    }
    if reply.isSuccess { return "\(reply.status)" }
    let advice = reply.location == nil ? "" : ", and redirections are not followed"
    throw DeliveryFailure(
      isRefused: Self.isRefusal(reply.status), retryAfterSeconds: reply.retryAfterSeconds,
      description: "the server answers \(reply.status)\(advice)",
      answer: credentials.redacted(String(decoding: reply.body.prefix(300), as: UTF8.self)), status: reply.status)
  }

  /// The request itself is wrong. Not so a server that had no time for it, or has no time now.
  private static func isRefusal(_ status: Int) -> Bool {
    (300..<500).contains(status) && ![408, 409, 425, 429].contains(status)
  }

  private func send(_ message: MailMessage, _ client: SMTPClient) throws(DeliveryFailure) -> String {
    do throws(SMTPClientError) {
      try client.send(from: message.sender, to: message.recipients, text: message.text)
      return "taken"
    } catch {
      throw DeliveryFailure(isRefused: error.isRefused, description: credentials.redacted(error.description))
    }
  }
}
