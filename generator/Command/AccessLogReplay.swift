import Configuration
import Downloads
import Replay
import Requests
import Threads

/// Sends the requests of an access log, as downloads or as they are.
func replayAccessLog(
  _ command: ParsedCommand, _ configuration: Configuration, _ stop: StopSignal
) throws -> RunResult {
  let path = command.positional[0]
  var shift: Int64 = 0
  if command.flag("rebase"), let last = try lastEventTime(path) { shift = Clock.wallMilliseconds() - last }
  let events = try AccessLogEvents(command, configuration, stop, otherwise: .downloads, shiftMilliseconds: shift)
  let reader = try LineReader(path: path)
  return try events.replay.output.run {
    try reader.forEachLine(events.send)
    try events.replay.finish(beginning: reader.beginning, expected: "combined or common format")
  }
}

/// Sends what is appended to an access log, until a signal comes.
func followAccessLog(
  _ command: ParsedCommand, _ configuration: Configuration, _ stop: StopSignal
) throws -> RunResult {
  let events = try AccessLogEvents(command, configuration, stop, otherwise: .requests, shiftMilliseconds: 0)
  let replay = events.replay
  let file = try FollowedFile(path: command.positional[0], isFromStart: command.flag("from-start"))
  return try replay.output.run {
    var splitter = LineSplitter()
    var number: UInt64 = 0
    var isOver = false
    func take(_ line: LineSplitter.Line) throws {
      number += 1
      if !isOver { isOver = try !events.send(number, line) }
    }
    while !isOver {
      replay.output.tick()
      switch try file.read() {
      case .bytes(let piece): try splitter.feed(piece, take)
      case .anotherFile:
        // What the former file ends with is a line, whether its end was written or not.
        try splitter.finish(take)
        splitter = LineSplitter()
        replay.output.say("\(command.positional[0]) is another file now: reading it from its beginning")
      case .nothing:
        try replay.output.flushFile()
        isOver = replay.shouldStop(waiting: FollowedFile.pauseNanoseconds)
      }
    }
    replay.reportMalformed()
  }
}

/// What requests become.
private enum RequestEvents: String, CaseIterable {
  case downloads
  case requests
}

/// Makes events of an access log's lines and sends them. To be used on one thread.
private final class AccessLogEvents {
  let replay: FileReplay
  private let events: RequestEvents
  private let writer: RowWriter
  private let mapping: AccessLogMapping
  private let shift: Int64

  /// - Parameter usual: what requests become when nobody says it.
  init(
    _ command: ParsedCommand, _ configuration: Configuration, _ stop: StopSignal, otherwise usual: RequestEvents,
    shiftMilliseconds: Int64
  ) throws {
    events = try command.choice("events", RequestEvents.self) ?? usual
    let shape: EventShape = events == .downloads ? .downloads : .requests
    writer = try RowWriter(shape, command, configuration, formatOption: "as")
    let topic = (events == .downloads ? configuration.kafka.topic : command.topicOption) ?? shape.topic
    replay = try FileReplay(command, configuration, stop, topic: topic)
    mapping = AccessLogMapping(shiftMilliseconds: shiftMilliseconds)
    shift = shiftMilliseconds
  }

  /// Returns false when the run has to stop.
  ///
  /// - Parameter number: of the line, counted from 1.
  func send(_ number: UInt64, _ line: LineSplitter.Line) throws -> Bool {
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
    if parsed.isCutShort { replay.output.say("line \(number): cut short in its last field, used as far as it goes") }
    switch events {
    case .downloads: mapping.event(parsed, source: text, number: number).write(into: writer.row)
    case .requests: parsed.event(shiftMilliseconds: shift).write(into: writer.row)
    }
    guard try replay.wait(for: parsed.timestampMilliseconds), try writer.send(to: replay.output) else { return false }
    return !replay.shouldStop()
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
