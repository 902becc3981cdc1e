import Configuration
import JSON
import Plan
import Replay
import Spelling
import Threads

/// Sends the lines of a file of JSON objects as they are.
func replayJSONLines(
  _ command: ParsedCommand, _ configuration: Configuration, _ stop: StopSignal
) throws -> RunResult {
  let stream = try command.stream(configuration)
  guard try command.choice("as", OutputFormat.self) ?? .json == .json else {
    throw command.error("json-lines are sent as they are", hint: "leave --as out")
  }
  let time = try eventTime(stream, command)
  let key = try key(stream, command)
  let topic = try command.topic(of: stream, configuration)
  let path = command.positional[0]
  var shift: Int64 = 0
  if command.flag("rebase"), let time, let last = try lastEventTime(path, time) {
    shift = (Clock.wallMilliseconds() - last) / 1000
  }
  let reader = try LineReader(path: path)
  let replay = try FileReplay(command, configuration, stop, topic: topic)
  var keyless = 0
  return try replay.output.run {
    try reader.forEachLine { number, line in
      replay.begin(number)
      guard case .text(let bytes) = line else {
        return try replay.refuse(number, "the line is longer than 64 KiB", payload: nil)
      }
      let raw = UnsafeRawBufferPointer(bytes)
      var payload: [UInt8]?
      let milliseconds: Int64?
      let document: JSONLine
      do throws(JSONLineFault) {
        document = try JSONLine(bytes)
        milliseconds = try time.map { time throws(JSONLineFault) in try document.milliseconds(time) }
        if let time, shift != 0 { payload = try document.shifted(time, bySeconds: shift) }
      } catch {
        return try replay.refuse(number, bytes.isEmpty ? "the line is empty" : error.description, payload: raw)
      }
      guard try replay.wait(for: milliseconds) else { return false }
      let keyText = key.flatMap { document.text(at: $0) }.map { Array($0.utf8) }
      return try (keyText ?? []).withUnsafeBytes { bytesOfKey in
        try (payload ?? []).withUnsafeBytes { shifted in
          let bytes = payload == nil ? raw : shifted
          guard try replay.output.send(bytes, key: keyText == nil ? nil : bytesOfKey, line: bytes) else { return false }
          if key != nil, keyText == nil { keyless += 1 }
          return !replay.shouldStop()
        }
      }
    }
    if keyless > 0, let name = command.string("key") {
      replay.output.say("--key: \(counted(keyless, "line")) sent without a key, having no value in \(name)")
    }
    try replay.finish(beginning: reader.beginning, expected: "JSON")
  }
}

/// Where the lines have their time; nil: nobody asks for it.
private func eventTime(_ stream: StreamDefinition?, _ command: ParsedCommand) throws(UsageError) -> JSONTime? {
  guard command.flag("rebase") || command.flag("speed") else { return nil }
  if let path = command.string("time") { return JSONTime(path: memberPath(path)) }
  let name = stream?.eventTime.joined(separator: ".")
  guard let column = stream?.columns.first(where: { $0.name == name }) else {
    throw command.error("nothing says where the event time is", hint: "give --time, e.g. --time meta.created")
  }
  return JSONTime(path: FileColumn(name: column.name, values: .declared(column)).path, unit: column.unit)
}

/// Where the lines have their key: a column of the stream, by its name or its place, or any member. nil: there is none.
private func key(_ stream: StreamDefinition?, _ command: ParsedCommand) throws(UsageError) -> [JSONPathStep]? {
  guard let name = command.string("key") else { return nil }
  let path = memberPath(name)
  guard let stream else { return path }
  let columns = stream.columns.map { FileColumn(name: $0.name, values: .declared($0)) }
  if let column = columns.first(where: { $0.name == name }) ?? columns.first(where: { $0.path == path }) {
    return column.path
  }
  let names = columns.map(\.name)
  throw command.error(
    "--key: the stream \(stream.name) has no column “\(name)”",
    hint: nearestSpelling(of: name, among: names).map { "did you mean \($0)?" }
      ?? "it has \(names.joined(separator: ", "))")
}

/// Names with points between them.
private func memberPath(_ text: String) -> [JSONPathStep] {
  text.split(separator: ".").map { .member(String($0)) }
}

/// The latest event time of a file; nil when no line has one.
private func lastEventTime(_ path: String, _ time: JSONTime) throws -> Int64? {
  var last: Int64?
  try LineReader(path: path).forEachLine { _, line in
    // A line that cannot be parsed has no time; it is counted when it is its turn to be sent.
    if case .text(let bytes) = line, let milliseconds = try? JSONLine(bytes).milliseconds(time) {
      last = max(last ?? .min, milliseconds)
    }
    return true
  }
  return last
}
