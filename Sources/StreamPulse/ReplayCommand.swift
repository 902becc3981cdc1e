import Configuration
import Faults
import Postgres
import Rebuild
import Storage

/// `streampulse replay`
func replay(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  guard let from = parsed.string("from") else {
    throw parsed.error("--from is missing", hint: "--from beginning, or a time such as --from '2026-01-31 12:00Z'")
  }
  let aggregate = parsed.positional.first ?? ""
  let project = try context.loadProject()
  let database = try context.database().with("application_name", "streampulse replay")
  let connection = try PostgresConnection(database)
  defer { connection.close() }
  try Migrator.verify(connection, for: project, as: context.projectName())
  // It takes its time; an interruption leaves a table behind that nobody reads and that the next replay drops.
  Signals.unblockAll()
  guard let source = try context.source(of: aggregate, in: project) else {
    throw PipelineError.definition(
      "there is no aggregate \(aggregate)\n  hint: there are "
        + project.aggregates.map(\.name).joined(separator: ", "))
  }
  let replay = try Replay(
    connection, source.stream, aggregate: aggregate, kafka: context.kafka(), topic: source.topic,
    group: source.group + "-replay", schemas: context.schemaSource(database))
  let time = from == "beginning" ? nil : from
  if parsed.flag("dry-run") {
    show(try replay.estimate(from: time), aggregate)
  } else {
    show(try replay.run(from: time), aggregate)
  }
  return 0
}

private func show(_ estimate: ReplayEstimate, _ aggregate: String) {
  let rate = estimate.sampleSeconds > 0 ? Int(Double(estimate.sample) / estimate.sampleSeconds) : 0
  print(
    """
    \(aggregate): \(estimate.records) records would be read again, in about \(Int(estimate.seconds.rounded(.up))) s \
    (a sample of \(estimate.sample) took \(tenths(estimate.sampleSeconds)) s, \(rate) records/s); nothing was changed
    """)
  if estimate.isRedefined { print("the definition has changed: start all processors again after the replay") }
}

private func show(_ report: ReplayReport, _ aggregate: String) {
  print(
    """
    \(aggregate): \(report.rows) rows, \(report.records) records read again in \(tenths(report.seconds)) s; the processors \
    waited \(Int((report.lockSeconds * 1000).rounded(.up))) ms of it
    """)
  if report.events != 0 {
    let count = report.events.magnitude
    print("the rows hold \(count) events \(report.events > 0 ? "more" : "fewer") than the processors had counted")
  }
  if report.isRedefined {
    print("the definition has changed: processors that run with the former one end now; start them again")
  }
}

private func tenths(_ seconds: Double) -> Double { (seconds * 10).rounded() / 10 }
