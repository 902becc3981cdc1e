import CRdKafka

/// What the cluster says of a topic by name.
public enum TopicPresence: Hashable, Sendable {
  case present(partitions: Int)
  /// There is no such topic.
  case missing
  /// It is there and nothing can be read of it: it is being made or deleted.
  case withoutPartitions
  /// The cluster does not tell this user whether there is such a topic.
  case forbidden
}

extension KafkaAdmin {
  /// Asks for the topic without making it, blocking for at most about twice the timeout.
  public func presence(of topic: String, timeoutMilliseconds: Int32 = 10_000) throws(KafkaError) -> TopicPresence {
    try client.presence(
      of: topic, mayAskByName: !configuration.makesTopicsByAsking, timeoutMilliseconds: timeoutMilliseconds)
  }
}

extension KafkaConfiguration {
  fileprivate var makesTopicsByAsking: Bool {
    properties.last { $0.name == "allow.auto.create.topics" }?.value == "true"
  }
}

extension ClientHandle {
  /// - Parameter mayAskByName: a list of all topics leaves out those that the user may not see; only asking for one by its
  ///   name tells them from those that are missing. The embedded broker would make it.
  fileprivate func presence(
    of topic: String, mayAskByName: Bool, timeoutMilliseconds: Int32
  ) throws(KafkaError) -> TopicPresence {
    let listed = try withMetadata(topic: nil, timeoutMilliseconds) { TopicAnswer($0, of: topic) }
    if let listed { return try listed.presence() }
    guard mayAskByName, try !clusterIdentity(timeoutMilliseconds: timeoutMilliseconds).isEmbedded else {
      return .missing
    }
    guard let handle = rd_kafka_topic_new(pointer, topic, nil) else { throw KafkaError(rd_kafka_last_error()) }
    defer { rd_kafka_topic_destroy(handle) }
    let named = try withMetadata(topic: handle, timeoutMilliseconds) { TopicAnswer($0, of: topic) }
    return try named?.presence() ?? .missing
  }
}

/// What metadata holds of one topic.
private struct TopicAnswer {
  var error: rd_kafka_resp_err_t
  var partitions: Int

  /// nil when it is not mentioned.
  init?(_ metadata: rd_kafka_metadata, of topic: String) {
    let topics = UnsafeBufferPointer(start: metadata.topics, count: Int(metadata.topic_cnt))
    guard let found = topics.first(where: { String(cString: $0.topic) == topic }) else { return nil }
    error = found.err
    partitions = Int(found.partition_cnt)
  }

  func presence() throws(KafkaError) -> TopicPresence {
    switch error {
    case RD_KAFKA_RESP_ERR_NO_ERROR: return partitions == 0 ? .withoutPartitions : .present(partitions: partitions)
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC: return .missing
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE: return .withoutPartitions
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return .forbidden
    default: throw KafkaError(error)
    }
  }
}
