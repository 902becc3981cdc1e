import Configuration
import Faults
import Observability
import Office
import Plan
import Postgres
import Processing
import Project
import Registry
import Storage
import Threads

/// A processor, its watch and its forwarder of dead letters on threads of their own.
final class ProcessorService: Sendable {
  let processor: Processor
  private let parts = StartedParts()
  private let outcome: Monitor<Outcome>

  private struct Outcome: Sendable {
    var isOver = false
    var error: PipelineError?
  }

  /// Starts it. The database must have been migrated.
  init(_ context: CommandContext, _ project: Project, _ settings: ProcessorSettings) throws {
    try ProcessorService.check(context, project, settings.database)
    let plan = project.stream.plan
    context.observe(
      .definitionsLoaded(
        streams: 1, aggregates: plan.aggregates.count, endpoints: project.endpoints.count,
        alerts: project.alerts.count))
    let observer = context.observer
    let schemas = try context.writerSchemas(settings.database)
    let processor = Processor(project.stream, settings: settings, schemas: schemas) { observer.observe($0) }
    let watch = Watch(
      project, topic: settings.topic, database: settings.database.with("application_name", "streampulse watch"),
      cluster: { processor.status.current.cluster }, observe: { observer.observe($0) })
    // nil: the stream names no dead_letter_topic.
    let forwarder = try ProcessorService.makeForwarder(context, plan.definition, settings)
    let outcome = Monitor(Outcome())
    self.processor = processor
    self.outcome = outcome
    do {
      if let schemas { try parts.startThread("schemas", stop: { schemas.stop() }, run: { schemas.run() }) }
      if let forwarder { try parts.startThread("forwarder", stop: { forwarder.stop() }, run: { forwarder.run() }) }
      try parts.startThread("watch", stop: { watch.stop() }, run: { watch.run() })
      try parts.startThread(
        "worker", stop: { processor.stop() },
        run: {
          var problem: PipelineError?
          do throws(PipelineError) {
            try processor.run()
          } catch {
            problem = error
          }
          outcome.update {
            $0.isOver = true
            $0.error = problem
          }
        })
    } catch {
      parts.stop()
      throw error
    }
  }

  /// Endpoints are the API's business: what is wrong with them is said and stops no processor.
  private static func check(
    _ context: CommandContext, _ project: Project, _ database: ConnectionSettings
  ) throws {
    let connection = try PostgresConnection(database)
    defer { connection.close() }
    try Migrator.verify(project, connection)
    for table in try Migrator.abandonedTables(project, connection) { context.observe(.tableAbandoned(table: table)) }
    try StatementCheck(connection).require([.alert], of: project) { context.observe($0) }
  }

  private static func makeForwarder(
    _ context: CommandContext, _ stream: StreamDefinition, _ settings: ProcessorSettings
  ) throws -> Forwarder? {
    guard let topic = stream.deadLetterTopic else { return nil }
    guard topic != settings.topic else {
      throw ConfigurationError(
        location: "KAFKA_TOPIC", message: "\(topic) is the stream's dead_letter_topic: it would read what it writes",
        hint: "read another topic")
    }
    let observer = context.observer
    return Forwarder(
      stream: stream.name, kafka: settings.kafka,
      database: settings.database.with("application_name", "streampulse forwarder")
    ) { observer.observe($0) }
  }

  /// Whether it has ended, by itself or because it was stopped.
  var isOver: Bool { outcome.read { $0.isOver } }

  /// Why it ended by itself.
  var error: PipelineError? { outcome.read { $0.error } }

  /// Commits what has been read, leaves the group and waits for all threads.
  func stop() {
    parts.stop()
  }
}
