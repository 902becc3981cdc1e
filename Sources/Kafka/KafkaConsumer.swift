import CRdKafka
import Events
import Threads

/// Reads one topic as a member of a consumer group, with positions that the caller keeps.
///
/// Made, used and released by one thread, on which all its callbacks run. The loop is: `pollGroup`, answer its
/// events with `assign` and `unassign`, `consume`, again. Back-pressure is not calling `consume`: the data queue is
/// bounded and `pollGroup` alone keeps the membership.
///
/// Two queues make that possible. The group's events are on librdkafka's consumer queue. Records are on a data queue of
/// our own, to which each partition's queue is forwarded. Who forwards a partition before its fetching starts keeps it:
/// librdkafka (2.0) then leaves the forwarding alone at the start, but clears it when fetching stops, which happens on
/// another thread some time after `unassign`. A partition that is assigned anew is therefore forwarded again at each
/// `consume` until its first record shows that the stop is over; records that arrived in between wait, in order, in
/// the partition's own queue and come along with the forwarding.
public final class KafkaConsumer {
  /// The start position of a partition that is read from the oldest record that is still there.
  public static let earliest: Offset = Offset(RD_KAFKA_OFFSET_BEGINNING)
  /// The start position of a partition of which only records to come are read.
  public static let latest: Offset = Offset(RD_KAFKA_OFFSET_END)

  public let topic: String
  let configuration: KafkaConfiguration
  let group: String
  let client: ClientHandle
  let context: ConsumerContext
  let batchSize: Int
  /// nil only while the consumer is being released.
  private(set) var dataQueue: QueueHandle?
  /// The queues of the assigned partitions.
  private(set) var partitionQueues: [TopicPartition: QueueHandle] = [:]
  /// Assigned partitions of which no record came yet.
  var unconfirmed: Set<TopicPartition> = []
  /// Partitions that stay this member's and are not read.
  private var withdrawn: Set<TopicPartition> = []
  var freeBuffers: [MessageBuffer] = []
  /// What the group is to be told when it has rebalanced.
  private var untold: [TopicPartition: Offset] = [:]
  private var isSubscribed = false

  /// - Throws: for a property that librdkafka refuses, or one of the user's that contradicts what delivery rests on:
  ///   `enable.auto.commit`, `enable.auto.offset.store`, `partition.assignment.strategy`.
  public init(
    configuration: KafkaConfiguration, topic: String, group: String,
    settings: KafkaConsumerSettings = KafkaConsumerSettings()
  ) throws(KafkaError) {
    precondition(settings.batchSize > 0, "a batch of no records")
    precondition(
      settings.queuedMinMessages >= 2 * settings.batchSize, "a queue that a batch empties stalls the fetching")
    self.topic = topic
    self.configuration = configuration
    self.group = group
    batchSize = settings.batchSize
    let context = ConsumerContext(group: group, log: configuration.log)
    self.context = context
    client = try ClientHandle(
      RD_KAFKA_CONSUMER, configuration, defaults: settings.defaults,
      required: [
        ("group.id", group),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("partition.assignment.strategy", "cooperative-sticky"),
        ("enable.partition.eof", "false"),
      ], context: context
    ) { conf in
      rd_kafka_conf_set_rebalance_cb(conf, rebalanced)
      rd_kafka_conf_set_error_cb(conf, consumerFailed)
      rd_kafka_conf_set_offset_commit_cb(conf, committed)
      context.rounds.watch(conf)
    }
    rd_kafka_poll_set_consumer(client.pointer)
    guard let queue = rd_kafka_queue_new(client.pointer) else {
      throw KafkaError(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE)
    }
    dataQueue = QueueHandle(queue)
  }

  deinit {
    close()
    // Before 2.3 librdkafka aborts the process when a member is destroyed that has joined and was never told its
    // partitions (its issue 4312). It has left the group; what stays is a few idle threads.
    if isSubscribed, !context.hasRebalanced { client.leak() }
    // Queues hold records, which hold their topics: all must be gone before the client is destroyed.
    partitionQueues = [:]
    dataQueue = nil
  }

  // MARK: The group

  /// Joins the group. What it brings comes from `pollGroup`.
  public func subscribe() throws(KafkaError) {
    let list = PartitionList(topic: topic, CollectionOfOne(RD_KAFKA_PARTITION_UA))
    isSubscribed = true
    context.isMember = true
    try KafkaError.check(rd_kafka_subscribe(client.pointer, list.pointer))
  }

  /// Serves the group's queue without waiting and returns what happened since the last call. Never returns records.
  ///
  /// Must be called well within `maxPollIntervalMilliseconds`, whether or not records are consumed.
  public func pollGroup() -> [GroupEvent] {
    serveGroup()
    return context.takeEvents()
  }

  /// Answers `.assign`: fetching starts at these offsets. Also adds partitions without a group.
  /// - Parameter starts: an offset, `earliest` or `latest` for each partition; partitions of the event that are left
  ///   out are not read.
  public func assign(_ starts: [TopicPartition: Offset]) throws(KafkaError) {
    precondition(starts.keys.allSatisfy { $0.topic == topic }, "a record does not say of which topic it is")
    guard let dataQueue else { return }
    var queues: [TopicPartition: QueueHandle] = [:]
    for partition in starts.keys {
      guard let queue = rd_kafka_queue_get_partition(client.pointer, topic, partition.partition) else {
        throw KafkaError(
          RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, "no partition \(partition.partition) in topic \(topic)")
      }
      queues[partition] = QueueHandle(queue)
    }
    for queue in queues.values { queue.forward(to: dataQueue) }
    withdrawn.subtract(queues.keys)
    partitionQueues.merge(queues) { $1 }
    unconfirmed.formUnion(starts.keys)
    context.pendingAnswer = nil
    let list = PartitionList(starts)
    try KafkaError.check(rd_kafka_incremental_assign(client.pointer, list.pointer))
  }

  /// Answers `.revoke` and `.lost`: no record of these partitions is returned any more. Those that are not assigned
  /// are passed over.
  public func unassign(_ partitions: some Collection<TopicPartition>) throws(KafkaError) {
    withdrawn.subtract(partitions)
    let held = partitions.filter { partitionQueues[$0] != nil }
    for partition in held {
      untold[partition] = nil
      partitionQueues[partition] = nil
      unconfirmed.remove(partition)
    }
    let list = PartitionList(held)
    context.pendingAnswer = nil
    try KafkaError.check(rd_kafka_incremental_unassign(client.pointer, list.pointer))
  }

  /// The partitions that are assigned now.
  public var assignment: [TopicPartition] { partitionQueues.keys.sorted() }

  /// Fetches `partition` again from `offset`, also after `withdraw`: records of it that are fetched but not consumed are
  /// dropped.
  /// - Returns: false, and does nothing, when a rebalance waits for its answer: call `pollGroup`, answer, and try
  ///   again if the partition is still assigned.
  public func reread(_ partition: TopicPartition, from offset: Offset) throws(KafkaError) -> Bool {
    guard partitionQueues[partition] != nil || withdrawn.contains(partition), try withdraw(partition) else {
      return false
    }
    try assign([partition: offset])
    return true
  }

  /// Reads no more of `partition`, which stays this member's in the group; its records that are fetched but not consumed
  /// are dropped.
  /// - Returns: as `reread`; true when it is not read anyway.
  public func withdraw(_ partition: TopicPartition) throws(KafkaError) -> Bool {
    // Taking a partition out while librdkafka waits for an answer would be taken for that answer.
    serveGroup()
    guard context.pendingAnswer == nil else { return false }
    if partitionQueues[partition] != nil {
      try unassign(CollectionOfOne(partition))
      withdrawn.insert(partition)
    }
    return true
  }

  /// Leaves the group and waits for its answer, a few seconds at most: a group that does not answer notices by the
  /// session. Partitions still assigned are released without an event, so finish their work before. Batches may outlive
  /// it. Doing it again does nothing.
  public func close() {
    guard !context.isClosing else { return }
    answerPendingRebalance()
    context.isClosing = true
    leaveGroup()
    unconfirmed = []
    partitionQueues = [:]
  }

  /// `rd_kafka_consumer_close` with a bound: it waits for ever when a coordinator that still owes an answer goes silent.
  private func leaveGroup() {
    guard let queue = rd_kafka_queue_new(client.pointer).map(QueueHandle.init) else { return }
    if let error = rd_kafka_consumer_close_queue(client.pointer, queue.pointer) {
      // There is no group to leave.
      rd_kafka_error_destroy(error)
      return
    }
    let deadline = Clock.monotonic() / 1000 + closeTimeoutMilliseconds
    while rd_kafka_consumer_closed(client.pointer) == 0 {
      guard Clock.monotonic() / 1000 < deadline else {
        context.log?(
          KafkaLogLine(
            level: .warning, facility: "CLOSE",
            message: "the group did not let a member go within \(closeTimeoutMilliseconds / 1000) s"))
        return
      }
      rd_kafka_queue_poll_callback(queue.pointer, 50)
    }
  }

  /// A rebalance that the caller was told of and did not answer, because it starts anew: closing would wait for that
  /// answer for ever.
  private func answerPendingRebalance() {
    do throws(KafkaError) {
      switch context.pendingAnswer {
      case .assign: try assign([:])
      case .unassign: try unassign(assignment)
      case nil: break
      }
    } catch {
      // Then there is nothing to be answered any more.
      context.pendingAnswer = nil
    }
  }

  private func serveGroup() {
    guard !context.isClosing else { return }
    // Bounded, so that a storm of errors cannot keep the caller here.
    for _ in 0..<100 {
      guard let message = rd_kafka_consumer_poll(client.pointer, 0) else { break }
      if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
        // Passing it over would lose it, so the caller has to start anew from its own position.
        context.failed(
          KafkaError(
            RD_KAFKA_RESP_ERR__INCONSISTENT, "a record of partition \(message.pointee.partition) on the group's queue",
            isFatal: true))
      } else {
        let reason = rd_kafka_message_errstr(message)
        context.failed(clientError(client.pointer, message.pointee.err.rawValue, reason))
      }
      rd_kafka_message_destroy(message)
    }
    if context.isProbeDue, client.isReachable(timeoutMilliseconds: 100) { context.reached() }
    answerEmptyRebalance()
    do throws(KafkaError) { try tellGroup() } catch { context.failed(error) }
  }

  /// Tells the broker the next offset to read of each partition, for lag tools; nothing here reads it back. While the group
  /// rebalances it waits for that, and then tells the latest. Asynchronous: a failure comes out of `pollGroup`.
  public func commit(_ next: [TopicPartition: Offset]) throws(KafkaError) {
    untold.merge(next) { $1 }
    try tellGroup()
  }

  private func tellGroup() throws(KafkaError) {
    guard !untold.isEmpty, !context.rounds.isJoining else { return }
    let list = PartitionList(untold)
    untold = [:]
    try KafkaError.check(rd_kafka_commit(client.pointer, list.pointer, 1))
  }

  /// A cooperative rebalance that changes nothing here still waits for an answer, which is not worth an event.
  private func answerEmptyRebalance() {
    switch context.pendingAnswer {
    case .assign(isEmpty: true):
      do throws(KafkaError) { try assign([:]) } catch { context.failed(error) }
    case .unassign(isEmpty: true):
      do throws(KafkaError) { try unassign([]) } catch { context.failed(error) }
    default:
      break
    }
  }
}

/// Below the 10 s in which a processor that is told to stop has to end.
private let closeTimeoutMilliseconds: Int64 = 5_000
