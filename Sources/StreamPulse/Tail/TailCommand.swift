import Configuration
import Plan
import Project
import Registry
import Tail
import Threads

/// `streampulse tail`: shows events as they come, until somebody ends it or enough were shown.
func tail(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let project = try context.loadProject()
  let name = parsed.positional.first ?? ""
  guard let source = try context.sources(of: project).first(where: { $0.name == name }) else {
    throw parsed.error("there is no stream \(name)", hint: project.hint(forStream: name))
  }
  let selection: EventSelection
  do throws(ProjectError) {
    selection = try source.stream.selectEvents(where: parsed.string("where"), place: "--where")
  } catch {
    fail(error.description)
    return UsageError.exitStatus
  }
  let lines = try EventLines(
    source.stream, selection, topic: source.topic,
    form: EventLines.Form(isJSON: parsed.flag("json"), isRaw: parsed.flag("raw")),
    schemas: context.schemasForLooking)
  let start = try parsed.tailStart()
  let limit = try parsed.integer("limit", in: 1 ... .max) ?? .max
  let partition = try parsed.integer("partition", in: 0...Int(Int32.max)).map(Int32.init)
  let topic = try TopicTail(
    context.kafka(), topic: source.topic, group: source.group + "-tail", from: start, partition: partition)
  defer { topic.close() }
  fail("\(name): \(counted(topic.starts.count, "partition")) of the topic \(source.topic); Ctrl-C ends it")
  let isOver = Monitor(false)
  let end: @Sendable () -> Void = { isOver.update { $0 = true } }
  try Signals.requesting(end) {
    try show(topic, lines, limit: limit) { isOver.read { $0 } }
  }
  let (undecodable, unjudged) = lines.leftOut
  if undecodable > 0 { fail("left out: \(counted(undecodable, "record")) that could not be decoded") }
  if unjudged > 0 { fail("left out: \(counted(unjudged, "event")) of which --where was an error") }
  return 0
}

/// Writes lines until `isOver`, until `limit` of them were written, or until nobody reads them any more.
private func show(_ topic: TopicTail, _ lines: EventLines, limit: Int, until isOver: () -> Bool) throws {
  var output = LineOutput()
  var left = limit
  try topic.run(
    until: { isOver() || output.isClosed }, notice: tell,
    take: { records in
      let wantsMore = try lines.write(records, now: Clock.wall()) { line in
        left -= 1
        return try output.append(line, until: isOver) && left > 0
      }
      return try output.flush(until: isOver) && wantsMore
    })
}

extension CommandContext {
  /// Where the schemas of records are kept and fetched; nil: nobody knows them, and lines will say so.
  fileprivate func schemasForLooking() -> SchemaSource? {
    do {
      return try schemaSource(database())
    } catch {
      fail("nobody can be asked for schemas that are not in schemas/: \(error)")
      return nil
    }
  }
}

/// Beside the lines, on standard error.
private func tell(_ notice: TopicTail.Notice) {
  switch notice {
  case .brokerDown(let reason): fail("the broker is away: \(reason)")
  case .brokerUp: fail("the broker is back")
  case .fault(let reason): fail("broker fault: \(reason)")
  }
}

extension ParsedCommand {
  fileprivate func tailStart() throws(UsageError) -> TopicTail.Start {
    switch string("from") {
    case nil, "end": return .end
    case "beginning": return .beginning
    case let text?:
      guard let offset = Int64(text), offset >= 0 else {
        throw error("--from does not take \"\(text)\"", hint: "write beginning, end, or an offset such as 1200")
      }
      return .offset(offset)
    }
  }
}
