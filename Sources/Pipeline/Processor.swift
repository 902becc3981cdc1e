import Avro
import Kafka
import Observability
import Postgres
import Project
import Threads

/// The bounds and addresses of a processor.
public struct ProcessorSettings: Sendable {
  public var kafka: KafkaConfiguration
  public var topic: String
  public var group: String
  public var database: ConnectionSettings
  /// Records that are decoded together, at most.
  public var batchSize: Int
  public var flushIntervalMilliseconds: Int
  /// Changed rows in memory at which reading waits for the transaction.
  public var maxDeltaRows: Int
  /// Bytes of groups and dead letters at which reading waits, too.
  public var maxDeltaBytes = 256 << 20
  /// How this instance is called in the progress table.
  public var owner: String
  /// nil in every real processor.
  public var plantedBug: PlantedBug?

  public init(
    kafka: KafkaConfiguration, topic: String, group: String, database: ConnectionSettings, batchSize: Int = 10_000,
    flushIntervalMilliseconds: Int = 20, maxDeltaRows: Int = 200_000, owner: String
  ) {
    self.kafka = kafka
    self.topic = topic
    self.group = group
    self.database = database
    self.batchSize = batchSize
    self.flushIntervalMilliseconds = flushIntervalMilliseconds
    self.maxDeltaRows = maxDeltaRows
    self.owner = owner
  }

  var limits: CheckpointProtocol.Limits {
    CheckpointProtocol.Limits(
      flushInterval: Int64(flushIntervalMilliseconds) * 1000, maxGroups: maxDeltaRows, maxBytes: maxDeltaBytes)
  }
}

/// What a processor does wrong on purpose, so that tests can show that they would notice.
public enum PlantedBug: String, Sendable {
  /// The position is committed in a transaction of its own, before the rows.
  case positionBeforeRows = "position-before-rows"
}

/// One instance that processes a stream: a worker thread and a sink thread, made anew whenever they have to give up
/// what is not committed.
public final class Processor: Sendable {
  private struct State: Sendable {
    var isStopping = false
  }

  public let status = ProcessorStatus()
  private let stream: Stream
  private let settings: ProcessorSettings
  private let observe: @Sendable (Observation) -> Void
  private let state = Monitor(State())

  public init(
    _ stream: Stream, settings: ProcessorSettings, observe: @escaping @Sendable (Observation) -> Void
  ) {
    self.stream = stream
    self.settings = settings
    self.observe = observe
  }

  /// Processes until `stop` or until it cannot go on. Blocks the calling thread.
  public func run() throws(PipelineError) {
    defer { status.update { $0.isRunning = false } }
    var backOff = BackOff()
    while !isStopping {
      let started = Clock.monotonic()
      do throws(PipelineError) {
        switch try runWorker() {
        case .stopped: return
        case .abandoned(let reason):
          if case .fenced(let message) = reason { observe(.fenced(topic: settings.topic, reason: message)) }
          observe(.workAbandoned(reason: reason.text))
        case .failed(let error): throw error
        }
      } catch {
        guard error.isTransient else { throw error }
        observe(.failed(reason: error.description))
      }
      // A worker that ran for a while begins again at once; one that fails at the start must not spin.
      if Clock.monotonic() - started > 30_000_000 { backOff.reset() }
      _ = state.wait(timeoutMilliseconds: backOff.next()) { $0.isStopping ? true : nil }
    }
  }

  private var isStopping: Bool { state.read { $0.isStopping } }

  private func runWorker() throws(PipelineError) -> WorkerEnd {
    let decoder: AvroDecoder
    do {
      decoder = try stream.makeDecoder()
    } catch {
      throw .definition(error.description)
    }
    do throws(KafkaError) {
      var consumerSettings = KafkaConsumerSettings()
      consumerSettings.batchSize = settings.batchSize
      consumerSettings.queuedMinMessages = max(consumerSettings.queuedMinMessages, 4 * settings.batchSize)
      let consumer = try KafkaConsumer(
        configuration: settings.kafka, topic: settings.topic, group: settings.group, settings: consumerSettings)
      defer { consumer.close() }
      let cluster = try consumer.clusterIdentity()
      status.update {
        $0.cluster = cluster.id
        $0.isRunning = true
        // The broker has answered; the worker before this one may have ended without seeing that.
        $0.brokerProblem = nil
      }
      return try run(consumer, decoder, cluster: cluster.id)
    } catch {
      throw .kafka(error)
    }
  }

  private func run(_ consumer: KafkaConsumer, _ decoder: AvroDecoder, cluster: String) throws(KafkaError) -> WorkerEnd {
    let sink = SinkThread(
      Sink(stream.plan, topic: settings.topic, owner: settings.owner, plantedBug: settings.plantedBug),
      cluster: cluster, settings: settings.database, status: status, observe: observe)
    let thread: WorkerThread
    do {
      thread = try WorkerThread(name: "sink") { sink.run() }
    } catch {
      return .failed(.internal(error.description))
    }
    defer {
      sink.stop()
      thread.join()
    }
    let worker = Worker(
      plan: stream.plan, consumer: consumer, decoder: decoder, sink: sink, time: MachineTime(), settings: settings,
      status: status, seed: UInt64.random(in: 1...UInt64.max), shouldStop: { [self] in isStopping }, observe: observe)
    return worker.run()
  }

  /// Asks `run` to commit what has been read and to end; returns at once. From any thread.
  public func stop() {
    state.update { $0.isStopping = true }
  }
}

extension CheckpointProtocol.AbandonReason {
  var text: String {
    switch self {
    case .fenced(let message): message
    case .lostPartitions: "the group gave the partitions to others"
    case .releaseTimedOut: "the database did not take the last flush in time"
    }
  }
}
