import CRdKafka
import Kafka

/// Deletes a topic that a bench made on a cluster of somebody else's.
func deleteTopic(_ topic: String, _ kafka: KafkaConfiguration) throws {
  let client = try makeClient(
    RD_KAFKA_PRODUCER, [("bootstrap.servers", kafka.bootstrapServers)] + kafka.properties.map { ($0.name, $0.value) })
  defer { rd_kafka_destroy(client) }
  var request = rd_kafka_DeleteTopic_new(topic)
  defer { rd_kafka_DeleteTopic_destroy(request) }
  let queue = rd_kafka_queue_new(client)
  defer { rd_kafka_queue_destroy(queue) }
  rd_kafka_DeleteTopics(client, &request, 1, nil, queue)
  // The outcome is the broker's affair; only the request must have been sent before the client ends.
  rd_kafka_event_destroy(rd_kafka_queue_poll(queue, 10_000))
}

/// A plain librdkafka client with these properties. The caller destroys it.
func makeClient(_ kind: rd_kafka_type_t, _ properties: [(String, String)]) throws -> OpaquePointer {
  var message = [CChar](repeating: 0, count: 512)
  let conf = rd_kafka_conf_new()
  for (name, value) in properties
  where rd_kafka_conf_set(conf, name, value, &message, message.count) != RD_KAFKA_CONF_OK {
    rd_kafka_conf_destroy(conf)
    throw BenchmarkError.setup("librdkafka refuses \(name)")
  }
  guard let client = rd_kafka_new(kind, conf, &message, message.count) else {
    rd_kafka_conf_destroy(conf)
    throw BenchmarkError.setup("librdkafka makes no client")
  }
  return client
}
