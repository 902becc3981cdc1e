import Configuration
import Events
import Glibc

/// Where a run's events go: to Kafka, to a file of lines, to both or (a dry run without a file) nowhere.
/// To be used on one thread.
final class EventOutput {
  private let kafka: KafkaDestination?
  private let lines: LineFile?
  private let stop: StopSignal
  private let progress: Progress
  private(set) var sent = 0
  private var isStopped = false

  /// Made from the options that all commands share. `what` describes the run in its first line on stderr;
  /// `eventsPerSecond` is nil when they are sent as fast as possible.
  init(
    _ command: ParsedCommand, _ configuration: Configuration, _ stop: StopSignal, topic: String,
    eventsPerSecond: Double?, what: String
  ) throws {
    let trace = try TraceHeader(command)
    let partitions = try command.integer("partitions", in: 1...10_000) ?? 3
    self.stop = stop
    lines = try command.string("output").map { path throws(GeneratorError) in try LineFile(path: path) }
    let progress = Progress()
    self.progress = progress
    if command.flag("dry-run") {
      kafka = nil
    } else {
      kafka = try KafkaDestination(
        configuration: configuration, topic: topic, partitions: partitions, eventsPerSecond: eventsPerSecond,
        trace: trace, report: progress.say)
    }
    let target = kafka.map { "topic \($0.topic) at \($0.bootstrapServers)" } ?? "nowhere (dry run)"
    progress.say("\(what) to \(target)")
  }

  /// Whether events have to be given as lines, too.
  var writesLines: Bool { lines != nil }

  /// How many events the output takes now; 0: wait a little.
  func allowance() throws -> Int {
    try kafka?.allowance() ?? .max
  }

  /// Sends an event, waiting while the producer's queue is full. Returns false, and nothing is sent, when the run was
  /// told to stop meanwhile.
  ///
  /// - Parameter line: the same for the file, without a line end.
  func send(
    _ payload: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer?, line: UnsafeRawBufferPointer
  ) throws -> Bool {
    if let kafka {
      while try !kafka.send(payload, key: key) {
        kafka.poll(timeoutMilliseconds: 50)
        tick()
        if shouldStop() { return false }
      }
    }
    try lines?.append(line)
    sent += 1
    return true
  }

  /// Collects what became of the events and shows progress. To be called every few milliseconds.
  func tick() {
    kafka?.poll()
    progress.tick(sent: sent, acknowledged: kafka?.acknowledged, error: kafka?.lastError)
  }

  /// Hands the file what it has not got yet: somebody may be reading along.
  func flushFile() throws {
    try lines?.flush()
  }

  /// Whether a signal asked for the end, waiting for at most that long for one.
  func shouldStop(waiting nanoseconds: Int64 = 0) -> Bool {
    if !isStopped { isStopped = stop.wait(nanoseconds: nanoseconds) }
    return isStopped
  }

  /// A line for a person.
  func say(_ line: String) {
    progress.say(line)
  }

  /// Runs `body`, which sends the events, and then finishes: also after an error, since what was sent has to be
  /// accounted for.
  func run(_ body: () throws -> Void) throws -> RunResult {
    var hasFailed = false
    do {
      try body()
    } catch {
      hasFailed = true
      progress.say("\(error)")
    }
    let result = try finish()
    return RunResult(isComplete: result.isComplete && !hasFailed)
  }

  /// Waits until everything is acknowledged or given up (a second signal ends the waiting) and prints the summary.
  private func finish() throws -> RunResult {
    try lines?.flush()
    var left = kafka?.flush(timeoutMilliseconds: 100) ?? 0
    while left > 0, !stop.wait() {
      left = kafka?.flush(timeoutMilliseconds: 200) ?? 0
      tick()
    }
    progress.end()
    let seconds = progress.elapsedSeconds
    var summary = "sent \(counted(sent, "event"))"
    if let kafka {
      summary += " (\(kafka.acknowledged) acknowledged, \(kafka.failed + left) failed)"
      if kafka.failed + left > 0, let error = kafka.lastError { progress.say("the last failure was \(error)") }
    } else {
      summary += " (dry run)"
    }
    summary += " in \(decimal(seconds)) s\n"
    if lines?.isStandardOutput == true { writeError(summary) } else { writeOut(summary) }
    return RunResult(isComplete: kafka.map { $0.acknowledged == sent } ?? true)
  }
}

/// What a run came to.
struct RunResult {
  /// The run went on to its end, and every event that was sent was acknowledged.
  var isComplete: Bool
}
