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
  // The folder does not have them: processors would go on without.
  try Shadows(context, context.database()).refuseWhileThereAre()
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

/// Migrates the database, reports what has changed, refuses statements that do not fit it, and puts the definitions in
/// force.
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
  if !changes.isEmpty {
    try AuditLog(connection).enter("migrate", "migrated", subject: changes.joined(separator: "; "))
  }
  report(changes, try Migrator.abandonedTables(project, connection))
  try StatementCheck(connection).require([.endpoint, .alert], of: project) { context.observe($0) }
  // Only now: who takes them over finds everything that they need.
  try connection.transaction { _ = try Deployments(connection).put(project.files) }
}

/// `streampulse process`
func process(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let project = try context.loadProject()
  let (kafka, database) = (try context.kafka(), try context.database())
  let bug = try parsed.plantedBug()
  _ = try context.sources(of: project)
  let address = ListeningAddress.metrics(context.configuration.engine)
  try address?.check()
  func start(_ loaded: LoadedDefinitions, _ connection: PostgresConnection? = nil) throws -> ProcessorService {
    try ProcessorService(
      context, loaded, context.sources(of: loaded.project), kafka: kafka, database: database,
      instance: context.configuration.kafka.instanceID, connection: connection, plantedBug: bug)
  }
  // All that a start needs is asked over one connection: it is there as a whole, or the start fails before it says
  // that it has been made.
  let connection = try PostgresConnection(database.with("application_name", "streampulse process"))
  let loaded = try context.definitions(project, connection)
  var service = try start(loaded, connection)
  connection.close()
  defer { service.stop() }
  let metrics = try address.map {
    try MetricsService(context, $0, processors: service, kafka: kafka, database: database)
  }
  let definitions = try RunningDefinitions(context, loaded, database)
  defer { definitions.stop() }
  let signal = try definitions.follow(
    .init(
      isOver: { service.isOver }, isSuperseded: { service.isSuperseded },
      verify: { try ProcessorService.verify(context, $0.project, database) },
      takeOver: { next in
        service.stop()
        service = try start(next)
        try metrics?.adopt(service)
      }))
  context.observe(.shutdownStarted(reason: signal ?? "the processor ended"))
  definitions.stopSoon()
  // What it has read is visible, and the partitions are free, before anything else ends.
  service.stop()
  metrics?.stop()
  if let error = service.error { throw error }
  return 0
}

/// `streampulse serve`
func serve(_ context: CommandContext) throws -> Int32 {
  let project = try context.loadProject()
  try ListeningAddress.checkAPI(context.configuration.api)
  let (kafka, database) = (try context.kafka(), try context.database())
  _ = try context.sources(of: project)
  let connection = try PostgresConnection(database.with("application_name", "streampulse serve"))
  let loaded = try context.definitions(project, connection)
  connection.close()
  let service = try APIService(
    context, loaded.project, context.sources(of: loaded.project), kafka: kafka, database: database, processors: nil)
  defer { service.stop() }
  let definitions = try RunningDefinitions(context, loaded, database)
  defer { definitions.stop() }
  context.observe(.ready(url: service.url))
  print("StreamPulse is at \(service.url)")
  flushOutput()
  let signal = try definitions.follow(
    .init(
      isOver: { false }, isSuperseded: { false }, verify: { try service.verify($0.project) },
      takeOver: { try service.adopt($0.project, processors: nil) }))
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
