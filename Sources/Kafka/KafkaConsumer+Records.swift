import CRdKafka
import Events

extension KafkaConsumer {
  /// The records that are there, at most `batchSize`; waits for at most the timeout for the first one.
  ///
  /// The batch points into librdkafka's messages and keeps the consumer alive; release it on this thread. Errors of
  /// single partitions come out of the next `pollGroup`.
  /// The first records of a partition that was assigned anew may end the waiting only at the next call.
  /// - Returns: nil when there was no record.
  public func consume(timeoutMilliseconds: Int32) throws(KafkaError) -> RecordBatch? {
    guard !context.isClosing, let dataQueue else { return nil }
    for partition in unconfirmed { partitionQueues[partition]?.forward(to: dataQueue) }
    let buffer = freeBuffers.popLast() ?? MessageBuffer(capacity: batchSize)
    let count = try buffer.fill(from: dataQueue.pointer, timeoutMilliseconds: timeoutMilliseconds)
    guard count > 0 else {
      recycle(buffer)
      return nil
    }
    var sawRecords = false
    let records = buffer.makeRecords { partition in
      sawRecords = true
      unconfirmed.remove(TopicPartition(topic: topic, partition: partition))
    } failed: { error in
      context.failed(error)
    }
    if sawRecords { context.reached() }
    return RecordBatch(records: records) { record in
      buffer.headers(at: record.sourceIndex)
    } release: {
      buffer.destroyMessages()
      self.recycle(buffer)
    }
  }

  /// Records (and errors of partitions) that are fetched and not consumed yet.
  public var queuedRecords: Int {
    dataQueue.map { rd_kafka_queue_length($0.pointer) } ?? 0
  }

  /// Asks the broker, blocking for at most the timeout.
  public func watermarkOffsets(
    of partition: TopicPartition, timeoutMilliseconds: Int32 = 5_000
  ) throws(KafkaError) -> WatermarkOffsets {
    try client.watermarkOffsets(
      topic: partition.topic, partition: partition.partition, timeoutMilliseconds: timeoutMilliseconds)
  }

  /// Asks the brokers once for all of them, blocking for at most twice the timeout.
  public func watermarkOffsets(
    of partitions: [TopicPartition], timeoutMilliseconds: Int32 = 5_000
  ) throws(KafkaError) -> [TopicPartition: WatermarkOffsets] {
    try client.watermarkOffsets(of: partitions, timeoutMilliseconds: timeoutMilliseconds)
  }

  /// What the latest fetch of an assigned partition said, without asking; nil before the first.
  public func lastSeenWatermarkOffsets(of partition: TopicPartition) -> WatermarkOffsets? {
    var low: Int64 = -1
    var high: Int64 = -1
    let error = rd_kafka_get_watermark_offsets(client.pointer, partition.topic, partition.partition, &low, &high)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR, high >= 0 else { return nil }
    return WatermarkOffsets(low: max(0, low), high: high)
  }

  public func clusterIdentity(timeoutMilliseconds: Int32 = 10_000) throws(KafkaError) -> ClusterIdentity {
    try client.clusterIdentity(timeoutMilliseconds: timeoutMilliseconds)
  }

  /// Two batches are alive when one is consumed while another is worked on; more buffers than that are not kept.
  private func recycle(_ buffer: MessageBuffer) {
    if freeBuffers.count < 2 { freeBuffers.append(buffer) }
  }
}
