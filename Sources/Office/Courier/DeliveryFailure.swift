/// Why a target has not taken a message. Holds no secret.
public struct DeliveryFailure: Error, Sendable, CustomStringConvertible {
  /// The target does not want this message, or these credentials; nothing says that it will later.
  public var isRefused: Bool
  /// How long the target wants to be left alone; 0: it does not say.
  public var retryAfterSeconds = 0
  /// One line for logs and rows.
  public var description: String
  /// The beginning of the server's answer, for the person who tries the target.
  public var answer: String?
  /// Of the server's answer; nil: it gave none, or speaks no HTTP.
  public var status: Int?
}
