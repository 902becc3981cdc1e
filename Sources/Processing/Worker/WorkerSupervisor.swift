import Faults
import Formats
import Kafka
import Observability
import Postgres
import Project
import References
import Registry
import Threads

/// Keeps one worker and its sink thread at work: they are made anew whenever they have to give up what is not committed.
final class WorkerSupervisor: Sendable {
  private struct State: Sendable {
    var isStopping = false
    /// Of brokers that cannot be asked; there are not many kinds.
    var saidProblems: Set<String> = []
  }

  let status: ProcessorStatus
  private let stream: Stream
  private let settings: ProcessorSettings
  private let schemas: WriterSchemas?
  private let references: ReferenceFeed?
  private let observe: @Sendable (Observation) -> Void
  private let state = Monitor(State())

  init(
    _ stream: Stream, settings: ProcessorSettings, schemas: WriterSchemas?, references: ReferenceFeed?,
    observe: @escaping @Sendable (Observation) -> Void
  ) {
    self.stream = stream
    status = ProcessorStatus(books: settings.books(of: stream.plan.definition.name))
    self.settings = settings
    self.schemas = schemas
    self.references = references
    self.observe = observe
  }

  /// Processes until `stop` or until it cannot go on. Blocks the calling thread.
  func run() throws(PipelineError) {
    defer { status.update { $0.isRunning = false } }
    var backOff = BackOff()
    awaitReferences()
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
        say(error)
      }
      // A worker that ran for a while begins again at once; one that fails at the start must not spin.
      if Clock.monotonic() - started > 30_000_000 { backOff.reset() }
      _ = state.wait(timeoutMilliseconds: backOff.next()) { $0.isStopping ? true : nil }
    }
  }

  /// Says what a worker has ended with; of brokers that cannot be asked, once until one answers.
  private func say(_ error: PipelineError) {
    guard case .kafka(let cause) = error, cause.isUnreachable else {
      observe(.failed(reason: error.description))
      return
    }
    let isFirst = status.current.brokerProblem == nil
    // Behind the broker's name, since several refuse for the same reason.
    let problem = String(cause.message.drop { $0 != " " })
    let isNew = state.update { state in
      if isFirst { state.saidProblems = [] }
      return state.saidProblems.insert(problem).inserted
    }
    // Nobody answering has several names; why they do not is news.
    guard isFirst || isNew && ["_AUTHENTICATION", "_SSL"].contains(cause.code) else { return }
    status.update { $0.brokerProblem = cause.description }
    observe(.brokerDown(reason: cause.description))
  }

  /// Without reference data every event would be counted as one without a row. The group learns of a member only when
  /// that can process what it is given.
  private func awaitReferences() {
    guard let references else { return }
    while !isStopping, references.current == nil {
      _ = state.wait(timeoutMilliseconds: 50) { $0.isStopping ? true : nil }
    }
  }

  private var isStopping: Bool { state.read { $0.isStopping } }

  private func runWorker() throws(PipelineError) -> WorkerEnd {
    let decoder: RecordDecoder
    do {
      decoder = try stream.makeDecoder(topic: settings.topic)
    } catch {
      throw .definition(error.description)
    }
    do throws(KafkaError) {
      var consumerSettings = KafkaConsumerSettings()
      consumerSettings.batchSize = settings.batchSize
      consumerSettings.queuedMinMessages = max(
        consumerSettings.queuedMinMessages / settings.sharers, 4 * settings.batchSize)
      consumerSettings.queuedMaxKilobytes = max(consumerSettings.queuedMaxKilobytes / settings.sharers, 1024)
      consumerSettings.instanceID = settings.instance
      let consumer = try KafkaConsumer(
        configuration: settings.kafka, topic: settings.topic, group: settings.group, settings: consumerSettings)
      defer { consumer.close() }
      let cluster = try consumer.clusterIdentity()
      status.update {
        $0.cluster = cluster.id
        $0.isRunning = true
      }
      // The broker has answered; the worker before this one may have ended without seeing that.
      if status.current.brokerProblem != nil {
        status.update { $0.brokerProblem = nil }
        observe(.brokerUp(server: settings.kafka.bootstrapServers))
      }
      return try run(consumer, decoder, cluster: cluster.id)
    } catch {
      throw .kafka(error)
    }
  }

  private func run(_ consumer: KafkaConsumer, _ decoder: RecordDecoder, cluster: String) throws(KafkaError) -> WorkerEnd
  {
    let sink = SinkThread(
      Sink(
        stream.plan, owner: settings.owner, definitions: settings.definitions, plantedBug: settings.plantedBug),
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
      plan: stream.plan, consumer: consumer, decoder: decoder, schemas: schemas, references: references, sink: sink,
      time: MachineTime(), settings: settings, status: status, seed: UInt64.random(in: 1...UInt64.max),
      shouldStop: { [self] in isStopping },
      observe: observe)
    defer {
      // What it has not given back itself goes to the next worker, which finds out anew what it may read.
      let left = status.current.partitions
      status.update {
        $0.denial = nil
        $0.partitions = []
        $0.held = [:]
        $0.waiting = [:]
      }
      left.observations(Observation.partitionsRevoked).forEach(observe)
    }
    let end = worker.run()
    if case .abandoned = end, isDisplaced(consumer) { return .failed(.displaced(instance: settings.instance)) }
    return end
  }

  /// Whether another process has joined the group as this static member. A worker that had been asleep may hear from the
  /// database first that its partitions are somebody else's: if it joined again before the group has told it why, it would
  /// throw out the one that has taken its place, and that one it again, for ever.
  private func isDisplaced(_ consumer: KafkaConsumer) -> Bool {
    guard settings.instance != nil else { return false }
    let deadline = Clock.monotonic() + KafkaConsumerSettings.membershipNewsMicroseconds
    while !isStopping, Clock.monotonic() < deadline {
      for case .failed(let error) in consumer.pollGroup() where error.isDisplacement { return true }
      _ = state.wait(timeoutMilliseconds: 20) { $0.isStopping ? true : nil }
    }
    return false
  }

  /// Asks `run` to commit what has been read and to end; returns at once. From any thread.
  func stop() {
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
