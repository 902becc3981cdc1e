import CRdKafka
import Events
import Threads

/// What a consumer's callbacks leave for `pollGroup`.
///
/// All callbacks run on the consumer's thread, inside `pollGroup` or `close`, so nothing here is locked.
final class ConsumerContext: ClientContext {
  /// What librdkafka's rebalance waits for.
  enum Answer {
    case assign(isEmpty: Bool)
    case unassign(isEmpty: Bool)
  }

  var pendingAnswer: Answer?
  let rounds = GroupRounds()
  /// That it is a member of.
  let group: String
  /// It has asked to join the group; before, nothing that the group denies matters.
  var isMember = false
  /// The group has answered at least once, be it with no partitions.
  var hasRebalanced = false
  /// From here on the rebalance callback releases the partitions itself, because nobody polls any more.
  var isClosing = false
  private var events: [GroupEvent] = []
  private var isDown = false
  private var nextProbe: Int64 = 0
  /// Codes of the errors that were said since data flowed last.
  private var said: Set<String> = []

  init(group: String, log: (@Sendable (KafkaLogLine) -> Void)?) {
    self.group = group
    super.init(log: log)
  }

  func takeEvents() -> [GroupEvent] {
    guard !events.isEmpty else { return [] }
    defer { events = [] }
    return events
  }

  func append(_ event: GroupEvent) {
    events.append(event)
  }

  func failed(_ error: KafkaError) {
    if error.code == "_ALL_BROKERS_DOWN" {
      guard !isDown else { return }
      isDown = true
      nextProbe = Clock.monotonic() / 1000 + probeIntervalMilliseconds
      events.append(.brokersDown(error.explained(by: faults.latest)))
    } else if !isPassing(error), said.insert(error.code).inserted {
      events.append(.failed(named(error)))
    }
  }

  /// The group is not named in the broker's own words.
  private func named(_ error: KafkaError) -> KafkaError {
    guard error.code == "GROUP_AUTHORIZATION_FAILED" else { return error }
    return KafkaError(
      code: error.code,
      message: "this Kafka user may not use the consumer group \(group): it needs the right to read it",
      isRetriable: error.isRetriable, isFatal: error.isFatal)
  }

  /// librdkafka says when all brokers are gone but not when one is back, so while they are gone it is asked now and
  /// then. True at most once per interval.
  var isProbeDue: Bool {
    guard isDown else { return false }
    let now = Clock.monotonic() / 1000
    guard now >= nextProbe else { return false }
    nextProbe = now + probeIntervalMilliseconds
    return true
  }

  /// A broker answered.
  func reached() {
    said.removeAll(keepingCapacity: true)
    guard isDown else { return }
    isDown = false
    events.append(.brokersUp)
  }

  /// Connections come and go, and librdkafka deals with it; only all brokers being gone is news. Neither is it that a
  /// position cannot be told to the group while that rebalances: the next one will. Of connections that are refused,
  /// `ConnectionFaults` says more.
  private func isPassing(_ error: KafkaError) -> Bool {
    if error.code == "GROUP_AUTHORIZATION_FAILED", !isMember { return true }
    return ["_TRANSPORT", "_TIMED_OUT", "REBALANCE_IN_PROGRESS", "_AUTHENTICATION", "_SSL"].contains(error.code)
      && !error.isFatal
  }
}

private let probeIntervalMilliseconds: Int64 = 1_000

/// Runs on the consumer's thread, inside `pollGroup`, where it only notes what is asked: the answer needs the
/// positions, which the caller reads elsewhere. Inside `close` it answers at once.
let rebalanced:
  @convention(c) (
    OpaquePointer?, rd_kafka_resp_err_t, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
    UnsafeMutableRawPointer?
  ) -> Void = { client, code, list, opaque in
    guard let list, let context = clientContext(opaque, as: ConsumerContext.self) else { return }
    context.hasRebalanced = true
    let partitions = elements(list).map {
      TopicPartition(topic: $0.topic.map { String(cString: $0) } ?? "", partition: $0.partition)
    }.sorted()
    guard !context.isClosing else {
      // The members' protocol is fixed to the cooperative one, so partitions are only ever taken out one by one.
      let error =
        code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
        ? rd_kafka_incremental_assign(client, list) : rd_kafka_incremental_unassign(client, list)
      // The consumer is on its way out; there is nobody left to tell.
      if let error { rd_kafka_error_destroy(error) }
      return
    }
    switch code {
    case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
      context.pendingAnswer = .assign(isEmpty: partitions.isEmpty)
      if !partitions.isEmpty { context.append(.assign(partitions)) }
    case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
      context.pendingAnswer = .unassign(isEmpty: partitions.isEmpty)
      if !partitions.isEmpty {
        context.append(rd_kafka_assignment_lost(client) != 0 ? .lost(partitions) : .revoke(partitions))
      }
    default:
      context.pendingAnswer = .unassign(isEmpty: partitions.isEmpty)
      context.failed(KafkaError(code))
      if !partitions.isEmpty { context.append(.lost(partitions)) }
    }
  }

/// Runs on the consumer's thread, inside `pollGroup` or `close`.
let consumerFailed: @convention(c) (OpaquePointer?, Int32, UnsafePointer<CChar>?, UnsafeMutableRawPointer?) -> Void = {
  client, code, reason, opaque in
  clientContext(opaque, as: ConsumerContext.self)?.failed(clientError(client, code, reason))
}

/// Runs on the consumer's thread, inside `pollGroup` or `close`. A commit is for lag tools only, so a failed one is
/// told and not repeated: the next one covers it.
let committed:
  @convention(c) (
    OpaquePointer?, rd_kafka_resp_err_t, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
    UnsafeMutableRawPointer?
  ) -> Void = { _, code, _, opaque in
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR, code != RD_KAFKA_RESP_ERR__NO_OFFSET else { return }
    clientContext(opaque, as: ConsumerContext.self)?.failed(
      KafkaError(code, "offset commit: " + KafkaError(code).message))
  }
