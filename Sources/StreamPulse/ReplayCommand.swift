import Configuration
import Postgres
import Rebuild
import Spelling
import Storage

/// `streampulse replay`
func replay(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  guard let from = parsed.string("from") else {
    throw parsed.error("--from is missing", hint: "--from beginning, or a time such as --from '2026-01-31 12:00Z'")
  }
  let aggregate = parsed.positional.first ?? ""
  let project = try context.loadProject()
  guard let source = try context.source(of: aggregate, in: project) else {
    let names = project.aggregates.map(\.name)
    let nearest = suggestion(for: aggregate, among: names)
    throw parsed.error(
      "there is no aggregate \(aggregate)", hint: nearest + "aggregates are \(names.joined(separator: ", "))")
  }
  let database = try context.database().with("application_name", "streampulse replay")
  let connection = try PostgresConnection(database)
  defer { connection.close() }
  try Migrator.verify(connection, for: project, as: context.projectName())
  try connection.refuseWhileHandedOver([source.name])
  // It takes its time; an interruption leaves a table behind that nobody reads and that the next replay drops.
  Signals.unblockAll()
  let time = from == "beginning" ? nil : from
  if let time { try check(time, parsed, connection) }
  let replay = try Replay(
    connection, source.stream, aggregate: aggregate, views: project.views, kafka: context.kafka(),
    topic: source.topic, group: source.group + "-replay", schemas: context.schemaSource(database),
    limits: context.referenceLimits)
  if parsed.flag("dry-run") {
    show(try replay.estimate(from: time), aggregate)
  } else {
    let outcome = try replay.run(from: time, puttingInForce: project)
    try AuditLog(connection).enter("replay", "replayed", subject: "\(aggregate) from \(from)")
    show(outcome, aggregate)
  }
  return 0
}

/// Postgres reads times, and says which it does not. No window begins at an infinite one.
private func check(_ time: String, _ parsed: ParsedCommand, _ connection: PostgresConnection) throws {
  do throws(PostgresError) {
    if try connection.query("SELECT isfinite($1::timestamptz)", [.untyped(time)]).boolean(0, 0) == true { return }
  } catch {
    guard error.sqlstate?.hasPrefix("22") == true else { throw error }
  }
  throw parsed.error("--from does not take \"\(time)\"", hint: "write beginning, or a time such as '2026-01-31 12:00Z'")
}

private func show(_ estimate: ReplayEstimate, _ aggregate: String) {
  let rate = estimate.sampleSeconds > 0 ? Int(Double(estimate.sample) / estimate.sampleSeconds) : 0
  print(
    """
    \(aggregate): \(counted(estimate.records, "record")) would be read again, in about \(Int(estimate.seconds.rounded(.up))) s \
    (a sample of \(estimate.sample) took \(tenths(estimate.sampleSeconds)) s, \(rate) records/s); nothing was changed
    """)
  if estimate.isRedefined {
    print("the definition has changed: running processors go on with it, once all others fit their tables, too")
  }
}

private func show(_ report: ReplayReport, _ aggregate: String) {
  print(
    """
    \(aggregate): \(counted(report.rows, "row")), \(counted(report.records, "record")) read again in \(tenths(report.seconds)) s; the processors \
    waited \(Int((report.lockSeconds * 1000).rounded(.up))) ms of it
    """)
  if report.events != 0 {
    let events = counted(report.events.magnitude, "event")
    print("the rows hold \(events) \(report.events > 0 ? "more" : "fewer") than the processors had counted")
  }
  if report.isRedefined {
    print("the definition has changed: running processors go on with it, once all others fit their tables, too")
  }
}

func tenths(_ seconds: Double) -> Double { (seconds * 10).rounded() / 10 }
