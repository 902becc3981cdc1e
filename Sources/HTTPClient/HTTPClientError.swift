import CCurl

/// Why a request has no answer. An answer of any status is no error.
///
/// Never holds a password, a token, or an address's query.
public struct HTTPClientError: Error, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// The address is none of HTTP, or carries a user.
    case address
    /// The client's own settings cannot be used, e.g. the file of authorities.
    case settings
    /// The server was not found, not reached, or went away in the middle.
    case connection
    /// TLS could not be agreed on, or the server's certificate is not to be trusted.
    case certificate
    case timeout
    /// By `HTTPCanceller`.
    case cancelled
    /// The answer is longer than the settings allow.
    case tooLarge
  }

  public var kind: Kind
  /// One line for a person.
  public var description: String

  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  /// Whether the same request can succeed later without anybody changing anything here.
  public var isRetryable: Bool { kind == .connection || kind == .timeout }
}

extension HTTPClientError {
  /// - Parameter detail: libcurl's own words for this case; empty when it has none.
  package init(_ code: CURLcode, detail: String) {
    let text = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
    switch code {
    case CURLE_OPERATION_TIMEDOUT: self.init(.timeout, text)
    case CURLE_ABORTED_BY_CALLBACK: self.init(.cancelled, "the request was given up")
    case CURLE_URL_MALFORMAT: self.init(.address, "the address is no URL")
    case CURLE_UNSUPPORTED_PROTOCOL: self.init(.address, "the address is neither http:// nor https://")
    case CURLE_LOGIN_DENIED: self.init(.address, "the address carries a user: give user and password apart from it")
    case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_CRL_BADFILE:
      self.init(.settings, text)
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR,
      CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_USE_SSL_FAILED:
      self.init(.certificate, text)
    case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_UNKNOWN_OPTION,
      CURLE_NOT_BUILT_IN:
      self.init(.settings, text)
    default: self.init(.connection, text)
    }
  }
}
