import Configuration
import Glibc
import Testing

@Suite struct ConfigurationTests {
  @Test("without any setting the documented defaults hold")
  func defaults() throws {
    let configuration = try Configuration()
    #expect(configuration.kafka.bootstrapServers == nil)
    #expect(configuration.kafka.topic == nil)
    #expect(configuration.kafka.groupID == "streampulse")
    #expect(configuration.api.host == "127.0.0.1")
    #expect(configuration.api.port == 8000)
    #expect(configuration.api.cacheSeconds == 2)
    #expect(configuration.api.allowedOrigins.isEmpty)
    #expect(configuration.engine.flushIntervalMilliseconds == 20)
    #expect(configuration.engine.batchSize == 10_000)
    #expect(configuration.engine.maxDeltaRows == 200_000)
    #expect(configuration.dataDirectory == ".streampulse")
    #expect(configuration.project == "." && !configuration.isProjectExplicit)
    #expect(configuration.logLevel == "info")
    guard case .unconfigured = configuration.database else {
      Issue.record("no database is configured")
      return
    }
  }

  @Test(
    "the command line wins over the environment, which wins over .env, which wins over the default",
    arguments: [
      (["API_PORT": "1"], ["API_PORT": "2"], "API_PORT=3", 1), ([:], ["API_PORT": "2"], "API_PORT=3", 2),
      ([:], [:], "API_PORT=3", 3), ([:], [:], "", 8000), ([:], ["API_PORT": ""], "API_PORT=3", 8000),
    ] as [([String: String], [String: String], String, Int)])
  func precedence(commandLine: [String: String], environment: [String: String], file: String, port: Int) throws {
    let configuration = try Configuration(
      commandLine: commandLine, environment: environment, file: EnvironmentFile(path: ".env", text: file))
    #expect(configuration.api.port == port)
  }

  @Test(
    "workers are a number or auto",
    arguments: [("1", .fixed(1)), ("64", .fixed(64)), ("auto", .automatic)]
      as [(String, Configuration.WorkerCount)])
  func workers(text: String, count: Configuration.WorkerCount) throws {
    #expect(try Configuration(environment: ["WORKERS": text]).engine.workers == count)
  }

  @Test("the name of an instance is one that Kafka takes, with a worker's number behind it")
  func instance() throws {
    #expect(try Configuration().kafka.instanceID == nil)
    for name in ["streampulse-process-0", "a.B_9", String(repeating: "n", count: 200)] {
      #expect(try Configuration(environment: ["KAFKA_INSTANCE_ID": name]).kafka.instanceID == name)
    }
    for name in ["host:1", "a b", "ä", String(repeating: "n", count: 201)] {
      #expect(throws: ConfigurationError.self) { try Configuration(environment: ["KAFKA_INSTANCE_ID": name]) }
    }
  }

  @Test("a project that is given by its name is in projects/, and keeps its data in a folder of its own")
  func namedProject() throws {
    let configuration = try Configuration(commandLine: ["STREAMPULSE_PROJECT": "trips"])
    #expect(configuration.dataDirectory == ".streampulse/trips")
    let built = repositoryPath(".build/release/streampulse")
    #expect(try configuration.projectDirectory(executable: built).hasSuffix("projects/trips"))
    let elsewhere = try Configuration(
      commandLine: ["STREAMPULSE_PROJECT": "trips", "STREAMPULSE_DATA_DIR": "/var/tmp/data"])
    #expect(elsewhere.dataDirectory == "/var/tmp/data")
    let folder = try Configuration(commandLine: ["STREAMPULSE_PROJECT": repositoryPath("projects/trips")])
    #expect(folder.dataDirectory == ".streampulse")
    let unknown = try Configuration(commandLine: ["STREAMPULSE_PROJECT": "tripz"])
    #expect(throws: ConfigurationError.self) { try unknown.projectDirectory(executable: built) }
  }

  @Test("an installed program finds the projects in share/streampulse")
  func installedProject() throws {
    let root = "/tmp/streampulse-installed-\(getpid())"
    let parts = ["", "share", "streampulse", "projects", "harvest", "sql"]
    let folders = parts.indices.map { root + parts[...$0].joined(separator: "/") }
    for folder in folders { mkdir(folder, 0o700) }
    defer { for folder in folders.reversed() { rmdir(folder) } }
    let configuration = try Configuration(commandLine: ["STREAMPULSE_PROJECT": "harvest"])
    #expect(try configuration.projectDirectory(executable: root + "/lib/streampulse/streampulse") == folders[4])
    #expect(throws: ConfigurationError.self) {
      try configuration.projectDirectory(executable: root + "/bin/streampulse")
    }
  }

  @Test("settings of ours have an option with and without their common beginning, and only one of them may be given")
  func ownOptions() throws {
    let interface = CommandLineInterface(
      program: "p", summary: "", version: "", commands: [CommandSpec(name: "c", summary: "", settings: [.project])])
    for option in ["--project", "--streampulse-project"] {
      #expect(try interface.parse(["c", option, "trips"]).settings == ["STREAMPULSE_PROJECT": "trips"])
    }
    #expect(throws: UsageError.self) { try interface.parse(["c", "--project", "a", "--streampulse-project", "b"]) }
    #expect(!interface.help(for: interface.commands[0]).contains("--streampulse-project"))
  }

  @Test("what is counted stands in the singular or the plural")
  func counts() {
    #expect([0, 1, 2].map { counted($0, "line") } == ["0 lines", "1 line", "2 lines"])
    #expect([1, 3].map { counted($0, "entry", plural: "entries") } == ["1 entry", "3 entries"])
  }

  @Test("a topic for a stream that does not exist is told with the variable that was probably meant")
  func topicOfNoStream() throws {
    let configuration = try Configuration(
      environment: ["KAFKA_TOPIC_O9": "x", "KAFKA_TOPIC_TRIPS": "y"],
      file: EnvironmentFile(path: ".env", text: "KAFKA_TOPIC_NOBODY=z"))
    let settings = configuration.kafka.streamTopics
    #expect(settings.map(\.isOfEnvironment) == [false, true, true])
    #expect(
      settings.map { $0.problem(streams: ["o1", "trips"])?.description } == [
        ".env:1: KAFKA_TOPIC_NOBODY: there is no stream nobody; there is KAFKA_TOPIC_O1, KAFKA_TOPIC_TRIPS",
        "environment: KAFKA_TOPIC_O9: there is no stream o9; did you mean KAFKA_TOPIC_O1?", nil,
      ])
  }

  @Test("KAFKA_PROPERTY_ variables become librdkafka properties, and secret ones are not shown")
  func kafkaProperties() throws {
    let configuration = try Configuration(
      environment: ["KAFKA_PROPERTY_SASL_PASSWORD": "hunter2", "KAFKA_PROPERTY_SECURITY_PROTOCOL": "ssl"],
      file: EnvironmentFile(path: ".env", text: "KAFKA_PROPERTY_SECURITY_PROTOCOL=plaintext"))
    let properties = configuration.kafka.properties
    #expect(properties.map(\.name) == ["sasl.password", "security.protocol"])
    #expect(properties.map(\.value) == ["hunter2", "ssl"])
    #expect(properties.map(\.description) == ["sasl.password=********", "security.protocol=ssl"])
  }

  @Test("PG_* describe a server, with defaults for all but the host")
  func postgresParts() throws {
    let configuration = try Configuration(environment: ["PG_HOST": "db", "PG_PASSWORD": "hunter2"])
    guard case .server(let host, let port, let database, let user, let password) = configuration.database else {
      Issue.record("a server is configured")
      return
    }
    #expect(host == "db" && port == 5432 && database == "streampulse" && user == "streampulse")
    #expect(password?.revealed == "hunter2")
  }

  @Test("traces go to a collector by OpenTelemetry's variables, and nowhere unless one is named")
  func tracing() throws {
    #expect(try Configuration().tracing == nil)
    let base = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/otlp/"]
    let plain = try #require(try Configuration(environment: base).tracing)
    #expect(plain.address == "http://collector:4318/otlp/v1/traces")
    #expect(plain.sampler == "parentbased_always_on" && plain.ratio == 1 && plain.timeoutMilliseconds == 10_000)
    #expect(plain.revealedHeaders.isEmpty && plain.attributes.isEmpty && plain.serviceName == nil)
    let all = try #require(
      try Configuration(
        environment: base.merging([
          "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://other/custom",
          "OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Basic%20YWI%3D, x-tenant = a%2Cb",
          "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test,team=d%C3%A9", "OTEL_SERVICE_NAME": "pulse",
          "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25",
        ]) { $1 }
      ).tracing)
    #expect(all.address == "https://other/custom" && all.ratio == 0.25 && all.serviceName == "pulse")
    #expect(all.revealedHeaders.map(\.name) == ["Authorization", "x-tenant"])
    #expect(all.revealedHeaders.map(\.value) == ["Basic YWI=", "a,b"])
    #expect(all.attributes.map(\.value) == ["test", "dé"])
    #expect(!"\(all)".contains("YWI"))
    #expect(try Configuration(environment: base.merging(["OTEL_SDK_DISABLED": "true"]) { $1 }).tracing == nil)
  }

  @Test(
    "what cannot be a setting of traces is refused, and headers are not shown",
    arguments: [
      ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a,http://b"),
      ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:hunter2@collector"), ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
      ("OTEL_EXPORTER_OTLP_HEADERS", "a=hunter2,=b"), ("OTEL_EXPORTER_OTLP_HEADERS", "a=hunter2%zz"),
      ("OTEL_TRACES_SAMPLER", "jaeger_remote"), ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
      ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
    ])
  func wrongTracing(key: String, value: String) {
    do {
      _ = try Configuration(environment: [key: value])
      Issue.record("\(key)=\(value) was taken")
    } catch {
      #expect(error.description.contains(key) && !error.description.contains("hunter2"))
    }
  }

  @Test("a schema registry has addresses, and a user or a token")
  func registry() throws {
    #expect(try Configuration().registry == nil)
    let url = ["SCHEMA_REGISTRY_URL": "http://a:8081, https://b/path/"]
    let plain = try #require(try Configuration(environment: url).registry)
    #expect(plain.addresses == ["http://a:8081", "https://b/path/"])
    #expect(plain.authorization == nil && plain.caFile == nil)
    let user = try Configuration(
      environment: url.merging(["SCHEMA_REGISTRY_USER": "u", "SCHEMA_REGISTRY_PASSWORD": "p"]) { $1 })
    guard case .user("u", let password) = user.registry?.authorization else {
      Issue.record("there is a user")
      return
    }
    #expect(password.revealed == "p")
    let token = try Configuration(
      environment: url.merging(["SCHEMA_REGISTRY_TOKEN": "t", "SCHEMA_REGISTRY_CA": "ca.pem"]) { $1 })
    guard case .token(let secret) = token.registry?.authorization else {
      Issue.record("there is a token")
      return
    }
    #expect(secret.revealed == "t" && token.registry?.caFile == "ca.pem")
  }

  @Test("who may read is said for other addresses than loopback: tokens, or everybody")
  func access() throws {
    let entry = "grafana:read:" + String(repeating: "a", count: 64)
    func api(_ environment: [String: String]) throws -> Configuration.API {
      try Configuration(environment: environment).api
    }
    for host in ["127.0.0.1", "127.0.1.1", "localhost", "::1"] {
      #expect(try api(["API_HOST": host]).allowsAnonymous, "\(host)")
    }
    #expect(try api(["API_HOST": "::", "API_ALLOW_ANONYMOUS": "true"]).allowsAnonymous)
    #expect(try !api(["API_HOST": "0.0.0.0", "API_TOKENS": entry]).allowsAnonymous)
    #expect(try api(["API_TOKENS": entry, "API_ALLOW_ANONYMOUS": "true"]).allowsAnonymous)
  }

  @Test("no way of printing a configuration shows a secret")
  func secretsStayHidden() throws {
    let url = try Configuration(environment: ["DATABASE_URL": "postgresql://u:hunter2@h/d"])
    let parts = try Configuration(environment: ["PG_HOST": "h", "PG_PASSWORD": "hunter2"])
    let registry = ["SCHEMA_REGISTRY_URL": "http://r", "SCHEMA_REGISTRY_TOKEN": "hunter2"]
    let replica = try Configuration(environment: ["DATABASE_READ_URL": "postgresql://u:hunter2@h/d"])
    #expect(replica.readDatabase?.revealed == "postgresql://u:hunter2@h/d")
    let broker = try Configuration(environment: ["KAFKA_PROPERTY_SASL_PASSWORD": "hunter2"])
    for configuration in [url, parts, replica, broker, try Configuration(environment: registry)] {
      var dumped = ""
      dump(configuration, to: &dumped)
      #expect(!dumped.contains("hunter2"))
      #expect(!"\(configuration)".contains("hunter2"))
      #expect(!String(reflecting: configuration).contains("hunter2"))
    }
  }

  static let refused: [([String: String], String)] = [
    (["API_PORT": "eighty"], "environment: API_PORT must be a whole number in 0..65535, not \"eighty\""),
    (["API_PORT": "65536"], "environment: API_PORT must be a whole number in 0..65535, not \"65536\""),
    (["CACHE_TTL": "nan"], "environment: CACHE_TTL must be a number in 0.0..3600.0, not \"nan\""),
    (
      ["LOG_LEVEL": "loud"],
      "environment: LOG_LEVEL must be one of trace, debug, info, notice, warning, error, not \"loud\""
    ),
    (
      ["KAFKA_BOOTSTRAP_SERVERS": "localhost"],
      "environment: KAFKA_BOOTSTRAP_SERVERS must be host:port, several separated by commas, not \"localhost\""
    ),
    (
      ["DATABASE_URL": "mysql://u:hunter2@h/d"],
      "environment: DATABASE_URL must be postgresql://user:password@host:port/database?option=value"
    ),
    (
      ["DATABASE_READ_URL": "mysql://u:hunter2@h/d"],
      "environment: DATABASE_READ_URL must be postgresql://user:password@host:port/database?option=value"
    ),
    (
      ["DATABASE_URL": "postgresql://h/d", "PG_HOST": "h"],
      "environment: PG_HOST is set together with DATABASE_URL; use one or the other"
    ),
    (["PG_USER": "u"], "environment: PG_USER is set without PG_HOST; set PG_HOST too"),
    (
      ["SCHEMA_REGISTRY_URL": "registry:8081"],
      "environment: SCHEMA_REGISTRY_URL must be http:// or https:// addresses, several separated by commas, "
        + "not \"registry:8081\""
    ),
    (
      ["SCHEMA_REGISTRY_URL": "http://a,https://u:hunter2@b"],
      "environment: SCHEMA_REGISTRY_URL must not hold a user or a password: they have settings of their own"
    ),
    (
      ["SCHEMA_REGISTRY_TOKEN": "hunter2"],
      "environment: SCHEMA_REGISTRY_TOKEN is set without SCHEMA_REGISTRY_URL; set SCHEMA_REGISTRY_URL too"
    ),
    (
      ["SCHEMA_REGISTRY_URL": "http://r", "SCHEMA_REGISTRY_USER": "u"],
      "environment: SCHEMA_REGISTRY_USER is set without SCHEMA_REGISTRY_PASSWORD; set SCHEMA_REGISTRY_PASSWORD too"
    ),
    (
      ["SCHEMA_REGISTRY_URL": "http://r", "SCHEMA_REGISTRY_PASSWORD": "hunter2"],
      "environment: SCHEMA_REGISTRY_PASSWORD is set without SCHEMA_REGISTRY_USER; set SCHEMA_REGISTRY_USER too"
    ),
    (
      [
        "SCHEMA_REGISTRY_URL": "http://r", "SCHEMA_REGISTRY_USER": "u", "SCHEMA_REGISTRY_PASSWORD": "p",
        "SCHEMA_REGISTRY_TOKEN": "hunter2",
      ], "environment: SCHEMA_REGISTRY_TOKEN is set together with a user; use one or the other"
    ),
    (
      ["API_HOST": "0.0.0.0"],
      "environment: API_HOST 0.0.0.0 lets everybody on the network in; set API_TOKENS (streampulse token NAME makes "
        + "one), or API_ALLOW_ANONYMOUS=true where that is meant"
    ),
    (["API_TLS_CERT": "a.pem"], "environment: API_TLS_CERT is set without API_TLS_KEY; set API_TLS_KEY too"),
    (["API_TLS_KEY": "a.key"], "environment: API_TLS_KEY is set without API_TLS_CERT; set API_TLS_CERT too"),
    (
      ["API_ALLOW_ANONYMOUS": "false"],
      "environment: API_ALLOW_ANONYMOUS is false and there are no API_TOKENS; set API_TOKENS; streampulse token NAME "
        + "makes one"
    ),
    (
      ["API_TOKENS": "grafana:read:sp_hunter2"],
      "environment: API_TOKENS cannot be used: the digest of grafana is not 64 hexadecimal digits, the SHA-256 of its "
        + "secret"
    ),
    (
      ["STREAMPULSE_DATADIR": "x"],
      "environment: STREAMPULSE_DATADIR is not a setting; did you mean STREAMPULSE_DATA_DIR?"
    ),
    (
      ["ALLOWED_ORIGINS": "https://a.example/path"],
      "environment: ALLOWED_ORIGINS must be origins such as https://example.org separated by commas, or *, "
        + "not \"https://a.example/path\""
    ),
  ]

  @Test("a wrong setting is refused with its place and what it must be", arguments: refused)
  func refuses(environment: [String: String], message: String) {
    let error = #expect(throws: ConfigurationError.self) { try Configuration(environment: environment) }
    #expect(error?.description == message)
  }

  @Test("the layer that says where Postgres is says it alone")
  func databaseOfTheHighestLayer() throws {
    let url = "postgresql://u:p@h:1/d"
    let parts = try EnvironmentFile(path: ".env", text: "PG_HOST=db\nPG_USER=me\nPG_PASSWORD=x")
    guard case .url(let joined) = try Configuration(environment: ["DATABASE_URL": url], file: parts).database else {
      Issue.record("the environment's address hides the file's parts")
      return
    }
    #expect(joined.revealed == url)
    let file = try EnvironmentFile(path: ".env", text: "DATABASE_URL=\(url)")
    let database = try Configuration(commandLine: ["PG_HOST": "other"], file: file).database
    guard case .server(let host, _, _, _, _) = database else {
      Issue.record("the command line's host hides the file's address")
      return
    }
    #expect(host == "other")
    // Not set, as everywhere.
    #expect(throws: Never.self) { try Configuration(environment: ["DATABASE_URL": ""], file: parts) }
    #expect(throws: ConfigurationError.self) {
      try Configuration(file: EnvironmentFile(path: ".env", text: "PG_HOST=h\nDATABASE_URL=\(url)"))
    }
  }

  @Test("every name of ours that a document, the help or a program writes is a setting")
  func namesInDocuments() throws {
    let known = Set(SettingKey.allCases.map(\.rawValue))
    let names = /\b(?:STREAMPULSE|API|METRICS)_[A-Z][A-Z0-9_]*[A-Z]\b/
    let paths = [
      "README.md", "docs/operations.md", "docs/definitions.md", "docs/performance.md", "docs/testing.md", "Makefile",
      "Sources/StreamPulse/Up.swift", "Sources/StreamPulse/Commands.swift",
      "generator/Command/GeneratorCommandLine.swift",
    ]
    for path in paths {
      let found = try contents(of: repositoryPath(path)).matches(of: names).map { String($0.output) }
      #expect(found.filter { !known.contains($0) } == [], "\(path)")
    }
  }

  @Test("foreign environment variables are ignored")
  func foreignVariables() throws {
    let foreign = ["PATH": "/bin", "KAFKA_HOME": "/opt/kafka", "PGHOST": "x", "API_KEY": "y", "PG_COLOR": "auto"]
    #expect(try Configuration(environment: foreign).api.port == 8000)
  }

  @Test(
    "an unknown key in .env that looks like ours is refused with the nearest name",
    arguments: [
      ("API_PROT=1", ".env:1:1: API_PROT is not a setting; did you mean API_PORT?"),
      ("\nLOG_LEVL=debug", ".env:2:1: LOG_LEVL is not a setting; did you mean LOG_LEVEL?"),
      (
        "KAFKA_OFFSET_STRATEGY=x",
        ".env:1:1: KAFKA_OFFSET_STRATEGY is not a setting; see streampulse --help and .env.example"
      ),
    ])
  func unknownKeys(text: String, message: String) throws {
    let file = try EnvironmentFile(path: ".env", text: text)
    let error = #expect(throws: ConfigurationError.self) { try Configuration(file: file) }
    #expect(error?.description == message)
  }

  @Test("keys in .env that are clearly somebody else's are left alone")
  func foreignKeys() throws {
    let file = try EnvironmentFile(path: ".env", text: "COMPOSE_PROJECT_NAME=x\nDATABASE_USER=y\nPORT=1")
    #expect(try Configuration(file: file).api.port == 8000)
  }

  @Test("all problems are reported, not only the first")
  func allProblems() {
    let error = #expect(throws: ConfigurationError.self) {
      try Configuration(environment: ["API_PORT": "x", "BATCH_SIZE": "0", "PG_USER": "u"])
    }
    #expect(error?.problems.count == 3)
  }

  @Test(".env.example is what the table of settings says")
  func exampleFile() throws {
    let file = try #require(try EnvironmentFile.read(repositoryPath(".env.example")))
    #expect(file.entries.isEmpty, "everything in the example is commented out")
    #expect(try contents(of: repositoryPath(".env.example")) == environmentExample())
  }

  @Test("the example with every comment mark removed is a valid .env")
  func exampleIsValid() throws {
    let lines = environmentExample().split(separator: "\n").filter { line in
      line.hasPrefix("#") && !line.hasPrefix("# ") && !line.hasSuffix("=")
    }
    let file = try EnvironmentFile(path: "x", text: lines.map { String($0.dropFirst()) }.joined(separator: "\n"))
    #expect(file.entries.count == SettingKey.allCases.filter { $0.setting.defaultValue != nil }.count)
    // PG_* are refused without PG_HOST.
    let configuration = try Configuration(environment: ["PG_HOST": "h"], file: file)
    #expect(configuration.api.port == 8000)
  }

  @Test("the README's table has every setting as it is, in order")
  func readmeTable() throws {
    let rows = try contents(of: repositoryPath("README.md")).split(separator: "\n").filter { line in
      SettingKey.allCases.contains { line.hasPrefix("| `\($0.rawValue)` |") }
    }
    let expected = Setting.Group.allCases.flatMap { group in
      SettingKey.allCases.filter { $0.setting.group == group }.map { key in
        let setting = key.setting
        let rule = setting.format.rule + (setting.isSecret ? "; secret" : "")
        let value = setting.defaultValue.map { "`\($0)`" } ?? setting.defaultNote ?? ""
        return "| `\(key.rawValue)` | \(rule) | \(value) | \(setting.summary) |"
      }
    }
    #expect(rows.map(String.init) == expected)
  }

  @Test("every setting is documented, and its default is allowed by its own rule", arguments: SettingKey.allCases)
  func documented(key: SettingKey) throws {
    let setting = key.setting
    #expect(!setting.summary.isEmpty && !setting.format.rule.isEmpty)
    #expect(setting.defaultValue != nil || setting.defaultNote != nil || key == .pgPassword)
    if let value = setting.defaultValue {
      _ = try Configuration(environment: ["PG_HOST": "h", key.rawValue: value])
    }
  }

  @Test("the project folder is searched for only when it is the default")
  func projectFolder() throws {
    let built = repositoryPath(".build/x/release/streampulse")
    let elsewhere = try Configuration(environment: ["STREAMPULSE_PROJECT": "/nonexistent"])
    let error = #expect(throws: ConfigurationError.self) { try elsewhere.projectDirectory(executable: built) }
    #expect(error?.description.contains("/nonexistent/sql") == true)
    let given = try Configuration(environment: ["STREAMPULSE_PROJECT": repositoryPath("")])
    #expect(try given.projectDirectory(executable: nil) == repositoryPath(""))
  }

  @Test(
    "a program finds the project that it was built in",
    arguments: [".build/release/streampulse", ".build/x86_64-unknown-linux-gnu/release/streampulse"])
  func projectOfExecutable(path: String) throws {
    var configuration = try Configuration()
    // As if the working directory held no sql/.
    configuration.project = "/nonexistent"
    let found = try configuration.projectDirectory(executable: repositoryPath(path))
    #expect(found + "/" == repositoryPath(""))
  }
}

/// A path inside the repository, from this file's own.
private func repositoryPath(_ path: String, file: String = #filePath) -> String {
  file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/") + "/" + path
}

private func contents(of path: String) throws -> String {
  let file = try #require(fopen(path, "r"))
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 4096)
  while true {
    let length = fread(&chunk, 1, chunk.count, file)
    guard length > 0 else { break }
    bytes.append(contentsOf: chunk.prefix(length))
  }
  return String(decoding: bytes, as: UTF8.self)
}
