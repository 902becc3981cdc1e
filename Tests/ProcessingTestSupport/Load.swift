import Audit
import Dataflow
import Events
import Faults
import Kafka
import Observability
import Plan
import Postgres
import Project
import References
import Registry
import Synchronization
import Testing
import Threads

@testable import Processing

/// What a test waits for never came.
struct TimedOut: Error {
  var waitingFor: String
}

/// Asks every 20 ms until `condition` holds; says what `instances` saw when it never does.
func until(
  _ what: String, seconds: Int = 180, of instances: [Instance] = [], _ condition: () throws -> Bool
) throws {
  let clock = ContinuousClock()
  let deadline = clock.now + .seconds(seconds)
  let never = Monitor(())
  while try !condition() {
    guard clock.now < deadline else {
      throw TimedOut(waitingFor: ([what] + instances.map(\.account)).joined(separator: "\n"))
    }
    _ = never.wait(timeoutMilliseconds: 20) { _ in nil as Void? }
  }
}

/// The embedded broker with the shipped topic, and what was sent to it.
final class Load {
  static let partitions: Int32 = 3
  let broker: EmbeddedBroker
  private let producer: KafkaProducer
  private(set) var sent = 0

  /// - Parameter properties: of the producer.
  init(properties: [(name: String, value: String)] = []) throws {
    broker = try EmbeddedBroker(topics: [(name: Bench.topic, partitions: Int(Load.partitions))])
    producer = try KafkaProducer(
      configuration: KafkaConfiguration(bootstrapServers: broker.bootstrapServers, properties: properties))
  }

  deinit {
    broker.close()
  }

  /// Sends events of three minutes and a few regions, round the partitions, and waits until they are acknowledged.
  func send(_ count: Int, to partition: Int32? = nil) throws {
    for _ in 0..<count {
      let event = Download(minute: sent / 7 % 3, content: "c\(sent % 11)", region: "R\(sent % 5)")
      try send(bytes: event.encoded, to: partition ?? Int32(sent % 3))
      sent += 1
    }
    try settle()
  }

  func send(
    bytes: [UInt8]?, to partition: Int32, key: [UInt8]? = nil, timestamp: Int64 = 0, headers: [RecordHeader] = []
  ) throws {
    func send(_ key: UnsafeRawBufferPointer?, _ value: UnsafeRawBufferPointer?) throws {
      while try !producer.send(
        topic: Bench.topic, partition: partition, key: key, value: value, timestampMilliseconds: timestamp,
        headers: headers)
      { producer.poll(timeoutMilliseconds: 10) }
    }
    try with(key) { key in try with(bytes) { value in try send(key, value) } }
  }

  private func with(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) throws -> Void) throws {
    if let bytes { try bytes.withUnsafeBytes { try body($0) } } else { try body(nil) }
  }

  func settle() throws {
    let left = producer.flush(timeoutMilliseconds: 60_000)
    guard left == 0, producer.failed == 0 else { throw TimedOut(waitingFor: "\(left) deliveries") }
  }
}

extension Bench {
  /// Runs a processor until it has read so many records of the load.
  func process(_ count: Int, of load: Load) throws {
    let instance = try Instance(self, load)
    try until("\(count) records", of: [instance]) {
      try rows("SELECT coalesce(sum(next_offset), 0) FROM pulse.progress") == ["\(count)"]
    }
    #expect(instance.stop() == "stopped")
  }

  /// What Postgres makes of the load.
  /// - Parameter stream: nil: the project's only one.
  func recount(_ load: Load, _ stream: Stream? = nil) throws -> RecountReport {
    let connection = try PostgresConnection(settings)
    defer { connection.close() }
    return try Recount(
      connection, stream ?? self.stream, kafka: KafkaConfiguration(bootstrapServers: load.broker.bootstrapServers),
      topic: Bench.topic, group: "recount"
    ).run()
  }

  /// Waits until as many events are counted as were sent, and checks that it stays so and is proven.
  func expectExact(_ load: Load) throws {
    try until("\(load.sent) events") { try total >= load.sent }
    #expect(try total == load.sent)
    #expect(try rows("SELECT sum(download_count) FROM content_stats") == ["\(load.sent)"])
    #expect(try rows("SELECT sum(total_downloads) FROM device_stats") == ["\(load.sent)"])
    #expect(try verify().checks.flatMap(\.violations) == [])
  }
}

/// A processor on a thread of its own.
final class Instance {
  let processor: Processor
  private let thread: WorkerThread
  private let lookup: (schemas: WriterSchemas, thread: WorkerThread)?
  private let feed: (references: ReferenceFeed, thread: WorkerThread)?
  private let log: Log
  private let ended: Monitor<String?>

  convenience init(
    _ bench: Bench, _ load: Load, project: Project? = nil, properties: [(name: String, value: String)] = [],
    workers: Int = 1, maxDeltaRows: Int = 200_000, schemas: WriterSchemas? = nil, definitions: Int64? = nil
  ) throws {
    try self.init(
      bench, servers: load.broker.bootstrapServers, topic: Bench.topic, project: project, properties: properties,
      workers: workers, maxDeltaRows: maxDeltaRows, schemas: schemas, definitions: definitions)
  }

  /// An instance whose records may be of schemas that a registry has.
  convenience init(_ bench: Bench, _ load: Load, registry: RegistrySettings?, kept: [RegisteredSchema] = []) throws {
    let log = Log()
    let schemas = WriterSchemas(registry, database: bench.settings, kept: kept) { log.append($0) }
    try self.init(
      bench, servers: load.broker.bootstrapServers, topic: Bench.topic, schemas: schemas, log: log)
  }

  init(
    _ bench: Bench, servers: String, topic: String, project: Project? = nil,
    properties: [(name: String, value: String)] = [], workers: Int = 1, maxDeltaRows: Int = 200_000,
    schemas: WriterSchemas? = nil, log: Log = Log(), definitions: Int64? = nil
  ) throws {
    let ended = Monitor<String?>(nil)
    var settings = ProcessorSettings(
      kafka: KafkaConfiguration(bootstrapServers: servers, properties: properties), topic: topic,
      group: "streampulse", database: bench.settings.with("application_name", "streampulse process"), batchSize: 500,
      maxDeltaRows: maxDeltaRows, owner: "test", workers: workers)
    settings.definitions = definitions
    let tables = (project ?? bench.project).usedReferences
    let references =
      tables.isEmpty
      ? nil : ReferenceFeed(tables, limits: ReferenceLimits(), database: bench.settings) { log.append($0) }
    let processor = Processor(
      (project ?? bench.project).streams[0], settings: settings, schemas: schemas, references: references
    ) { log.append($0) }
    self.processor = processor
    self.log = log
    self.ended = ended
    lookup = try schemas.map { schemas in (schemas, try WorkerThread(name: "schemas") { schemas.run() }) }
    feed = try references.map { feed in (feed, try WorkerThread(name: "references") { feed.run() }) }
    thread = try WorkerThread(name: "worker") {
      var end = "stopped"
      do throws(PipelineError) { try processor.run() } catch { end = error.description }
      ended.update { [end] in $0 = end }
    }
  }

  /// Stops it, unless it has ended, and says why it ended; nil when it does not end in time.
  func stop(seconds: Int = 120) -> String? {
    processor.stop()
    let end = ended.wait(timeoutMilliseconds: seconds * 1000) { $0 }
    if end != nil { thread.join() }
    if let lookup {
      lookup.schemas.stop()
      lookup.thread.join()
    }
    if let feed {
      feed.references.stop()
      feed.thread.join()
    }
    return end
  }

  var observations: [Observation] { log.observations }

  /// What it holds, and what it said that is not a commit.
  var account: String {
    let said = observations.filter { if case .flushCommitted = $0 { false } else { true } }
    return "\(processor.status.current): \(said)"
  }

  /// Waits until it ends by itself.
  func end(seconds: Int = 120) -> String? {
    ended.wait(timeoutMilliseconds: seconds * 1000) { $0 }
  }
}

/// What was observed, from any thread.
final class Log: Sendable {
  private let entries = Mutex<[Observation]>([])

  var observations: [Observation] { entries.withLock { $0 } }

  func append(_ observation: Observation) {
    entries.withLock { $0.append(observation) }
  }
}
