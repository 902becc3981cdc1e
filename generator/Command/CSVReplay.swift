import Configuration
import Plan
import Replay
import Synthesis
import Threads

/// Sends the records of a CSV file, as they are or as JSON.
func replayCSV(_ command: ParsedCommand, _ configuration: Configuration, _ stop: StopSignal) throws -> RunResult {
  let options = try CSVReplayOptions(command, configuration)
  let path = command.positional[0]
  var shift: Int64 = 0
  if command.flag("rebase"), let last = try lastEventTime(path, options) {
    shift = (Clock.wallMilliseconds() - last) / 1000
  }
  let reader = try LineReader(path: path)
  let replay = try FileReplay(command, configuration, stop, topic: options.topic)
  return try replay.output.run {
    try reader.forEachEvent(options, shiftSeconds: shift) { number, line in
      replay.begin(number)
      switch line {
      case .event(let payload, let key, let time):
        guard try replay.wait(for: time) else { return false }
        guard try replay.output.send(payload, key: key, line: payload) else { return false }
        return !replay.shouldStop()
      case .malformed(let reason, let payload, let key):
        return try replay.refuse(number, reason, payload: payload, key: key)
      }
    }
    try replay.finish(beginning: reader.beginning, expected: "CSV")
  }
}

/// What the options say of a CSV file.
struct CSVReplayOptions {
  var stream: StreamDefinition?
  var topic: String
  var isJSON: Bool
  /// Of the file.
  var dialect: StreamDefinition.CSV
  /// The columns' names; nil: the file's header has them.
  var names: [String]?
  /// There is no header.
  var isHeadless: Bool
  var wishes: ColumnWishes
  var needsTime: Bool

  init(_ command: ParsedCommand, _ configuration: Configuration) throws {
    stream = try command.stream(configuration)
    topic = try command.topic(of: stream, configuration)
    let format = try command.choice("as", OutputFormat.self)
    switch format ?? stream.flatMap({ OutputFormat(rawValue: $0.format.rawValue) }) ?? .csv {
    case .avro: throw command.error("a csv becomes no Avro", hint: "give --as json or --as csv")
    case .json: isJSON = true
    case .csv: isJSON = false
    }
    dialect = stream?.format == .csv ? stream?.csv ?? .init() : .init()
    if let delimiter = try command.setting("delimiter", Self.delimiter) { dialect.delimiter = delimiter }
    if let null = command.string("null") { dialect.null = null }
    let columns = command.string("columns").map { $0.split(separator: ",").map(String.init) }
    isHeadless = command.flag("no-header") || columns != nil
    names = columns ?? (isHeadless ? stream?.columns.map(\.name) : nil)
    if isHeadless && names == nil && isJSON {
      throw command.error("a csv without a header needs --columns or --stream to become JSON")
    }
    wishes = ColumnWishes(
      texts: command.strings("text"), time: command.string("time"), key: command.string("key"),
      sendsMalformed: command.flag("send-malformed"))
    needsTime = command.flag("rebase") || command.flag("speed")
  }

  private static func delimiter(_ text: String) throws(SettingError) -> UInt8 {
    if text == "tab" || text == "\\t" { return UInt8(ascii: "\t") }
    guard let byte = text.utf8.first, text.utf8.count == 1, byte < 0x80, ![0x22, 0x0a, 0x0d].contains(byte) else {
      throw SettingError("“\(text)” is not one character of ASCII; tab is written as tab")
    }
    return byte
  }

  /// What the file's columns are, once their names or their number are known.
  func layout(_ found: [String]) throws(GeneratorError) -> CSVLayout {
    do throws(SettingError) {
      let layout = try CSVLayout(names: found, stream: stream, wishes: wishes)
      if needsTime && layout.time == nil {
        throw SettingError(
          "nothing says which column is the event time: give --time COLUMN; there are "
            + found.joined(separator: ", "))
      }
      return layout
    } catch {
      throw GeneratorError(error.description)
    }
  }
}

/// A record of the file as it is to be sent.
enum CSVEvent {
  /// `time` is in milliseconds since 1970 UTC, before it is shifted; nil: nobody asks for it.
  case event(payload: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer?, time: Int64?)
  /// `payload` is what would be sent; nil: too much to be held.
  case malformed(reason: String, payload: UnsafeRawBufferPointer?, key: UnsafeRawBufferPointer?)
}

extension LineReader {
  /// Calls `body` with what each record but the header becomes, and the number of its first line, until it returns false.
  func forEachEvent(
    _ options: CSVReplayOptions, shiftSeconds: Int64, _ body: (UInt64, CSVEvent) throws -> Bool
  ) throws {
    var fields = CSVFields(delimiter: options.dialect.delimiter)
    var writer: CSVEventWriter?
    try forEachRecord(delimiter: options.dialect.delimiter) { number, record in
      guard case .text(let bytes) = record else {
        let reason = "longer than 64 KiB; is a quote not closed?"
        return try body(number, .malformed(reason: reason, payload: nil, key: nil))
      }
      do throws(CSVFault) {
        try fields.read(bytes)
      } catch {
        let payload = UnsafeRawBufferPointer(bytes)
        return try body(number, .malformed(reason: error.description, payload: payload, key: nil))
      }
      if let writer { return try writer.visit(bytes, fields.fields) { try body(number, $0) } }
      let names =
        options.isHeadless
        ? options.names ?? fields.fields.indices.map { String($0 + 1) } : fields.fields.map { $0.text.description }
      let first = try CSVEventWriter(options, layout: try options.layout(names), shiftSeconds: shiftSeconds)
      writer = first
      return options.isHeadless ? try first.visit(bytes, fields.fields) { try body(number, $0) } : true
    }
  }
}

/// The latest event time of a file; nil when no record has one.
private func lastEventTime(_ path: String, _ options: CSVReplayOptions) throws -> Int64? {
  var last: Int64?
  try LineReader(path: path).forEachEvent(options, shiftSeconds: 0) { _, event in
    // What is malformed is counted when it is its turn to be sent.
    if case .event(_, _, let time?) = event { last = max(last ?? .min, time) }
    return true
  }
  return last
}
