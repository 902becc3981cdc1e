import CRdKafka
import Events
import Threads

extension KafkaAdmin {
  /// The offset of the first record that a reader is given of each partition, from these offsets on; the end of the log
  /// where there is none. Markers of transactions and aborted records take offsets and are given to nobody.
  ///
  /// Reads with a client of its own, outside of any group. Partitions that do not answer in time are left out.
  public func firstRecords(
    topic: String, from starts: [Int32: Offset], timeoutMilliseconds: Int32 = 2_000
  ) throws(KafkaError) -> [Int32: Offset] {
    guard !starts.isEmpty else { return [:] }
    return try LogSearch(configuration, topic: topic).firstRecords(from: starts, timeoutMilliseconds)
  }
}

/// Reads partitions by hand until the first record, or the end, of each.
private final class LogSearch {
  private let topicHandle: OpaquePointer
  private let queue: QueueHandle
  // Destroyed after what belongs to it.
  private let client: ClientHandle

  init(_ configuration: KafkaConfiguration, topic: String) throws(KafkaError) {
    let client = try ClientHandle(
      RD_KAFKA_CONSUMER, configuration,
      defaults: KafkaConsumerSettings().defaults + [
        // One record is all that is wanted.
        ("queued.min.messages", "1"), ("fetch.message.max.bytes", "65536"),
      ], required: [("enable.auto.commit", "false"), ("enable.partition.eof", "true")])
    guard let queue = rd_kafka_queue_new(client.pointer) else { throw KafkaError(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE) }
    self.queue = QueueHandle(queue)
    guard let handle = rd_kafka_topic_new(client.pointer, topic, nil) else { throw KafkaError(rd_kafka_last_error()) }
    topicHandle = handle
    self.client = client
  }

  deinit {
    rd_kafka_topic_destroy(topicHandle)
  }

  func firstRecords(from starts: [Int32: Offset], _ timeoutMilliseconds: Int32) throws(KafkaError) -> [Int32: Offset] {
    var started: [Int32] = []
    defer { for partition in started { rd_kafka_consume_stop(topicHandle, partition) } }
    for (partition, offset) in starts {
      guard rd_kafka_consume_start_queue(topicHandle, partition, offset, queue.pointer) == 0 else {
        throw KafkaError(rd_kafka_last_error())
      }
      started.append(partition)
    }
    var found: [Int32: Offset] = [:]
    let deadline = Clock.monotonic() / 1000 + Int64(timeoutMilliseconds)
    while found.count < starts.count, Clock.monotonic() / 1000 < deadline {
      guard let message = rd_kafka_consume_queue(queue.pointer, 50) else { continue }
      defer { rd_kafka_message_destroy(message) }
      switch message.pointee.err {
      case RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR__PARTITION_EOF:
        if found[message.pointee.partition] == nil { found[message.pointee.partition] = message.pointee.offset }
      default:
        let error = KafkaError(message)
        guard error.isRetriable else { throw error }
      }
    }
    return found
  }
}
