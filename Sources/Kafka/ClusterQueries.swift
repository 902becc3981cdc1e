import CRdKafka
import Events

/// The first and the next offset of a partition's log.
public struct WatermarkOffsets: Hashable, Sendable {
  /// The oldest record that is still there.
  public var low: Offset
  /// One past the newest record.
  public var high: Offset

  /// The offsets that may hold records.
  public var held: Range<Offset> { low..<max(low, high) }

  public init(low: Offset, high: Offset) {
    self.low = low
    self.high = high
  }
}

/// Who the cluster is, and whether it is the in-process broker.
public struct ClusterIdentity: Hashable, Sendable {
  /// Stable for a real cluster; new at each start of an embedded broker.
  public var id: String
  /// The in-process broker, which keeps only a few megabytes per partition.
  public var isEmbedded: Bool

  public init(id: String, isEmbedded: Bool) {
    self.id = id
    self.isEmbedded = isEmbedded
  }
}

/// The embedded broker's cluster id is made from a pointer and may repeat between starts, although its log starts
/// empty each time. It therefore carries a topic with this prefix and a random id, which every client can see.
let embeddedMarkerPrefix = "streampulse-embedded-"
private let embeddedClusterPrefix = "mockCluster"

// Blocking questions to the cluster; each waits for at most its timeout.
extension ClientHandle {
  func clusterIdentity(timeoutMilliseconds: Int32) throws(KafkaError) -> ClusterIdentity {
    // The metadata first: rd_kafka_clusterid by itself sometimes sleeps a second beyond the answer (2.0).
    let names = try withMetadata(topic: nil, timeoutMilliseconds) { metadata in
      UnsafeBufferPointer(start: metadata.topics, count: Int(metadata.topic_cnt)).map { String(cString: $0.topic) }
    }
    guard let id = rd_kafka_clusterid(pointer, timeoutMilliseconds) else {
      throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, "no broker told its cluster id")
    }
    defer { rd_kafka_mem_free(pointer, id) }
    let cluster = String(cString: id)
    guard cluster.hasPrefix(embeddedClusterPrefix) else { return ClusterIdentity(id: cluster, isEmbedded: false) }
    guard let marker = names.first(where: { $0.hasPrefix(embeddedMarkerPrefix) }) else {
      return ClusterIdentity(id: cluster, isEmbedded: false)
    }
    return ClusterIdentity(id: "\(cluster)-\(marker.dropFirst(embeddedMarkerPrefix.count))", isEmbedded: true)
  }

  /// nil when there is no such topic. Asks for all topics: asking the embedded broker for one would make it.
  func partitionCount(topic: String, timeoutMilliseconds: Int32) throws(KafkaError) -> Int? {
    let answer = try withMetadata(topic: nil, timeoutMilliseconds) { metadata in
      UnsafeBufferPointer(start: metadata.topics, count: Int(metadata.topic_cnt))
        .first { String(cString: $0.topic) == topic }
        .map { ($0.err, Int($0.partition_cnt)) }
    }
    guard let (error, count) = answer else { return nil }
    switch error {
    case RD_KAFKA_RESP_ERR_NO_ERROR: return count == 0 ? nil : count
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE: return nil
    default: throw KafkaError(error)
    }
  }

  /// Makes `topic` on a broker that makes the topics that it is asked for.
  func askFor(topic: String, timeoutMilliseconds: Int32) throws(KafkaError) {
    guard let handle = rd_kafka_topic_new(pointer, topic, nil) else { throw KafkaError(rd_kafka_last_error()) }
    defer { rd_kafka_topic_destroy(handle) }
    try withMetadata(topic: handle, timeoutMilliseconds) { _ in }
  }

  func watermarkOffsets(
    topic: String, partition: Int32, timeoutMilliseconds: Int32
  ) throws(KafkaError) -> WatermarkOffsets {
    var low: Int64 = 0
    var high: Int64 = 0
    let error = rd_kafka_query_watermark_offsets(pointer, topic, partition, &low, &high, timeoutMilliseconds)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error).explained(by: faults.latest) }
    return WatermarkOffsets(low: low, high: high)
  }

  /// Of all of them in two requests to each broker, where one by one would be two for each partition.
  func watermarkOffsets(
    of partitions: [TopicPartition], timeoutMilliseconds: Int32
  ) throws(KafkaError) -> [TopicPartition: WatermarkOffsets] {
    // Times before all records and after them, which brokers take for the log's ends.
    let lows = try offsets(of: partitions, at: Offset(RD_KAFKA_OFFSET_BEGINNING), timeoutMilliseconds)
    let highs = try offsets(of: partitions, at: Offset(RD_KAFKA_OFFSET_END), timeoutMilliseconds)
    return lows.reduce(into: [:]) { logs, low in
      logs[low.key] = highs[low.key].map { WatermarkOffsets(low: low.value, high: $0) }
    }
  }

  private func offsets(
    of partitions: [TopicPartition], at time: Int64, _ timeoutMilliseconds: Int32
  ) throws(KafkaError) -> [TopicPartition: Offset] {
    let list = PartitionList(Dictionary(partitions.map { ($0, time) }) { first, _ in first })
    try KafkaError.check(rd_kafka_offsets_for_times(pointer, list.pointer, timeoutMilliseconds))
    var offsets: [TopicPartition: Offset] = [:]
    for element in elements(list.pointer) {
      try KafkaError.check(element.err)
      let topic = element.topic.map { String(cString: $0) } ?? ""
      offsets[TopicPartition(topic: topic, partition: element.partition)] = element.offset
    }
    return offsets
  }

  /// Whether some broker answers.
  func isReachable(timeoutMilliseconds: Int32) -> Bool {
    var metadata: UnsafePointer<rd_kafka_metadata>?
    let error = rd_kafka_metadata(pointer, 0, nil, &metadata, timeoutMilliseconds)
    if let metadata { rd_kafka_metadata_destroy(metadata) }
    if error == RD_KAFKA_RESP_ERR_NO_ERROR { faults.answered() }
    return error == RD_KAFKA_RESP_ERR_NO_ERROR
  }

  /// - Parameter topic: nil for all topics.
  func withMetadata<Result>(
    topic: OpaquePointer?, _ timeoutMilliseconds: Int32, _ body: (rd_kafka_metadata) -> Result
  ) throws(KafkaError) -> Result {
    var metadata: UnsafePointer<rd_kafka_metadata>?
    // Who is refused is told so at once, and who is only slow gets the rest of the time.
    let first = min(timeoutMilliseconds, 1_000)
    var error = rd_kafka_metadata(pointer, topic == nil ? 1 : 0, topic, &metadata, first)
    if error != RD_KAFKA_RESP_ERR_NO_ERROR, first < timeoutMilliseconds, faults.latest == nil {
      error = rd_kafka_metadata(pointer, topic == nil ? 1 : 0, topic, &metadata, timeoutMilliseconds - first)
    }
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error).explained(by: faults.latest) }
    faults.answered()
    guard let metadata else { throw KafkaError(RD_KAFKA_RESP_ERR__FAIL, "no metadata") }
    defer { rd_kafka_metadata_destroy(metadata) }
    return body(metadata.pointee)
  }
}
