import Events
import Faults
import Formats
import Kafka
import Processing
import Synchronization

struct SimulatedTime: TimeSource {
  let world: World
  /// Machines count their monotonic time from different moments.
  let origin: Int64

  func monotonic() -> Int64 { world.now + origin }
  func wall() -> Int64 { world.wall }
}

/// A worker with its consumer and its sink, from its start until it ends or is killed.
final class Incarnation {
  typealias SimulatedWorker = Worker<SimulatedSource, SimulatedSink, SimulatedTime>

  let stream: SimulatedStream
  /// In messages.
  let name: String
  private(set) var isAlive = true
  private unowned let supervisor: SimulatedSupervisor
  private unowned let instance: Instance
  private let world: World
  private let database: SimulatedDatabase
  /// Up to where the worker had read before the step under way; kept only while partitions are revoked.
  private var positions: [TopicPartition: Offset] = [:]
  private(set) var readyAt: Int64
  private var parts: (source: SimulatedSource, sink: SimulatedSink, worker: SimulatedWorker)?

  init(_ supervisor: SimulatedSupervisor, _ instance: Instance, _ cluster: Cluster, _ decoder: RecordDecoder) {
    self.supervisor = supervisor
    self.instance = instance
    stream = supervisor.stream
    name = "instance \(instance.number), stream \(stream.name)"
    world = cluster.world
    database = cluster.database
    readyAt = world.now
    let source = SimulatedSource(self, world, cluster.broker)
    let sink = SimulatedSink(self, world, database)
    let stop = instance.stop
    // What a decoder has learnt belongs to one process.
    let hasSchemas = stream.topic.format == .avro && world.scenario.schemas > 0
    let decoder = hasSchemas ? (try? stream.makeDecoder()) ?? decoder : decoder
    let worker = SimulatedWorker(
      plan: stream.plan, consumer: source, decoder: decoder, schemas: hasSchemas ? SimulatedRegistry(world) : nil,
      references: SimulatedReferences(world), sink: sink,
      time: SimulatedTime(world: world, origin: instance.clockOrigin),
      settings: cluster.settings[stream.number],
      status: ProcessorStatus(), seed: 1 + world.random.next() >> 1, shouldStop: { stop.isRequested }, observe: { _ in }
    )
    parts = (source, sink, worker)
  }

  var source: SimulatedSource? { parts?.source }
  var sink: SimulatedSink? { parts?.sink }
  var isRevoking: Bool { parts?.source.isRevoking ?? false }

  func begin() throws(PipelineError) {
    try parts?.worker.begin()
  }

  /// Returns how the worker ended, when it did.
  func step() -> WorkerEnd? {
    guard isAlive, let worker = parts?.worker else { return nil }
    readyAt = world.now
    if isRevoking { positions = worker.positions }
    do throws(PipelineError) {
      return try worker.step()
    } catch {
      return .failed(error)
    }
  }

  /// Notes a call to the outside. Here the process may lose the processor, be stopped or be killed.
  /// - Returns: whether it still lives.
  func acted(_ what: @autoclosure () -> String) -> Bool {
    guard isAlive else { return false }
    world.note("\(name): \(what())")
    world.actions += 1
    if world.actions == world.crashAfter || world.strikes(world.scenario.killInCall) {
      instance.kill()
    } else {
      supervisor.yield()
    }
    return isAlive
  }

  /// The call under way takes this long.
  func sleep(_ duration: Int64) {
    readyAt = world.now + duration
  }

  /// The worker gives partitions back: all that it has read of them must be committed.
  func released(_ partitions: [TopicPartition]) {
    for partition in partitions {
      guard let position = positions[partition] else { continue }
      let source = SimulatedTables.Source(stream: stream.number, partition: partition)
      let stored = database.tables.progress[source]?.next ?? 0
      if stored < position {
        world.violated(
          "\(name) gives \(partition) back with \(stored)..<\(position) read and not committed")
      }
    }
  }

  /// The end of a worker that ends in an orderly way.
  func close() {
    parts?.sink.stop()
    parts?.source.close()
    die()
  }

  func die() {
    isAlive = false
    parts?.sink.stop()
  }
}

/// What a termination signal sets.
final class StopFlag: Sendable {
  private let flag = Atomic(false)

  var isRequested: Bool { flag.load(ordering: .relaxed) }

  func request() {
    flag.store(true, ordering: .relaxed)
  }
}
