import Configuration
import Events
import Glibc
import JSON
import Kafka
import Plan
import Scaffold
import TextFiles

/// `streampulse init`: writes a new project. Exit status 0 when it was written.
func initialize(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let name = parsed.positional[0]
  guard isProjectName(name) else {
    throw parsed.error("a project's name is of a to z, digits, _ and -, and begins with a letter, not \"\(name)\"")
  }
  guard let source = parsed.string("from") else { throw parsed.error("--from is missing") }
  var fields = SampledFields()
  let topic: String
  if source.hasPrefix("topic:") {
    topic = String(source.dropFirst("topic:".count))
    if let refusal = TopicName.refusal(of: topic) { throw parsed.error("--from \(source): \(refusal)") }
    try Sample.take(topic, try context.kafka(), group: context.configuration.kafka.groupID, into: &fields)
  } else {
    topic = parsed.string("topic") ?? name
    if let refusal = TopicName.refusal(of: topic) { throw parsed.error("--topic: \(refusal)") }
    try Sample.take(file: source, into: &fields)
  }
  let parent = access("projects/.", W_OK) == 0 ? "projects/" : ""
  let folder = parent + name
  let project = ProjectFiles(name: name.replacing("-", with: "_"), topic: topic, fields: fields)
  guard mkdir(folder, 0o755) == 0 else {
    throw ConfigurationError(
      location: folder, message: String(cString: strerror(errno)), hint: "choose another name, or remove the folder")
  }
  for file in project.files {
    let path = folder + "/" + file.path
    makeFolders(above: path)
    guard writeFile(path, file.text, O_EXCL) else {
      throw ConfigurationError(location: path, message: String(cString: strerror(errno)))
    }
  }
  for remark in project.remarks { print(remark) }
  print("wrote \(folder): \(project.files.map(\.path).joined(separator: ", "))")
  print("next: streampulse test --project \(name), then streampulse up --project \(name)")
  flushOutput()
  return 0
}

private func isProjectName(_ name: String) -> Bool {
  guard let first = name.utf8.first, (0x61...0x7a).contains(first), name.utf8.count <= 40 else { return false }
  return name.utf8.allSatisfy {
    (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
  }
}

/// A look at some events.
private enum Sample {
  private static let events = 1_000
  private static let maximumFileBytes = 16 << 20

  /// The latest records of the topic.
  static func take(_ topic: String, _ kafka: KafkaConfiguration, group: String, into fields: inout SampledFields) throws
  {
    guard case .present(let partitions) = try KafkaAdmin(configuration: kafka).presence(of: topic) else {
      throw ConfigurationError(location: "--from", message: "there is no topic \(topic) that can be read")
    }
    let reader = try TopicReader(kafka, topic: topic, group: group + "-init")
    defer { reader.close() }
    var logs: [Int32: Range<Offset>] = [:]
    for partition in 0..<Int32(clamping: partitions) { logs[partition] = try reader.watermarks(partition).held }
    var others = 0
    try reader.read(LatestRecords.ranges(logs, count: events)) { batch in
      for record in batch.records {
        if let document = try? JSONValue(parsing: record.payloadBytes) {
          fields.add(document)
        } else {
          others += 1
        }
      }
    }
    try check(fields, others: others, "the topic \(topic)")
  }

  /// The first lines of the file.
  static func take(file path: String, into fields: inout SampledFields) throws {
    let text: String?
    do {
      text = try TextFile.read(path, maximumBytes: maximumFileBytes)
    } catch {
      throw ConfigurationError(
        location: path + error.place, message: error.description, hint: "give some lines of it: head -n 1000")
    }
    guard let text else {
      throw ConfigurationError(location: "--from", message: "there is no file \(path)", hint: "a topic is topic:NAME")
    }
    var others = 0
    // An event a line; or one document, of one event or a list of them, however it is broken into lines.
    if let whole = try? JSONValue(parsing: text) {
      for document in (whole.arrayValue ?? [whole]).prefix(events) { fields.add(document) }
    } else {
      for line in text.split(whereSeparator: \.isNewline).prefix(events) {
        if let document = try? JSONValue(parsing: String(line)) { fields.add(document) } else { others += 1 }
      }
    }
    try check(fields, others: others, path)
  }

  private static func check(_ fields: SampledFields, others: Int, _ source: String) throws {
    let others = others + fields.others
    guard fields.objects > 0 else {
      throw ConfigurationError(
        location: "--from", message: others == 0 ? "\(source) is empty" : "\(source) holds no JSON objects",
        hint: others == 0
          ? "send some events first" : "for Avro and CSV write the stream by hand: docs/definitions.md, Streams")
    }
    if others > 0 { print("note: \(others) of \(fields.objects + others) are no JSON objects") }
  }
}
