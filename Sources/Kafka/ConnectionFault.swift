/// Why a broker and this client do not come together although they reach each other: certificates, a user or a protocol
/// that do not fit. Waiting does not mend it by itself, but it may be mended at the broker.
public struct ConnectionFault: Hashable, Sendable, CustomStringConvertible {
  /// `host:port` of the broker.
  public var server: String
  /// What is wrong there.
  public var problem: String
  /// The librdkafka properties that it is about; none: only the broker's side mends it.
  public var properties: [String]
  /// librdkafka's name of such an error.
  var code: String

  public var description: String {
    "\(server) \(problem)" + (properties.isEmpty ? "" : ": see \(properties.joined(separator: ", "))")
  }

  /// Reads a line that librdkafka logs when a connection fails, such as
  /// `[thrd:…]: sasl_ssl://host:9093/bootstrap: SASL authentication error: … (after 5ms in state AUTH_REQ)`.
  ///
  /// - Parameter certificate: what the verification of the broker's certificate has found; nil: nothing, or there was none.
  /// - Returns: nil for other failures: a host that is not there, a connection that was closed.
  init?(_ message: String, certificate: CertificateProblem?, librdkafka version: Int32 = .max) {
    guard let line = FailureLine(message) else { return nil }
    guard let fault = Self.reading(line.reason, certificate, version) else { return nil }
    server = line.server
    (code, problem, properties) = fault
  }

  private static func reading(
    _ text: String, _ certificate: CertificateProblem?, _ version: Int32
  ) -> (code: String, problem: String, properties: [String])? {
    if text.contains("mechanism handshake failed") || text.contains("Unsupported SASL mechanism") {
      let offered = text.components(after: "supported mechanisms: ").map { ", but \($0)" } ?? ""
      return ("_AUTHENTICATION", "does not take the configured SASL mechanism\(offered)", ["sasl.mechanisms"])
    }
    if text.contains("SASL authentication error") {
      if text.contains("OAUTHBEARER") || text.contains("oauth") || text.contains("\"status\"") {
        return ("_AUTHENTICATION", "refuses the OAUTHBEARER token", ["sasl.oauthbearer.*"])
      }
      let isScram = text.contains("SCRAM")
      let old =
        isScram && version < Self.scramMended
        ? "; if they are right and the broker is Kafka 4, SCRAM needs librdkafka 2.6.1 or newer" : ""
      return ("_AUTHENTICATION", "refuses the SASL user or the password\(old)", ["sasl.username", "sasl.password"])
    }
    if text.contains("might require SASL authentication") {
      return ("_TRANSPORT", "wants a SASL user, and this client brings none", ["security.protocol"])
    }
    if text.contains("connecting to a SSL listener?") {
      return ("_TRANSPORT", "does not answer without TLS, and this client speaks none", ["security.protocol"])
    }
    if text.contains("certificate verify failed") {
      let problem = certificate?.text ?? "shows a certificate that cannot be verified"
      return ("_SSL", problem, certificate?.properties ?? ["ssl.ca.location"])
    }
    if text.contains("alert bad certificate") || text.contains("certificate required") {
      return (
        "_SSL", "wants a client certificate, or refuses the one that it was shown",
        ["ssl.certificate.location", "ssl.key.location"]
      )
    }
    if text.contains("alert certificate") || text.contains("alert unknown ca") {
      return (
        "_SSL", "refuses the client certificate: it has expired, or is of an authority that the broker does not trust",
        ["ssl.certificate.location"]
      )
    }
    if text.contains("unexpected eof") || text.contains("wrong version number") || text.contains("PLAINTEXT listener") {
      return ("_SSL", "does not speak TLS, as this client is configured to", ["security.protocol"])
    }
    if text.contains("SSL handshake failed") {
      return ("_SSL", "and this client do not agree on TLS (\(text))", ["security.protocol", "ssl.*"])
    }
    return nil
  }

  /// 2.6.1 in librdkafka's way: before, the answer to a SCRAM challenge holds the client's nonce twice, which Kafka 4
  /// refuses.
  private static let scramMended: Int32 = 0x0206_01ff
}

/// What is wrong with a certificate, by the number that OpenSSL gives it.
struct CertificateProblem: Hashable, Sendable {
  var number: Int32

  /// Those that may be wrong here.
  var properties: [String] {
    switch number {
    case 9, 10, 23: []
    case 62, 64: ["bootstrap.servers"]
    default: ["ssl.ca.location"]
    }
  }

  var text: String {
    switch number {
    case 9: "shows a certificate that is not valid yet: is the clock right?"
    case 10: "shows a certificate that has expired: it is to be renewed there"
    case 18, 19, 20, 21: "shows a certificate of an authority that is not trusted here"
    case 23: "shows a certificate that was revoked: it is to be renewed there"
    case 62, 64: "shows a certificate of another host"
    default: "shows a certificate that cannot be verified (OpenSSL's error \(number))"
    }
  }
}

/// A line about a connection that failed.
struct FailureLine {
  var server: String
  var reason: String
  /// The broker has been told of by the cluster: others may be well.
  var isKnownBroker: Bool

  init?(_ message: String) {
    var rest = Substring(message)
    if rest.hasPrefix("[thrd:"), let end = rest.range(of: "]: ") { rest = rest[end.upperBound...] }
    guard let end = rest.range(of: ": ") else { return nil }
    var name = rest[..<end.lowerBound]
    if let scheme = name.range(of: "://") { name = name[scheme.upperBound...] }
    let parts = name.split(separator: "/", maxSplits: 1)
    guard let place = parts.first, place.contains(":"), !place.contains(" ") else { return nil }
    server = String(place)
    isKnownBroker = parts.count == 2 && parts[1].allSatisfy(\.isNumber)
    reason = String(rest[end.upperBound...])
    if let after = reason.range(of: " (after ") { reason = String(reason[..<after.lowerBound]) }
  }
}

extension StringProtocol {
  fileprivate func range(of other: String) -> Range<Index>? { firstRange(of: other) }

  fileprivate func components(after other: String) -> String? {
    firstRange(of: other).map { String(self[$0.upperBound...]) }
  }
}
