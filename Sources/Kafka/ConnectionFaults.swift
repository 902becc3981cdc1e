import Threads

/// What a client's connections last failed of, which librdkafka only logs: the calls that wait for a broker give up with
/// a time-out.
///
/// Written by librdkafka's threads, read by those that call it.
final class ConnectionFaults: Sendable {
  private struct State: Sendable {
    var latest: ConnectionFault?
    var certificate: CertificateProblem?
    /// What has been passed on, at most `capacity` of them.
    var said: Set<ConnectionFault> = []
  }

  /// What becomes of a log line.
  enum Verdict: Equatable {
    case pass
    /// The error of a call says it.
    case drop
    case say(String)
  }

  private static let capacity = 64

  private let state = Monitor(State())
  private let version: Int32

  /// - Parameter version: librdkafka's, as `rd_kafka_version` gives it.
  init(librdkafka version: Int32) {
    self.version = version
  }

  /// nil: the last failure was of another kind, or a broker has answered since.
  var latest: ConnectionFault? { state.read { $0.latest } }

  func verified(_ number: Int32) {
    guard number != 0 else { return }
    state.update { $0.certificate = CertificateProblem(number: number) }
  }

  /// A broker has answered.
  func answered() {
    state.update { state in
      guard state.latest != nil || !state.said.isEmpty else { return }
      state.latest = nil
      state.said = []
    }
  }

  /// Notes what a log line says of a connection.
  func judge(facility: String, _ message: String) -> Verdict {
    switch facility {
    case "FAIL":
      // The end of a client says what it was about to do, and brokers close idle connections.
      if message.contains("handle destroyed") { return .drop }
      return state.update { state in
        guard let fault = ConnectionFault(message, certificate: state.certificate, librdkafka: version) else {
          if Self.isOrdinaryEnd(message) { return .drop }
          state.latest = nil
          return .pass
        }
        state.latest = fault
        guard FailureLine(message)?.isKnownBroker == true else { return .drop }
        // Others may be well, and no call fails.
        guard state.said.count < Self.capacity, state.said.insert(fault).inserted else { return .drop }
        return .say(fault.description)
      }
    case "ERROR":
      return message.hasSuffix("brokers are down") && latest != nil ? .drop : .pass
    // What the failure to make a client says, too.
    case "SSL": return message.hasPrefix("[thrd:app]: error:") ? .drop : .pass
    case "CERTVERIFY", "SSLCERTVRFY": return .drop
    default: return .pass
    }
  }

  /// Connections that end while nothing is wrong with them; without a broker, calls fail and say so.
  private static func isOrdinaryEnd(_ message: String) -> Bool {
    message.contains("in state UP")
      && ["Disconnected (", "Connection reset by peer", "Broken pipe"].contains { message.contains($0) }
  }
}

extension KafkaError {
  /// The same with what the connections have failed of, where it is no more than that nobody answered.
  func explained(by fault: ConnectionFault?) -> KafkaError {
    guard let fault, Self.silences.contains(code) else { return self }
    return KafkaError(code: fault.code, message: fault.description, isRetriable: true, isFatal: isFatal)
  }

  /// Whether no broker could be asked, for whatever reason.
  public var isUnreachable: Bool { Self.silences.contains(code) }

  private static let silences: Set<String> = [
    "_TRANSPORT", "_TIMED_OUT", "_ALL_BROKERS_DOWN", "_AUTHENTICATION", "_SSL", "_RESOLVE", "_WAIT_COORD",
  ]
}
