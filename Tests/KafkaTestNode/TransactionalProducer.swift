import CRdKafka

/// Writes in transactions, which the product itself does not.
public final class TransactionalProducer {
  private let client: OpaquePointer

  public init(_ bootstrapServers: String, id: String) throws {
    guard let configuration = rd_kafka_conf_new() else { throw NodeFailure("no memory") }
    for (name, value) in [("bootstrap.servers", bootstrapServers), ("transactional.id", id), ("log_level", "0")] {
      rd_kafka_conf_set(configuration, name, value, nil, 0)
    }
    guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0) else {
      rd_kafka_conf_destroy(configuration)
      throw NodeFailure("no producer")
    }
    self.client = client
    try check(rd_kafka_init_transactions(client, 30_000))
  }

  deinit {
    rd_kafka_destroy(client)
  }

  /// Sends the values to one partition in one transaction, which is committed or aborted.
  public func send(_ values: [[UInt8]], topic: String, partition: Int32, isCommitted: Bool) throws {
    try check(rd_kafka_begin_transaction(client))
    guard let handle = rd_kafka_topic_new(client, topic, nil) else { throw NodeFailure("no topic") }
    defer { rd_kafka_topic_destroy(handle) }
    for value in values {
      var copy = value
      guard rd_kafka_produce(handle, partition, RD_KAFKA_MSG_F_COPY, &copy, copy.count, nil, 0, nil) == 0 else {
        throw NodeFailure("a record is refused")
      }
    }
    guard rd_kafka_flush(client, 30_000) == RD_KAFKA_RESP_ERR_NO_ERROR else { throw NodeFailure("no acknowledgement") }
    try check(isCommitted ? rd_kafka_commit_transaction(client, 30_000) : rd_kafka_abort_transaction(client, 30_000))
  }

  private func check(_ error: OpaquePointer?) throws {
    guard let error else { return }
    defer { rd_kafka_error_destroy(error) }
    throw NodeFailure(String(cString: rd_kafka_error_string(error)))
  }
}
