import CRdKafka

// Requests of the admin API, which every client can make; each waits for at most its timeout.
extension ClientHandle {
  /// The topic's configuration, by name; entries without a value are left out.
  func topicConfiguration(_ topic: String, timeoutMilliseconds: Int32) throws(KafkaError) -> [String: String] {
    var resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
    defer { rd_kafka_ConfigResource_destroy(resource) }
    let event = try ask(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeoutMilliseconds) { options, queue in
      rd_kafka_DescribeConfigs(pointer, &resource, 1, options, queue)
    }
    defer { rd_kafka_event_destroy(event) }
    var count = 0
    let resources = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count)
    guard count == 1, let answer = resources?[0] else { throw KafkaError(RD_KAFKA_RESP_ERR__FAIL) }
    let error = rd_kafka_ConfigResource_error(answer)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw KafkaError(error, rd_kafka_ConfigResource_error_string(answer).map { String(cString: $0) })
    }
    var entryCount = 0
    let entries = rd_kafka_ConfigResource_configs(answer, &entryCount)
    var configuration: [String: String] = [:]
    for index in 0..<entryCount {
      guard let entry = entries?[index], let name = rd_kafka_ConfigEntry_name(entry),
        let value = rd_kafka_ConfigEntry_value(entry)
      else { continue }
      configuration[String(cString: name)] = String(cString: value)
    }
    return configuration
  }

  /// Asks who is in a group, there or not: who may not see it is told so.
  func askForGroup(_ group: String, timeoutMilliseconds: Int32) throws(KafkaError) {
    let event = try ask(RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, timeoutMilliseconds) { options, queue in
      group.withCString { name in
        var name: UnsafePointer<CChar>? = name
        // It is copied.
        rd_kafka_DescribeConsumerGroups(pointer, &name, 1, options, queue)
      }
    }
    defer { rd_kafka_event_destroy(event) }
    var count = 0
    let groups = rd_kafka_DescribeConsumerGroups_result_groups(
      rd_kafka_event_DescribeConsumerGroups_result(event), &count)
    guard count == 1, let answer = groups?[0], let error = rd_kafka_ConsumerGroupDescription_error(answer),
      rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR_NO_ERROR
    else { return }
    throw KafkaError(
      code: String(cString: rd_kafka_error_name(error)), message: String(cString: rd_kafka_error_string(error)))
  }

  /// Sends one admin request and waits for its result, which the caller destroys.
  func ask(
    _ operation: rd_kafka_admin_op_t, _ timeoutMilliseconds: Int32,
    _ send: (_ options: OpaquePointer?, _ queue: OpaquePointer) -> Void
  ) throws(KafkaError) -> OpaquePointer {
    let options = rd_kafka_AdminOptions_new(pointer, operation)
    defer { rd_kafka_AdminOptions_destroy(options) }
    var message = [CChar](repeating: 0, count: 512)
    try KafkaError.check(
      rd_kafka_AdminOptions_set_request_timeout(options, timeoutMilliseconds, &message, message.count))
    guard let queuePointer = rd_kafka_queue_new(pointer) else {
      throw KafkaError(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE)
    }
    let queue = QueueHandle(queuePointer)
    send(options, queue.pointer)
    // librdkafka answers every request within its timeout; the margin is for its own scheduling.
    guard let event = rd_kafka_queue_poll(queue.pointer, timeoutMilliseconds + 1_000) else {
      throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT)
    }
    let error = rd_kafka_event_error(event)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
      let reason = rd_kafka_event_error_string(event).map { String(cString: $0) }
      rd_kafka_event_destroy(event)
      throw KafkaError(error, reason)
    }
    return event
  }
}
