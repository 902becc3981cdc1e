import Events
import Kafka
import Testing
import Threads

/// A record as the tests compare it: a copy that outlives its batch.
struct Seen: Hashable {
  var partition: Int32
  var offset: Offset
  var key: String?
  var value: String?
}

extension Seen {
  init(_ record: Record) {
    self.init(
      partition: record.partition, offset: record.offset,
      key: record.keyBytes.map { String(decoding: $0, as: UTF8.self) },
      value: record.payload == nil ? nil : String(decoding: record.payloadBytes, as: UTF8.self))
  }
}

extension KafkaConsumer {
  /// Copies of the records of one batch; empty when there was none.
  func seen(timeoutMilliseconds: Int32) throws -> [Seen] {
    guard let batch = try consume(timeoutMilliseconds: timeoutMilliseconds) else { return [] }
    return batch.records.map { Seen($0) }
  }
}

/// What a test waits for never came.
struct TimedOut: Error {
  var waitingFor: String
}

/// Repeats `step` until it returns true; fails after `seconds`. The steps themselves wait, for broker or queue.
func until(_ what: String, seconds: Int = 120, _ step: () throws -> Bool) throws {
  let clock = ContinuousClock()
  let deadline = clock.now + .seconds(seconds)
  while try !step() {
    guard clock.now < deadline else { throw TimedOut(waitingFor: what) }
  }
}

/// Runs `body` on a thread of its own; fails when it does not end in time.
func ends(_ body: @escaping @Sendable () throws -> Void) throws {
  let result = Monitor<Result<Void, any Error>?>(nil)
  let thread = try WorkerThread(name: "consumer") {
    let outcome = Result { try body() }
    result.update { $0 = outcome }
  }
  guard let outcome = result.wait(timeoutMilliseconds: 300_000, until: { $0 }) else {
    throw TimedOut(waitingFor: "the end of close")
  }
  thread.join()
  try outcome.get()
}

extension KafkaProducer {
  /// Sends text, waiting while the local queue is full.
  func sendText(
    _ topic: String, _ partition: Int32?, key: String?, value: String?, timestamp: Int64 = 0,
    headers: [RecordHeader] = []
  ) throws {
    let key = key.map { Array($0.utf8) }
    let value = value.map { Array($0.utf8) }
    try withBytes(key) { key in
      try withBytes(value) { value in
        while try !send(
          topic: topic, partition: partition, key: key, value: value, timestampMilliseconds: timestamp,
          headers: headers)
        {
          poll(timeoutMilliseconds: 10)
        }
      }
    }
  }

  /// Sends `count` records `<prefix><number>` to one partition and waits until they are acknowledged.
  func fill(_ topic: String, partition: Int32, _ numbers: Range<Int>, prefix: String = "") throws {
    for number in numbers { try sendText(topic, partition, key: nil, value: prefix + String(number)) }
    try settle()
  }

  func settle() throws {
    let left = flush(timeoutMilliseconds: 60_000)
    guard left == 0, failed == 0 else {
      throw TimedOut(waitingFor: "\(left) deliveries, \(failed) failed: \(String(describing: lastDeliveryError))")
    }
  }
}

private func withBytes<Result>(
  _ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) throws -> Result
) rethrows -> Result {
  guard let bytes else { return try body(nil) }
  return try bytes.withUnsafeBytes { try body($0) }
}

/// Where the members of a group keep their positions, as the product keeps them in Postgres: one test thread, so no lock.
final class Positions {
  var next: [Int32: Offset] = [:]
  var seen: [Seen] = []
  /// What happened to which member, in order.
  var journal: [String] = []
}

/// A member of a group that does what the product's worker does, without the work.
final class Member {
  let name: String
  let consumer: KafkaConsumer
  let positions: Positions
  private var expected: [TopicPartition: Offset] = [:]
  var events: [GroupEvent] = []

  init(
    _ name: String, _ bootstrapServers: String, topic: String, group: String, positions: Positions,
    settings: KafkaConsumerSettings = KafkaConsumerSettings(), properties: [(name: String, value: String)] = []
  ) throws {
    self.name = name
    self.positions = positions
    consumer = try KafkaConsumer(
      configuration: KafkaConfiguration(bootstrapServers: bootstrapServers, properties: properties), topic: topic,
      group: group,
      settings: settings)
    try consumer.subscribe()
  }

  var assignment: [Int32] { consumer.assignment.map(\.partition) }

  /// Serves the group, then takes one batch and checks that each partition goes on where it stopped.
  func step(consuming: Bool = true) throws {
    for event in consumer.pollGroup() {
      events.append(event)
      switch event {
      case .assign(let partitions):
        positions.journal.append("\(name) assign \(partitions.map(\.partition))")
        var starts: [TopicPartition: Offset] = [:]
        for partition in partitions { starts[partition] = positions.next[partition.partition, default: 0] }
        try consumer.assign(starts)
        expected.merge(starts) { $1 }
      case .revoke(let partitions), .lost(let partitions):
        positions.journal.append("\(name) revoke \(partitions.map(\.partition))")
        try consumer.unassign(partitions)
        for partition in partitions { expected[partition] = nil }
      case .brokersDown, .brokersUp, .failed:
        break
      }
    }
    guard consuming, let batch = try consumer.consume(timeoutMilliseconds: 20) else { return }
    for record in batch.records {
      let partition = TopicPartition(topic: consumer.topic, partition: record.partition)
      #expect(record.offset == expected[partition], "\(name), \(partition)")
      expected[partition] = record.offset + 1
      positions.next[record.partition] = record.offset + 1
      positions.seen.append(Seen(record))
    }
  }

  func take() -> [GroupEvent] {
    defer { events = [] }
    return events
  }
}

/// In tests a number alone is a partition of the topic `events`.
extension TopicPartition: ExpressibleByIntegerLiteral {
  public init(integerLiteral partition: Int32) {
    self.init(topic: "events", partition: partition)
  }
}
