import CRdKafka
import Events

/// The memory of one batch: librdkafka's messages, which it owns until `destroyMessages`, and the views of them.
///
/// Made once per batch that can be alive at the same time and reused. Belongs to the consumer's thread.
final class MessageBuffer {
  private let messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
  private let records: UnsafeMutablePointer<Record>
  private let capacity: Int
  private var messageCount = 0

  init(capacity: Int) {
    self.capacity = capacity
    messages = .allocate(capacity: capacity)
    messages.initialize(repeating: nil, count: capacity)
    records = .allocate(capacity: capacity)
  }

  deinit {
    destroyMessages()
    messages.deallocate()
    records.deallocate()
  }

  /// Takes what is in `queue`, waiting for at most the timeout for the first message and not at all for more.
  /// - Returns: how many messages there are.
  func fill(from queue: OpaquePointer, timeoutMilliseconds: Int32) throws(KafkaError) -> Int {
    messageCount = 0
    // The batch call waits until the batch is full or the time is over, never for just the first message.
    try take(from: queue, atMost: capacity, timeoutMilliseconds: 0)
    if messageCount == 0, timeoutMilliseconds > 0 {
      try take(from: queue, atMost: 1, timeoutMilliseconds: timeoutMilliseconds)
      if messageCount == 1 { try take(from: queue, atMost: capacity - 1, timeoutMilliseconds: 0) }
    }
    return messageCount
  }

  private func take(from queue: OpaquePointer, atMost count: Int, timeoutMilliseconds: Int32) throws(KafkaError) {
    let taken = rd_kafka_consume_batch_queue(queue, timeoutMilliseconds, messages + messageCount, count)
    guard taken >= 0 else { throw KafkaError(rd_kafka_last_error()) }
    messageCount += taken
  }

  /// The views of the good messages.
  /// - Parameters:
  ///   - partitionStarts: called with the partition of each run of records.
  ///   - failed: called with each message that is an error instead of a record.
  func makeRecords(
    partitionStarts: (Int32) -> Void, failed: (KafkaError) -> Void
  ) -> UnsafeMutableBufferPointer<Record> {
    var count = 0
    var partition: Int32 = -1
    for index in 0..<messageCount {
      guard let message = messages[index] else { continue }
      guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
        failed(KafkaError(message))
        continue
      }
      if message.pointee.partition != partition {
        partition = message.pointee.partition
        partitionStarts(partition)
      }
      (records + count).initialize(
        to: Record(
          payload: message.pointee.payload.map { UnsafePointer($0.assumingMemoryBound(to: UInt8.self)) },
          payloadCount: message.pointee.len,
          key: message.pointee.key.map { UnsafePointer($0.assumingMemoryBound(to: UInt8.self)) },
          keyCount: message.pointee.key_len,
          offset: message.pointee.offset,
          timestampMilliseconds: rd_kafka_message_timestamp(message, nil),
          partition: partition, sourceIndex: Int32(truncatingIfNeeded: index)))
      count += 1
    }
    return UnsafeMutableBufferPointer(start: records, count: count)
  }

  func headers(at index: Int32) -> [RecordHeader] {
    var list: OpaquePointer?
    guard index >= 0, index < messageCount, let message = messages[Int(index)],
      rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list
    else { return [] }
    var headers: [RecordHeader] = []
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var size = 0
    while rd_kafka_header_get_all(list, headers.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR {
      headers.append(
        RecordHeader(
          name: name.map { String(cString: $0) } ?? "",
          value: value.map { [UInt8](UnsafeRawBufferPointer(start: $0, count: size)) }))
    }
    return headers
  }

  func destroyMessages() {
    for index in 0..<messageCount {
      rd_kafka_message_destroy(messages[index])
      messages[index] = nil
    }
    messageCount = 0
  }
}
