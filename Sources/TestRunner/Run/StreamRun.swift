import Events
import Kafka
import Office
import Plan
import Postgres
import Processing
import Project
import Storage

/// One stream of a test: the worker of a real processor over the test's events, clock and connection, and the watch that
/// judges its closed windows. Driven step by step on the caller's thread.
final class StreamRun {
  /// More rounds than any step needs.
  private static let maximumRounds = 10_000
  /// A watermark is stored every so many rounds, each of which is a tick of the clock; records are read in the others.
  private static let roundsBetweenWatermarks = 3
  /// More than the ticks of a step: so many microseconds before the watermark is no longer stored, it still is.
  private static let margin: Int64 = 1000
  /// What a test's topic is in.
  static let cluster = "test"

  let name: String
  private let plan: StreamPlan
  private let clock: VirtualClock
  private let connection: PostgresConnection
  private let log: WrittenLog
  private let sink: DirectSink
  private let worker: Worker<WrittenLog, DirectSink, VirtualClock>
  private let watch: Watch

  /// - Parameter alerts: those on the stream's aggregates.
  init(
    _ stream: Stream, alerts: [AlertPlan], references: ScratchReferences, clock: VirtualClock,
    database: ConnectionSettings, _ connection: PostgresConnection
  ) throws {
    name = stream.name
    plan = stream.plan
    self.clock = clock
    self.connection = connection
    let topic = plan.definition.topic
    log = WrittenLog(topic: topic, clock: clock)
    sink = DirectSink(Sink(plan, owner: "test"), cluster: Self.cluster, connection)
    var settings = ProcessorSettings(
      kafka: KafkaConfiguration(bootstrapServers: ""), topic: topic, group: "test", database: database,
      flushIntervalMilliseconds: 0, owner: "test")
    settings.watermarkIntervalMicroseconds = Int64(Self.roundsBetweenWatermarks)
    worker = Worker(
      plan: plan, consumer: log, decoder: try stream.makeJSONDecoder(), references: references, sink: sink, time: clock,
      settings: settings,
      status: ProcessorStatus(), seed: 1, shouldStop: { false }, observe: { _ in })
    watch = Watch(
      plan, alerts: alerts, topic: topic, database: database, cluster: { Self.cluster }, observe: { _ in })
    try worker.begin()
    try go { log.isAssigned }
  }

  /// Has the worker take the events, and commit them.
  func take(_ records: [OwnedRecord]) throws {
    for record in records { log.append(record) }
    try go { log.isRead && sink.committed == log.next }
    try settle()
  }

  /// When something happens without events, by the wall clock: the partition becomes idle, every window has closed.
  var turns: [Int64] {
    [plan.definition.idleTimeoutMicroseconds, plan.quietAfterMicroseconds - Self.margin].map {
      clock.wall(at: log.lastRead + $0)
    }
  }

  /// Stores how far event time has come.
  func settle() throws {
    for _ in 0..<2 * Self.roundsBetweenWatermarks + 2 { try step() }
  }

  /// Judges windows that have closed, and removes old ones.
  ///
  /// - Returns: what the server says against alerts.
  func watchOnce() throws -> [String] {
    try watch.workOnce(connection, cluster: Self.cluster)
  }

  private func go(until isDone: () -> Bool) throws {
    for _ in 0..<Self.maximumRounds {
      if isDone() { return }
      try step()
    }
    throw TestRunError("the stream \(name) does not come to an end with its events")
  }

  private func step() throws {
    clock.tick()
    let end = try worker.step()
    if let error = sink.error { throw error }
    switch end {
    case nil: return
    case .stopped?: throw TestRunError("the worker of \(name) has stopped")
    case .abandoned(let reason)?: throw TestRunError("the worker of \(name) has given up: \(reason)")
    case .failed(let error)?: throw error
    }
  }
}

/// Why a test could not be run to its end.
struct TestRunError: Error, CustomStringConvertible {
  var description: String
  /// Where in the test's file, when that is not the step.
  var place: FilePlace?

  init(_ description: String, at place: FilePlace? = nil) {
    self.description = description
    self.place = place
  }
}
