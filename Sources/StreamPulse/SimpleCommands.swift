import Configuration
import Kafka
import Observability
import Postgres
import Project
import Storage

/// `streampulse migrate`
func migrate(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let plan = try parsed.string("plan").map(PlanFile.read)
  let subjects = SubjectSchemas(context, .migration)
  let project = try context.loadProject(subjects)
  try migrate(context, project, subjects, context.database(), following: plan) { changes, abandoned in
    let notices = abandoned.map {
      "\($0) has no definition any more: its rows stay as they are, see \"Upgrading definitions\" in docs/operations.md"
    }
    let lines = (changes.isEmpty ? ["nothing to do"] : changes) + notices
    print(lines.joined(separator: "\n"))
    flushOutput()
  }
  return 0
}

/// Migrates the database, reports what has changed, and refuses statements that do not fit it.
///
/// - Parameter plan: what has to be done, or nothing.
func migrate(
  _ context: CommandContext, _ project: Project, _ subjects: SubjectSchemas, _ database: ConnectionSettings,
  following plan: MigrationPlan? = nil, report: (_ changes: [String], _ abandoned: [String]) -> Void = { _, _ in }
) throws {
  let connection = try PostgresConnection(database.with("application_name", "streampulse migrate"))
  defer { connection.close() }
  let changes = try Migrator(connection) { context.observe($0) }.migrate(
    project, as: context.projectName(), following: plan)
  try subjects.keep(connection)
  report(changes, try Migrator.abandonedTables(project, connection))
  try StatementCheck(connection).require([.endpoint, .alert], of: project) { context.observe($0) }
}

/// `streampulse process`
func process(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let project = try context.loadProject()
  let (kafka, database) = (try context.kafka(), try context.database())
  let bug = try parsed.plantedBug()
  let sources = try context.sources(of: project)
  let address = ListeningAddress.metrics(context.configuration.engine)
  try address?.check()
  let service = try ProcessorService(context, project, sources, kafka: kafka, database: database, plantedBug: bug)
  defer { service.stop() }
  let metrics = try address.map {
    try MetricsService(context, $0, processors: service, kafka: kafka, database: database)
  }
  let signal = Signals.wait { service.isOver }
  context.observe(.shutdownStarted(reason: signal ?? "the processor ended"))
  metrics?.stop()
  service.stop()
  if let error = service.error { throw error }
  return 0
}

/// `streampulse serve`
func serve(_ context: CommandContext) throws -> Int32 {
  let project = try context.loadProject()
  try ListeningAddress.api(context.configuration.api).check()
  let service = try APIService(
    context, project, context.sources(of: project), kafka: context.kafka(), database: context.database(),
    processors: nil)
  defer { service.stop() }
  context.observe(.ready(url: service.url))
  print("StreamPulse is at \(service.url)")
  flushOutput()
  let signal = Signals.wait { false }
  context.observe(.shutdownStarted(reason: signal ?? ""))
  return 0
}

/// `streampulse broker`
func broker(_ context: CommandContext, partitions: Int) throws -> Int32 {
  let topics =
    try context.configuration.kafka.topic.map { [$0] }
    ?? context.sources(of: context.loadProject(SubjectSchemas(context, .look))).map(\.topic)
  let broker = try EmbeddedBroker(topics: Set(topics).sorted().map { (name: $0, partitions: partitions) })
  defer { broker.close() }
  print("KAFKA_BOOTSTRAP_SERVERS=\(broker.bootstrapServers)")
  flushOutput()
  _ = Signals.wait { false }
  return 0
}
