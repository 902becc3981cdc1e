import Configuration
import Downloads
import Replay
import Threads

/// Sends the requests of an access log, as downloads or as they are.
func replayAccessLog(
  _ command: ParsedCommand, _ configuration: Configuration, _ stop: StopSignal
) throws -> RunResult {
  let events = try command.choice("events", RequestEvents.self) ?? .downloads
  let path = command.positional[0]
  let shape: EventShape = events == .downloads ? .downloads : .requests
  let writer = try RowWriter(shape, command, configuration, formatOption: "as")
  var shift: Int64 = 0
  if command.flag("rebase"), let last = try lastEventTime(path) { shift = Clock.wallMilliseconds() - last }
  let mapping = AccessLogMapping(shiftMilliseconds: shift)
  let reader = try LineReader(path: path)
  let topic = (events == .downloads ? configuration.kafka.topic : command.topicOption) ?? shape.topic
  let replay = try FileReplay(command, configuration, stop, topic: topic)
  let output = replay.output
  return try output.run {
    try reader.forEachLine { number, line in
      replay.begin(number)
      guard case .text(let text) = line else {
        return try replay.refuse(number, AccessLogError.tooLong.rawValue, payload: nil)
      }
      let parsed: AccessLogLine
      do throws(AccessLogError) {
        parsed = try AccessLogLine(parsing: text)
      } catch {
        return try replay.refuse(number, error.rawValue, payload: UnsafeRawBufferPointer(text))
      }
      if parsed.isCutShort { output.say("line \(number): cut short in its last field, used as far as it goes") }
      switch events {
      case .downloads: mapping.event(parsed, source: text, number: number).write(into: writer.row)
      case .requests: parsed.write(into: writer.row, shiftMilliseconds: shift)
      }
      guard try replay.wait(for: parsed.timestampMilliseconds), try writer.send(to: output) else { return false }
      return !replay.shouldStop()
    }
    try replay.finish(beginning: reader.beginning, expected: "combined or common format")
  }
}

/// What requests become.
private enum RequestEvents: String, CaseIterable {
  case downloads
  case requests
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
