import CRdKafka
import Glibc
import Kafka

/// What a bare consume loop took for the backlog.
struct BareLoopResult {
  var seconds: Double
  var cpuSeconds: Double
  var peakBytes: Int
  var events: Int
  var payloadBytes: Int

  /// One line, from the process that ran the loop to the one that asked for it.
  var line: String { "bare-loop \(seconds) \(cpuSeconds) \(peakBytes) \(events) \(payloadBytes)" }

  init(seconds: Double, cpuSeconds: Double, peakBytes: Int, events: Int, payloadBytes: Int) {
    self.seconds = seconds
    self.cpuSeconds = cpuSeconds
    self.peakBytes = peakBytes
    self.events = events
    self.payloadBytes = payloadBytes
  }

  init(line: String) throws {
    let words = line.split(separator: " ")
    guard words.count == 6, let seconds = Double(words[1]), let cpu = Double(words[2]), let peak = Int(words[3]),
      let events = Int(words[4]), let bytes = Int(words[5])
    else { throw BenchmarkError.setup("not a bare loop's result: \(line)") }
    self.init(seconds: seconds, cpuSeconds: cpu, peakBytes: peak, events: events, payloadBytes: bytes)
  }
}

/// The limit of consuming: librdkafka with the product's settings, each payload touched, and nothing else.
///
/// No group: partitions are assigned by hand at their beginning, and all messages come from one queue.
public enum BareLoop {
  private static let batchSize = 10_000

  /// Reads `events` messages and returns a line with what that took, counted from the assignment to the last message.
  public static func run(_ kafka: KafkaConfiguration, topic: String, group: String, events: Int) throws -> String {
    guard let partitions = try KafkaAdmin(configuration: kafka).partitionCount(topic) else {
      throw BenchmarkError.setup("there is no topic \(topic)")
    }
    let client = try makeClient(
      RD_KAFKA_CONSUMER,
      KafkaConsumerSettings().properties + kafka.properties.map { ($0.name, $0.value) } + [
        ("bootstrap.servers", kafka.bootstrapServers), ("group.id", group), ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
      ])
    defer { rd_kafka_destroy(client) }
    rd_kafka_poll_set_consumer(client)
    let list = rd_kafka_topic_partition_list_new(Int32(partitions))
    defer { rd_kafka_topic_partition_list_destroy(list) }
    for partition in 0..<Int32(partitions) {
      rd_kafka_topic_partition_list_add(list, topic, partition).pointee.offset = Int64(RD_KAFKA_OFFSET_BEGINNING)
    }
    let queue = rd_kafka_queue_get_consumer(client)
    defer { rd_kafka_queue_destroy(queue) }

    let start = ProcessorTime.ofThisProcess()
    guard rd_kafka_assign(client, list) == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw BenchmarkError.setup("the partitions cannot be assigned")
    }
    let (count, bytes) = try consume(queue, events: events)
    let took = ProcessorTime.ofThisProcess() - start
    return BareLoopResult(
      seconds: took.wall, cpuSeconds: took.cpu, peakBytes: ProcessUsage(pid: getpid()).peakResidentBytes,
      events: count, payloadBytes: bytes
    ).line
  }

  private static func consume(_ queue: OpaquePointer?, events: Int) throws -> (count: Int, bytes: Int) {
    let messages = UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>.allocate(capacity: batchSize)
    defer { messages.deallocate() }
    var count = 0
    var bytes = 0
    var touched = 0
    var silentSince = monotonicSeconds()
    while count < events {
      // The call waits until it has all that it is asked for: no more than there is.
      let taken = rd_kafka_consume_batch_queue(queue, 100, messages, min(batchSize, events - count))
      guard taken >= 0 else { throw BenchmarkError.setup("librdkafka: \(rd_kafka_last_error().rawValue)") }
      for index in 0..<taken {
        guard let message = messages[index] else { continue }
        if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
          count += 1
          let length = message.pointee.len
          bytes += length
          if length > 0, let payload = message.pointee.payload?.assumingMemoryBound(to: UInt8.self) {
            touched &+= Int(payload[0]) &+ Int(payload[length - 1])
          }
        }
        rd_kafka_message_destroy(message)
      }
      if taken > 0 { silentSince = monotonicSeconds() }
      guard monotonicSeconds() - silentSince < 30 else {
        throw BenchmarkError.timeout("\(count) of \(events) messages (\(touched))")
      }
    }
    return (count, bytes)
  }
}
