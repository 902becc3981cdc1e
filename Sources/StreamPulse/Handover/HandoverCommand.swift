import Configuration
import Faults
import FlinkDialect
import Plan
import Postgres
import Project
import Rebuild
import Storage

/// `streampulse handover --to flink|--from flink`: exit status 0 when all of it was done, 1 when nothing was.
func handover(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let (to, from) = (parsed.string("to"), parsed.string("from"))
  guard let system = to ?? from, to == nil || from == nil else {
    throw parsed.error("handover goes one way", hint: "write --to flink, or --from flink")
  }
  guard system == "flink" else {
    throw parsed.error("there is no hand-over to \(system)", hint: "write flink")
  }
  let strangers = to == nil ? ["out", "without"] : ["group"]
  for name in strangers where parsed.string(name) != nil {
    throw parsed.error("--\(name) belongs to the other way", hint: "leave it out")
  }
  if to != nil, parsed.flag("anew") { throw parsed.error("--anew belongs to the other way", hint: "leave it out") }
  let project = try context.loadProject()
  let connection = try PostgresConnection(context.database().with("application_name", "streampulse handover"))
  defer { connection.close() }
  try Migrator.verify(connection, for: project, as: context.projectName())
  let command = HandoverCommand(context: context, parsed: parsed, project: project, connection: connection)
  guard try command.isAlone() else { return 1 }
  // It takes its time, and an interruption leaves everything as it was.
  Signals.unblockAll()
  let lines = to == nil ? try command.fromFlink() : try command.toFlink()
  print(lines.joined(separator: "\n"))
  flushOutput()
  return 0
}

private struct HandoverCommand {
  let context: CommandContext
  let parsed: ParsedCommand
  let project: Project
  let connection: PostgresConnection

  /// Whether no processor runs; says which one does.
  func isAlone() throws -> Bool {
    let streams = Set(project.streams.map(\.name))
    let running = try ProjectWipe(connection).processors().filter { streams.contains($0.stream) }
    guard let first = running.first else { return true }
    let names = running.map(\.stream).joined(separator: ", ")
    fail(
      "\(names) \(running.count == 1 ? "is" : "are") processed by \(first.owner): nothing was handed over\n"
        + "  hint: stop streampulse process, or up, first")
    return false
  }

  func toFlink() throws -> [String] {
    try connection.refuseWhileHandedOver(project.streams.map(\.name))
    let without = try parsed.leftOut(of: project)
    // What Flink cannot say is said before anything is asked of the topics.
    _ = try flinkExport(context, project, without: without)
    let folder = parsed.string("out") ?? "flink"
    let kafka = try context.kafka()
    return try connection.transaction {
      var results: [HandoverSurvey.Result] = []
      var beginnings: [String: FlinkBeginning] = [:]
      for source in try context.sources(of: project) {
        var plan = source.stream.plan
        plan.aggregates.removeAll { without.contains($0.name) }
        guard !plan.aggregates.isEmpty else { continue }
        try lock(source.name)
        let survey = try HandoverSurvey(connection, plan, kafka: kafka, topic: source.topic)
        let result = try survey.handOver(to: "flink")
        results.append(result)
        beginnings[source.name] = FlinkBeginning(
          topic: source.topic, starts: result.handover.starts, positions: result.handover.positions,
          boundaries: result.handover.boundaries.filter { $0.value != .min })
      }
      let export = try flinkExport(context, project, without: without, beginnings: beginnings)
      let report = HandoverText.to(results, without: without.sorted())
      let file = FlinkExport.File(path: "HANDOVER.md", text: report.joined(separator: "\n") + "\n")
      try AuditLog(connection).enter(
        "handover", "handed over", subject: results.map(\.handover.stream).joined(separator: ", ") + " to flink")
      try write(export.files + [file], to: folder)
      return report + export.remarks.map { "note: \($0)" } + [
        "wrote \(folder): \((export.files + [file]).map(\.path).joined(separator: ", "))",
        "next: read \(folder)/README.md",
      ]
    }
  }

  func fromFlink() throws -> [String] {
    let open = try Handovers(connection).open()
    guard !open.isEmpty || parsed.string("group") != nil, !open.isEmpty || !parsed.flag("anew") else {
      throw PipelineError.definition(
        """
        nothing is handed over
          hint: a job that was begun without streampulse handover --to flink has to be named by --group
        """)
    }
    let kafka = try context.kafka()
    let place: TakeBack.Place =
      parsed.flag("anew") ? .ownPositions : .committed(group: parsed.string("group") ?? "streampulse-flink")
    let database = try context.database()
    return try connection.transaction {
      var results: [TakeBack.Result] = []
      for source in try context.sources(of: project) {
        let handover = open.first { $0.stream == source.name }
        guard handover != nil || open.isEmpty, !source.stream.plan.aggregates.isEmpty else { continue }
        if let handover, handover.topic != source.topic {
          throw PipelineError.definition(
            "\(source.name) was handed over with the topic \(handover.topic), and now reads \(source.topic)")
        }
        try lock(source.name)
        let takeBack = try TakeBack(
          connection, source.stream, handover: handover, kafka: kafka, topic: source.topic,
          group: source.group + "-handover", schemas: context.schemaSource(database), limits: context.referenceLimits)
        results.append(try takeBack.run(place))
      }
      try AuditLog(connection).enter(
        "handover", "taken back", subject: results.map(\.stream).joined(separator: ", ") + " from flink")
      return HandoverText.from(results, isAnew: parsed.flag("anew")) + ["next: streampulse process"]
    }
  }

  /// Until the transaction ends, nobody makes rows of the stream anew.
  private func lock(_ stream: String) throws {
    let key = AdvisoryLock.replay(stream: stream).key(for: connection)
    guard try connection.query("SELECT pg_try_advisory_xact_lock($1)", [.bigint(key)]).boolean(0, 0) == true else {
      throw PipelineError.definition("a replay is running in this database: wait for its end")
    }
  }
}
