import CRdKafka
import Synchronization

/// Whether a member is in the midst of a rebalance, between its joining and the answer that says what it has.
///
/// librdkafka tells nobody, but lets its requests be watched. A broker reads one request of a connection at a time, and
/// answers a `JoinGroup` when all members have joined: what is told to the group meanwhile is read behind it, is of a
/// generation that is over, and makes librdkafka (2.0) take all partitions for lost.
final class GroupRounds: Sendable {
  private let joining = Atomic<Bool>(false)

  var isJoining: Bool { joining.load(ordering: .acquiring) }

  /// Watches the client that will be made of `conf`. Called by librdkafka's threads as long as that lives, and this has to
  /// outlive it.
  func watch(_ conf: OpaquePointer) {
    let opaque = Unmanaged.passUnretained(self).toOpaque()
    rd_kafka_conf_interceptor_add_on_new(
      conf, interceptorName, { client, _, opaque, _, _ in clientMade(client, opaque) }, opaque)
  }

  fileprivate func sent(_ request: Int16) {
    if request == joinGroup { joining.store(true, ordering: .releasing) }
  }

  fileprivate func answered(_ request: Int16, isFailure: Bool) {
    // Also a join that was refused is over; the next one begins with its request.
    if request == syncGroup || request == joinGroup && isFailure { joining.store(false, ordering: .releasing) }
  }
}

private let interceptorName = "group-rounds"
/// Kafka's numbers of requests.
private let (joinGroup, syncGroup) = (Int16(11), Int16(14))

private func rounds(_ opaque: UnsafeMutableRawPointer?) -> GroupRounds? {
  opaque.map { Unmanaged<GroupRounds>.fromOpaque($0).takeUnretainedValue() }
}

/// Runs within `rd_kafka_new`.
private func clientMade(_ client: OpaquePointer?, _ opaque: UnsafeMutableRawPointer?) -> rd_kafka_resp_err_t {
  let error = rd_kafka_interceptor_add_on_request_sent(
    client, interceptorName,
    { _, _, _, _, request, _, _, _, opaque in
      rounds(opaque)?.sent(request)
      return RD_KAFKA_RESP_ERR_NO_ERROR
    }, opaque)
  guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { return error }
  return rd_kafka_interceptor_add_on_response_received(
    client, interceptorName,
    { _, _, _, _, request, _, _, _, _, error, opaque in
      rounds(opaque)?.answered(request, isFailure: error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return RD_KAFKA_RESP_ERR_NO_ERROR
    }, opaque)
}
