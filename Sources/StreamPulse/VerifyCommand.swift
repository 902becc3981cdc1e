import Audit
import Configuration
import Postgres
import Storage
import Threads

/// `streampulse verify`: exit status 0 only when every check holds.
func verify(_ context: CommandContext, recounts: Bool) throws -> Int32 {
  let project = try context.loadProject()
  let database = try context.database().with("application_name", "streampulse verify")
  let connection = try PostgresConnection(database)
  defer { connection.close() }
  try Migrator.verify(connection, for: project, as: context.projectName())
  let report = try Verifier(connection, project.streams.map(\.plan)).verify()
  show(report)
  guard recounts else { return report.holds ? 0 : 1 }
  flushOutput()
  // A recount takes its time, and changes nothing that an interruption could leave behind.
  Signals.unblockAll()
  var holds = report.holds
  let handedOver = Set(report.handedOver.map(\.stream))
  for source in try context.sources(of: project) where !handedOver.contains(source.name) {
    let started = Clock.monotonic()
    // Its temporary tables are of one stream.
    let own = try PostgresConnection(database)
    defer { own.close() }
    let recount = try Recount(
      own, source.stream, kafka: context.kafka(), topic: source.topic, group: source.group + "-recount",
      schemas: context.schemaSource(database)
    ).run()
    if project.streams.count > 1 { print("stream \(source.name):") }
    show(recount, seconds: Double(Clock.monotonic() - started) / 1_000_000)
    holds = holds && recount.holds
  }
  return holds ? 0 : 1
}

private func show(_ report: VerificationReport) {
  for check in report.checks {
    print("\(check.holds ? "ok  " : "FAIL") \(check.name)")
    for violation in check.violations { print("       \(violation)") }
  }
  for gap in report.gaps { print("gap  \(gap)") }
  for handover in report.handedOver {
    print(
      "skip \(handover.boundaries.keys.sorted().joined(separator: ", ")), not judged: "
        + "\(handover.stream) is handed over to \(handover.engine) since \(handover.at)")
  }
  print(
    """
    \(counted(report.consumed, "record")) of \(counted(report.partitions, "partition")) applied once, \(report.dead) of them dead letters\
    \(report.late > 0 ? ", \(report.late) more for single aggregates" : "")\
    \(report.replayed > 0 ? ", \(report.replayed) replayed" : ""): \
    \(report.holds ? "verified" : "NOT VERIFIED")
    """)
}

private func show(_ report: RecountReport, seconds: Double) {
  for line in report.contradictions { print("FAIL \(line)") }
  for aggregate in report.aggregates {
    print(
      """
      \(aggregate.differenceCount == 0 ? "ok  " : "FAIL") \(counted(aggregate.rows, "row")) of \(aggregate.name) in \
      \(counted(aggregate.windows, "window")) \(aggregate.rows == 1 ? "is" : "are") what Postgres computes
      """)
    for line in aggregate.differences { print("       \(line)") }
    let more = aggregate.differenceCount - aggregate.differences.count
    if more > 0 { print("       and \(more) more") }
    for line in aggregate.skipped { print("skip \(aggregate.name), not judged: \(line)") }
  }
  let values = counted(report.differenceCount, "value") + (report.differenceCount == 1 ? " differs" : " differ")
  let contradictions = counted(report.contradictions.count, "contradiction")
  let verdict = report.holds ? "recounted" : "\(values), \(contradictions): NOT RECOUNTED"
  print("\(counted(report.records, "record")) read again in \(Int(seconds.rounded())) s: \(verdict)")
}
