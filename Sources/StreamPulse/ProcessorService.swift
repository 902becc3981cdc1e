import Configuration
import Faults
import Kafka
import Observability
import Office
import Plan
import Postgres
import Processing
import Project
import References
import Registry
import Storage
import Threads

/// The processors of a project's streams, each with a watch and a forwarder of dead letters, on threads of their own.
///
/// Streams share nothing: one that cannot go on leaves the others running.
final class ProcessorService: Sendable {
  /// A stream's processor.
  struct Part: Sendable {
    var source: StreamSource
    var settings: ProcessorSettings
    var processor: Processor
  }

  let processors: [Part]
  /// nil: no aggregate is joined with a table.
  let references: ReferenceFeed?
  private let parts = StartedParts()
  private let outcomes: Monitor<Outcomes>

  private struct Outcomes: Sendable {
    /// Streams whose processor has ended.
    var over: Set<String> = []
    var error: PipelineError?
  }

  /// Starts it. The database must have been migrated.
  ///
  /// - Parameters:
  ///   - sources: of all streams of the project.
  ///   - instance: what this process is called in the consumer groups; nil: nothing that outlives it.
  ///   - connection: for what a start asks of the database; nil: one of its own.
  init(
    _ context: CommandContext, _ definitions: LoadedDefinitions, _ sources: [StreamSource], kafka: KafkaConfiguration,
    database: ConnectionSettings, instance: String? = nil, connection: PostgresConnection? = nil,
    plantedBug: PlantedBug? = nil
  ) throws {
    let project = definitions.project
    let database = database.with("application_name", "streampulse process")
    let schemas = try ProcessorService.prepare(context, project, database, connection)
    let workers = context.workers(of: sources, kafka)
    // From here on an outage is waited for: nothing below may need the database.
    context.observe(
      .definitionsLoaded(
        streams: sources.count, aggregates: project.aggregates.count,
        endpoints: project.endpoints.count, alerts: project.alerts.count,
        workers: workers.reduce(0, +)))
    let observer = context.observer
    let tables = project.usedReferences
    let references =
      tables.isEmpty
      ? nil
      : ReferenceFeed(tables, limits: context.referenceLimits, database: database) { observer.observe($0, of: nil) }
    self.references = references
    processors = zip(sources, workers).map { source, own in
      var settings = context.processorSettings(
        of: source, kafka: kafka, database: database, processors: sources.count,
        workers: own, sharers: workers.reduce(0, +), definitions: definitions.version)
      settings.instance = instance
      settings.plantedBug = plantedBug
      return Part(
        source: source, settings: settings,
        processor: Processor(source.stream, settings: settings, schemas: schemas, references: references) {
          observer.observe($0, of: sources.count > 1 ? source.name : nil)
        })
    }
    outcomes = Monitor(Outcomes())
    do {
      if let schemas { try parts.startThread("schemas", stop: { schemas.stop() }, run: { schemas.run() }) }
      if let references {
        observer.exposeReferences(tables.map(\.name)) { references.figures(of: $0) }
        try parts.startThread("references", stop: { references.stop() }, run: { references.run() })
      }
      observer.exposeAlerts(project.alerts.map(\.name))
      for part in processors { try start(part, context, project) }
      try startCourier(context, project, database)
    } catch {
      parts.stop()
      throw error
    }
  }

  private func start(_ part: Part, _ context: CommandContext, _ project: Project) throws {
    let (source, settings, processor) = (part.source, part.settings, part.processor)
    let observer = context.observer
    let stream: String? = processors.count > 1 ? source.name : nil
    let names = Set(source.stream.plan.aggregates.map(\.name))
    let watch = Watch(
      source.stream.plan, alerts: project.alerts.filter { names.contains($0.aggregate) }, topic: settings.topic,
      database: settings.database.with("application_name", "streampulse watch"),
      cluster: { processor.status.current.cluster }, keep: context.configuration.keepSettings, kafka: settings.kafka,
      observe: { observer.observe($0, of: stream) })
    if let forwarder = try ProcessorService.makeForwarder(context, part, observedAs: stream) {
      try parts.startThread("forwarder", stop: { forwarder.stop() }, run: { forwarder.run() })
    }
    try parts.startThread("watch", stop: { watch.stop() }, run: { watch.run() })
    let (outcomes, isOnly) = (outcomes, processors.count == 1)
    try parts.startThread(
      "worker", stop: { processor.stop() },
      run: {
        var problem: PipelineError?
        do throws(PipelineError) {
          try processor.run()
        } catch {
          problem = error
        }
        // Whoever ends the service says the only stream's error.
        if let problem, !isOnly, !problem.isSupersession {
          observer.observe(.failed(reason: problem.description), of: stream)
        }
        outcomes.update {
          $0.over.insert(source.name)
          $0.error = $0.error ?? problem
        }
      })
  }

  /// Delivers notifications, where the project has targets for them.
  private func startCourier(
    _ context: CommandContext, _ project: Project, _ database: ConnectionSettings
  ) throws {
    guard !project.targets.isEmpty else { return }
    let (observer, secrets) = (context.observer, context.configuration.secrets)
    let courier = NotificationCourier(
      project.targets, try context.deliverySettings(),
      database: database.with("application_name", "streampulse courier"), value: { secrets[$0]?.revealed },
      observe: { observer.observe($0) })
    observer.exposeNotifications(project.targets.map(\.name)) { courier.waiting(of: $0) }
    try parts.startThread("courier", stop: { courier.stop() }, run: { courier.run() })
  }

  /// Refuses definitions that do not fit the database, or of which a stream cannot be processed.
  static func verify(_ context: CommandContext, _ project: Project, _ database: ConnectionSettings) throws {
    _ = try context.sources(of: project)
    _ = try prepare(context, project, database, nil, isQuiet: true)
  }

  /// All that a start needs of the database. Endpoints are the API's business: what is wrong with them is said and
  /// stops no processor.
  private static func prepare(
    _ context: CommandContext, _ project: Project, _ database: ConnectionSettings, _ given: PostgresConnection?,
    isQuiet: Bool = false
  ) throws -> WriterSchemas? {
    func observe(_ observation: Observation) { if !isQuiet { context.observe(observation) } }
    let connection = try given ?? PostgresConnection(database)
    defer { if given == nil { connection.close() } }
    try Migrator.verify(project, as: context.projectName(), connection)
    try connection.refuseWhileHandedOver(project.streams.map(\.name))
    for table in try Migrator.abandonedTables(project, connection) { observe(.tableAbandoned(table: table)) }
    try StatementCheck(connection).require([.alert], of: project, observe: observe)
    return try context.writerSchemas(database, connection)
  }

  /// nil: the stream names no dead_letter_topic.
  private static func makeForwarder(
    _ context: CommandContext, _ part: Part, observedAs stream: String?
  ) throws -> Forwarder? {
    guard let topic = part.source.stream.plan.definition.deadLetterTopic else { return nil }
    guard topic != part.settings.topic else {
      throw ConfigurationError(
        location: part.source.topicOrigin,
        message: "\(topic) is the dead_letter_topic of the stream \(part.source.name), which would read what it writes",
        hint: "read another topic")
    }
    let observer = context.observer
    return Forwarder(
      stream: part.source.name, kafka: part.settings.kafka,
      database: part.settings.database.with("application_name", "streampulse forwarder")
    ) { observer.observe($0, of: stream) }
  }

  /// Whether all have ended, by themselves or because they were stopped.
  var isOver: Bool { outcomes.read { $0.over.count == processors.count } }

  /// Whether one has ended because other definitions are in force.
  var isSuperseded: Bool { error?.isSupersession ?? false }

  /// Why one ended by itself.
  var error: PipelineError? { outcomes.read { $0.error } }

  /// Commits what has been read, leaves the groups and waits for all threads.
  func stop() {
    parts.stop()
  }
}

extension PostgresConnection {
  /// Nobody of ours writes rows of streams that another engine goes on with.
  func refuseWhileHandedOver(_ streams: [String]) throws {
    if let refusal = try Handovers(self).refusal(of: streams) { throw PipelineError.definition(refusal) }
  }
}

extension Configuration {
  /// How long the engine keeps what it writes down.
  fileprivate var keepSettings: KeepSettings {
    KeepSettings(
      ledgerDays: engine.ledgerDays, deadLetterDays: engine.deadLetterDays, alertDays: engine.alertDays)
  }
}

extension PipelineError {
  fileprivate var isSupersession: Bool { if case .superseded = self { true } else { false } }
}

extension ReferenceFeed {
  fileprivate func figures(of table: String) -> ReferenceFigures? {
    statuses.first { $0.table == table }.map { .init(rows: $0.rows, bytes: $0.bytes, ageSeconds: $0.ageSeconds) }
  }
}

extension ReferenceStatus {
  /// Since it was last known to be as the table is.
  var ageSeconds: Double? { checkedAt.map { Double(Clock.monotonic() - $0) / 1_000_000 } }
}
