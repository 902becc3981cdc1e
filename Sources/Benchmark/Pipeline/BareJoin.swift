import Glibc
import Kafka

/// What a member waits for in any case: the consumer group's own protocol.
public enum BareJoin {
  static let line = "bare-join"

  /// Joins a group and returns as soon as it has been given partitions, with a line for the process that asked for it.
  public static func run(_ kafka: KafkaConfiguration, topic: String, group: String) throws -> String {
    let consumer = try KafkaConsumer(configuration: kafka, topic: topic, group: group)
    try consumer.subscribe()
    return try wait(for: "partitions", seconds: 60, everyMilliseconds: 1) {
      for event in consumer.pollGroup() {
        if case .assign(let partitions) = event, !partitions.isEmpty { return line }
      }
      return nil
    }
  }
}
