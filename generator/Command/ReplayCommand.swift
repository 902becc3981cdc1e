import Configuration
import Downloads
import Replay
import Threads

/// Sends the requests of an access log as events.
func replay(_ command: ParsedCommand, _ configuration: Configuration, _ stop: StopSignal) throws -> RunResult {
  if let format = command.string("format"), format != "access-log" {
    throw command.error("the format is access-log, not “\(format)”")
  }
  let speed = try command.number("speed", in: 1e-3...1e9)
  let path = command.positional[0]
  let mapping = AccessLogMapping()
  if let rebase = command.string("rebase") {
    guard rebase == "now" else { throw command.error("--rebase takes now, not “\(rebase)”") }
    guard path != "-" else { throw command.error("--rebase reads the log twice, which standard input does not allow") }
    if let last = try lastEventTime(path) { mapping.shiftMilliseconds = Clock.wallMilliseconds() - last }
  }
  let reader = try LineReader(path: path)
  let output = try EventOutput(command, configuration, stop, eventsPerSecond: nil, what: "replaying \(path)")
  return try output.run {
    guard try send(reader, mapping, speed: speed, to: output) else {
      throw GeneratorError("\(path): the log \(LogLook(reader.beginning).description)")
    }
  }
}

/// Returns false when the log was read to its end and has no line that can be parsed.
private func send(
  _ reader: LineReader, _ mapping: AccessLogMapping, speed: Double?, to output: EventOutput
) throws -> Bool {
  var isReadable = false
  var wasStopped = false
  var pace = ReplayPace(speed: speed, now: Clock.monotonicNanoseconds())
  var tally = LineTally()
  try reader.forEachLine { number, line in
    if number % 256 == 0 { output.tick() }
    do {
      guard case .text(let text) = line else { throw AccessLogError.tooLong }
      let parsed = try AccessLogLine(parsing: text)
      isReadable = true
      if parsed.isCutShort { output.say("line \(number): cut short in its last field, used as far as it goes") }
      let event = mapping.event(parsed, source: text, number: number)
      let due = pace.due(event.timestampMilliseconds)
      guard try waitUntil(due, output), try output.send(event) else { return false }
      return !output.shouldStop()
    } catch let error as AccessLogError {
      if let report = tally.refuse(number, error.rawValue) { output.say(report) }
      wasStopped = output.shouldStop()
      return !wasStopped
    }
  }
  if tally.refused > 0 { output.say("\(tally.refused) lines could not be parsed and were left out") }
  return isReadable || wasStopped
}

/// Waits until the output has room and the clock shows `due`; false: the run has to stop.
private func waitUntil(_ due: Int64, _ output: EventOutput) throws -> Bool {
  while true {
    let now = Clock.monotonicNanoseconds()
    let hasRoom = try output.allowance() > 0
    if hasRoom && now >= due { return true }
    let pause = now < due ? min(due - now, 100_000_000) : 10_000_000
    if output.shouldStop(waiting: pause) { return false }
    output.tick()
  }
}

/// The latest event time of a log; nil when no line has one.
private func lastEventTime(_ path: String) throws -> Int64? {
  var last: Int64?
  try LineReader(path: path).forEachLine { _, line in
    // A line that cannot be parsed has no time; it is counted when it is its turn to be sent.
    if case .text(let text) = line, let parsed = try? AccessLogLine(parsing: text) {
      last = max(last ?? .min, parsed.timestampMilliseconds)
    }
    return true
  }
  return last
}
