import CRdKafka

/// What librdkafka or the broker refused.
public struct KafkaError: Error, Hashable, Sendable, CustomStringConvertible {
  /// librdkafka's stable name of the error, e.g. `_ALL_BROKERS_DOWN`; names with an underscore are the client's own.
  public let code: String
  /// One line for a person.
  public let message: String
  /// Whether the same call may succeed later without anything being changed.
  public let isRetriable: Bool
  /// Whether the client instance is unusable from now on and has to be made anew.
  public let isFatal: Bool

  public init(code: String, message: String, isRetriable: Bool = false, isFatal: Bool = false) {
    self.code = code
    self.message = message
    self.isRetriable = isRetriable
    self.isFatal = isFatal
  }

  public var description: String { "\(code): \(message)" }

  /// The settings contradict each other or the broker's: nothing helps but changing them.
  public var isMisconfiguration: Bool {
    ["_INVALID_ARG", "INVALID_SESSION_TIMEOUT", "INVALID_GROUP_ID", "UNSUPPORTED_SASL_MECHANISM"].contains(code)
  }

  /// An access list denies the topic or the group to this user.
  public var isDenial: Bool { ["TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED"].contains(code) }

  /// Another client has joined the group with the same instance id, and has taken this one's place.
  public var isDisplacement: Bool { code == "FENCED_INSTANCE_ID" }

  /// The record itself is refused: no other record would be, and it always will be.
  public var isAboutRecord: Bool { ["MSG_SIZE_TOO_LARGE", "INVALID_RECORD"].contains(code) }
}

extension KafkaError {
  /// - Parameter reason: what librdkafka said beyond the code's own text.
  init(_ code: rd_kafka_resp_err_t, _ reason: String? = nil, isFatal: Bool = false) {
    self.init(
      code: String(cString: rd_kafka_err2name(code)),
      message: reason ?? String(cString: rd_kafka_err2str(code)),
      isRetriable: !isFatal && retriableCodes.contains(code.rawValue), isFatal: isFatal)
  }

  /// The error that `message` is instead of a record.
  init(_ message: UnsafeMutablePointer<rd_kafka_message_t>) {
    self.init(message.pointee.err, rd_kafka_message_errstr(message).map { String(cString: $0) })
  }

  /// Takes ownership of `error`.
  init(consuming error: OpaquePointer) {
    self.init(
      code: String(cString: rd_kafka_error_name(error)), message: String(cString: rd_kafka_error_string(error)),
      isRetriable: rd_kafka_error_is_retriable(error) != 0
        || retriableCodes.contains(rd_kafka_error_code(error).rawValue),
      isFatal: rd_kafka_error_is_fatal(error) != 0)
    rd_kafka_error_destroy(error)
  }

  /// Throws `error`, as the calls that return an owned error object or nil do.
  static func check(_ error: OpaquePointer?) throws(KafkaError) {
    if let error { throw KafkaError(consuming: error) }
  }

  static func check(_ code: rd_kafka_resp_err_t) throws(KafkaError) {
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code) }
  }
}

/// librdkafka marks only its transactional errors as retriable; these are the others that pass by themselves.
private let retriableCodes: Set<Int32> = Set(
  [
    RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__TIMED_OUT,
    RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__WAIT_COORD,
    RD_KAFKA_RESP_ERR__WAIT_CACHE, RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__IN_PROGRESS,
    RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__RETRY,
    RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
    RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
    RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
    RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
    RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
    RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
  ].map(\.rawValue))
