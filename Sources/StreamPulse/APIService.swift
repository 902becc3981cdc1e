import Access
import Configuration
import Dashboard
import Glibc
import HTTPServer
import Kafka
import Observability
import Postgres
import Processing
import Project
import SQLQuoting
import StatsAPI
import Storage
import Threads

/// The API and the dashboard: HTTP server, read-only connections, health, and the listener for committed data.
final class APIService: Sendable {
  /// What a server that keeps to its statement timeout needs beyond it to say so.
  private static let responseSlackMilliseconds = 2000

  let url: String
  private let parts = StartedParts()

  /// Starts it.
  /// - Parameters:
  ///   - sources: of all streams of the project.
  ///   - processors: those in the same process, if there are any.
  init(
    _ context: CommandContext, _ project: Project, _ sources: [StreamSource], kafka: KafkaConfiguration,
    database: ConnectionSettings, processors: ProcessorService?
  ) throws {
    let settings = context.configuration.api
    do {
      let server = try APIService.start(
        context, project, sources, kafka: kafka, database: database, processors: processors, parts)
      let host = settings.host == "0.0.0.0" || settings.host == "127.0.0.1" ? "localhost" : settings.host
      url = "http://\(host):\(server.port)"
    } catch {
      parts.stop()
      throw error
    }
    context.observe(.listening(url: url))
  }

  private static func start(
    _ context: CommandContext, _ project: Project, _ sources: [StreamSource], kafka: KafkaConfiguration,
    database: ConnectionSettings, processors: ProcessorService?, _ parts: StartedParts
  ) throws -> HTTPServer {
    let settings = context.configuration.api
    let reader = database.with("application_name", "streampulse serve")
    let role = try APIService.checked(context, project, reader)
    let setup = ConnectionPool.Options.readOnlySetup(
      role: role, statementTimeoutMilliseconds: settings.statementTimeoutMilliseconds)
    // The server keeps the statement timeout itself, unless it hangs as a whole.
    let responseTimeout = settings.statementTimeoutMilliseconds + APIService.responseSlackMilliseconds
    let pool = try ConnectionPool(
      reader,
      ConnectionPool.Options(size: settings.workers, setup: setup, responseTimeoutMilliseconds: responseTimeout))
    parts.add { pool.close() }
    let executor = PostgresExecutor(pool)
    let version = DataVersion()
    let observer = context.observer
    let health = HealthMonitor(
      database: reader, setup: setup, kafka: kafka,
      streams: sources.map { source in
        .init(
          source, reader, isOnly: sources.count == 1,
          processor: processors?.processors.first { $0.source.name == source.name }?.processor)
      }, silentAfterSeconds: settings.silentAfterSeconds, observer: observer)
    try parts.startThread("health", stop: { health.stop() }, run: { health.run() })
    let listener = CommitListener(reader, version)
    try parts.startThread("commits", stop: { listener.stop() }, run: { listener.run() })
    var configuration = StatsAPIConfiguration()
    configuration.version = Commands.version
    configuration.cacheTTLMilliseconds = Int(settings.cacheSeconds * 1000)
    configuration.allowedOrigins = AllowedOrigins(setting: settings.allowedOrigins.joined(separator: ","))
    configuration.access = AccessPolicy(
      tokens: settings.tokens, allowsAnonymous: settings.allowsAnonymous, requestsPerSecond: settings.rateLimit)
    configuration.webFolder = try context.configuration.projectDirectory() + "/web"
    configuration.embeddedFiles = Dashboard.files
    observer.exposeHealth(streams: sources.map(\.name), states: HealthReport.Processor.State.names) {
      var figures = health.report.figures
      figures.outboxLetters = health.outboxLetters
      return figures
    }
    let api = try StatsAPI(
      endpoints: project.endpoints, configuration: configuration,
      dependencies: StatsAPI.Dependencies(
        execute: executor.execute, health: { $0(health.report) },
        metrics: { Array(observer.registry.render().utf8) }, dataVersion: version,
        observe: { observer.observe($0.observation) }))
    parts.add { api.stop() }
    var http = HTTPConfiguration()
    http.host = settings.host
    http.port = UInt16(clamping: settings.port)
    http.threads = settings.threads
    http.maximumConnections = settings.maxConnections
    http.maximumConnectionsPerAddress = settings.maxConnectionsPerAddress
    http.reservedPaths = StatsAPI.vitalPaths
    let server = try ListeningAddress.api(settings).listening { () throws(HTTPServerError) in
      try HTTPServer(
        configuration: http, recall: { api.recall($0) }, report: { observer.observe($0.observation) },
        handler: { api.handle($0, $1) })
    }
    observer.expose(server, api)
    parts.add { server.stop() }
    return server
  }

  /// Checks the database and the endpoints' statements. Alerts are the processor's business: what is wrong with them is
  /// said and stops no API.
  ///
  /// - Returns: the reader role, when this user may take it; else nil, and transactions are read-only all the same.
  private static func checked(
    _ context: CommandContext, _ project: Project, _ database: ConnectionSettings
  ) throws -> String? {
    let connection = try PostgresConnection(database)
    defer { connection.close() }
    try Migrator.verify(connection, for: project, as: context.projectName())
    try Migrator.requireViews(project, connection)
    try StatementCheck(connection).require([.endpoint], of: project) { context.observe($0) }
    let role = Migrator.readerRole(for: connection)
    let known = try connection.query(
      """
      SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND pg_has_role(current_user, oid, 'MEMBER'))
      """, [.text(role)])
    return known.boolean(0, 0) == true ? role : nil
  }

  /// Finishes the requests under way and stops.
  func stop() {
    parts.stop()
  }
}

/// Waits for the processors' notifications of committed data, whatever process they are in.
private final class CommitListener: Sendable {
  private static let responseTimeoutMilliseconds = 5000

  private let database: ConnectionSettings
  private let version: DataVersion
  private let isStopping = Monitor(false)

  init(_ database: ConnectionSettings, _ version: DataVersion) {
    self.database = database
    self.version = version
  }

  func run() {
    while !isStopping.read({ $0 }) {
      do throws(PostgresError) {
        let connection = try PostgresConnection(database)
        defer { connection.close() }
        connection.responseTimeoutMilliseconds = CommitListener.responseTimeoutMilliseconds
        try connection.execute("LISTEN \(quotedIdentifier(Announcement.channel(for: connection)))")
        // What was committed while nobody listened counts as well.
        version.notify()
        while !isStopping.read({ $0 }) {
          if try !connection.waitForNotification(timeoutMilliseconds: 500).isEmpty { version.notify() }
        }
      } catch {
        // The health report says that the database is down; here it is only tried again.
        _ = isStopping.wait(timeoutMilliseconds: 1000) { $0 ? true : nil }
      }
    }
  }

  func stop() {
    isStopping.update { $0 = true }
  }
}

extension HealthReport.Processor.State {
  static var names: [String] { allCases.map(\.rawValue) }
}

extension HealthReport {
  var figures: HealthFigures {
    HealthFigures(
      isDatabaseUp: database.isUp, isBrokerUp: broker.isUp,
      lagRecords: Dictionary(streams.map { ($0.name, $0.processor.lagRecords) }) { first, _ in first },
      streams: Dictionary(streams.map { ($0.name, $0.processor.figures) }) { first, _ in first })
  }
}

extension HealthReport.Processor {
  fileprivate var figures: StreamFigures {
    StreamFigures(
      state: state.rawValue, newestEventAgeSeconds: newestEventAgeSeconds, lastCommitAgeSeconds: lastCommitAgeSeconds)
  }
}

extension HealthMonitor.WatchedStream {
  /// - Parameter isOnly: the project has no other stream.
  init(_ source: StreamSource, _ database: ConnectionSettings, isOnly: Bool, processor: Processor?) {
    self.init(
      name: source.name, topic: source.topic, books: Books(of: source.name, isOnly: isOnly, in: database),
      processor: processor)
  }
}

extension RequestObservation {
  var observation: Observation {
    guard let failure else {
      return .requestServed(method: method, route: route, status: status, seconds: seconds)
    }
    return .requestFailed(
      method: method, route: route, status: status, seconds: seconds, reason: failure.text, identity: identity)
  }
}

extension QueryFailure {
  fileprivate var text: String {
    switch self {
    case .unavailable: "the database cannot be reached"
    case .overloaded: "too many queries wait already"
    case .timeout: "the statement timeout has passed"
    case .noResult: "the query gave no row"
    case .invalidArgument(let parameter, let reason): "\(parameter): \(reason)"
    case .failed(let message): message
    }
  }
}
