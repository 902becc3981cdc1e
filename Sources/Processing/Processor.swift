import Events
import Faults
import Kafka
import Observability
import Postgres
import Project
import References
import Registry
import Storage
import Synchronization
import Threads
import Tracing

/// The bounds and addresses of a processor.
public struct ProcessorSettings: Sendable {
  public var kafka: KafkaConfiguration
  public var topic: String
  public var group: String
  public var database: ConnectionSettings
  /// Records that are consumed together, at most.
  public var batchSize: Int
  /// Of these, so many are decoded and aggregated together.
  public var sliceSize = EventBatch.sliceCapacity
  public var flushIntervalMilliseconds: Int
  /// Changed rows in memory at which reading waits for the transaction.
  public var maxDeltaRows: Int
  /// Bytes of keys, groups and dead letters in memory, of all workers together, unless there are so many workers that each
  /// of them needs `minWorkerBytes`.
  public var maxDeltaBytes = 256 << 20
  /// How this instance is called in the progress table.
  public var owner: String
  /// Makes each worker a static member of the group, as `INSTANCE.NUMBER`. nil: they leave it when they end.
  public var instance: String?
  /// Members of the group in this process, which share the bounds.
  public var workers: Int
  /// Processors in this process.
  public var processors: Int
  /// Workers of all of them, which share the bounds, too.
  let sharers: Int
  /// How often a watermark is stored while no records come; another in tests of definitions, whose time goes in steps.
  package var watermarkIntervalMicroseconds: Int64 = 1_000_000
  /// The version of the definitions that was in force when these were loaded: this must write nothing once others are and
  /// it has been fenced. nil: none was.
  public var definitions: Int64?
  /// nil: nothing is traced.
  public var tracer: Tracer?
  /// nil in every real processor.
  public var plantedBug: PlantedBug?

  public init(
    kafka: KafkaConfiguration, topic: String, group: String, database: ConnectionSettings, batchSize: Int = 10_000,
    flushIntervalMilliseconds: Int = 20, maxDeltaRows: Int = 200_000, owner: String, workers: Int = 1,
    processors: Int = 1, sharers: Int? = nil
  ) {
    self.kafka = kafka
    self.topic = topic
    self.group = group
    self.database = database
    self.batchSize = batchSize
    self.flushIntervalMilliseconds = flushIntervalMilliseconds
    self.maxDeltaRows = maxDeltaRows
    self.owner = owner
    self.workers = max(1, workers)
    self.processors = max(1, processors)
    self.sharers = max(1, sharers ?? workers * processors)
  }

  /// Where the stream's progress is.
  public func books(of stream: String) -> Books {
    Books(of: stream, isOnly: processors == 1, in: database)
  }

  /// Keys of thousands of values, and a batch's groups and dead letters beside them.
  static let minWorkerBytes = 16 << 20

  private var workerBytes: Int { max(maxDeltaBytes / sharers, ProcessorSettings.minWorkerBytes) }

  /// The part of a worker's share that a flush does not give back.
  var retainedBytes: Int { workerBytes / 4 }

  var limits: CheckpointProtocol.Limits {
    // The bound that stops reading is for what a flush does give back. Both bounds together are the worker's share.
    let maxBytes = workerBytes - retainedBytes
    precondition(retainedBytes < maxBytes, "a flush frees less than it keeps")
    return CheckpointProtocol.Limits(
      flushInterval: Int64(flushIntervalMilliseconds) * 1000, maxGroups: max(1, maxDeltaRows / sharers),
      maxBytes: maxBytes, idleInterval: watermarkIntervalMicroseconds)
  }
}

/// One instance that processes a stream: any number of workers, each a member of the consumer group with a consumer and
/// a sink of its own. They share nothing but the bounds; the checkpoint protocol keeps them apart as it does instances.
public final class Processor: Sendable {
  /// Of all workers together.
  public let status: ProcessorStatus
  private let workers: [WorkerSupervisor]

  /// - Parameter schemas: knows those that records are written with and that are not the project's own; runs elsewhere, for
  ///   as long as this does. nil: nobody is asked.
  /// - Parameter references: the tables that the stream's aggregates are joined with; runs elsewhere, as long as this does.
  ///   nil: there are none.
  public init(
    _ stream: Stream, settings: ProcessorSettings, schemas: WriterSchemas? = nil, references: ReferenceFeed? = nil,
    observe: @escaping @Sendable (Observation) -> Void
  ) {
    let outages = SharedOutages()
    workers = (0..<settings.workers).map { number in
      var own = settings
      if settings.workers > 1 { own.owner += "/\(number + 1)" }
      own.instance = settings.instance.map { "\($0).\(number + 1)" }
      return WorkerSupervisor(stream, settings: own, schemas: schemas, references: references) { observation in
        if outages.isNews(observation, from: number) { observe(observation) }
      }
    }
    status = workers.count == 1 ? workers[0].status : ProcessorStatus(of: workers.map(\.status))
  }

  /// Processes until `stop` or until one of the workers cannot go on, which ends the others. Blocks the calling thread.
  public func run() throws(PipelineError) {
    let failure = Mutex<PipelineError?>(nil)
    let work: @Sendable (WorkerSupervisor) -> Void = { [self] worker in
      do throws(PipelineError) {
        try worker.run()
      } catch {
        failure.withLock { [error] in $0 = $0 ?? error }
        stop()
      }
    }
    var threads: [WorkerThread] = []
    do throws(ThreadError) {
      for worker in workers.dropFirst() { threads.append(try WorkerThread(name: "worker") { work(worker) }) }
      work(workers[0])
    } catch {
      failure.withLock { [error] in $0 = .internal(error.description) }
      stop()
    }
    for thread in threads { thread.join() }
    if let error = failure.withLock({ $0 }) {
      status.update { $0.ending = error.description }
      throw error
    }
  }

  /// Asks `run` to commit what has been read and to end; returns at once. From any thread.
  public func stop() {
    for worker in workers { worker.stop() }
  }
}
