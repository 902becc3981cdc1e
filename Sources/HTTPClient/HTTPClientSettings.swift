/// What a client may use, and whom it trusts.
public struct HTTPClientSettings: Sendable {
  /// Until the server is connected, its name looked up and TLS agreed on included.
  public var connectTimeoutMilliseconds = 5_000
  /// Of a request as a whole.
  public var timeoutMilliseconds = 10_000
  /// A longer body of an answer is an error.
  public var maximumBodyBytes = 4 << 20
  /// A PEM file of the authorities that certificates are checked against; nil: those of the system.
  public var caFile: String?
  public var authorization: HTTPAuthorization?

  public init(caFile: String? = nil, authorization: HTTPAuthorization? = nil) {
    self.caFile = caFile
    self.authorization = authorization
  }
}
