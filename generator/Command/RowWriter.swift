import Configuration
import EventEncoding
import Events
import Synthesis

/// Writes rows of a form in the format of the run, with their keys. To be used on one thread.
final class RowWriter {
  /// What is written next.
  let row: EventRow
  private let format: Format
  private let json: JSONForm
  private let key: Int
  private let keys = KeyText()
  private var line: [UInt8] = []

  private enum Format {
    case avro(EventEncoder)
    case json
    case csv(CSVForm)
  }

  /// Made from the options that say how events are written.
  ///
  /// - Parameter formatOption: the name of the one that says the format.
  init(
    _ shape: EventShape, _ command: ParsedCommand, _ configuration: Configuration, formatOption: String = "format"
  ) throws {
    let form = shape.form
    let format = try command.choice(formatOption, OutputFormat.self) ?? shape.format
    for option in ["framing", "schema"] where format != .avro && command.string(option) != nil {
      throw command.error("--\(option) is for Avro", hint: "the events are sent as \(format.rawValue)")
    }
    switch format {
    case .avro: self.format = .avro(try Self.encoder(shape, command, configuration))
    case .json: self.format = .json
    case .csv: self.format = .csv(CSVForm(timeText: form.timeText))
    }
    json = JSONForm(form)
    row = EventRow(count: form.fields.count)
    key = try Self.key(form, shape.key, command)
  }

  private static func encoder(
    _ shape: EventShape, _ command: ParsedCommand, _ configuration: Configuration
  ) throws -> EventEncoder {
    let framing: EventFraming
    do {
      framing = try EventFraming(parsing: command.string("framing") ?? "bare")
    } catch {
      throw command.error(error.description)
    }
    let schema = try SchemaSource(shape, command, configuration)
    let fingerprint = try schema.fingerprint()
    return try EventEncoder(
      form: shape.form, schemaJSON: schema.text, framing: framing.header(fingerprint: fingerprint))
  }

  private static func key(_ form: EventForm, _ usual: String, _ command: ParsedCommand) throws -> Int {
    let name = command.string("key") ?? usual
    let fields = form.fields.filter { $0.type != .tags }
    guard fields.contains(where: { $0.name == name }), let index = form.index(of: name) else {
      throw command.error(
        "--key: there is no field “\(name)”", hint: "there are \(fields.map(\.name).joined(separator: ", "))")
    }
    return index
  }

  /// Sends the row. Returns false, and nothing is sent, when the run was told to stop meanwhile.
  func send(to output: EventOutput) throws -> Bool {
    let key = keys.bytes(of: row[key])
    line.removeAll(keepingCapacity: true)
    switch format {
    case .avro(let encoder):
      let bytes = try encoder.encode(row)
      if output.writesLines { json.append(row, to: &line) }
      return try line.withUnsafeBytes { try output.send(bytes, key: key, line: $0) }
    case .json: json.append(row, to: &line)
    case .csv(let form): form.append(row, to: &line)
    }
    return try line.withUnsafeBytes { try output.send($0, key: key, line: $0) }
  }
}
