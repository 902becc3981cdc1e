import ChildProcess
import Configuration
import Glibc
import Hexadecimal
import Kafka
import Observability
import Postgres
import Project
import Storage
import Threads

/// `streampulse up`: everything on one machine, in the foreground, until Ctrl-C.
final class Up {
  private let context: CommandContext
  private let withDemo: Bool
  /// nil: files are read once.
  private let development: Development?
  private let subjects: SubjectSchemas
  /// nil: a signal came before there was one.
  private let project: Project?
  private var definitions: RunningDefinitions?
  private var servers: (kafka: KafkaConfiguration, database: ConnectionSettings)?
  /// Of the data folder, whose files lead to this process.
  private var folder: FolderLock?
  // Stopped in the reverse order of their start.
  private var broker: EmbeddedBroker?
  private var cluster: PrivateCluster?
  private var processors: ProcessorService?
  private var api: APIService?
  private var demo: ChildProcess?
  private var environmentFile: EnvironmentFileWriter?

  /// - Parameter isDevelopment: files are applied whenever they are saved.
  init(_ context: CommandContext, withDemo: Bool, isDevelopment: Bool = false) throws {
    self.context = context
    self.withDemo = withDemo
    development = isDevelopment ? try Development(context) : nil
    subjects = SubjectSchemas(context, .migration) { read in
      guard case .unconfigured = context.configuration.database else { return try read(context.database()) }
      // Started for the sake of this alone: what is kept is needed only while the registry is away.
      let cluster = try PrivateCluster(folder: context.configuration.dataDirectory)
      defer { cluster.stop() }
      return try read(Up.settings(of: cluster, context))
    }
    if let development {
      project = try development.awaitProject(subjects)
    } else {
      project = try context.loadProject(subjects)
    }
  }

  func run() throws -> Int32 {
    guard let project else { return 0 }
    defer { stop() }
    try start(project)
    if let reason = try wait() {
      context.observe(.shutdownStarted(reason: reason))
      return 0
    }
    if let processors, processors.isOver, let error = processors.error { throw error }
    fail("a part of it has ended; the log says why")
    return 1
  }

  /// - Returns: the signal to stop; nil: something has ended by itself.
  private func wait() throws -> String? {
    guard let definitions, let api, let (kafka, database) = servers else { return nil }
    return try definitions.follow(
      .init(
        isOver: { [self] in isBroken }, isSuperseded: { [self] in processors?.isSuperseded ?? false },
        verify: { [context] next in
          try ProcessorService.verify(context, next.project, database)
          try api.verify(next.project)
        },
        takeOver: { [self] next in
          processors?.stop()
          let sources = try context.sources(of: next.project)
          let own = try ProcessorService(context, next, sources, kafka: kafka, database: database)
          processors = own
          try api.adopt(next.project, processors: own)
        }), meanwhile: { [development] in development?.look(kafka, database) })
  }

  private func start(_ project: Project) throws {
    let configuration = context.configuration
    // Before anything slow is started: a port in use is the commonest thing to be wrong.
    try ListeningAddress.checkAPI(configuration.api)
    try EnvironmentFileWriter.prepare(folder: configuration.dataDirectory)
    folder = try FolderLock(configuration.dataDirectory + "/up.lock")
    let sources = try context.sources(of: project)
    let kafka = try startBroker(sources)
    let database = try startPostgres()
    if cluster != nil, !project.usedReferences.isEmpty { try makeTables(of: project, database) }
    try Shadows(context, database).refuseWhileThereAre()
    if let development {
      try development.begin(project, subjects, kafka, database)
    } else {
      try migrate(context, project, subjects, database)
    }
    let connection = try PostgresConnection(database.with("application_name", "streampulse process"))
    let loaded = try context.definitions(project, connection)
    let processors = try ProcessorService(
      context, loaded, sources, kafka: kafka, database: database, connection: connection)
    connection.close()
    (self.processors, servers) = (processors, (kafka, database))
    definitions = try RunningDefinitions(context, loaded, database)
    let api = try APIService(
      context, project, sources, kafka: kafka, database: database, processors: processors,
      development: development?.report)
    self.api = api
    let people = cluster == nil ? nil : try Up.login(ofPeople: database)
    environmentFile = try EnvironmentFileWriter(
      folder: configuration.dataDirectory,
      entries: [
        ("KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrapServers), ("DATABASE_URL", database.urlWithPassword),
      ] + (people.map { [("DATABASE_READER_URL", $0.urlWithPassword)] } ?? []) + [("STREAMPULSE_URL", api.url)])
    if withDemo { try startDemo(kafka, sources) }
    context.observe(.ready(url: api.url))
    print("StreamPulse is at \(api.url)")
    flushOutput()
  }

  private func startBroker(_ sources: [StreamSource]) throws -> KafkaConfiguration {
    if context.configuration.kafka.bootstrapServers != nil { return try context.kafka() }
    let topics = Set(sources.map(\.topic)).sorted()
    let broker = try EmbeddedBroker(topics: topics.map { (name: $0, partitions: 3) })
    self.broker = broker
    var kafka = try context.kafka(servers: broker.bootstrapServers)
    // It answers a fetch without news after the whole of this time, and each of them costs it a walk over what it keeps.
    // Ten times a second is often enough for a load whose batches are a second old; the user's own value, which comes
    // later, wins.
    kafka.properties.insert(("fetch.wait.max.ms", "100"), at: 0)
    return kafka
  }

  private func startPostgres() throws -> ConnectionSettings {
    if case .unconfigured = context.configuration.database {
      let cluster = try PrivateCluster(folder: context.configuration.dataDirectory)
      self.cluster = cluster
      return Up.settings(of: cluster, context)
    }
    return try context.database()
  }

  /// Nobody can make tables of reference data in a cluster that runs only from now on.
  private func makeTables(of project: Project, _ database: ConnectionSettings) throws {
    let connection = try PostgresConnection(database.with("application_name", "streampulse migrate"))
    defer { connection.close() }
    try ReferenceCheck(connection).makeMissing(project.usedReferences)
  }

  /// For looking around in a private cluster, of which everything else knows the owner alone. With another password each
  /// time: nobody has to keep it.
  private static func login(ofPeople database: ConnectionSettings) throws -> ConnectionSettings {
    var generator = SystemRandomNumberGenerator()
    let password = (0..<2).map { _ in (generator.next() as UInt64).hexadecimal }.joined()
    let connection = try PostgresConnection(database.with("application_name", "streampulse migrate"))
    defer { connection.close() }
    try Migrator.makePeople(connection, password: password)
    return database.with("user", Migrator.peopleRole(for: connection)).with("password", password)
  }

  private static func settings(of cluster: PrivateCluster, _ context: CommandContext) -> ConnectionSettings {
    var settings = cluster.settings
    settings.schema = context.configuration.resultSchema
    return settings
  }

  /// The load comes from the program that users have, too; it lies beside this one. Events that are made up go to a broker
  /// that is ours, and only where the project can read them: to the first stream that reads downloads, else the first one.
  private func startDemo(_ kafka: KafkaConfiguration, _ sources: [StreamSource]) throws {
    guard broker != nil else {
      return print("no demo load: Kafka is configured, and events that are made up belong into no topic of yours")
    }
    let project = try context.configuration.projectDirectory()
    guard let demo = try DemoArguments(projectFolder: project) else {
      return print("no demo load: the project has no file \(DemoArguments.file), nor schemas/event.avsc for downloads")
    }
    guard let folder = runningExecutable()?.split(separator: "/", omittingEmptySubsequences: false).dropLast() else {
      return
    }
    var environment = processEnvironment()
    environment["KAFKA_BOOTSTRAP_SERVERS"] = kafka.bootstrapServers
    let source = sources.first { $0.stream.plan.definition.schemaFile == "event.avsc" } ?? sources.first
    // From which the generator makes each stream's own.
    environment["KAFKA_GROUP_ID"] = context.configuration.kafka.groupID
    environment["STREAMPULSE_PROJECT"] = project
    environment["EVENTS_PER_MINUTE"] = String(context.configuration.eventsPerMinute)
    self.demo = try ChildProcess(
      Launch(
        executable: (folder + ["event-generator"]).joined(separator: "/"), arguments: demo.sending(to: source?.topic),
        environment: environment))
  }

  /// Something that was started has ended by itself.
  private var isBroken: Bool {
    if let demo, let status = demo.exitStatus {
      // The product goes on without its demo load.
      context.observe(.childEnded(name: "event-generator", status: status.description))
      self.demo = nil
    }
    if let cluster, !cluster.isRunning {
      context.observe(.childEnded(name: "postgres", status: "see postgres.log in the data folder"))
      return true
    }
    return processors?.isOver ?? false
  }

  private func stop() {
    let started = Clock.wall()
    if let demo {
      demo.send(signal: SIGTERM)
      if demo.wait(timeoutMilliseconds: 5000) == nil { demo.send(signal: SIGKILL) }
    }
    definitions?.stop()
    api?.stop()
    processors?.stop()
    broker?.close()
    cluster?.stop()
    environmentFile?.remove()
    folder?.release()
    context.observe(.shutdownFinished(seconds: Double(Clock.wall() - started) / 1_000_000))
  }
}

/// Writes what is printed to a pipe or file out at once: scripts wait for it.
func flushOutput() {
  fflush(nil)
}
