import ChildProcess
import Glibc
import Project
import Threads

/// Runs everything in a scratch folder while faults happen, and compares the rows with the truth in the end.
public final class CrashTest {
  public struct Options: Sendable {
    public var seed: UInt64
    public var durationMilliseconds: Int
    public var processors: Int
    /// The mean time between two faults.
    public var faultIntervalMilliseconds: Int
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
  private let project: Project
  private let schemaJSON: String
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
  ///   - projectFolder: with `sql/` and `schemas/`.
  ///   - executable: the program under test.
  ///   - environment: of all processes.
  ///   - say: takes lines about how it goes.
  public init(
    _ options: Options, project: Project, projectFolder: String, executable: String, environment: [String: String],
    say: @escaping (String) -> Void, isInterrupted: @escaping () -> Bool
  ) throws {
    self.options = options
    self.project = project
    self.say = say
    self.isInterrupted = isInterrupted
    // The processes run in another folder.
    guard let resolved = realpath(projectFolder, nil) else {
      throw CrashTestError.setup("\(projectFolder): \(lastSystemError())")
    }
    defer { free(resolved) }
    let projectFolder = String(cString: resolved)
    let schemaFile = project.stream.plan.definition.schemaFile ?? ""
    schemaJSON = readText("\(projectFolder)/schemas/\(schemaFile)", limit: 64 << 20)
    scratch = try Scratch(
      executable: executable, environment: environment.merging(["STREAMPULSE_PROJECT": projectFolder]) { $1 })
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
    let topic = project.stream.plan.definition.topic
    let broker = try BrokerProcess(
      scratch, command: options.kafkaCommand, topic: topic, interrupted: isInterrupted)
    defer { broker.stop() }
    let database = try DatabaseServer(scratch, project)
    defer { database.stop() }
    try broker.makeTopic(interrupted: isInterrupted)
    let settings = processorSettings(broker, database)
    let slots = (0..<options.processors).map {
      ProcessorSlot($0, scratch, arguments: ["process"] + options.processArguments, settings: settings)
    }
    defer { for slot in slots { slot.kill(restartAfter: 0) } }
    let recorder = try TopicRecorder(broker, schemaJSON: schemaJSON, folder: folder)
    defer { recorder.stop() }
    let source = try EventSource(
      broker, schemaJSON: schemaJSON, seed: options.seed, eventsPerSecond: options.eventsPerSecond)
    let parts = Parts(
      broker: broker, database: database, slots: slots, recorder: recorder, source: source,
      director: FaultDirector(broker, database, slots))

    for slot in slots { try slot.start() }
    try disturb(parts)
    try drain(parts)
    try stop(slots)
    recorder.stop()
    if let problem = recorder.progress.problem { throw CrashTestError.setup(problem) }
    say("comparing every row with the truth")
    let connection = try database.connect()
    defer { connection.close() }
    return CrashReport(
      seed: options.seed, faults: parts.director.counts, connectionsCut: database.proxy.cuts.connections,
      starts: slots.reduce(0) { $0 + $1.starts }, log: LogFacts(slots.flatMap(\.logs).map(scratch.text(of:))),
      comparison: try Comparison(project, recorder, connection), problems: problems)
  }

  private struct Parts {
    let broker: BrokerProcess
    let database: DatabaseServer
    let slots: [ProcessorSlot]
    let recorder: TopicRecorder
    let source: EventSource
    let director: FaultDirector
  }

  private func processorSettings(_ broker: BrokerProcess, _ database: DatabaseServer) -> [String: String] {
    [
      "KAFKA_BOOTSTRAP_SERVERS": broker.kafka.bootstrapServers, "KAFKA_TOPIC": broker.topic,
      "DATABASE_URL": database.proxiedURL, "LOG_LEVEL": "debug",
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
    let ends = try wait(for: "the broker does not say where its log ends", seconds: CrashTest.drainSeconds, parts) {
      try? parts.broker.ends()
    }
    let acknowledged = parts.source.progress.acknowledged
    let held = ends.values.reduce(0, +)
    guard held >= acknowledged else {
      throw CrashTestError.setup("the broker has lost \(Int64(acknowledged) - held) acknowledged records")
    }
    try wait(for: "the truth is not complete", seconds: CrashTest.drainSeconds, parts) {
      ends.allSatisfy { parts.recorder.progress.positions[$0.key, default: 0] >= $0.value } ? () : nil
    }
    var positions: [Int32: Int64] = [:]
    func behind() -> [Int32] { ends.filter { positions[$0.key, default: 0] < $0.value }.keys.sorted() }
    try wait(for: "the processors do not catch up in partitions \(behind())", seconds: CrashTest.drainSeconds, parts) {
      positions = (try? parts.database.positions()) ?? positions
      return behind().isEmpty ? () : nil
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
    if let problem = source.problem ?? parts.recorder.progress.problem { throw CrashTestError.setup(problem) }
    let now = Clock.monotonicMilliseconds()
    guard now - lastProgress >= CrashTest.progressIntervalMilliseconds else { return }
    lastProgress = now
    let applied = parts.database.isUp ? (try? parts.database.positions())?.values.reduce(0, +) : nil
    let running = parts.slots.count { $0.isRunning && !$0.isPaused }
    say(
      """
      \(source.acknowledged) records sent, \(applied.map(String.init) ?? "?") applied, \(running) of \
      \(parts.slots.count) processors; \(parts.director.counts.values.reduce(0, +)) faults, last: \(lastFault)
      """)
  }

  private func note(_ problem: String) {
    problems.append(problem)
    say(problem)
  }
}
