import Downloads
import EventEncoding
import Events
import Glibc
import Kafka
import Threads

/// Reads the topic beside the processors, outside of their group, decodes with libavro, and writes what it read to two
/// files that Postgres' `COPY` reads: the truth.
///
/// It reads all the time because the in-process broker forgets old records.
final class TopicRecorder: Sendable {
  struct Progress: Sendable {
    /// The next offset of each partition: everything before it is in the files.
    var positions: [Int32: Offset] = [:]
    var isStopping = false
    var problem: String?
  }

  let eventsFile: String
  let malformedFile: String
  private let state = Monitor(Progress())
  private let thread: WorkerThread

  init(_ broker: BrokerProcess, schemaJSON: String, folder: String) throws {
    let eventsFile = folder + "/events.copy"
    let malformedFile = folder + "/malformed.copy"
    self.eventsFile = eventsFile
    self.malformedFile = malformedFile
    let state = state
    let (kafka, topic, partitions) = (broker.kafka, broker.topic, broker.partitions)
    thread = try WorkerThread(name: "recorder") {
      do {
        let events = try CopyFile(eventsFile)
        let malformed = try CopyFile(malformedFile)
        let reader = try ReferenceReader(schemaJSON: schemaJSON)
        try TopicRecorder.run(state, kafka, topic, partitions: partitions, reader, events, malformed)
        try events.close()
        try malformed.close()
      } catch {
        state.update { $0.problem = "the recorder: \(error)" }
      }
    }
  }

  deinit {
    state.update { $0.isStopping = true }
  }

  var progress: Progress { state.read { $0 } }

  /// Ends the reading and completes the files.
  func stop() {
    state.update { $0.isStopping = true }
    thread.join()
  }

  private static func run(
    _ state: Monitor<Progress>, _ kafka: KafkaConfiguration, _ topic: String, partitions: Int,
    _ reader: ReferenceReader, _ events: CopyFile, _ malformed: CopyFile
  ) throws {
    // The group is only a name here: nothing is subscribed, nothing committed.
    let consumer = try KafkaConsumer(configuration: kafka, topic: topic, group: "crashtest-recorder")
    defer { consumer.close() }
    var positions: [Int32: Offset] = [:]
    for partition in 0..<Int32(partitions) { positions[partition] = 0 }
    try consumer.assign(positions.of(topic: topic))
    while !state.read({ $0.isStopping }) {
      for event in consumer.pollGroup() {
        if case .failed(let error) = event, error.isFatal { throw error }
      }
      let batch: RecordBatch?
      do throws(KafkaError) {
        batch = try consumer.consume(timeoutMilliseconds: 50)
      } catch {
        guard error.isRetriable else { throw error }
        continue
      }
      guard let batch else { continue }
      let rereads = try record(batch, &positions, reader, events, malformed)
      for partition in rereads {
        _ = try consumer.reread(
          TopicPartition(topic: topic, partition: partition), from: positions[partition] ?? 0)
      }
      let reached = positions
      state.update { $0.positions = reached }
    }
  }

  /// Returns the partitions of which records were passed over, which are read again.
  private static func record(
    _ batch: borrowing RecordBatch, _ positions: inout [Int32: Offset], _ reader: ReferenceReader, _ events: CopyFile,
    _ malformed: CopyFile
  ) throws -> Set<Int32> {
    var rereads: Set<Int32> = []
    for record in batch.records {
      guard let expected = positions[record.partition], record.offset >= expected else { continue }
      guard record.offset == expected else {
        rereads.insert(record.partition)
        continue
      }
      let place = [String(record.partition), String(record.offset)]
      if batch.headers(of: record).contains(where: { $0.name == MalformedRecord.header }) {
        try malformed.append(place)
      } else if record.payload != nil, let event = reader.read(UnsafeRawBufferPointer(record.payloadBytes)) {
        try events.append(place + event.columns)
      } else {
        throw CrashTestError.setup("libavro cannot read the record \(record.offset) of partition \(record.partition)")
      }
      positions[record.partition] = expected + 1
      rereads.remove(record.partition)
    }
    return rereads
  }
}

extension KeptEvent {
  /// In the order of the truth's table.
  fileprivate var columns: [String?] {
    [
      eventID, String(timestampMilliseconds), contentID, title, contentType, "\(sizeGB)", userID, place, deviceType,
      osVersion, status, String(durationSeconds), "\(speedMbps)", errorCode,
    ]
  }
}
