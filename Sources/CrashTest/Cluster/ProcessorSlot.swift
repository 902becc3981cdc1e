import ChildProcess
import Glibc
import Threads

/// The place of one processor: whoever dies in it is replaced, as a supervisor does it.
final class ProcessorSlot {
  /// SIGTERM commits and leaves within 10 s; this is with a margin for a machine that is busy.
  private static let stopMilliseconds = 25_000
  /// How often in a row a start may fail, e.g. because Postgres is down at that moment.
  private static let maxFailedStarts = 60
  private static let restartMilliseconds = 500

  let number: Int
  private let scratch: Scratch
  private let arguments: [String]
  private let settings: [String: String]
  private var process: ChildProcess?
  private var log = ""
  private var restartAt: Int?
  private var stopDeadline: Int?
  private var failedStarts = 0
  private(set) var isPaused = false
  private(set) var starts = 0

  init(_ number: Int, _ scratch: Scratch, arguments: [String], settings: [String: String]) {
    self.number = number
    self.scratch = scratch
    self.arguments = arguments
    self.settings = settings
  }

  var isRunning: Bool { process != nil }
  var logs: [String] { (0..<starts).map { "processor-\(number)-\($0 + 1).log" } }

  func start() throws {
    guard process == nil else { return }
    starts += 1
    log = "processor-\(number)-\(starts).log"
    restartAt = nil
    process = try scratch.start(arguments, log: log, settings: settings)
  }

  // MARK: Faults

  func kill(restartAfter milliseconds: Int) {
    process?.send(signal: SIGKILL)
    _ = process?.wait()
    process = nil
    isPaused = false
    restartAt = Clock.monotonicMilliseconds() + milliseconds
  }

  /// Returns at once; `supervise` looks whether it ends.
  func terminate(restartAfter milliseconds: Int?) {
    guard let process else { return }
    resume()
    process.send(signal: SIGTERM)
    stopDeadline = Clock.monotonicMilliseconds() + ProcessorSlot.stopMilliseconds
    restartAt = milliseconds.map { Clock.monotonicMilliseconds() + $0 }
  }

  func pause() {
    process?.send(signal: SIGSTOP)
    isPaused = process != nil
  }

  func resume() {
    process?.send(signal: SIGCONT)
    isPaused = false
  }

  // MARK: Supervision

  /// Replaces what has ended, when its time has come.
  ///
  /// - Returns: what must not happen: a processor that ended by itself after it had started, or does not end when told to.
  func supervise() throws -> String? {
    guard let process else {
      if let restartAt, Clock.monotonicMilliseconds() >= restartAt { try start() }
      return nil
    }
    if let status = process.exitStatus { return ended(status) }
    if let stopDeadline, Clock.monotonicMilliseconds() > stopDeadline {
      let next = restartAt
      self.stopDeadline = nil
      kill(restartAfter: 0)
      restartAt = next
      return "processor \(number) did not end within \(ProcessorSlot.stopMilliseconds / 1000) s of SIGTERM: \(log)"
    }
    return nil
  }

  private func ended(_ status: ExitStatus) -> String? {
    process = nil
    isPaused = false
    // Without Postgres or Kafka a start fails, and whoever runs it tries again.
    let output = scratch.text(of: log)
    let hadStarted = output.contains("\"definitions loaded\"")
    let lastWords = "\(log), whose last line is: \(output.split(separator: "\n").last ?? "")"
    if stopDeadline != nil {
      stopDeadline = nil
      if status.isSuccess || !hadStarted { return nil }
      return "processor \(number) ended with \(status) after SIGTERM: \(lastWords)"
    }
    let next = Clock.monotonicMilliseconds() + ProcessorSlot.restartMilliseconds
    restartAt = next
    failedStarts = hadStarted ? 0 : failedStarts + 1
    if hadStarted { return "processor \(number) ended by itself with \(status): \(lastWords)" }
    return failedStarts > ProcessorSlot.maxFailedStarts ? "processor \(number) does not start: \(lastWords)" : nil
  }
}
