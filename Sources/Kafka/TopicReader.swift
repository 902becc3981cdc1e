import Events
import Threads

/// Reads ranges of a topic's log again, beside the processors: partitions are assigned by hand, so that it never joins
/// their group, and nothing is committed.
///
/// For one thread. What the log does not hold (any more) is passed over: the caller compares what came with the ledger.
public final class TopicReader {
  /// Records that are handed over at once, at most.
  public static let batchSize = 10_000
  /// After so long without a record the broker is asked whether there is anything left to come.
  private static let silenceMicroseconds: Int64 = 2_000_000
  /// The log goes on, by what the broker says, and still nothing came for so long: the rest was compacted away, or is
  /// markers of transactions.
  private static let giveUpMicroseconds: Int64 = 30_000_000

  private let consumer: KafkaConsumer

  /// - Parameter group: names the reader to the broker; no group of this name comes into being.
  public init(_ kafka: KafkaConfiguration, topic: String, group: String) throws(KafkaError) {
    var settings = KafkaConsumerSettings()
    settings.batchSize = TopicReader.batchSize
    consumer = try KafkaConsumer(configuration: kafka, topic: topic, group: group, settings: settings)
  }

  public func close() {
    consumer.close()
  }

  /// The cluster's identity, as `pulse.progress` names it.
  public func cluster() throws(KafkaError) -> String {
    try consumer.clusterIdentity().id
  }

  /// The first offset that the partition's log still holds, and the one after its last.
  public func watermarks(_ partition: Int32) throws(KafkaError) -> WatermarkOffsets {
    try consumer.watermarkOffsets(
      of: TopicPartition(topic: consumer.topic, partition: partition), timeoutMilliseconds: 10_000)
  }

  /// Hands over all records of the ranges that the log holds: each partition's in order and none twice. The batch is gone
  /// when `body` returns.
  ///
  /// - Throws: a `KafkaError`, or what `body` throws.
  public func read(
    _ ranges: [Int32: Range<Offset>], _ body: (inout RecordBatch) throws -> Void
  ) throws {
    var left = ranges.filter { !$0.value.isEmpty }
    try consumer.assign(left.mapValues(\.lowerBound).of(topic: consumer.topic))
    defer { try? consumer.unassign(consumer.assignment) }
    var lastRecord = Clock.monotonic()
    var lastQuestion = lastRecord
    while !left.isEmpty {
      try serveEvents()
      let consumed = try consumer.consume(timeoutMilliseconds: 10)
      let now = Clock.monotonic()
      if var records = consumed {
        records.keepFirst(TopicReader.keep(records.records, &left))
        if records.count > 0 {
          lastRecord = now
          lastQuestion = now
          try body(&records)
        }
      } else if now - lastQuestion >= TopicReader.silenceMicroseconds {
        lastQuestion = now
        try dropEnded(&left, isOver: now - lastRecord >= TopicReader.giveUpMicroseconds)
      }
      try release(left)
    }
  }

  /// Moves the records that are wanted to the front, and the ranges on to what is left.
  private static func keep(
    _ records: UnsafeMutableBufferPointer<Record>, _ left: inout [Int32: Range<Offset>]
  ) -> Int {
    var count = 0
    var index = 0
    while index < records.count {
      let partition = records[index].partition
      var range = left[partition] ?? 0..<0
      while index < records.count, records[index].partition == partition {
        let offset = records[index].offset
        if range.contains(offset) {
          if count != index { records[count] = records[index] }
          count += 1
          range = offset + 1..<range.upperBound
        } else if offset >= range.upperBound {
          range = range.upperBound..<range.upperBound
        }
        index += 1
      }
      left[partition] = range.isEmpty ? nil : range
    }
    return count
  }

  /// Stops the fetching of partitions that have reached their end.
  private func release(_ left: [Int32: Range<Offset>]) throws(KafkaError) {
    let done = consumer.assignment.filter { left[$0.partition] == nil }
    if !done.isEmpty { try consumer.unassign(done) }
  }

  /// Gives up ranges that cannot come any more: the log begins behind them, or ends before them.
  private func dropEnded(_ left: inout [Int32: Range<Offset>], isOver: Bool) throws(KafkaError) {
    for (partition, range) in left {
      let log = try watermarks(partition)
      if isOver || log.low >= range.upperBound || log.high <= range.lowerBound { left[partition] = nil }
    }
  }

  private func serveEvents() throws(KafkaError) {
    for event in consumer.pollGroup() {
      // A broker that is away is waited for: the questions after a silence fail when that lasts.
      if case .failed(let error) = event, error.isFatal || error.isMisconfiguration { throw error }
    }
  }
}
