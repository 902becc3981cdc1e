import Events
import Faults
import Kafka

/// Reads a topic beside its processors, from a place on, as long as somebody looks. Partitions are assigned by hand, so
/// that it joins no group and disturbs nobody, and nothing is committed.
///
/// For one thread. Partitions that the topic gets meanwhile are not seen.
public final class TopicTail {
  /// Where each partition begins.
  public enum Start: Hashable, Sendable {
    /// At the oldest record that is still there.
    case beginning
    /// With what comes from now on.
    case end
    /// At an offset, or where the log begins or ends when it has none such.
    case offset(Offset)
  }

  /// What is worth knowing beside the records.
  public enum Notice: Hashable, Sendable {
    case brokerDown(String)
    case brokerUp
    case fault(String)
  }

  private static let timeoutMilliseconds: Int32 = 5_000
  /// For so long a wait for records may keep somebody waiting who wants it to end.
  private static let waitMilliseconds: Int32 = 100

  private let consumer: KafkaConsumer
  /// The first offset of each partition.
  public let starts: [TopicPartition: Offset]

  /// - Parameters:
  ///   - group: names the reader to the broker; no group of this name comes into being.
  ///   - partition: the only one to be read; nil: all.
  public init(
    _ kafka: KafkaConfiguration, topic: String, group: String, from start: Start, partition: Int32? = nil
  ) throws(PipelineError) {
    var settings = KafkaConsumerSettings()
    // Somebody reads along; what waits for that is bounded more tightly than what waits for a processor.
    settings.batchSize = 1_000
    settings.queuedMinMessages = 100_000
    settings.queuedMaxKilobytes = 16_384
    do throws(KafkaError) {
      let partitions = try Self.partitions(of: topic, KafkaAdmin(configuration: kafka))
      consumer = try KafkaConsumer(configuration: kafka, topic: topic, group: group, settings: settings)
      let wanted = partition.map { [$0] } ?? Array(0..<partitions)
      if let missing = wanted.first(where: { $0 >= partitions }) {
        throw KafkaError(
          code: "UNKNOWN_PARTITION",
          message: "the topic \(topic) has no partition \(missing): the last one is \(partitions - 1)")
      }
      var starts: [TopicPartition: Offset] = [:]
      for number in wanted {
        let partition = TopicPartition(topic: topic, partition: number)
        let log = try consumer.watermarkOffsets(of: partition, timeoutMilliseconds: Self.timeoutMilliseconds)
        starts[partition] =
          switch start {
          case .beginning: log.low
          case .end: log.high
          case .offset(let offset): min(max(offset, log.low), log.high)
          }
      }
      self.starts = starts
      try consumer.assign(starts)
    } catch {
      throw .kafka(error)
    }
  }

  private static func partitions(of topic: String, _ admin: KafkaAdmin) throws(KafkaError) -> Int32 {
    let code = "UNKNOWN_TOPIC_OR_PART"
    switch try admin.presence(of: topic, timeoutMilliseconds: timeoutMilliseconds) {
    case .present(let partitions): return Int32(clamping: partitions)
    case .missing: throw KafkaError(code: code, message: "the topic \(topic) does not exist")
    case .withoutPartitions:
      throw KafkaError(code: code, message: "the topic \(topic) has no partitions that can be read")
    case .forbidden:
      throw KafkaError(code: "TOPIC_AUTHORIZATION_FAILED", message: "this Kafka user may not see the topic \(topic)")
    }
  }

  public func close() {
    consumer.close()
  }

  /// Hands over what comes, each partition's records in order, until `isOver` or until `take` has enough. A broker that
  /// is away is waited for.
  ///
  /// - Parameters:
  ///   - isOver: is asked several times a second.
  ///   - take: returns whether it wants more; the batch is gone when it returns.
  public func run(
    until isOver: () -> Bool, notice: (Notice) -> Void, take: (borrowing RecordBatch) throws -> Bool
  ) throws {
    while !isOver() {
      try serveEvents(notice)
      let batch: RecordBatch?
      do throws(KafkaError) {
        batch = try consumer.consume(timeoutMilliseconds: Self.waitMilliseconds)
      } catch {
        guard error.isRetriable, !error.isFatal else { throw PipelineError.kafka(error) }
        notice(.fault(error.description))
        continue
      }
      if let batch {
        guard try take(batch) else { return }
      }
    }
  }

  private func serveEvents(_ notice: (Notice) -> Void) throws(PipelineError) {
    for event in consumer.pollGroup() {
      switch event {
      case .brokersDown(let error): notice(.brokerDown(error.description))
      case .brokersUp: notice(.brokerUp)
      case .failed(let error):
        if error.isFatal || error.isMisconfiguration || error.isDenial { throw .kafka(error) }
        notice(.fault(error.description))
      // It has joined no group.
      case .assign, .revoke, .lost: break
      }
    }
  }
}
