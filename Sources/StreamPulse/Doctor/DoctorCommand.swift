import Configuration
import Diagnosis
import Glibc
import HTTPClient
import HTTPServer
import JSON
import Kafka
import Postgres
import Project
import Storage
import Threads

/// `streampulse doctor`: looks at everything that a running system needs, and changes nothing. Exit status 0 when nothing
/// fails, warnings or not.
func doctor(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let examination = Examination(context)
  examination.run()
  let findings = examination.findings
  let failures = findings.count { $0.gravity == .failure }
  if parsed.flag("json") {
    let document = JSONValue.object([
      JSONMember("healthy", .bool(failures == 0)), JSONMember("findings", .array(findings.map(\.json))),
      JSONMember("examined", .array(examination.examined.map { .string($0) })),
    ])
    print(document.text)
  } else {
    for finding in findings { print(finding.page) }
    let examined = examination.examined.joined(separator: ", ")
    let warnings = findings.count - failures
    print(
      findings.isEmpty
        ? "nothing is wrong: looked at \(examined)"
        : "\(counted(failures, "failure")), \(counted(warnings, "warning")); looked at \(examined)")
  }
  flushOutput()
  return failures == 0 ? 0 : 1
}

/// Looks at one part after the other. What cannot be looked at because of a failure before it is left out.
private final class Examination {
  /// A server that is silent for so long is away.
  private static let patienceSeconds = 5

  private let context: CommandContext
  private(set) var findings: [Finding] = []
  private(set) var examined: [String] = []

  init(_ context: CommandContext) {
    self.context = context
  }

  func run() {
    look("process") { found in
      found += Self.limits(context.configuration)
      found += ZoneExamination.here.findings
      if let disk = DiskFacts(of: context.configuration.dataDirectory)?.finding("process") { found.append(disk) }
    }
    var project: Project?
    look("definitions") { found in project = try definitions(&found) }
    var connection: PostgresConnection?
    look("postgres") { found in connection = try database(project, &found) }
    defer { connection?.close() }
    if context.configuration.readDatabase != nil { look("replica", replica) }
    look("kafka") { found in
      let brokers = BrokerExamination(try context.kafka(), patienceSeconds: Self.patienceSeconds)
      guard let (admin, cluster) = brokers.reach(&found) else { return }
      found += try brokers.advertised(admin)
      guard let project else { return }
      for source in try context.sources(of: project) {
        try brokers.examine(source, cluster, admin, connection, silentAfterSeconds: silentAfter, &found)
      }
    }
    if let registry = context.registry() {
      look("registry") { found in found += OutsideExamination.examine(registry) }
    }
    if let project, !project.targets.isEmpty {
      look("targets") { found in found += OutsideExamination(configuration: context.configuration).targets(project) }
    }
    look("api") { found in try api(&found) }
  }

  private var silentAfter: Int { context.configuration.api.silentAfterSeconds }

  /// Runs a part; what it throws is its finding.
  private func look(_ area: String, _ body: (inout [Finding]) throws -> Void) {
    examined.append(area)
    var found: [Finding] = []
    do {
      try body(&found)
    } catch let error as ConfigurationError {
      found += error.problems.map { .failure("settings", "\($0.location): \($0.message)", $0.hint) }
    } catch {
      found.append(Self.failure(area, "\(error)"))
    }
    findings += found
  }

  /// An error with its own hint, or ours.
  private static func failure(_ area: String, _ text: String) -> Finding {
    let lines = text.split(separator: "\n", maxSplits: 1).map(String.init)
    let hint = lines.count > 1 ? lines[1].replacing("  hint: ", with: "") : nil
    return .failure(area, lines.first ?? "", hint ?? Advice.againstDatabase(text))
  }

  private static func limits(_ configuration: Configuration) -> [Finding] {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return [] }
    // Beside its connections the server has files, pools, brokers and listening sockets.
    let needed = configuration.api.maxConnections + 200
    guard limit.rlim_max < rlim_t(needed) else { return [] }
    return [
      .warning(
        "process", "the limit of file descriptors is \(limit.rlim_max), and API_MAX_CONNECTIONS asks for \(needed)",
        "raise it (ulimit -n, LimitNOFILE of systemd), or lower API_MAX_CONNECTIONS")
    ]
  }

  private func definitions(_ found: inout [Finding]) throws -> Project? {
    let folder = try context.configuration.projectDirectory()
    let review = try ProjectReview(folder: folder, lookup: SubjectSchemas(context, .look).lookup)
    found += review.errors.map { error in
      var place = error
      place.hint = nil
      return .failure("definitions", place.description, error.hint)
    }
    return review.errors.isEmpty ? try Project(review) : nil
  }

  private func database(_ project: Project?, _ found: inout [Finding]) throws -> PostgresConnection? {
    let settings = try context.database().with("application_name", "streampulse doctor")
      .with("connect_timeout", String(Self.patienceSeconds))
    let connection: PostgresConnection
    do throws(PostgresError) {
      connection = try PostgresConnection(settings)
    } catch {
      found.append(.failure("postgres", "\(settings): \(error)", Advice.againstPostgres(error.description)))
      return nil
    }
    connection.responseTimeoutMilliseconds = Self.patienceSeconds * 1000
    let examination = DatabaseExamination(connection)
    let facts = try examination.server()
    let aggregates = project?.aggregates ?? []
    found += facts.findings(
      connectionsNeeded: context.configuration.api.workers + 10,
      mergesSessions: aggregates.contains { $0.window.isSession })
    found += try examination.disk(host: settings.host)
    guard let project, facts.version / 10_000 >= ServerFacts.oldestVersion else { return connection }
    found += try ZoneExamination.compare(ZoneExamination.zones(of: project), connection).findings
    let plan: MigrationPlan
    do {
      plan = try Migrator(connection) { _ in }.plan(project, as: context.projectName())
    } catch {
      found.append(Self.failure("postgres", "\(error)"))
      return nil
    }
    if !plan.isPossible {
      let refused = plan.steps.first { $0.effect == .impossible } ?? plan.steps.first { $0.effect == .beside }
      let what = refused.map { " (\($0.subject.rawValue) \($0.name): \($0.changes.first ?? $0.effect.rawValue))" } ?? ""
      found.append(
        .failure(
          "postgres", "the database does not fit the definitions\(what)",
          refused?.advice ?? "streampulse plan says what differs"))
    } else if !plan.isEmpty {
      found.append(
        .failure("postgres", "the database is not up to date with the definitions", "run streampulse migrate"))
    } else {
      found += try examination.rights()
      found += try examination.roles()
      found += try examination.strain()
    }
    return connection
  }

  private func replica(_ found: inout [Finding]) throws {
    guard let settings = try context.readDatabase() else { return }
    let connection: PostgresConnection
    do throws(PostgresError) {
      connection = try PostgresConnection(
        settings.with("application_name", "streampulse doctor").with("connect_timeout", String(Self.patienceSeconds)))
    } catch {
      found.append(
        .failure(
          "replica", "\(settings): \(error)", Advice.againstPostgres(error.description, settings: "DATABASE_READ_URL")))
      return
    }
    defer { connection.close() }
    connection.responseTimeoutMilliseconds = Self.patienceSeconds * 1000
    guard try connection.query("SELECT pg_is_in_recovery()").boolean(0, 0) == true else {
      found.append(
        .failure(
          "replica", "the server of DATABASE_READ_URL is no replica: the API reads from the primary",
          "name a streaming replica, or unset DATABASE_READ_URL"))
      return
    }
  }

  /// In which a certificate is renewed.
  private static let certificateDays: Int64 = 14

  private func api(_ found: inout [Finding]) throws {
    if let identity = try ServedCertificate.read(context.configuration.api) {
      let days = (identity.expiry - Clock.wall() / 1_000_000) / 86400
      if days < Self.certificateDays {
        found.append(
          .warning(
            "api", "the certificate of API_TLS_CERT expires in \(counted(Int(days), "day"))",
            "renew it, and send the server SIGHUP"))
      }
    }
    let address = ListeningAddress.api(context.configuration.api)
    // Port 0 is any free one.
    guard address.port != 0 else { return }
    do {
      try address.check()
    } catch let error as ConfigurationError {
      // In use: by our own server, as long as it is answered there.
      guard error.problems.first?.message == "port \(address.port) is in use" else { throw error }
      guard !isOurs(address) else { return }
      found.append(
        .failure(
          "api", "port \(address.port) is used by another program", "set API_PORT, or stop what uses it"))
    }
  }

  /// Whether an API of ours answers there, of whichever version.
  private func isOurs(_ address: ListeningAddress) -> Bool {
    let answer = try? HTTPClient().get("\(address.url)/-/metrics")
    return answer.map {
      let text = String(decoding: $0.body, as: UTF8.self)
      // One that speaks TLS says so, and nobody has to prove who it is.
      return text.contains("streampulse_build_info") || text.contains("this port speaks TLS") || $0.status == 401
    } ?? false
  }
}
