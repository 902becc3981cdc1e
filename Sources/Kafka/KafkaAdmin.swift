import CRdKafka
import Events
import Glibc
import Threads

/// Questions and changes to the cluster, outside of any data flow. Every call blocks for at most its timeout.
///
/// `@unchecked Sendable`: holds one immutable librdkafka client, whose calls are allowed from every thread; no callback
/// but the (sendable) log closure is set, and each call makes and frees its own objects.
public final class KafkaAdmin: @unchecked Sendable {
  let configuration: KafkaConfiguration
  let client: ClientHandle

  public init(configuration: KafkaConfiguration) throws(KafkaError) {
    self.configuration = configuration
    // A consumer's metadata request does not make missing topics, which a question never should.
    client = try ClientHandle(RD_KAFKA_CONSUMER, configuration)
  }

  /// Makes `name` unless it exists, with the broker's default replication, and returns when it can be used.
  ///
  /// The embedded broker has no admin API: there the topic is made by asking for it, and has 4 partitions.
  /// - Returns: false when the topic was there already.
  @discardableResult
  public func createTopicIfMissing(
    _ name: String, partitions: Int, timeoutMilliseconds: Int32 = 10_000
  ) throws(KafkaError) -> Bool {
    if try partitionCount(name, timeoutMilliseconds: timeoutMilliseconds) != nil { return false }
    let deadline = Clock.monotonic() / 1000 + Int64(timeoutMilliseconds)
    if try clusterIdentity(timeoutMilliseconds: timeoutMilliseconds).isEmbedded {
      let asking = try ClientHandle(RD_KAFKA_PRODUCER, configuration)
      try asking.askFor(topic: name, timeoutMilliseconds: timeoutMilliseconds)
    } else {
      try requestTopic(name, partitions: partitions, timeoutMilliseconds: timeoutMilliseconds)
    }
    // The controller's answer comes before the brokers know the topic.
    while try partitionCount(name, timeoutMilliseconds: timeoutMilliseconds) == nil {
      guard Clock.monotonic() / 1000 < deadline else {
        throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, "topic \(name) was made but no broker knows it yet")
      }
      usleep(20_000)
    }
    return true
  }

  /// nil when there is no such topic.
  public func partitionCount(_ topic: String, timeoutMilliseconds: Int32 = 10_000) throws(KafkaError) -> Int? {
    try client.partitionCount(topic: topic, timeoutMilliseconds: timeoutMilliseconds)
  }

  public func watermarkOffsets(
    topic: String, partition: Int32, timeoutMilliseconds: Int32 = 10_000
  ) throws(KafkaError) -> WatermarkOffsets {
    try client.watermarkOffsets(topic: topic, partition: partition, timeoutMilliseconds: timeoutMilliseconds)
  }

  /// Whether this user may see the consumer group, which whoever may join it can. The group need not be there.
  public func maySee(group: String, timeoutMilliseconds: Int32 = 10_000) throws(KafkaError) -> Bool {
    do {
      try client.askForGroup(group, timeoutMilliseconds: timeoutMilliseconds)
      return true
    } catch  where error.isDenial {
      return false
    }
  }

  /// Whether records of the topic's first partition are given to this user. One who is given nothing within the time is
  /// taken for one; of an empty partition that is a second.
  public func mayRead(topic: String, timeoutMilliseconds: Int32 = 5_000) throws(KafkaError) -> Bool {
    let log = try watermarkOffsets(topic: topic, partition: 0, timeoutMilliseconds: timeoutMilliseconds)
    let consumer = try KafkaConsumer(configuration: configuration, topic: topic, group: "streampulse-look")
    defer { consumer.close() }
    try consumer.assign([TopicPartition(topic: topic, partition: 0): KafkaConsumer.earliest])
    let patience = log.held.isEmpty ? min(timeoutMilliseconds, 1_000) : timeoutMilliseconds
    let deadline = Clock.monotonic() / 1000 + Int64(patience)
    while Clock.monotonic() / 1000 < deadline {
      for case .failed(let error) in consumer.pollGroup() where error.isDenial { return false }
      do throws(KafkaError) {
        // One of errors alone is no record.
        if let batch = try consumer.consume(timeoutMilliseconds: 50), batch.count > 0 { return true }
      } catch {
        guard error.isDenial else { throw error }
        return false
      }
    }
    return true
  }

  public func clusterIdentity(timeoutMilliseconds: Int32 = 10_000) throws(KafkaError) -> ClusterIdentity {
    try client.clusterIdentity(timeoutMilliseconds: timeoutMilliseconds)
  }

  /// A broker, as the cluster says where it is.
  public struct Broker: Hashable, Sendable {
    public var id: Int32
    public var host: String
    public var port: Int
  }

  /// All brokers with the addresses that they advertise.
  public func brokers(timeoutMilliseconds: Int32 = 10_000) throws(KafkaError) -> [Broker] {
    try client.withMetadata(topic: nil, timeoutMilliseconds) { metadata in
      UnsafeBufferPointer(start: metadata.brokers, count: Int(metadata.broker_cnt)).map {
        Broker(id: $0.id, host: String(cString: $0.host), port: Int($0.port))
      }
    }
  }

  /// The topic's configuration, by name; entries without a value are left out.
  public func topicConfiguration(
    _ topic: String, timeoutMilliseconds: Int32 = 10_000
  ) throws(KafkaError) -> [String: String] {
    try client.topicConfiguration(topic, timeoutMilliseconds: timeoutMilliseconds)
  }

  /// The next offset to read that `group` has committed, of each partition that has one.
  public func committedOffsets(
    group: String, topic: String, timeoutMilliseconds: Int32 = 10_000
  ) throws(KafkaError) -> [Int32: Offset] {
    guard let count = try partitionCount(topic, timeoutMilliseconds: timeoutMilliseconds) else { return [:] }
    let partitions = PartitionList(topic: topic, 0..<Int32(count))
    var request = rd_kafka_ListConsumerGroupOffsets_new(group, partitions.pointer)
    defer { rd_kafka_ListConsumerGroupOffsets_destroy(request) }
    let event = try client.ask(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeoutMilliseconds) { options, queue in
      rd_kafka_ListConsumerGroupOffsets(client.pointer, &request, 1, options, queue)
    }
    defer { rd_kafka_event_destroy(event) }
    var groupCount = 0
    let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event), &groupCount)
    guard groupCount == 1, let group = groups?[0] else { return [:] }
    if let error = rd_kafka_group_result_error(group) {
      throw KafkaError(rd_kafka_error_code(error), String(cString: rd_kafka_error_string(error)))
    }
    var committed: [Int32: Offset] = [:]
    if let list = rd_kafka_group_result_partitions(group) {
      for element in elements(list) where element.offset >= 0 { committed[element.partition] = element.offset }
    }
    return committed
  }

  private func requestTopic(_ name: String, partitions: Int, timeoutMilliseconds: Int32) throws(KafkaError) {
    var message = [CChar](repeating: 0, count: 512)
    let brokerDefault: Int32 = -1
    var topic = rd_kafka_NewTopic_new(name, Int32(clamping: partitions), brokerDefault, &message, message.count)
    guard topic != nil else {
      throw KafkaError(
        RD_KAFKA_RESP_ERR__INVALID_ARG, "a topic \"\(name)\" with \(partitions) partitions cannot be made")
    }
    defer { rd_kafka_NewTopic_destroy(topic) }
    let event = try client.ask(RD_KAFKA_ADMIN_OP_CREATETOPICS, timeoutMilliseconds) { options, queue in
      rd_kafka_CreateTopics(client.pointer, &topic, 1, options, queue)
    }
    defer { rd_kafka_event_destroy(event) }
    var count = 0
    let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
    guard count == 1, let result = results?[0] else { throw KafkaError(RD_KAFKA_RESP_ERR__FAIL) }
    let error = rd_kafka_topic_result_error(result)
    // Somebody else made it between the question and the request.
    if error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS { return }
    let reason = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
    throw KafkaError(error, "cannot make topic \(name): \(reason ?? String(cString: rd_kafka_err2str(error)))")
  }
}
