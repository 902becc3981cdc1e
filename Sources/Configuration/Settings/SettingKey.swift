/// Every setting there is, by the name of its environment variable.
public enum SettingKey: String, CaseIterable, Sendable {
  case kafkaBootstrapServers = "KAFKA_BOOTSTRAP_SERVERS"
  case kafkaTopic = "KAFKA_TOPIC"
  case kafkaGroupID = "KAFKA_GROUP_ID"
  case kafkaInstanceID = "KAFKA_INSTANCE_ID"
  case registryURL = "SCHEMA_REGISTRY_URL"
  case registryUser = "SCHEMA_REGISTRY_USER"
  case registryPassword = "SCHEMA_REGISTRY_PASSWORD"
  case registryToken = "SCHEMA_REGISTRY_TOKEN"
  case registryCA = "SCHEMA_REGISTRY_CA"
  case databaseURL = "DATABASE_URL"
  case databaseReadURL = "DATABASE_READ_URL"
  case pgHost = "PG_HOST"
  case pgPort = "PG_PORT"
  case pgDatabase = "PG_DATABASE"
  case pgUser = "PG_USER"
  case pgPassword = "PG_PASSWORD"
  case resultSchema = "RESULT_SCHEMA"
  case apiHost = "API_HOST"
  case apiPort = "API_PORT"
  case apiTLSCertificate = "API_TLS_CERT"
  case apiTLSKey = "API_TLS_KEY"
  case apiTokens = "API_TOKENS"
  case apiAllowAnonymous = "API_ALLOW_ANONYMOUS"
  case apiRateLimit = "API_RATE_LIMIT"
  case allowedOrigins = "ALLOWED_ORIGINS"
  case cacheTTL = "CACHE_TTL"
  case apiWorkers = "API_WORKERS"
  case apiThreads = "API_THREADS"
  case apiMaxConnections = "API_MAX_CONNECTIONS"
  case apiMaxConnectionsPerAddress = "API_MAX_CONNECTIONS_PER_ADDRESS"
  case apiMaxStreams = "API_MAX_STREAMS"
  case apiMaxStreamsPerAddress = "API_MAX_STREAMS_PER_ADDRESS"
  case apiMaxSubscriptions = "API_MAX_SUBSCRIPTIONS"
  case silentAfter = "SILENT_AFTER_SECONDS"
  case auditDays = "AUDIT_DAYS"
  case statementTimeout = "STATEMENT_TIMEOUT_MS"
  case flushInterval = "FLUSH_INTERVAL_MS"
  case batchSize = "BATCH_SIZE"
  case maxDeltaRows = "MAX_DELTA_ROWS"
  case workers = "WORKERS"
  case referenceMaxRows = "REFERENCE_MAX_ROWS"
  case referenceMaxMegabytes = "REFERENCE_MAX_MEGABYTES"
  case ledgerDays = "LEDGER_DAYS"
  case deadLetterDays = "DEAD_LETTER_DAYS"
  case alertDays = "ALERT_DAYS"
  case metricsHost = "METRICS_HOST"
  case metricsPort = "METRICS_PORT"
  case notificationCA = "NOTIFICATION_CA"
  case notificationTimeout = "NOTIFICATION_TIMEOUT_SECONDS"
  case notificationResend = "NOTIFICATION_RESEND_SECONDS"
  case notificationGiveUp = "NOTIFICATION_GIVE_UP_HOURS"
  case notificationKeep = "NOTIFICATION_KEEP_DAYS"
  case traceEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
  case traceAddress = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
  case traceHeaders = "OTEL_EXPORTER_OTLP_HEADERS"
  case traceTimeout = "OTEL_EXPORTER_OTLP_TIMEOUT"
  case traceCA = "OTEL_EXPORTER_OTLP_CERTIFICATE"
  case traceService = "OTEL_SERVICE_NAME"
  case traceResource = "OTEL_RESOURCE_ATTRIBUTES"
  case traceSampler = "OTEL_TRACES_SAMPLER"
  case traceSamplerArgument = "OTEL_TRACES_SAMPLER_ARG"
  case traceDisabled = "OTEL_SDK_DISABLED"
  case eventsPerMinute = "EVENTS_PER_MINUTE"
  case dataDirectory = "STREAMPULSE_DATA_DIR"
  case project = "STREAMPULSE_PROJECT"
  case projectName = "STREAMPULSE_PROJECT_NAME"
  case url = "STREAMPULSE_URL"
  case logLevel = "LOG_LEVEL"
  case logFormat = "LOG_FORMAT"
  case logLimit = "LOG_LIMIT"

  /// The option that sets it: `API_PORT` is `--api-port`, and `STREAMPULSE_PROJECT` is `--project`.
  public var optionName: String {
    let name = longOptionName
    return name.hasPrefix(Self.ownPrefix) ? String(name.dropFirst(Self.ownPrefix.count)) : name
  }

  /// The option by the variable's whole name, which is understood, too.
  var longOptionName: String {
    String(rawValue.lowercased().map { $0 == "_" ? "-" : $0 })
  }

  private static let ownPrefix = "streampulse-"

  /// The table of settings: what each one is.
  public var setting: Setting {
    switch self {
    case .kafkaBootstrapServers:
      Setting(
        .kafka, .servers, note: "an in-process broker, by \"up\" only",
        "Kafka brokers to connect to")
    case .kafkaTopic:
      Setting(
        .kafka, .text, note: "the topic that the stream's definition names",
        "Topic of the events, for a project of one stream")
    case .kafkaGroupID:
      Setting(
        .kafka, .text, default: "streampulse",
        "Consumer group in which the instances share the partitions; of several streams each has one, GROUP.STREAM")
    case .kafkaInstanceID:
      Setting(
        .kafka, .instance, note: "none: a process that ends leaves the group",
        "Name of this process in the consumer group, which keeps its partitions while it is restarted (docs/scaling.md)"
      )
    case .registryURL:
      Setting(
        .registry, .addresses, note: "none: records are of the schemas in schemas/",
        "Schema registry to ask for schemas that are not in schemas/; addresses of one registry, tried in turn")
    case .registryUser: Setting(.registry, .text, note: "none", "User of the schema registry")
    case .registryPassword: Setting(.registry, .text, note: "none", secret: true, "Password of that user")
    case .registryToken:
      Setting(.registry, .text, note: "none", secret: true, "Bearer token for the schema registry, instead of a user")
    case .registryCA:
      Setting(
        .registry, .file, note: "those of the system",
        "Certificates (PEM) of the authorities that the registry's own is checked against")
    case .databaseURL:
      Setting(
        .postgres, .postgresURL, note: "a private cluster in the data folder, by \"up\" only", secret: true,
        "Postgres to write to; special characters in user and password are percent-encoded. Instead of PG_*")
    case .databaseReadURL:
      Setting(
        .postgres, .postgresURL, note: "none: the API reads where it writes", secret: true,
        "Streaming replica of that Postgres, which the API reads from while it is there")
    case .pgHost:
      Setting(.postgres, .text, note: "as DATABASE_URL says", "Postgres host; the other PG_* count only with it")
    case .pgPort:
      Setting(.postgres, .integer(1...65535), default: "5432", "Postgres port")
    case .pgDatabase:
      Setting(.postgres, .text, default: "streampulse", "Postgres database")
    case .pgUser:
      Setting(.postgres, .text, default: "streampulse", "Postgres user, who owns the tables")
    case .pgPassword:
      Setting(.postgres, .text, note: "none", secret: true, "Postgres password")
    case .resultSchema:
      Setting(
        .postgres, .schema, default: "public",
        "Schema of the results; every project of a database has its own")
    case .apiHost:
      Setting(.api, .text, default: "127.0.0.1", "Address that the API listens on; 0.0.0.0 for all")
    case .apiPort:
      Setting(.api, .integer(0...65535), default: "8000", "Port of the API and the dashboard; 0 takes a free one")
    case .apiTLSCertificate:
      Setting(
        .api, .file, note: "none: the API speaks plain HTTP",
        "Certificate (PEM) that the API speaks TLS with, and behind it those that lead to an authority; read again on SIGHUP"
      )
    case .apiTLSKey:
      Setting(.api, .file, note: "none", "Private key (PEM, without a passphrase) of that certificate")
    case .apiTokens:
      Setting(
        .api, .tokens, note: "none: nobody needs one", secret: true,
        "Who may use the API, with the digests of their tokens; \"streampulse token\" makes one")
    case .apiAllowAnonymous:
      Setting(
        .api, .choice(["true", "false"]), note: "without API_TOKENS, on a loopback address",
        "Whether requests without a token are answered; other addresses than loopback need this or API_TOKENS")
    case .apiRateLimit:
      Setting(
        .api, .integer(0...1_000_000), default: "0",
        "Requests per second of one token, or of one address without one, and twice as many at once; 0: no limit")
    case .allowedOrigins:
      Setting(.api, .origins, note: "none", "Other web origins that may call the API from a browser (CORS)")
    case .cacheTTL:
      Setting(.api, .number(0...3600), default: "2", "Seconds that a result is served from memory; 0 asks every time")
    case .apiWorkers:
      Setting(.api, .integer(1...64), default: "4", "Database connections of the API")
    case .apiThreads:
      Setting(.api, .integer(1...64), default: "2", "Threads that serve HTTP connections")
    case .apiMaxConnections:
      Setting(.api, .integer(1...65535), default: "1024", "HTTP connections that are open at the same time")
    case .apiMaxConnectionsPerAddress:
      Setting(
        .api, .integer(1...65535), note: "half of API_MAX_CONNECTIONS",
        "HTTP connections of one address; a proxy in front of the API is one")
    case .apiMaxStreams:
      Setting(.api, .integer(1...65535), default: "1024", "Event streams and WebSockets that are open at the same time")
    case .apiMaxStreamsPerAddress:
      Setting(
        .api, .integer(1...65535), note: "half of API_MAX_STREAMS",
        "Event streams and WebSockets of one address; a proxy in front of the API is one")
    case .apiMaxSubscriptions:
      Setting(.api, .integer(1...4096), default: "64", "Subscriptions of one WebSocket")
    case .silentAfter:
      Setting(
        .api, .integer(0...604_800), default: "180",
        "Seconds without an event after which /health calls a stream silent; 0: never")
    case .auditDays:
      Setting(.api, .integer(1...36_500), default: "90", "Days that entries of the audit log are kept")
    case .statementTimeout:
      Setting(
        .api, .integer(1...600_000), default: "5000", "Milliseconds after which Postgres gives up an API query")
    case .flushInterval:
      Setting(
        .engine, .integer(1...60_000), default: "20",
        "Milliseconds between two transactions, at least; 2.5 times for less than 100 records, 5 or 10 in a backlog")
    case .batchSize:
      Setting(.engine, .integer(1...1_000_000), default: "10000", "Records that are consumed together, at most")
    case .maxDeltaRows:
      Setting(
        .engine, .integer(1...10_000_000), default: "200000",
        "Changed rows in memory at which reading waits for the transaction")
    case .workers:
      Setting(
        .engine, .count(1...64, orAutomatic: "auto"), default: "1",
        "Members of the consumer group in this process; each has a thread that reads and one that writes; auto: by the cores"
      )
    case .referenceMaxRows:
      Setting(
        .engine, .integer(1...100_000_000), default: "1000000",
        "Rows that a table of reference data may have; of one that has more the last version stays in use")
    case .referenceMaxMegabytes:
      Setting(
        .engine, .integer(1...65_536), default: "256",
        "Memory (MiB) that a table of reference data may take; while a newer version is read, it takes it twice")
    case .ledgerDays:
      Setting(
        .engine, .integer(1...36_500), default: "7",
        "Days after which proven segments of the ledger become daily totals; after one day they are hourly ones")
    case .deadLetterDays:
      Setting(
        .engine, .integer(1...36_500), default: "365",
        "Days that dead letters are kept; those whose record the topic still holds stay longer")
    case .alertDays:
      Setting(.engine, .integer(8...36_500), default: "365", "Days that alerts are kept that are over")
    case .metricsHost:
      Setting(.engine, .text, default: "127.0.0.1", "Address that METRICS_PORT listens on; 0.0.0.0 for all")
    case .metricsPort:
      Setting(
        .engine, .integer(0...65535), note: "none is opened",
        "Port on which \"process\" tells /metrics and /health; 0 takes a free one")
    case .notificationCA:
      Setting(
        .notifications, .file, note: "those of the system",
        "Certificates (PEM) of the authorities that those of targets' servers are checked against")
    case .notificationTimeout:
      Setting(
        .notifications, .integer(1...300), default: "10", "Seconds that sending one message to a target may take")
    case .notificationResend:
      Setting(
        .notifications, .integer(1...3600), default: "60",
        "Seconds after which an Alertmanager is told again of an incident that goes on")
    case .notificationGiveUp:
      Setting(
        .notifications, .integer(1...720), default: "24",
        "Hours after which a notification is given up that no target has taken")
    case .notificationKeep:
      Setting(
        .notifications, .integer(1...3650), default: "30",
        "Days that notifications are kept that were delivered or given up")
    case .traceEndpoint:
      Setting(
        .tracing, .address, note: "none: nothing is traced",
        "OpenTelemetry collector to send spans to, by OTLP over HTTP (protobuf); /v1/traces is added")
    case .traceAddress:
      Setting(
        .tracing, .address, note: "as OTEL_EXPORTER_OTLP_ENDPOINT says",
        "The same as it stands, with its path; instead of OTEL_EXPORTER_OTLP_ENDPOINT")
    case .traceHeaders:
      Setting(
        .tracing, .pairs, note: "none", secret: true, "Headers for the collector, e.g. what it asks for a token in")
    case .traceTimeout:
      Setting(
        .tracing, .integer(1...600_000), default: "10000", "Milliseconds that sending spans to the collector may take")
    case .traceCA:
      Setting(
        .tracing, .file, note: "those of the system",
        "Certificates (PEM) of the authorities that the collector's own is checked against")
    case .traceService:
      Setting(
        .tracing, .text, note: "service.name of OTEL_RESOURCE_ATTRIBUTES, else streampulse",
        "What the service is called in traces")
    case .traceResource:
      Setting(
        .tracing, .pairs, note: "none", "What all spans say of the service, e.g. deployment.environment.name=test")
    case .traceSampler:
      Setting(
        .tracing,
        .choice([
          "always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off",
          "parentbased_traceidratio",
        ]), default: "parentbased_always_on",
        "Which traces are recorded; parentbased ones take over what a caller has decided")
    case .traceSamplerArgument:
      Setting(.tracing, .number(0...1), default: "1", "Share of traces that a traceidratio sampler records")
    case .traceDisabled:
      Setting(
        .tracing, .choice(["true", "false"]), default: "false", "Whether nothing is traced, whatever else is set")
    case .eventsPerMinute:
      Setting(.demo, .number(1...600_000_000), default: "6000", "Load that event-generator and the demo make")
    case .dataDirectory:
      Setting(
        .general, .folder, note: ".streampulse; .streampulse/NAME of a project that is given by its name",
        "Folder of what \"up\" keeps: the private Postgres, its password, the file env")
    case .project:
      Setting(
        .general, .folder, default: ".",
        "Folder with sql/ and schemas/, or a name in projects/; without sql/ in the default, the one that the program "
          + "was built in")
    case .projectName:
      Setting(
        .general, .text, note: "the folder's name",
        "What the project is called in the database, which refuses another one in the same RESULT_SCHEMA")
    case .url:
      Setting(
        .general, .text, note: "none",
        "Address of the API that \"up\" runs, as its file env tells scripts; no command reads it")
    case .logLevel:
      Setting(
        .general, .choice(["trace", "debug", "info", "notice", "warning", "error"]), default: "info",
        "The least important messages that are logged")
    case .logFormat:
      Setting(
        .general, .choice(["auto", "text", "json"]), default: "auto",
        "How log lines look; auto is text on a terminal, with colours, else JSON")
    case .logLimit:
      Setting(
        .general, .integer(0...1_000_000), default: "600",
        "Log lines of one message within a minute, what comes beyond is only counted; 0 is no limit")
    }
  }
}

/// Settings that are passed on to librdkafka: `KAFKA_PROPERTY_SECURITY_PROTOCOL` sets `security.protocol`.
public struct KafkaProperty: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  public static let prefix = "KAFKA_PROPERTY_"

  /// librdkafka's name.
  public var name: String
  public var value: String

  /// Whether the value must not be shown.
  public var isSecret: Bool {
    ["password", "secret", "key.pem", "oauthbearer.config"].contains { name.contains($0) }
  }

  public var description: String { "\(name)=\(isSecret ? "********" : value)" }

  public var debugDescription: String { description }

  /// `dump` and reflecting loggers see what `description` shows.
  public var customMirror: Mirror { Mirror(self, children: ["description": description]) }

  init?(key: String, value: String) {
    let name = key.dropFirst(Self.prefix.count)
    guard key.hasPrefix(Self.prefix), !name.isEmpty else { return nil }
    self.name = String(name.lowercased().map { $0 == "_" ? "." : $0 })
    self.value = value
  }
}
