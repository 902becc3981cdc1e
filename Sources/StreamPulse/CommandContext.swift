import Configuration
import Dataflow
import Glibc
import Kafka
import Observability
import Postgres
import Processing
import Project
import Storage

/// What every command needs: the settings, the project, and where observations go.
struct CommandContext {
  let configuration: Configuration
  let observer: Observer
  /// nil: nothing is traced.
  let traces: TraceService?

  init(_ parsed: ParsedCommand) throws {
    configuration = try Configuration(
      commandLine: parsed.settings, environment: processEnvironment(), file: EnvironmentFile.read(".env"))
    observer = Observer(
      logger: Logger(
        minimumLevel: LogLevel(name: configuration.logLevel) ?? .info, format: LogFormat(name: configuration.logFormat),
        linesPerMinute: configuration.logLinesPerMinute))
    let isService = ["up", "dev", "process", "serve"].contains(parsed.command)
    traces = try isService ? TraceService(configuration.tracing, observer) : nil
    guard isService else { return }
    observer.exposeProcess(version: Commands.version)
    observe(.started(command: parsed.command, version: Commands.version))
  }

  /// With settings that are changed for a part of a command.
  init(_ configuration: Configuration, _ observer: Observer) {
    self.configuration = configuration
    self.observer = observer
    traces = nil
  }

  func observe(_ observation: Observation) {
    observer.observe(observation)
  }

  /// Loads the project's definitions.
  ///
  /// - Parameter subjects: where reader schemas come from that are a registry's; nil: from the database.
  func loadProject(_ subjects: SubjectSchemas? = nil) throws -> Project {
    let subjects = subjects ?? SubjectSchemas(self, .work)
    let project = try Project(folder: configuration.projectDirectory(), lookup: subjects.lookup)
    for notice in project.notices { observe(.projectNotice(text: notice)) }
    return project
  }

  /// The configured database, or that of the running `up`.
  func database() throws -> ConnectionSettings {
    var settings = try server()
    settings.schema = configuration.resultSchema
    return settings
  }

  /// The replica that the API reads from; nil: there is none.
  func readDatabase() throws -> ConnectionSettings? {
    guard let url = configuration.readDatabase else { return nil }
    var settings = try ConnectionSettings(url: url.revealed)
    settings.schema = configuration.resultSchema
    return settings
  }

  private func server() throws -> ConnectionSettings {
    switch configuration.database {
    case .url(let url):
      return try ConnectionSettings(url: url.revealed)
    case .server(let host, let port, let database, let user, let password):
      return ConnectionSettings(host: host, port: port, database: database, user: user, password: password?.revealed)
    case .unconfigured:
      if let url = try configuration.valueOfRunning(.databaseURL) { return try ConnectionSettings(url: url) }
      throw ConfigurationError(
        location: "DATABASE_URL", message: "no Postgres is configured",
        hint: "set DATABASE_URL or PG_HOST; `streampulse up` brings a private one")
    }
  }

  /// The configured brokers, or those of the running `up`.
  func kafka(servers: String? = nil) throws -> KafkaConfiguration {
    guard
      let servers = try servers ?? configuration.kafka.bootstrapServers
        ?? configuration.valueOfRunning(.kafkaBootstrapServers)
    else {
      throw ConfigurationError(
        location: "KAFKA_BOOTSTRAP_SERVERS", message: "no Kafka is configured",
        hint: "set KAFKA_BOOTSTRAP_SERVERS; `streampulse up` brings an in-process broker")
    }
    let observer = observer
    return KafkaConfiguration(
      bootstrapServers: servers, properties: configuration.kafka.properties.map { ($0.name, $0.value) },
      log: { observer.observe(.brokerLog(facility: $0.facility, message: $0.message)) })
  }

  /// What the project is called in the database.
  func projectName() throws -> ProjectName {
    if let name = configuration.projectName { return ProjectName(name, isChosen: true) }
    let folder = try configuration.projectDirectory()
    guard let path = realpath(folder, nil) else { return ProjectName(folder, isChosen: false) }
    defer { free(path) }
    let name = String(cString: path).split(separator: "/").last.map(String.init) ?? "/"
    return ProjectName(name, isChosen: false)
  }

  /// - Parameters:
  ///   - workers: of this stream.
  ///   - sharers: workers of all streams that are processed in this process.
  func processorSettings(
    of source: StreamSource, kafka: KafkaConfiguration, database: ConnectionSettings, processors: Int, workers: Int,
    sharers: Int, definitions: Int64
  ) -> ProcessorSettings {
    var settings = ProcessorSettings(
      kafka: kafka, topic: source.topic, group: source.group,
      database: database, batchSize: configuration.engine.batchSize,
      flushIntervalMilliseconds: configuration.engine.flushIntervalMilliseconds,
      maxDeltaRows: configuration.engine.maxDeltaRows, owner: "\(hostName()):\(getpid())",
      workers: workers, processors: processors, sharers: sharers)
    settings.definitions = definitions
    settings.tracer = traces?.tracer
    return settings
  }

  /// How many workers each of the streams has.
  func workers(of sources: [StreamSource], _ kafka: KafkaConfiguration) -> [Int] {
    if case .fixed(let count) = configuration.engine.workers { return sources.map { _ in count } }
    let admin = try? KafkaAdmin(configuration: kafka)
    var isThere = admin != nil
    let partitions = sources.map { source -> Int? in
      guard isThere, let admin else { return nil }
      do throws(KafkaError) {
        return try admin.partitionCount(source.topic, timeoutMilliseconds: 3_000)
      } catch {
        // The start goes on without brokers, and does not wait for them once for each stream.
        isThere = false
        return nil
      }
    }
    return WorkerShares.counts(cores: UsableCores.count(), partitions: partitions)
  }

  /// How large tables of reference data may be.
  var referenceLimits: ReferenceLimits {
    ReferenceLimits(
      maxRows: configuration.engine.referenceMaxRows, maxBytes: configuration.engine.referenceMaxMegabytes << 20)
  }

}

func hostName() -> String {
  var buffer = [CChar](repeating: 0, count: 256)
  guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
  return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
