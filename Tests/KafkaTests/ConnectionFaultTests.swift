import Testing

@testable import Kafka

/// librdkafka's lines as versions 2.0.2 and 2.12.2 write them.
@Suite struct ConnectionFaultTests {
  private static let bootstrap = "[thrd:sasl_ssl://broker:9093/bootstrap]: sasl_ssl://broker:9093/bootstrap: "

  private static func line(_ text: String, state: String = "SSL_HANDSHAKE") -> String {
    "\(bootstrap)\(text) (after 5ms in state \(state), 1 identical error(s) suppressed)"
  }

  @Test(arguments: [
    (
      "SASL authentication error: Authentication failed: Invalid username or password",
      "broker:9093 refuses the SASL user or the password: see sasl.username, sasl.password"
    ),
    (
      "SASL PLAIN mechanism handshake failed: Broker: Unsupported SASL mechanism: broker's supported mechanisms: A,B",
      "broker:9093 does not take the configured SASL mechanism, but A,B: see sasl.mechanisms"
    ),
    (
      "Disconnected while requesting ApiVersion: might be caused by incorrect security.protocol configuration "
        + "(connecting to a SSL listener?) or broker version is < 0.10 (see api.version.request)",
      "broker:9093 does not answer without TLS, and this client speaks none: see security.protocol"
    ),
    (
      "Disconnected: verify that security.protocol is correctly configured, broker might require SASL authentication",
      "broker:9093 wants a SASL user, and this client brings none: see security.protocol"
    ),
    (
      "SSL handshake failed: error:0A000126:SSL routines::unexpected eof while reading",
      "broker:9093 does not speak TLS, as this client is configured to: see security.protocol"
    ),
    (
      "Receive failed: error:0A000416:SSL routines::sslv3 alert certificate unknown: SSL alert number 46",
      "broker:9093 refuses the client certificate: it has expired, or is of an authority that the broker does not "
        + "trust: see ssl.certificate.location"
    ),
  ])
  func aRefusalIsSaidWithPlaceAndSetting(_ text: String, _ said: String) throws {
    #expect(try #require(ConnectionFault(Self.line(text), certificate: nil)).description == said)
  }

  @Test(arguments: [
    (Int32(10), "broker:9093 shows a certificate that has expired: it is to be renewed there"),
    (20, "broker:9093 shows a certificate of an authority that is not trusted here: see ssl.ca.location"),
    (62, "broker:9093 shows a certificate of another host: see bootstrap.servers"),
  ])
  func whatIsWrongWithACertificateIsWhatItsVerificationHasFound(_ number: Int32, _ said: String) throws {
    let line = Self.line("SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker …")
    let fault = try #require(ConnectionFault(line, certificate: CertificateProblem(number: number)))
    #expect(fault.description == said)
  }

  @Test func anOldLibraryIsNamedWhereScramFails() throws {
    let line = Self.line("SASL authentication error: … invalid credentials with SASL mechanism SCRAM-SHA-256")
    func said(_ version: Int32) throws -> String {
      try #require(ConnectionFault(line, certificate: nil, librdkafka: version)).description
    }
    #expect(try said(0x0200_02ff).contains("librdkafka 2.6.1"))
    #expect(try !said(0x0206_01ff).contains("librdkafka"))
  }

  @Test(arguments: [
    "Connect to ipv4#127.0.0.1:9093 failed: Connection refused", "Disconnected",
    "Failed to resolve 'broker:9093': Name or service not known",
  ])
  func otherFailuresAreNone(_ text: String) {
    #expect(ConnectionFault(Self.line(text), certificate: nil) == nil)
  }

  @Test func theErrorOfACallSaysWhyNobodyAnswers() throws {
    let faults = ConnectionFaults(librdkafka: 0x0200_02ff)
    let silence = KafkaError(code: "_TRANSPORT", message: "Local: Broker transport failure", isRetriable: true)
    #expect(silence.explained(by: faults.latest) == silence)
    let refused = Self.line("SASL authentication error: Invalid username or password")
    #expect(faults.judge(facility: "FAIL", refused) == .drop)
    #expect(faults.judge(facility: "ERROR", "[thrd:x]: 1/1 brokers are down") == .drop)
    let explained = silence.explained(by: faults.latest)
    #expect(explained.code == "_AUTHENTICATION" && explained.isRetriable && !explained.isMisconfiguration)
    let denied = KafkaError(code: "TOPIC_AUTHORIZATION_FAILED", message: "no")
    #expect(denied.explained(by: faults.latest) == denied)
    faults.answered()
    #expect(faults.latest == nil)
  }

  @Test func whatFailsForAnotherReasonIsNoLongerARefusal() {
    let faults = ConnectionFaults(librdkafka: 0x0200_02ff)
    _ = faults.judge(facility: "FAIL", Self.line("SASL authentication error: Invalid username or password"))
    // Brokers close idle connections, also those of clients that they refuse elsewhere.
    #expect(faults.judge(facility: "FAIL", Self.line("Disconnected", state: "UP")) == .drop)
    #expect(faults.latest != nil)
    #expect(faults.judge(facility: "FAIL", Self.line("Connect to … failed: Connection refused")) == .pass)
    #expect(faults.latest == nil)
    #expect(faults.judge(facility: "ERROR", "[thrd:x]: 1/1 brokers are down") == .pass)
  }

  @Test func oneOfSeveralBrokersIsSaidOnce() {
    let faults = ConnectionFaults(librdkafka: 0x0200_02ff)
    let line = "[thrd:x]: ssl://broker:9093/2: SSL handshake failed: … certificate verify failed (after 5ms in state X)"
    faults.verified(10)
    let said = "broker:9093 shows a certificate that has expired: it is to be renewed there"
    #expect(faults.judge(facility: "FAIL", line) == .say(said))
    #expect(faults.judge(facility: "FAIL", line) == .drop)
  }
}
