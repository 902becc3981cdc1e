import Audit
import Configuration
import Glibc
import HTTPClient
import Kafka
import Observability
import Plan
import Postgres
import Project
import SQLQuoting
import StatsAPI
import Storage
import Threads

/// The six questions to the system that runs. They only read.
struct RunningSystem {
  /// For so long positions may stand still while there are records to read.
  private static let advanceMicroseconds: Int64 = 15_000_000
  /// For so long another processor may take to be elected.
  private static let electionMicroseconds: Int64 = 10_000_000

  private let system: SmokeSystem
  private let address: String?

  /// - Parameter address: of the API; nil: as the settings say.
  init(_ system: SmokeSystem, address: String?) {
    self.system = system
    self.address = address
  }

  func ask(_ add: ([SmokeCheck]) -> Void) {
    let connection = Result { try PostgresConnection(system.database) }
    let admin = Result { try KafkaAdmin(configuration: system.kafka) }
    defer { (try? connection.get())?.close() }
    add([
      .ask(SmokeCheck.topicExists) { try topics(admin.get()) },
      .ask(SmokeCheck.offsetsAdvance) { try offsets(admin.get(), connection.get()) },
      .ask(SmokeCheck.processorHealthy) { try processors(connection.get()) },
      .ask(SmokeCheck.recentRows) { try rows(connection.get()) },
      .ask(SmokeCheck.sumsRight) { try sums(connection.get()) },
      .ask(SmokeCheck.endpointsAnswer) { try endpoints() },
    ])
  }

  private func topics(_ admin: KafkaAdmin) throws -> (SmokeCheck.Outcome, String) {
    var found: [String] = []
    for source in system.sources {
      switch try admin.presence(of: source.topic, timeoutMilliseconds: SmokeSystem.patienceMilliseconds) {
      case .present(let partitions): found.append("\(source.topic) with \(counted(partitions, "partition"))")
      case .missing:
        return (.failed, "the topic \(source.topic) does not exist: make it, or correct \(source.topicOrigin)")
      case .withoutPartitions: return (.failed, "the topic \(source.topic) has no partitions that can be read")
      case .forbidden:
        return (.failed, "this Kafka user may not see the topic \(source.topic): it needs Describe and Read")
      }
    }
    return (.passed, found.joined(separator: ", "))
  }

  /// Either all is read, or positions move.
  private func offsets(
    _ admin: KafkaAdmin, _ connection: PostgresConnection
  ) throws -> (SmokeCheck.Outcome, String) {
    let cluster = try admin.clusterIdentity(timeoutMilliseconds: SmokeSystem.patienceMilliseconds).id
    var said: [String] = []
    for source in system.sources {
      let books = Books(source: source, cluster: cluster)
      let before = try books.positions(connection)
      var unread: Int64 = 0
      for partition in 0..<(try admin.partitionCount(source.topic) ?? 0) {
        let log = try admin.watermarkOffsets(topic: source.topic, partition: Int32(partition))
        unread += log.high - max(log.low, before[Int32(partition)] ?? log.low)
      }
      // Markers of transactions are never given to anybody: what stays behind the log's end may be those.
      guard unread > 0 else {
        said.append("\(source.topic) is read to its end")
        continue
      }
      let sum = before.values.reduce(0, +)
      var moved: Int64 = 0
      _ = try SmokeSystem.wait(microseconds: Self.advanceMicroseconds) {
        moved = try books.positions(connection).values.reduce(0, +) - sum
        return moved != 0
      }
      guard moved > 0 else {
        return (
          .failed,
          "\(source.topic) has \(counted(Int(unread), "offset")) to read, and no position moved for "
            + "\(Self.advanceMicroseconds / 1_000_000) s: is streampulse process running? streampulse doctor says more"
        )
      }
      said.append("\(source.topic) went on by \(counted(Int(moved), "record"))")
    }
    return (.passed, said.joined(separator: ", "))
  }

  private struct Books {
    var source: StreamSource
    var cluster: String

    func positions(_ connection: PostgresConnection) throws(PostgresError) -> [Int32: Int64] {
      let rows = try connection.query(
        """
        SELECT partition, next_offset FROM \(connection.pulse).progress
        WHERE stream = $1 AND cluster = $2 AND topic = $3
        """, [.text(source.name), .text(cluster), .text(source.topic)])
      var positions: [Int32: Int64] = [:]
      for row in 0..<rows.rowCount {
        if let partition = rows.integer(row, 0) { positions[Int32(partition)] = rows.integer(row, 1) }
      }
      return positions
    }
  }

  /// As `/health` says it, whether or not an API runs.
  private func processors(_ connection: PostgresConnection) throws -> (SmokeCheck.Outcome, String) {
    // One that has just ended is missed only when nobody has taken its place for a while.
    var absent: StreamSource?
    let areThere = try SmokeSystem.wait(microseconds: Self.electionMicroseconds) {
      absent = try system.sources.first { try !ProcessorPresence.isThere(connection, stream: $0.name) }
      return absent == nil
    }
    if !areThere {
      return (.failed, "nobody processes the stream \(absent?.name ?? ""): start streampulse process")
    }
    let health = HealthMonitor(
      database: system.database, setup: [], kafka: system.kafka,
      streams: system.sources.map {
        .init($0, system.database, isOnly: system.sources.count == 1, processor: nil)
      }, references: nil, silentAfterSeconds: system.context.configuration.api.silentAfterSeconds,
      observer: system.context.quietObserver)
    let parts = StartedParts()
    try parts.startThread("health", stop: { health.stop() }, run: { health.run() })
    defer { parts.stop() }
    health.waitForReport()
    let report = health.report
    guard report.database.isUp else { return (.failed, "Postgres: \(report.database.detail ?? "down")") }
    guard report.broker.isUp else { return (.failed, "Kafka: \(report.broker.detail ?? "down")") }
    let wrong = report.streams.filter { ![.running, .silent].contains($0.processor.state) }
    if let stream = wrong.first {
      return (
        .failed, "the stream \(stream.name) is \(stream.processor.state.rawValue): streampulse doctor says more"
      )
    }
    return (
      .passed,
      report.streams.map { stream in
        let age = stream.processor.lastCommitAgeSeconds.map { ", last commit \(tenths($0)) s ago" } ?? ""
        return "\(stream.name) is \(stream.processor.state.rawValue)\(age)"
      }.joined(separator: "; ")
    )
  }

  /// Each stream whose events were counted has rows, unless retention has removed them.
  private func rows(_ connection: PostgresConnection) throws -> (SmokeCheck.Outcome, String) {
    var said: [String] = []
    var isEmpty = true
    for source in system.sources {
      for aggregate in source.stream.plan.aggregates {
        let counted = try connection.query(
          """
          SELECT EXISTS (SELECT FROM \(connection.pulse).ledger_counts WHERE aggregate = $1 AND aggregated > 0),
                 EXISTS (SELECT FROM \(connection.pulse).retired WHERE aggregate = $1),
                 (SELECT to_char(max(window_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                  FROM \(quotedIdentifier(aggregate.tableName)))
          """, [.text(aggregate.name)])
        if let newest = counted[0, 2] {
          isEmpty = false
          said.append("\(aggregate.name) up to \(newest)")
        } else if counted.boolean(0, 0) == true, counted.boolean(0, 1) == false {
          return (.failed, "events were counted for \(aggregate.name), and it has no row: streampulse verify says more")
        }
      }
    }
    return isEmpty ? (.skipped, "no event has been counted yet") : (.passed, said.joined(separator: ", "))
  }

  private func sums(_ connection: PostgresConnection) throws -> (SmokeCheck.Outcome, String) {
    let report = try Verifier(connection, system.project.streams.map(\.plan)).verify()
    if let contradiction = report.contradiction { return (.failed, contradiction) }
    return (.passed, "\(counted(report.consumed, "record")) applied once, and the rows hold them")
  }

  // MARK: Endpoints

  private func endpoints() throws -> (SmokeCheck.Outcome, String) {
    let own = ListeningAddress.api(system.context.configuration.api)
    guard
      let url = try address ?? system.context.configuration.valueOfRunning(.url) ?? (own.port == 0 ? nil : own.url)
    else {
      return (.skipped, "API_PORT is 0: say where it is with --url")
    }
    return try EndpointQuestions(url: url, token: system.context.configuration.secrets["SMOKE_TOKEN"]?.revealed)
      .ask(system.project)
  }
}

/// Asks an API for its health and for everything that needs no argument.
struct EndpointQuestions {
  var url: String
  /// nil: none is given.
  var token: String?

  func ask(_ project: Project) throws -> (SmokeCheck.Outcome, String) {
    var settings = HTTPClientSettings(authorization: token.map { .bearer(token: $0) })
    settings.maximumBodyBytes = 64 << 20
    let client = try HTTPClient(settings)
    let health = try client.get(url + "/health")
    guard health.status == 200 else { return (.failed, "\(url)/health answers \(health.status)") }
    let answerable = project.endpoints.filter { endpoint in
      endpoint.method == "GET"
        && endpoint.parameters.allSatisfy { $0.place == .query && ($0.isOptional || $0.defaultValue != nil) }
    }
    let paths = ["/openapi.json", EndpointPlan.aggregatesPath] + answerable.map(\.path.text)
    var refused = 0
    for path in paths {
      let answer = try client.get(url + path)
      switch answer.status {
      // Of an object that nothing is known of yet.
      case 200,
        404 where answerable.contains { $0.path.text == path && $0.returns == .object }:
        continue
      case 401, 403: refused += 1
      default: return (.failed, "\(url)\(path) answers \(answer.status)")
      }
    }
    if refused == paths.count {
      return (.skipped, "\(url) wants a token: set SMOKE_TOKEN to one of scope read")
    }
    guard refused == 0 else { return (.failed, "\(url) refuses \(refused) of \(paths.count) paths to this token") }
    let left = project.endpoints.count { $0.method == "GET" } - answerable.count
    return (
      .passed,
      "\(url): \(counted(paths.count + 1, "path"))"
        + (left > 0 ? "; \(left) more need arguments and were not asked" : "")
    )
  }
}

extension CommandContext {
  /// For what a command starts on the side: nobody wants to read its log.
  var quietObserver: Observer { Observer(logger: Logger(minimumLevel: .error)) }
}
