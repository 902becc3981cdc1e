import Access
import Configuration
import Dashboard
import Dialects
import Glibc
import HTTPServer
import JSON
import Kafka
import Observability
import Plan
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
  /// Connections for what writes.
  private static let writers = 2

  let url: String
  private let parts = StartedParts()
  private let source: Source
  private let served: ServedAPI

  /// What an API is made of besides definitions.
  private struct Source: Sendable {
    var context: CommandContext
    var kafka: KafkaConfiguration
    var database: ConnectionSettings
    /// Of a reading connection.
    var setup: [String]
    var execute: QueryExecutor
    /// nil: there is none.
    var replica: ReadReplica?
    /// nil: there is no role to write as.
    var writer: PostgresWriter?
    var version: DataVersion
    /// Kept from version to version, since it counts.
    var access: AccessPolicy
    /// What has become of definitions that somebody works on; nil: nobody does.
    var development: (@Sendable () -> JSONValue)?
  }

  /// What the database says of a project.
  private struct Shown {
    var relations: [Relation]
    /// Those of the project, and what every API has.
    var endpoints: [EndpointPlan]
    var results: [EndpointResult]

    init(of project: Project, _ connection: PostgresConnection) throws {
      relations = try Relation.all(of: project, connection)
      let pulse = connection.pulse
      let own =
        Readings.endpoints(hasAlerts: !project.alerts.isEmpty) + AlertActions.endpoints(pulse: pulse)
        + Administration.endpoints(pulse: pulse)
      endpoints =
        project.endpoints.map { $0.naming(books: pulse) }
        + own.filter { own in
          !project.endpoints.contains { $0.method == own.method && $0.path.shape == own.path.shape }
        }
      results = try EndpointResult.all(of: endpoints, connection)
    }
  }

  /// Starts it.
  /// - Parameters:
  ///   - sources: of all streams of the project.
  ///   - processors: those in the same process, if there are any.
  ///   - development: what has become of definitions that somebody works on, for the health report; nil: nobody does.
  init(
    _ context: CommandContext, _ project: Project, _ sources: [StreamSource], kafka: KafkaConfiguration,
    database: ConnectionSettings, processors: ProcessorService?, development: (@Sendable () -> JSONValue)? = nil
  ) throws {
    let settings = context.configuration.api
    do {
      let reader = database.with("application_name", "streampulse serve")
      let (roles, shown) = try APIService.open(context, project, reader)
      let setup = ConnectionPool.Options.readOnlySetup(
        role: roles.reader, statementTimeoutMilliseconds: settings.statementTimeoutMilliseconds)
      // The server keeps the statement timeout itself, unless it hangs as a whole.
      let responseTimeout = settings.statementTimeoutMilliseconds + APIService.responseSlackMilliseconds
      let pool = try ConnectionPool(
        reader,
        ConnectionPool.Options(size: settings.workers, setup: setup, responseTimeoutMilliseconds: responseTimeout))
      parts.add { pool.close() }
      var writer: PostgresWriter?
      if let role = roles.writer {
        let pool = try ConnectionPool(
          reader,
          ConnectionPool.Options(
            size: APIService.writers, queueLimit: 64,
            setup: ConnectionPool.Options.writingSetup(
              role: role, statementTimeoutMilliseconds: settings.statementTimeoutMilliseconds),
            responseTimeoutMilliseconds: responseTimeout))
        parts.add { pool.close() }
        writer = PostgresWriter(pool, pulse: roles.pulse, auditDays: settings.auditDays)
      }
      let version = DataVersion()
      let primary = PostgresExecutor(pool)
      var execute: QueryExecutor = { primary.execute($0, $1, $2) }
      var replica: ReadReplica?
      if let other = try context.readDatabase()?.with("application_name", "streampulse serve") {
        let pool = try ConnectionPool(
          other,
          ConnectionPool.Options(size: settings.workers, setup: setup, responseTimeoutMilliseconds: responseTimeout))
        parts.add { pool.close() }
        let observer = context.observer
        let watch = ReadReplica(other, of: reader, version) { change in
          switch change {
          case .up: observer.observe(.replicaUp(server: other.description))
          case .down(let reason): observer.observe(.replicaDown(reason: reason))
          }
        }
        try parts.startThread("replica", stop: { watch.stop() }, run: { watch.run() })
        let both = ReplicatedExecutor(replica: PostgresExecutor(pool), primary: primary, watch: watch)
        execute = { both.execute($0, $1, $2) }
        replica = watch
      }
      let listener = CommitListener(reader) { [replica] changes in
        if let replica { replica.announce(changes) } else { version.notify(changes) }
      }
      try parts.startThread("commits", stop: { listener.stop() }, run: { listener.run() })
      let source = Source(
        context: context, kafka: kafka, database: reader, setup: setup, execute: execute, replica: replica,
        writer: writer,
        version: version,
        access: AccessPolicy(
          tokens: settings.tokens, allowsAnonymous: settings.allowsAnonymous, requestsPerSecond: settings.rateLimit),
        development: development)
      let served = ServedAPI(try APIService.make(source, project, shown, sources, processors))
      parts.add { served.stop() }
      let server = try APIService.listen(context, served)
      parts.add { server.stop() }
      if settings.tls != nil {
        let observer = context.observer
        Signals.whenHungUp { [weak server] in
          if let server { ServedCertificate.renew(server, settings, observer) }
        }
        parts.add { Signals.whenHungUp(nil) }
      }
      (self.source, self.served) = (source, served)
      let host = settings.host == "0.0.0.0" || settings.host == "127.0.0.1" ? "localhost" : settings.host
      url = "\(settings.tls == nil ? "http" : "https")://\(host):\(server.port)"
    } catch {
      parts.stop()
      throw error
    }
    exposeHealth(of: sources)
    context.observe(.listening(url: url))
  }

  private static func listen(_ context: CommandContext, _ served: ServedAPI) throws -> HTTPServer {
    let (settings, observer) = (context.configuration.api, context.observer)
    var http = HTTPConfiguration()
    http.host = settings.host
    http.port = UInt16(clamping: settings.port)
    http.threads = settings.threads
    http.maximumConnections = settings.maxConnections
    http.maximumConnectionsPerAddress = settings.maxConnectionsPerAddress
    http.maximumStreams = settings.maxStreams
    http.reservedPaths = StatsAPI.vitalPaths
    let identity = try ServedCertificate.read(settings)
    let server = try ListeningAddress.api(settings).listening { () throws(HTTPServerError) in
      try HTTPServer(
        configuration: http, identity: identity, recall: { served.recall($0) },
        report: { observer.observe($0.observation) },
        handler: { served.handle($0, $1) })
    }
    observer.expose(server, served)
    if identity != nil { observer.exposeCertificate { [weak server] in server?.certificateExpiry } }
    return server
  }

  /// Starts what is of one version of the definitions.
  private static func make(
    _ source: Source, _ project: Project, _ shown: Shown, _ sources: [StreamSource],
    _ processors: ProcessorService?
  ) throws -> ServedAPI.Version {
    let (context, settings) = (source.context, source.context.configuration.api)
    let observer = context.observer
    let health = HealthMonitor(
      database: source.database, setup: source.setup, kafka: source.kafka,
      streams: sources.map { stream in
        .init(
          stream, source.database, isOnly: sources.count == 1,
          processor: processors?.processors.first { $0.source.name == stream.name }?.processor)
      }, references: processors?.references, silentAfterSeconds: settings.silentAfterSeconds, observer: observer)
    var configuration = StatsAPIConfiguration()
    configuration.version = Commands.version
    configuration.cacheTTLMilliseconds = Int(settings.cacheSeconds * 1000)
    configuration.allowedOrigins = AllowedOrigins(setting: settings.allowedOrigins.joined(separator: ","))
    configuration.access = source.access
    configuration.maximumStreams = settings.maxStreams
    configuration.maximumStreamsPerAddress = settings.maxStreamsPerAddress
    configuration.maximumSubscriptions = settings.maxSubscriptions
    configuration.webFolder = try context.configuration.projectDirectory() + "/web"
    configuration.embeddedFiles = Dashboard.files
    var dependencies = StatsAPI.Dependencies(
      execute: source.execute,
      health: { completion in
        var report = health.report
        report.definitions = source.development?()
        completion(report)
      },
      metrics: { Array(observer.registry.render().utf8) }, dataVersion: source.version,
      observe: { observer.observe($0.observation) })
    dependencies.tracer = context.traces?.tracer
    if let replica = source.replica { dependencies.replicaLag = { replica.lagSeconds } }
    if let writer = source.writer {
      let replica = source.replica
      dependencies.write = { query, arguments, record, completion in
        writer.execute(query, arguments, record) { result in
          // Who has written reads it, too.
          replica?.wrote()
          completion(result)
        }
      }
      dependencies.record = { writer.record($0, $1) }
    }
    let api = try StatsAPI(
      endpoints: shown.endpoints, results: shown.results, relations: shown.relations, configuration: configuration,
      dependencies: dependencies)
    return try ServedAPI.Version(api, health)
  }

  private func exposeHealth(of sources: [StreamSource]) {
    let served = served
    source.context.observer.exposeHealth(
      streams: sources.map(\.name), states: HealthReport.Processor.State.names
    ) {
      let health = served.health
      var figures = health.report.figures
      figures.outboxLetters = health.outboxLetters
      return figures
    }
  }

  // MARK: Other definitions

  /// Refuses definitions whose endpoints do not fit the database.
  func verify(_ project: Project) throws {
    _ = try source.context.sources(of: project)
    let connection = try PostgresConnection(source.database)
    defer { connection.close() }
    try APIService.check(source.context, project, connection, isQuiet: true)
  }

  /// Answers by other definitions from now on, which `verify` has taken. No request goes unanswered meanwhile.
  ///
  /// - Parameter processors: those in the same process, if there are any.
  func adopt(_ project: Project, processors: ProcessorService?) throws {
    let sources = try source.context.sources(of: project)
    let shown = try APIService.shown(of: project, source.database)
    let version = try APIService.make(source, project, shown, sources, processors)
    // Else the first report would be that nothing is known.
    version.health.waitForReport()
    served.exchange(version)
    exposeHealth(of: sources)
    source.version.notify()
  }

  /// Checks the database and the endpoints' statements. Alerts are the processor's business: what is wrong with them is
  /// said and stops no API.
  private static func check(
    _ context: CommandContext, _ project: Project, _ connection: PostgresConnection, isQuiet: Bool = false
  ) throws {
    try Migrator.verify(connection, for: project, as: context.projectName())
    try Migrator.requireViews(project, connection)
    try StatementCheck(connection).require([.endpoint], of: project) { if !isQuiet { context.observe($0) } }
  }

  private static func shown(of project: Project, _ database: ConnectionSettings) throws -> Shown {
    let connection = try PostgresConnection(database)
    defer { connection.close() }
    return try Shown(of: project, connection)
  }

  /// Checks what there is to begin with.
  ///
  /// - Returns: the roles to read and to write as, and what is shown. Without the first one, transactions are read-only all
  ///   the same; without the second one, nothing is written.
  private static func open(
    _ context: CommandContext, _ project: Project, _ database: ConnectionSettings
  ) throws -> (roles: Roles, shown: Shown) {
    let connection = try PostgresConnection(database)
    defer { connection.close() }
    try check(context, project, connection)
    func usable(_ role: String) throws(PostgresError) -> String? {
      let known = try connection.query(
        """
        SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND pg_has_role(current_user, oid, 'MEMBER'))
        """, [.text(role)])
      return known.boolean(0, 0) == true ? role : nil
    }
    let roles = Roles(
      reader: try usable(Migrator.readerRole(for: connection)),
      writer: try usable(Migrator.writerRole(for: connection)),
      pulse: connection.pulse)
    return (roles, try Shown(of: project, connection))
  }

  /// The roles that this user may take.
  private struct Roles {
    var reader: String?
    var writer: String?
    /// The schema of the engine's own tables, quoted.
    var pulse: String
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
  private let announce: @Sendable (TableChanges) -> Void
  private let isStopping = Monitor(false)

  init(_ database: ConnectionSettings, announce: @escaping @Sendable (TableChanges) -> Void) {
    self.database = database
    self.announce = announce
  }

  func run() {
    while !isStopping.read({ $0 }) {
      do throws(PostgresError) {
        let connection = try PostgresConnection(database)
        defer { connection.close() }
        connection.responseTimeoutMilliseconds = CommitListener.responseTimeoutMilliseconds
        try connection.execute("LISTEN \(quotedIdentifier(Announcement.channel(for: connection)))")
        // What was committed while nobody listened counts as well.
        announce(TableChanges(tables: nil, position: try Announcement.position(connection)))
        while !isStopping.read({ $0 }) {
          for notification in try connection.waitForNotification(timeoutMilliseconds: 500) {
            let announcement = Announcement(payload: notification.payload)
            announce(TableChanges(tables: announcement.tables, position: announcement.position))
          }
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
  var observation: Observation { untraced.traced(by: trace) }

  private var untraced: Observation {
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
    case .refused(let reason): reason
    case .conflict: "a constraint speaks against it"
    case .failed(let message): message
    }
  }
}
