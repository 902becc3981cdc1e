import Access

/// All settings, parsed and checked once. `SettingKey` documents each of them.
public struct Configuration: Sendable {
  public struct Kafka: Sendable {
    /// `host:port,…`; nil: none is configured.
    public var bootstrapServers: String?
    /// nil: the stream's definition says it.
    public var topic: String?
    /// Those of single streams, by variable.
    public var streamTopics: [TopicSetting]
    public var groupID: String
    /// nil: the members of the group have no names that outlive them.
    public var instanceID: String?
    /// In order of their names.
    public var properties: [KafkaProperty]
  }

  /// Where the schema registry is, and what it is asked with.
  public struct Registry: Sendable {
    public enum Authorization: Sendable {
      case user(String, password: Secret)
      case token(Secret)
    }

    /// At least one, all of the same registry.
    public var addresses: [String]
    public var authorization: Authorization?
    /// nil: the system's own authorities count.
    public var caFile: String?
  }

  /// Where Postgres is.
  public enum Database: Sendable {
    /// None is configured.
    case unconfigured
    case url(Secret)
    case server(host: String, port: Int, database: String, user: String, password: Secret?)
  }

  /// Where the certificate and the key of the API are.
  public struct TLSFiles: Sendable, Equatable {
    public var certificate: String
    public var key: String
  }

  public struct API: Sendable {
    public var host: String
    /// 0: any free port.
    public var port: Int
    /// nil: plain HTTP.
    public var tls: TLSFiles?
    public var tokens: AccessTokens
    /// Whether requests without a token are answered.
    public var allowsAnonymous: Bool
    /// Requests per second of one client; 0: no limit.
    public var rateLimit: Int
    public var allowedOrigins: [String]
    public var cacheSeconds: Double
    /// Database connections.
    public var workers: Int
    public var threads: Int
    public var maxConnections: Int
    public var maxConnectionsPerAddress: Int
    public var maxStreams: Int
    public var maxStreamsPerAddress: Int
    public var maxSubscriptions: Int
    /// 0: never.
    public var silentAfterSeconds: Int
    public var auditDays: Int
    public var statementTimeoutMilliseconds: Int
  }

  /// How many members of the consumer group a process is, for each stream.
  public enum WorkerCount: Sendable, Equatable {
    case fixed(Int)
    /// As many as the cores that the process may use and the streams' partitions are good for.
    case automatic
  }

  public struct Engine: Sendable {
    public var flushIntervalMilliseconds: Int
    public var batchSize: Int
    public var maxDeltaRows: Int
    public var workers: WorkerCount
    public var referenceMaxRows: Int
    public var referenceMaxMegabytes: Int
    public var ledgerDays: Int
    public var deadLetterDays: Int
    public var alertDays: Int
    public var metricsHost: String
    /// nil: none is opened; 0: any free port.
    public var metricsPort: Int?
  }

  /// How notifications are delivered.
  public struct Notifications: Sendable {
    /// nil: the system's own authorities count.
    public var caFile: String?
    public var timeoutSeconds: Int
    public var resendSeconds: Int
    public var giveUpHours: Int
    public var keepDays: Int
  }

  /// Where traces are sent, and which.
  public struct Tracing: Sendable {
    /// With its path.
    public var address: String
    /// Their values are secrets, all of them.
    public var headers: Secret?
    public var timeoutMilliseconds: Int
    /// nil: the system's own authorities count.
    public var caFile: String?
    /// nil: `attributes` may say it.
    public var serviceName: String?
    public var attributes: [(name: String, value: String)]
    /// One of those that `SettingKey.traceSampler` lists.
    public var sampler: String
    public var ratio: Double

    /// The headers as they are sent.
    public var revealedHeaders: [(name: String, value: String)] {
      headers.flatMap { KeyValueList.parse($0.revealed) } ?? []
    }
  }

  public var kafka: Kafka
  /// nil: there is none.
  public var registry: Registry?
  public var database: Database
  /// A replica to read from; nil: there is none.
  public var readDatabase: Secret?
  public var api: API
  public var engine: Engine
  public var notifications: Notifications
  /// nil: nothing is traced.
  public var tracing: Tracing?
  /// Variables that definitions name, for secrets.
  public var secrets: NamedSecrets
  public var eventsPerMinute: Double
  public var dataDirectory: String
  /// As given; see `Configuration.projectDirectory()`.
  public var project: String
  /// nil: the folder's name.
  public var projectName: String?
  /// nil: `public`, and whatever the server's search path says.
  public var resultSchema: String?
  /// False when the project folder is the default.
  public var isProjectExplicit: Bool
  /// One of the names that `SettingKey.logLevel` lists.
  public var logLevel: String
  /// One of the names that `SettingKey.logFormat` lists.
  public var logFormat: String
  /// 0: no limit.
  public var logLinesPerMinute: Int

  /// Puts the layers together and checks everything.
  ///
  /// - Parameters:
  ///   - commandLine: key to text, from `ParsedCommand.settings`; wins over
  ///   - environment: the process's environment; foreign variables are ignored; wins over
  ///   - file: `.env`.
  public init(
    commandLine: [String: String] = [:], environment: [String: String] = [:], file: EnvironmentFile? = nil
  ) throws(ConfigurationError) {
    let layers = SettingLayers(commandLine: commandLine, environment: environment, file: file)
    var problems = layers.problems
    let values = layers.values
    problems += values.checkFormats()
    problems += values.checkRelations()
    if !problems.isEmpty { throw ConfigurationError(problems: problems) }

    kafka = Kafka(
      bootstrapServers: values.optional(.kafkaBootstrapServers), topic: values.optional(.kafkaTopic),
      streamTopics: layers.topics.values.sorted { $0.key < $1.key }, groupID: values.text(.kafkaGroupID),
      instanceID: values.optional(.kafkaInstanceID),
      properties: layers.kafkaProperties)
    registry = values.optional(.registryURL).map { addresses in
      Registry(
        addresses: splitList(addresses), authorization: values.registryAuthorization,
        caFile: values.optional(.registryCA))
    }
    if let url = values.optional(.databaseURL) {
      database = .url(Secret(url))
    } else if let host = values.optional(.pgHost) {
      database = .server(
        host: host, port: values.integer(.pgPort), database: values.text(.pgDatabase), user: values.text(.pgUser),
        password: values.optional(.pgPassword).map(Secret.init))
    } else {
      database = .unconfigured
    }
    readDatabase = values.optional(.databaseReadURL).map(Secret.init)
    api = API(
      host: values.text(.apiHost), port: values.integer(.apiPort), tls: values.tlsFiles, tokens: values.tokens,
      allowsAnonymous: values.optional(.apiAllowAnonymous).map { $0 == "true" } ?? values.tokens.isEmpty,
      rateLimit: values.integer(.apiRateLimit),
      allowedOrigins: splitList(values.optional(.allowedOrigins) ?? ""), cacheSeconds: values.number(.cacheTTL),
      workers: values.integer(.apiWorkers), threads: values.integer(.apiThreads),
      maxConnections: values.integer(.apiMaxConnections),
      maxConnectionsPerAddress: values.integer(.apiMaxConnectionsPerAddress, orHalfOf: .apiMaxConnections),
      maxStreams: values.integer(.apiMaxStreams),
      maxStreamsPerAddress: values.integer(.apiMaxStreamsPerAddress, orHalfOf: .apiMaxStreams),
      maxSubscriptions: values.integer(.apiMaxSubscriptions), silentAfterSeconds: values.integer(.silentAfter),
      auditDays: values.integer(.auditDays),
      statementTimeoutMilliseconds: values.integer(.statementTimeout))
    engine = Engine(
      flushIntervalMilliseconds: values.integer(.flushInterval), batchSize: values.integer(.batchSize),
      maxDeltaRows: values.integer(.maxDeltaRows), workers: Int(values.text(.workers)).map { .fixed($0) } ?? .automatic,
      referenceMaxRows: values.integer(.referenceMaxRows),
      referenceMaxMegabytes: values.integer(.referenceMaxMegabytes),
      ledgerDays: values.integer(.ledgerDays), deadLetterDays: values.integer(.deadLetterDays),
      alertDays: values.integer(.alertDays),
      metricsHost: values.text(.metricsHost),
      metricsPort: values.optional(.metricsPort) == nil ? nil : values.integer(.metricsPort))
    notifications = Notifications(
      caFile: values.optional(.notificationCA), timeoutSeconds: values.integer(.notificationTimeout),
      resendSeconds: values.integer(.notificationResend), giveUpHours: values.integer(.notificationGiveUp),
      keepDays: values.integer(.notificationKeep))
    tracing = values.tracing
    secrets = NamedSecrets(environment: environment, file: file)
    eventsPerMinute = values.number(.eventsPerMinute)
    project = values.text(.project)
    dataDirectory = values.optional(.dataDirectory) ?? ".streampulse" + (Self.isName(project) ? "/" + project : "")
    projectName = values.optional(.projectName)
    resultSchema = values.text(.resultSchema) == "public" ? nil : values.text(.resultSchema)
    isProjectExplicit = values.optional(.project) != nil
    logLevel = values.text(.logLevel)
    logFormat = values.text(.logFormat)
    logLinesPerMinute = values.integer(.logLimit)
  }
}

extension SettingValues {
  /// Rules between settings.
  fileprivate func checkRelations() -> [ConfigurationError.Problem] {
    var problems: [ConfigurationError.Problem] = []
    let parts: [SettingKey] = [.pgHost, .pgPort, .pgDatabase, .pgUser, .pgPassword]
    let given = parts.filter { optional($0) != nil }
    if optional(.databaseURL) != nil, let first = given.first {
      problems.append(
        .init(
          location: origin(of: first), message: "\(first.rawValue) is set together with DATABASE_URL",
          hint: "use one or the other"))
    } else if optional(.pgHost) == nil, let first = given.first {
      problems.append(
        .init(location: origin(of: first), message: "\(first.rawValue) is set without PG_HOST", hint: "set PG_HOST too")
      )
    }
    problems += checkRegistry()
    problems += checkAccess()
    problems += checkTLS()
    if optional(.allowedOrigins)?.contains("*") == true, splitList(text(.allowedOrigins)).count > 1 {
      problems.append(
        .init(location: origin(of: .allowedOrigins), message: "ALLOWED_ORIGINS is * together with other origins"))
    }
    return problems
  }

  fileprivate var tlsFiles: Configuration.TLSFiles? {
    guard let certificate = optional(.apiTLSCertificate), let key = optional(.apiTLSKey) else { return nil }
    return Configuration.TLSFiles(certificate: certificate, key: key)
  }

  fileprivate var tracing: Configuration.Tracing? {
    let base = optional(.traceEndpoint).map { $0 + ($0.hasSuffix("/") ? "" : "/") + "v1/traces" }
    guard text(.traceDisabled) != "true", let address = optional(.traceAddress) ?? base else { return nil }
    return Configuration.Tracing(
      address: address, headers: optional(.traceHeaders).map(Secret.init), timeoutMilliseconds: integer(.traceTimeout),
      caFile: optional(.traceCA), serviceName: optional(.traceService),
      attributes: optional(.traceResource).flatMap(KeyValueList.parse) ?? [], sampler: text(.traceSampler),
      ratio: number(.traceSamplerArgument))
  }

  fileprivate var tokens: AccessTokens {
    // Its format has been checked.
    (try? optional(.apiTokens).map { try AccessTokens(list: $0) }) ?? .none
  }

  private func checkAccess() -> [ConfigurationError.Problem] {
    let (anonymous, hasTokens) = (optional(.apiAllowAnonymous), !tokens.isEmpty)
    if anonymous == "false", !hasTokens {
      return [
        .init(
          location: origin(of: .apiAllowAnonymous), message: "API_ALLOW_ANONYMOUS is false and there are no API_TOKENS",
          hint: "set API_TOKENS; streampulse token NAME makes one")
      ]
    }
    guard !isLoopback(text(.apiHost)), anonymous == nil, !hasTokens else { return [] }
    return [
      .init(
        location: origin(of: .apiHost), message: "API_HOST \(text(.apiHost)) lets everybody on the network in",
        hint: "set API_TOKENS (streampulse token NAME makes one), or API_ALLOW_ANONYMOUS=true where that is meant")
    ]
  }

  private func checkTLS() -> [ConfigurationError.Problem] {
    let pair: [SettingKey] = [.apiTLSCertificate, .apiTLSKey]
    guard let given = pair.first(where: { optional($0) != nil }),
      let missing = pair.first(where: { optional($0) == nil })
    else { return [] }
    return [
      .init(
        location: origin(of: given), message: "\(given.rawValue) is set without \(missing.rawValue)",
        hint: "set \(missing.rawValue) too")
    ]
  }

  private func isLoopback(_ host: String) -> Bool {
    host == "localhost" || host == "::1" || host.hasPrefix("127.")
  }

  fileprivate var registryAuthorization: Configuration.Registry.Authorization? {
    if let token = optional(.registryToken) { return .token(Secret(token)) }
    guard let user = optional(.registryUser), let password = optional(.registryPassword) else { return nil }
    return .user(user, password: Secret(password))
  }

  private func checkRegistry() -> [ConfigurationError.Problem] {
    func problem(_ key: SettingKey, _ message: String, hint: String) -> ConfigurationError.Problem {
      .init(location: origin(of: key), message: "\(key.rawValue) \(message)", hint: hint)
    }
    let parts: [SettingKey] = [.registryUser, .registryPassword, .registryToken, .registryCA]
    if optional(.registryURL) == nil, let first = parts.first(where: { optional($0) != nil }) {
      return [problem(first, "is set without SCHEMA_REGISTRY_URL", hint: "set SCHEMA_REGISTRY_URL too")]
    }
    switch (optional(.registryUser), optional(.registryPassword), optional(.registryToken)) {
    case (_?, _, _?), (_, _?, _?):
      return [problem(.registryToken, "is set together with a user", hint: "use one or the other")]
    case (_?, nil, nil):
      return [
        problem(.registryUser, "is set without SCHEMA_REGISTRY_PASSWORD", hint: "set SCHEMA_REGISTRY_PASSWORD too")
      ]
    case (nil, _?, nil):
      return [problem(.registryPassword, "is set without SCHEMA_REGISTRY_USER", hint: "set SCHEMA_REGISTRY_USER too")]
    default: return []
    }
  }
}
