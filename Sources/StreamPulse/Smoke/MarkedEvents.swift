import Events
import Kafka
import Threads

/// Events that are sent through a copy of the system: the topic's own, each with a header that says what it is.
///
/// No event has to be made up, so that every format, schema and definition is met by what it is made for.
struct MarkedEvents {
  /// The header's name; its value is the copy's.
  static let header = "streampulse-smoke"
  /// So far behind the newest records begins the older half: their windows are over for the newer half, mostly.
  private static let reach: Offset = 200_000

  private(set) var records: [OwnedRecord] = []

  /// Copies about so many records of a topic: the newest ones, and as many of an older stretch.
  init(
    of source: StreamSource, about count: Int, _ kafka: KafkaConfiguration, _ admin: KafkaAdmin, mark: String
  ) throws {
    let partitions = try admin.partitionCount(source.topic) ?? 0
    guard partitions > 0 else { return }
    var logs: [Int32: Range<Offset>] = [:]
    for partition in 0..<Int32(partitions) {
      logs[partition] = try admin.watermarkOffsets(topic: source.topic, partition: partition).held
    }
    logs = logs.filter { !$0.value.isEmpty }
    guard !logs.isEmpty else { return }
    let newer = LatestRecords.ranges(logs, count: count / 2)
    var older: [Int32: Range<Offset>] = [:]
    for (partition, log) in logs {
      guard let newest = newer[partition] else { continue }
      let first = max(log.lowerBound, log.upperBound - Self.reach)
      older[partition] = first..<min(first + Offset(newest.count), newest.lowerBound)
    }
    let reader = try TopicReader(kafka, topic: source.topic, group: source.group + "-smoke")
    defer { reader.close() }
    let name = RecordHeader(name: Self.header, value: Array(mark.utf8))
    for ranges in [older, newer] {
      try reader.read(ranges) { batch in
        for record in batch.records {
          records.append(
            OwnedRecord(
              payload: record.payload == nil ? nil : Array(record.payloadBytes), key: record.keyBytes.map(Array.init),
              headers: batch.headers(of: record) + [name], partition: record.partition, offset: record.offset,
              timestampMilliseconds: record.timestampMilliseconds))
        }
      }
    }
    // Each partition's in its order.
    records.sort { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
  }

  /// Sends them, and returns when all are acknowledged.
  func send(to topic: String, partitions: Int, _ kafka: KafkaConfiguration) throws {
    let producer = try KafkaProducer(configuration: kafka)
    for record in records {
      let partition = record.partition % Int32(max(partitions, 1))
      while try !send(record, to: topic, partition, producer) { producer.poll(timeoutMilliseconds: 10) }
    }
    let left = producer.flush(timeoutMilliseconds: 30_000)
    if let error = producer.lastDeliveryError { throw error }
    guard left == 0 else {
      throw KafkaError(code: "TIMED_OUT", message: "\(left) records were not acknowledged in 30 s")
    }
  }

  private func send(
    _ record: OwnedRecord, to topic: String, _ partition: Int32, _ producer: KafkaProducer
  ) throws(KafkaError) -> Bool {
    try with(record.key) { key throws(KafkaError) in
      try with(record.payload) { value throws(KafkaError) in
        try producer.send(
          topic: topic, partition: partition, key: key, value: value,
          timestampMilliseconds: max(record.timestampMilliseconds, 0), headers: record.headers)
      }
    }
  }

  /// Absent is not the same as empty.
  private func with(
    _ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) throws(KafkaError) -> Bool
  ) throws(KafkaError) -> Bool {
    guard let bytes else { return try body(nil) }
    let outcome = bytes.withUnsafeBytes { buffer -> Result<Bool, KafkaError> in
      do throws(KafkaError) { return .success(try body(buffer)) } catch { return .failure(error) }
    }
    return try outcome.get()
  }
}
