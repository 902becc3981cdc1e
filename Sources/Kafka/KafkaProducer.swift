import CRdKafka
import Events

/// Publishes records. Idempotent: a record is in the log once, in the order of `send` per partition, also when requests
/// had to be repeated. Records are sent in the background; `poll` collects what became of them.
///
/// Used by one thread at a time, on which all its callbacks run, inside `poll` and `flush`.
public final class KafkaProducer {
  private let client: ClientHandle
  private let reports: DeliveryReports
  private var topics: [String: ProducedTopic] = [:]
  private var lastTopic: ProducedTopic?

  public init(configuration: KafkaConfiguration) throws(KafkaError) {
    let reports = DeliveryReports(log: configuration.log)
    self.reports = reports
    client = try ClientHandle(
      RD_KAFKA_PRODUCER, configuration,
      defaults: [
        ("enable.idempotence", "true"),
        ("partitioner", "murmur2_random"),  // As Java's producer places keys.
        ("compression.codec", "lz4"),
        ("linger.ms", "5"),
        ("queue.buffering.max.messages", "200000"),
        ("queue.buffering.max.kbytes", "131072"),
        ("topic.metadata.refresh.interval.ms", "10000"),
      ], context: reports
    ) { conf in
      rd_kafka_conf_set_dr_msg_cb(conf, deliveryReported)
      rd_kafka_conf_set_error_cb(conf, producerFailed)
    }
  }

  deinit {
    // What is still queued is given up; its delivery reports point at the topics, so no callback may see them freed.
    rd_kafka_purge(client.pointer, Int32(RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT))
    _ = rd_kafka_flush(client.pointer, 100)
    topics.removeAll()
    lastTopic = nil
  }

  /// Queues a copy of a record.
  ///
  /// - Parameters:
  ///   - partition: nil: chosen by the key, or at random without a key.
  ///   - value: nil for a tombstone.
  ///   - timestampMilliseconds: since 1970; 0 is now.
  /// - Returns: false when the local queue is full: `poll` and try again.
  /// - Throws: when the record can never be sent, e.g. `MSG_SIZE_TOO_LARGE` or `_UNKNOWN_PARTITION`.
  public func send(
    topic: String, partition: Int32? = nil, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?,
    timestampMilliseconds: Int64 = 0, headers: [RecordHeader] = []
  ) throws(KafkaError) -> Bool {
    let target = try handle(topic)
    let list = headers.isEmpty ? nil : makeHeaders(headers)
    let result = withUnsafeTemporaryAllocation(of: rd_kafka_vu_t.self, capacity: 8) { arguments in
      var count = 0
      func add(_ type: rd_kafka_vtype_t, _ set: (inout rd_kafka_vu_t) -> Void) {
        var argument = rd_kafka_vu_t()
        argument.vtype = type
        set(&argument)
        arguments.initializeElement(at: count, to: argument)
        count += 1
      }
      add(RD_KAFKA_VTYPE_RKT) { $0.u.rkt = target.pointer }
      add(RD_KAFKA_VTYPE_PARTITION) { $0.u.i32 = partition ?? -1 }
      add(RD_KAFKA_VTYPE_MSGFLAGS) { $0.u.i = RD_KAFKA_MSG_F_COPY }
      add(RD_KAFKA_VTYPE_KEY) { $0.u.mem = .init(ptr: address(key), size: key?.count ?? 0) }
      add(RD_KAFKA_VTYPE_VALUE) { $0.u.mem = .init(ptr: address(value), size: value?.count ?? 0) }
      add(RD_KAFKA_VTYPE_TIMESTAMP) { $0.u.i64 = timestampMilliseconds }
      add(RD_KAFKA_VTYPE_OPAQUE) { $0.u.ptr = Unmanaged.passUnretained(target).toOpaque() }
      if let list { add(RD_KAFKA_VTYPE_HEADERS) { $0.u.headers = list } }
      return rd_kafka_produceva(client.pointer, arguments.baseAddress, count)
    }
    guard let result else { return true }
    // The headers became librdkafka's only when the record did.
    if let list { rd_kafka_headers_destroy(list) }
    if rd_kafka_error_code(result) == RD_KAFKA_RESP_ERR__QUEUE_FULL {
      rd_kafka_error_destroy(result)
      return false
    }
    throw KafkaError(consuming: result)
  }

  /// Collects delivery reports and errors, waiting for at most that long for the first of them.
  public func poll(timeoutMilliseconds: Int32) {
    _ = rd_kafka_poll(client.pointer, timeoutMilliseconds)
  }

  /// Waits until everything is delivered or has failed, for at most that long.
  /// - Returns: how many records are still in flight.
  public func flush(timeoutMilliseconds: Int32) -> Int {
    _ = rd_kafka_flush(client.pointer, timeoutMilliseconds)
    return inFlight
  }

  /// Records queued or sent whose fate is not collected yet.
  public var inFlight: Int { Int(rd_kafka_outq_len(client.pointer)) }

  /// Records that the broker acknowledged, as far as collected.
  public var delivered: Int { reports.delivered }

  /// Records that were given up, as far as collected.
  public var failed: Int { reports.failed }

  /// Why the last of the failed records was given up.
  public var lastDeliveryError: KafkaError? { reports.lastDeliveryError }

  /// The latest error that was not about a single record, e.g. `_ALL_BROKERS_DOWN`; cleared by the next delivery.
  public var lastClientError: KafkaError? { reports.lastClientError }

  /// The highest acknowledged offset of each partition of `topic` that this producer wrote to.
  public func acknowledgedOffsets(topic: String) -> [Int32: Offset] {
    topics[topic]?.acknowledged ?? [:]
  }

  public func clusterIdentity(timeoutMilliseconds: Int32 = 10_000) throws(KafkaError) -> ClusterIdentity {
    try client.clusterIdentity(timeoutMilliseconds: timeoutMilliseconds)
  }

  private func handle(_ topic: String) throws(KafkaError) -> ProducedTopic {
    if let lastTopic, lastTopic.name == topic { return lastTopic }
    if let known = topics[topic] {
      lastTopic = known
      return known
    }
    let made = try ProducedTopic(name: topic, client: client)
    topics[topic] = made
    lastTopic = made
    return made
  }
}

/// Owns one `rd_kafka_topic_t`, and is what a record's delivery report points at.
private final class ProducedTopic {
  let name: String
  let pointer: OpaquePointer
  var acknowledged: [Int32: Offset] = [:]
  private let client: ClientHandle

  init(name: String, client: ClientHandle) throws(KafkaError) {
    guard let pointer = rd_kafka_topic_new(client.pointer, name, nil) else { throw KafkaError(rd_kafka_last_error()) }
    self.name = name
    self.pointer = pointer
    self.client = client
  }

  deinit {
    rd_kafka_topic_destroy(pointer)
  }
}

/// Written by the producer's callbacks, read by its owner: both on the thread that polls.
private final class DeliveryReports: ClientContext {
  var delivered = 0
  var failed = 0
  var lastDeliveryError: KafkaError?
  var lastClientError: KafkaError?
}

/// Runs on the thread that calls `poll` or `flush`. The message is librdkafka's; its private pointer is an unretained
/// `ProducedTopic`, which the producer keeps until no report can come any more.
private let deliveryReported:
  @convention(c) (OpaquePointer?, UnsafePointer<rd_kafka_message_t>?, UnsafeMutableRawPointer?) -> Void = {
    _, message, opaque in
    guard let message, let reports = clientContext(opaque, as: DeliveryReports.self) else { return }
    guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
      reports.failed += 1
      reports.lastDeliveryError = KafkaError(message.pointee.err)
      return
    }
    reports.delivered += 1
    reports.lastClientError = nil
    if let topic = message.pointee._private {
      let topic = Unmanaged<ProducedTopic>.fromOpaque(topic).takeUnretainedValue()
      topic.acknowledged[message.pointee.partition, default: -1].raise(to: message.pointee.offset)
    }
  }

/// Runs on the thread that calls `poll` or `flush`.
private let producerFailed:
  @convention(c) (OpaquePointer?, Int32, UnsafePointer<CChar>?, UnsafeMutableRawPointer?) -> Void = {
    client, code, reason, opaque in
    guard let reports = clientContext(opaque, as: DeliveryReports.self) else { return }
    reports.lastClientError = clientError(client, code, reason)
  }

/// The error that an error callback was called with; for `_FATAL`, the one behind it.
func clientError(_ client: OpaquePointer?, _ code: Int32, _ reason: UnsafePointer<CChar>?) -> KafkaError {
  let code = rd_kafka_resp_err_t(rawValue: code)
  let reason = reason.map { String(cString: $0) }
  guard code == RD_KAFKA_RESP_ERR__FATAL else { return KafkaError(code, reason) }
  let original = rd_kafka_fatal_error(client, nil, 0)
  return KafkaError(original, reason, isFatal: true)
}

extension Offset {
  fileprivate mutating func raise(to other: Offset) {
    if other > self { self = other }
  }
}

/// librdkafka reads a NULL as "none", and an empty buffer may come without an address: empty is given one.
private func address(_ bytes: UnsafeRawBufferPointer?) -> UnsafeMutableRawPointer? {
  guard let bytes else { return nil }
  return UnsafeMutableRawPointer(mutating: bytes.baseAddress ?? UnsafeRawPointer(TextView.empty.start))
}

/// A list of copies of `headers`, owned by the caller.
private func makeHeaders(_ headers: [RecordHeader]) -> OpaquePointer? {
  let list = rd_kafka_headers_new(headers.count)
  for header in headers {
    guard let value = header.value else {
      _ = rd_kafka_header_add(list, header.name, -1, nil, 0)
      continue
    }
    value.withUnsafeBytes { bytes in
      _ = rd_kafka_header_add(list, header.name, -1, address(bytes), bytes.count)
    }
  }
  return list
}
