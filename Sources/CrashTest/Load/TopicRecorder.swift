import Events
import Glibc
import Kafka
import Threads

/// Reads a topic beside the processors, outside of their groups, and writes what it read to two files that Postgres'
/// `COPY` reads: the truth.
///
/// It reads all the time because the in-process broker forgets old records.
final class TopicRecorder: Sendable {
  struct Progress: Sendable {
    /// The next offset of each partition: everything before it is in the files.
    var positions: [Int32: Offset] = [:]
    var isStopping = false
    var problem: String?
  }

  let load: any TopicLoad
  let eventsFile: String
  let malformedFile: String
  private let state = Monitor(Progress())
  private let thread: WorkerThread

  init(_ broker: BrokerProcess, _ load: any TopicLoad, folder: String) throws {
    self.load = load
    let eventsFile = "\(folder)/\(load.name).copy"
    let malformedFile = "\(folder)/\(load.name)-malformed.copy"
    self.eventsFile = eventsFile
    self.malformedFile = malformedFile
    let state = state
    let (kafka, partitions) = (broker.kafka, broker.partitions)
    thread = try WorkerThread(name: "recorder") {
      do {
        let files = try Files(
          events: CopyFile(eventsFile), malformed: CopyFile(malformedFile), transcribe: load.makeTranscription())
        try TopicRecorder.run(state, kafka, load.topic, partitions: partitions, files)
        try files.events.close()
        try files.malformed.close()
      } catch {
        state.update { $0.problem = "the recorder of \(load.topic): \(error)" }
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

  private struct Files {
    let events: CopyFile
    let malformed: CopyFile
    let transcribe: Transcription
  }

  private static func run(
    _ state: Monitor<Progress>, _ kafka: KafkaConfiguration, _ topic: String, partitions: Int, _ files: Files
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
      let rereads = try record(batch, &positions, files)
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
    _ batch: borrowing RecordBatch, _ positions: inout [Int32: Offset], _ files: Files
  ) throws -> Set<Int32> {
    var rereads: Set<Int32> = []
    for record in batch.records {
      guard let expected = positions[record.partition], record.offset >= expected else { continue }
      guard record.offset == expected else {
        rereads.insert(record.partition)
        continue
      }
      if let fault = batch.headers(of: record).first(where: { $0.name == LoadRecord.header }) {
        try files.malformed.append(
          CopyFile.line([
            String(record.partition), String(record.offset), String(decoding: fault.value ?? [], as: UTF8.self),
          ]))
      } else if record.payload != nil,
        let line = try files.transcribe(record.partition, record.offset, record.payloadBytes)
      {
        try files.events.append(line)
      } else {
        throw CrashTestError.setup("the record \(record.offset) of partition \(record.partition) cannot be read")
      }
      positions[record.partition] = expected + 1
      rereads.remove(record.partition)
    }
    return rereads
  }
}
