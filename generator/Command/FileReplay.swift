import Configuration
import Replay
import Threads

/// Sends what a file's lines have become, each when it is due, and keeps count of those that are malformed. To be used on
/// one thread.
final class FileReplay {
  let output: EventOutput
  private let path: String
  private let sendsMalformed: Bool
  private var pace: ReplayPace
  private var tally = LineTally()
  /// Of the refused ones, those that nobody holds to send them.
  private var tooLong = 0
  /// One line at least was what it should be.
  private var isReadable = false
  private var wasStopped = false

  init(
    _ command: ParsedCommand, _ configuration: Configuration, _ stop: StopSignal, topic: String
  ) throws {
    let speed = try command.number("speed", in: 1e-3...1e9)
    path = command.positional[0]
    sendsMalformed = command.flag("send-malformed")
    output = try EventOutput(
      command, configuration, stop, topic: topic, eventsPerSecond: nil,
      what: "\(command.command == "follow" ? "following" : "replaying") \(path)")
    pace = ReplayPace(speed: speed, now: Clock.monotonicNanoseconds())
  }

  /// Looks at the clock now and then. To be called before each line.
  func begin(_ number: UInt64) {
    if number % 256 == 0 { output.tick() }
  }

  /// Waits until the output has room and an event of this time (milliseconds since 1970 UTC) is due; nil is due at once.
  /// Returns false when the run has to stop.
  func wait(for timestampMilliseconds: Int64?) throws -> Bool {
    isReadable = true
    let due = timestampMilliseconds.map { pace.due($0) } ?? 0
    while true {
      let now = Clock.monotonicNanoseconds()
      let hasRoom = try output.allowance() > 0
      if hasRoom && now >= due { return true }
      let pause = now < due ? min(due - now, 100_000_000) : 10_000_000
      if shouldStop(waiting: pause) { return false }
      output.tick()
    }
  }

  /// Counts and shows a malformed line, and sends it when that is wanted. Returns false when the run has to stop.
  ///
  /// - Parameter payload: what would be sent; nil when the line is too long to be held.
  func refuse(
    _ number: UInt64, _ reason: String, payload: UnsafeRawBufferPointer?, key: UnsafeRawBufferPointer? = nil
  ) throws -> Bool {
    if let report = tally.refuse(number, reason) { output.say(report) }
    if payload == nil { tooLong += 1 }
    if let payload, sendsMalformed {
      guard try wait(for: nil), try output.send(payload, key: key, line: payload) else { return false }
    }
    return !shouldStop()
  }

  func shouldStop(waiting nanoseconds: Int64 = 0) -> Bool {
    wasStopped = output.shouldStop(waiting: nanoseconds)
    return wasStopped
  }

  /// Says how many lines were malformed or too long.
  func reportMalformed() {
    let malformed = tally.refused - tooLong
    if malformed > 0 {
      let were = malformed == 1 ? "was" : "were"
      let fate = sendsMalformed ? "\(were) malformed and sent nevertheless" : "could not be parsed and \(were) left out"
      output.say("\(counted(malformed, "line")) \(fate)")
    }
    if tooLong > 0 {
      output.say("\(counted(tooLong, "line")) \(tooLong == 1 ? "was" : "were") too long and not sent")
    }
  }

  /// Reports what was malformed, at the end of the file.
  ///
  /// - Parameters:
  ///   - beginning: the file's first bytes.
  ///   - format: what its lines should be.
  /// - Throws: when the file was read to its end and not one line was what it should be.
  func finish(beginning: [UInt8], expected format: String) throws {
    reportMalformed()
    guard isReadable || wasStopped else {
      throw GeneratorError("\(path): the file \(FileLook(beginning).description(expected: format))")
    }
  }
}
