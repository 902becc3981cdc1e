import CCurl
import HTTPClient

/// Why a mail was not taken. Never holds a password.
public struct SMTPClientError: Error, Sendable, CustomStringConvertible {
  /// The server's last reply; nil when there was none, or it is not the reason.
  public var reply: Int?
  /// The same mail, or the same settings, will not be taken later either.
  public var isRefused: Bool
  /// One line for a person.
  public var description: String

  init(reply: Int?, isRefused: Bool, description: String) {
    self.reply = reply
    self.isRefused = isRefused
    self.description = description
  }

  init(_ code: CURLcode, reply: Int, detail: String) {
    let error = HTTPClientError(code, detail: detail)
    switch code {
    case CURLE_LOGIN_DENIED:
      self.init(reply: reply, isRefused: true, description: "the server refuses user and password (\(reply))")
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
      self.init(reply: nil, isRefused: true, description: "the address is neither smtp:// nor smtps://")
    case CURLE_USE_SSL_FAILED:
      self.init(reply: nil, isRefused: false, description: "the server offers no TLS")
    default:
      // RFC 5321, section 4.2.1: what begins with a 5 is final, what begins with a 4 is not.
      let isAnswer = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_WEIRD_SERVER_REPLY
      let isFinal = isAnswer && (500..<600).contains(reply)
      self.init(
        reply: isAnswer && reply >= 400 ? reply : nil, isRefused: isFinal,
        description: isAnswer && reply >= 400 ? "the server answers \(reply): \(error)" : error.description)
    }
  }
}
