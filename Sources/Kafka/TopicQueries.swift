import CRdKafka
import Events
import Synchronization
import Threads

/// What the topic's configuration says of how its log is cleaned.
public enum CleanupPolicy: Hashable, Sendable {
  /// As configured: `delete`, `compact` or `compact,delete`.
  case known(String)
  /// The broker does not tell.
  case unknown(reason: String)

  /// Whether records may disappear from the middle of the log.
  public var isCompacting: Bool {
    if case .known(let policy) = self { policy.split(separator: ",").contains("compact") } else { false }
  }
}

extension KafkaConsumer {
  /// Asks for the topic's `cleanup.policy`, blocking for at most the timeout.
  /// - Throws: only what may pass by itself; a refusal is an answer.
  public func cleanupPolicy(timeoutMilliseconds: Int32 = 5_000) throws(KafkaError) -> CleanupPolicy {
    do throws(KafkaError) {
      let configuration = try client.topicConfiguration(topic, timeoutMilliseconds: timeoutMilliseconds)
      return configuration["cleanup.policy"].map { .known($0) } ?? .unknown(reason: "the broker leaves it out")
    } catch {
      if error.isRetriable { throw error }
      return .unknown(reason: error.description)
    }
  }

  /// Whether the log holds markers or aborted records of transactions from `first` on, as far as one fetch shows that
  /// reaches `next`, which must hold a record.
  ///
  /// librdkafka keeps them to itself, except in its debug log: a second consumer reads that part again, and what it logs
  /// of its fetches is looked at. A library that words this differently is taken to have seen none.
  public func hasTransactions(
    in partition: TopicPartition, from first: Offset, to next: Offset, timeoutMilliseconds: Int64 = 10_000
  ) throws(KafkaError) -> Bool {
    let seen = SeenTransactions()
    var configuration = configuration
    configuration.properties.append((name: "debug", value: "msg"))
    configuration.log = { seen.note($0) }
    var settings = KafkaConsumerSettings()
    settings.batchSize = 1_000
    settings.queuedMinMessages = 2_000
    let reader = try KafkaConsumer(configuration: configuration, topic: topic, group: group, settings: settings)
    defer { reader.close() }
    try reader.assign([partition: first])
    let deadline = Clock.monotonic() / 1000 + timeoutMilliseconds
    while Clock.monotonic() / 1000 < deadline {
      for case .failed(let error) in reader.pollGroup() where !error.isRetriable { throw error }
      if let batch = try reader.consume(timeoutMilliseconds: 50), batch.records.contains(where: { $0.offset >= next }) {
        return seen.any
      }
    }
    throw KafkaError(
      RD_KAFKA_RESP_ERR__TIMED_OUT, "\(partition) could not be read again from offset \(first)")
  }
}

/// What a consumer's debug log tells of transactions; written on librdkafka's threads.
private final class SeenTransactions: Sendable {
  private let state = Mutex(false)

  var any: Bool { state.withLock { $0 } }

  func note(_ line: KafkaLogLine) {
    guard line.facility == "CONSUME", transactionalBatches(inFetchLog: line.message) > 0 else { return }
    state.withLock { $0 = true }
  }
}

/// The numbers of control messages and aborted message sets in `…, last_offset 7, 2 ctrl msgs, 0 aborted msgsets, …`.
func transactionalBatches(inFetchLog message: String) -> Int {
  var count = 0
  for part in message.split(separator: ",") {
    let words = part.split(separator: " ")
    guard words.count == 3, let number = Int(words[0]) else { continue }
    if words[1...] == ["ctrl", "msgs"] || words[1...] == ["aborted", "msgsets"] { count += number }
  }
  return count
}
