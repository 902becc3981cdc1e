import Audit
import Glibc
import Project
import Threads

/// Runs a copy of a project, with streams of its own beside the project's, in a scratch folder while faults happen, and
/// compares the rows of all streams with the truth in the end.
public final class CrashTest {
  public struct Options: Sendable {
    public var seed: UInt64
    public var durationMilliseconds: Int
    public var processors: Int
    /// The mean time between two faults.
    public var faultIntervalMilliseconds: Int
    /// Of all topics together.
    public var eventsPerSecond: Double
    /// Starts a broker, given a folder and a port; nil: the in-process one.
    public var kafkaCommand: String?
    /// Further arguments of `process`: a planted bug has to be found.
    public var processArguments: [String]

    public init(
      seed: UInt64, durationMilliseconds: Int, processors: Int, faultIntervalMilliseconds: Int, eventsPerSecond: Double,
      kafkaCommand: String? = nil, processArguments: [String] = []
    ) {
      self.seed = seed
      self.durationMilliseconds = durationMilliseconds
      self.processors = processors
      self.faultIntervalMilliseconds = faultIntervalMilliseconds
      self.eventsPerSecond = eventsPerSecond
      self.kafkaCommand = kafkaCommand
      self.processArguments = processArguments
    }
  }

  /// Where everything happens; kept for a look when the test does not pass.
  public var folder: String { scratch.folder }
  public let schedule: FaultSchedule

  private let options: Options
  private let test: TestProject
  private let scratch: Scratch
  private let say: (String) -> Void
  private let isInterrupted: () -> Bool
  private let sessionTimeoutMilliseconds: Int
  private var problems: [String] = []
  private var lastProgress = 0
  private var lastFault = "none yet"

  private static let progressIntervalMilliseconds = 5_000
  /// Far more than catching up takes; whoever needs longer is stuck.
  private static let drainSeconds = 240

  /// - Parameters:
  ///   - project: streams of downloads in Avro get a load; further streams, in JSON and CSV, are the test's own.
  ///   - projectFolder: of the project, with `sql/` and `schemas/`. The test works on a copy.
  ///   - executable: the program under test.
  ///   - environment: of all processes.
  ///   - say: takes lines about how it goes.
  public init(
    _ options: Options, project: Project, projectFolder: String, executable: String, environment: [String: String],
    say: @escaping (String) -> Void, isInterrupted: @escaping () -> Bool
  ) throws {
    self.options = options
    self.say = say
    self.isInterrupted = isInterrupted
    scratch = try Scratch(executable: executable, environment: environment)
    do {
      test = try TestProject(copying: projectFolder, of: project, to: scratch.projectFolder)
    } catch {
      scratch.remove()
      throw error
    }
    // Kafka allows none below 6 s; the in-process broker does, and less waiting is more testing.
    sessionTimeoutMilliseconds = options.kafkaCommand == nil ? 3_500 : 6_000
    schedule = FaultSchedule(
      FaultSchedule.Settings(
        seed: options.seed, durationMilliseconds: options.durationMilliseconds,
        intervalMilliseconds: options.faultIntervalMilliseconds, processors: options.processors,
        sessionTimeoutMilliseconds: sessionTimeoutMilliseconds, brokerSurvives: options.kafkaCommand != nil))
  }

  /// Removes the scratch folder.
  public func removeFolder() {
    scratch.remove()
  }

  public func run() throws -> CrashReport {
    say("seed \(options.seed), \(schedule.entries.count) faults planned, in \(folder)")
    for stream in test.silent { say("nothing is sent to the stream \(stream): its events are not known here") }
    let broker = try BrokerProcess(scratch, command: options.kafkaCommand, interrupted: isInterrupted)
    defer { broker.stop() }
    let database = try DatabaseServer(scratch, test.project, test.tables)
    defer { database.stop() }
    try broker.makeTopics(Set(test.project.streams.map(\.plan.definition.topic)), interrupted: isInterrupted)
    let settings = processorSettings(broker, database)
    let slots = (0..<options.processors).map {
      ProcessorSlot($0, scratch, arguments: ["process"] + options.processArguments, settings: settings)
    }
    defer { for slot in slots { slot.kill(restartAfter: 0) } }
    let recorders = try test.loads.map { try TopicRecorder(broker, $0, folder: folder) }
    defer { for recorder in recorders { recorder.stop() } }
    let source = try EventSource(
      broker, test.loads, seed: options.seed, eventsPerSecond: options.eventsPerSecond)
    let parts = Parts(
      broker: broker, database: database, slots: slots, recorders: recorders, source: source,
      director: FaultDirector(broker, database, slots))

    for slot in slots { try slot.start() }
    try disturb(parts)
    try drain(parts)
    try stop(slots)
    for recorder in recorders {
      recorder.stop()
      if let problem = recorder.progress.problem { throw CrashTestError.setup(problem) }
    }
    say("comparing every row with the truth")
    let connection = try database.connect()
    defer { connection.close() }
    let comparison = try Comparison(test.project, recorders, connection)
    try recount(database, broker)
    return CrashReport(
      seed: options.seed, faults: parts.director.counts, connectionsCut: database.proxy.cuts.connections,
      starts: slots.reduce(0) { $0 + $1.starts }, log: LogFacts(slots.flatMap(\.logs).map(scratch.text(of:))),
      comparison: comparison, problems: problems)
  }

  private struct Parts {
    let broker: BrokerProcess
    let database: DatabaseServer
    let slots: [ProcessorSlot]
    let recorders: [TopicRecorder]
    let source: EventSource
    let director: FaultDirector
  }

  private func processorSettings(_ broker: BrokerProcess, _ database: DatabaseServer) -> [String: String] {
    [
      "KAFKA_BOOTSTRAP_SERVERS": broker.kafka.bootstrapServers, "DATABASE_URL": database.proxiedURL,
      "LOG_LEVEL": "debug",
      "KAFKA_PROPERTY_SESSION_TIMEOUT_MS": String(sessionTimeoutMilliseconds),
      "KAFKA_PROPERTY_HEARTBEAT_INTERVAL_MS": String(sessionTimeoutMilliseconds / 6),
    ]
  }

  // MARK: The phases

  private func disturb(_ parts: Parts) throws {
    let start = Clock.monotonicMilliseconds()
    var next = 0
    while Clock.monotonicMilliseconds() - start < options.durationMilliseconds {
      if next < schedule.entries.count, Clock.monotonicMilliseconds() - start >= schedule.entries[next].milliseconds {
        let fault = schedule.entries[next].fault
        lastFault = "\(fault)"
        try parts.director.perform(fault)
        next += 1
      }
      try parts.director.recover()
      try look(parts)
      usleep(20_000)
    }
  }

  /// Without faults everything that was sent has to be in the rows soon.
  private func drain(_ parts: Parts) throws {
    lastFault = "over, catching up"
    try parts.director.settle()
    parts.source.stop()
    try wait(for: "the broker does not take the last records", seconds: CrashTest.drainSeconds, parts) {
      parts.source.progress.isOver ? () : nil
    }
    let ends = try wait(for: "the broker does not say where its logs end", seconds: CrashTest.drainSeconds, parts) {
      try? test.loads.map { try parts.broker.ends(of: $0.topic) }
    }
    let acknowledged = parts.source.progress.acknowledged
    let held = ends.flatMap(\.values).reduce(0, +)
    guard held >= acknowledged else {
      throw CrashTestError.setup("the broker has lost \(Int64(acknowledged) - held) acknowledged records")
    }
    try wait(for: "the truth is not complete", seconds: CrashTest.drainSeconds, parts) {
      zip(parts.recorders, ends).allSatisfy { recorder, ends in
        let positions = recorder.progress.positions
        return ends.allSatisfy { positions[$0.key, default: 0] >= $0.value }
      } ? () : nil
    }
    var positions: [String: [Int32: Int64]] = [:]
    func behind() -> [String] {
      zip(test.loads, ends).flatMap { load, ends in
        load.streams.compactMap { stream in
          let reached = positions[stream] ?? [:]
          let partitions = ends.filter { reached[$0.key, default: 0] < $0.value }.keys.sorted()
          return partitions.isEmpty ? nil : "\(stream) \(partitions)"
        }
      }
    }
    try wait(
      for: "the processors do not catch up in partitions of \(behind().joined(separator: ", "))",
      seconds: CrashTest.drainSeconds, parts
    ) {
      positions = (try? parts.database.positions()) ?? positions
      return behind().isEmpty ? () : nil
    }
  }

  /// `verify --recount`, stream by stream: it has to come to the same.
  private func recount(_ database: DatabaseServer, _ broker: BrokerProcess) throws {
    for stream in test.project.streams where !test.silent.contains(stream.name) {
      // Its temporary tables are of one stream.
      let connection = try database.connect()
      defer { connection.close() }
      let report = try Recount(
        connection, stream, kafka: broker.kafka, topic: stream.plan.definition.topic, group: "crashtest-recount"
      ).run()
      let lines = report.contradictions + report.aggregates.flatMap(\.differences)
      for line in lines.prefix(5) { note("the recount of \(stream.name) finds: \(line)") }
    }
  }

  private func stop(_ slots: [ProcessorSlot]) throws {
    for slot in slots { slot.terminate(restartAfter: nil) }
    try Patience.wait(for: "the processors do not end", seconds: 60, interrupted: isInterrupted) {
      for slot in slots {
        if let problem = try slot.supervise() { note(problem) }
      }
      return slots.contains(where: \.isRunning) ? nil : ()
    }
  }

  private func wait<Value>(
    for what: @autoclosure () -> String, seconds: Int, _ parts: Parts, until value: () throws -> Value?
  ) throws -> Value {
    try Patience.wait(for: what(), seconds: seconds, interrupted: isInterrupted) {
      try look(parts)
      return try value()
    }
  }

  /// Replaces processors that have died, notices what must not happen, and says how it goes.
  private func look(_ parts: Parts) throws {
    if isInterrupted() { throw CrashTestError.interrupted }
    // One that survives is down when it was killed on purpose.
    if !parts.broker.survives { try parts.broker.checkRunning() }
    for slot in parts.slots {
      if let problem = try slot.supervise() { note(problem) }
    }
    let source = parts.source.progress
    if let problem = source.problem ?? parts.recorders.lazy.compactMap(\.progress.problem).first {
      throw CrashTestError.setup(problem)
    }
    let now = Clock.monotonicMilliseconds()
    guard now - lastProgress >= CrashTest.progressIntervalMilliseconds else { return }
    lastProgress = now
    if parts.database.isUp { try? parts.database.changeTables() }
    let applied = parts.database.isUp ? (try? parts.database.positions())?.values.flatMap(\.values).reduce(0, +) : nil
    let running = parts.slots.count { $0.isRunning && !$0.isPaused }
    say(
      """
      \(source.acknowledged) records sent, \(applied.map(String.init) ?? "?") applied by \
      \(test.project.streams.count) streams, \(running) of \
      \(parts.slots.count) processors; \(parts.director.counts.values.reduce(0, +)) faults, last: \(lastFault)
      """)
  }

  private func note(_ problem: String) {
    problems.append(problem)
    say(problem)
  }
}
