import CRdKafka

// What is made for a while is taken away again. The embedded broker can do neither: what it keeps ends with it.
extension KafkaAdmin {
  /// Deletes a topic with all its records; one that does not exist is none to be deleted.
  public func deleteTopic(_ name: String, timeoutMilliseconds: Int32 = 10_000) throws(KafkaError) {
    var topic = rd_kafka_DeleteTopic_new(name)
    defer { rd_kafka_DeleteTopic_destroy(topic) }
    let event = try client.ask(RD_KAFKA_ADMIN_OP_DELETETOPICS, timeoutMilliseconds) { options, queue in
      rd_kafka_DeleteTopics(client.pointer, &topic, 1, options, queue)
    }
    defer { rd_kafka_event_destroy(event) }
    var count = 0
    let results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)
    guard count == 1, let result = results?[0] else { throw KafkaError(RD_KAFKA_RESP_ERR__FAIL) }
    let error = rd_kafka_topic_result_error(result)
    if error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART { return }
    let reason = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
    throw KafkaError(error, "cannot delete topic \(name): \(reason ?? String(cString: rd_kafka_err2str(error)))")
  }

  /// Deletes a consumer group with the positions that it has committed; one that does not exist is none to be deleted.
  /// It must have no members any more.
  public func deleteGroup(_ name: String, timeoutMilliseconds: Int32 = 10_000) throws(KafkaError) {
    var group = rd_kafka_DeleteGroup_new(name)
    defer { rd_kafka_DeleteGroup_destroy(group) }
    let event = try client.ask(RD_KAFKA_ADMIN_OP_DELETEGROUPS, timeoutMilliseconds) { options, queue in
      rd_kafka_DeleteGroups(client.pointer, &group, 1, options, queue)
    }
    defer { rd_kafka_event_destroy(event) }
    var count = 0
    let results = rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event), &count)
    guard count == 1, let error = results?[0].flatMap({ rd_kafka_group_result_error($0) }) else { return }
    let code = rd_kafka_error_code(error)
    if code == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND { return }
    throw KafkaError(code, "cannot delete group \(name): \(String(cString: rd_kafka_error_string(error)))")
  }
}
