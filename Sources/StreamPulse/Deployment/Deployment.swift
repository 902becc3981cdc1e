import Configuration
import Faults
import Kafka
import Plan
import Postgres
import Project
import Rebuild
import Storage
import Threads

/// Puts a project's definitions in force: changes what can be changed where it is, makes rows anew whose meaning has
/// changed, and lets running processors go on with the new definitions.
struct Deployment {
  /// What came of it.
  enum Outcome {
    /// They were in force already, and there was nothing to do.
    case unchanged
    case done(version: Int64)
    /// Nothing was changed; the lines say why.
    case refused([String])
  }

  let context: CommandContext
  let database: ConnectionSettings
  /// Called only when rows have to be made anew.
  let kafka: () throws -> KafkaConfiguration
  /// New aggregates get the records that the topic holds, too.
  var fillsNew = false
  /// Aggregates that are filled with them, whatever was counted for one of the same name.
  var filled: Set<String> = []
  /// Aggregates that go when rows that are made anew are in place.
  var removed: [AggregatePlan] = []
  /// Asked now and then while rows are made; true ends it, and nothing has changed.
  var isInterrupted: () -> Bool = { false }
  /// Is told what happens, a line each.
  let say: (String) -> Void

  /// - Parameters:
  ///   - project: loaded with `subjects`.
  ///   - subjects: for migrations.
  func run(_ project: Project, _ subjects: SubjectSchemas) throws -> Outcome {
    let connection = try PostgresConnection(database.with("application_name", "streampulse deploy"))
    defer { connection.close() }
    let key = AdvisoryLock.deployment.key(for: connection)
    guard try connection.query("SELECT pg_try_advisory_lock($1)", [.bigint(key)]).boolean(0, 0) == true else {
      return .refused(["another deploy is running in this database: wait for its end"])
    }
    if let refusal = try Handovers(connection).refusal(of: project.streams.map(\.name)) { return .refused([refusal]) }
    let observe = context.observe
    let migrator = Migrator(connection) { observe($0) }
    let plan = try migrator.plan(project, as: context.projectName())
    let changing = Set(MigrationPlan.Effect.allCases).subtracting([.nothing])
    for line in plan.lines(of: changing, settled: [.beside]) { say(line) }
    let faults = plan.steps.filter { $0.effect == .impossible }
    guard faults.isEmpty else {
      return .refused(faults.map { "\($0.subject.rawValue) \($0.name): " + $0.changes.joined(separator: "; ") })
    }
    let before = try Deployments(connection).current()
    var remade = Set(plan.steps.filter { $0.effect == .beside }.map(\.name))
    remade.formUnion(filled)
    if !remade.isEmpty || fillsNew {
      for line in try migrator.prepare(project, as: context.projectName()) { say(line) }
      try subjects.keep(connection)
    }
    let new = fillsNew ? Set(try Migrator.uncounted(project, connection)).subtracting(remade) : []
    remade.formUnion(new)
    if fillsNew { remade.formUnion(try Migrator.interrupted(project, connection).map(\.name)) }
    if !remade.isEmpty {
      // What was put in force before there were deployments has no version.
      try remake(
        remade, new: new, of: project, migrator, connection, instead: Deployments(connection).current()?.number ?? 0)
    }
    // Comments and grants, and all of it where no rows are made anew.
    try migrate(context, project, subjects, database) { lines, _ in lines.forEach(say) }
    for (name, records) in try Migrator.interrupted(project, connection) {
      say(
        """
        \(name) was not defined while \(counted(records, "record")) came, which are not in its rows
          hint: streampulse deploy --fill makes its rows anew from the topic
        """)
    }
    let now = try Deployments(connection).current()
    guard let now, now != before || !plan.isEmpty || !remade.isEmpty else { return .unchanged }
    return .done(version: now.number)
  }

  private func remake(
    _ names: Set<String>, new: Set<String>, of project: Project, _ migrator: Migrator, _ connection: PostgresConnection,
    instead version: Int64
  ) throws {
    let parts = try context.sources(of: project).flatMap { source in
      source.stream.plan.aggregates.filter { names.contains($0.name) }.map {
        Backfill.Part(
          stream: source.stream, aggregate: $0.name, topic: source.topic, group: source.group + "-replay",
          isNew: new.contains($0.name))
      }
    }
    let list = parts.map(\.aggregate).joined(separator: ", ")
    say("making the rows of \(list) anew beside the present ones; until they are in place nothing else changes")
    let backfill = try Backfill(
      connection, migrator, project, parts, kafka: kafka(), schemas: context.schemaSource(database),
      limits: context.referenceLimits)
    backfill.removed = removed
    var pace = ProgressPace()
    backfill.progress = { [say, isInterrupted] name, read, total in
      if isInterrupted() {
        throw PipelineError.definition("interrupted, nothing was changed: the next one goes on from here")
      }
      if pace.isDue { say("\(name): \(read) of \(counted(total, "record"))") }
    }
    backfill.resumed = { [say] name, records in
      say("\(name): goes on behind \(counted(records, "record")) that an interrupted deploy has read")
    }
    for report in try backfill.run(instead: version) {
      say(
        """
        \(report.aggregate): \(counted(report.rows, "row")) of \(counted(report.records, "record")) in place after \
        \(tenths(report.seconds)) s; the processors waited \(Int((report.lockSeconds * 1000).rounded(.up))) ms of it
        """)
    }
  }
}

/// How often somebody who waits is told.
private struct ProgressPace {
  private static let microseconds: Int64 = 2_000_000
  private var next = Clock.monotonic() + microseconds

  var isDue: Bool {
    mutating get {
      let now = Clock.monotonic()
      guard now >= next else { return false }
      next = now + Self.microseconds
      return true
    }
  }
}
