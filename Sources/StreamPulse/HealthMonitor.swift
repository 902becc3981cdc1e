import Kafka
import Observability
import Postgres
import Processing
import References
import StatsAPI
import Storage
import Threads

/// Looks at database, broker and processor once a second, so that a health request never waits for a dead server.
final class HealthMonitor: Sendable {
  private static let intervalMilliseconds = 1000
  /// A processor that has records to read but commits nothing for so long is stalled.
  private static let stalledAfterSeconds = 30.0
  /// When one processor ends, another is elected, or the same starts again: within this time nobody is missed.
  private static let absentAfterSeconds = 4.0
  /// A database that is silent for so long is down, even if it takes connections.
  private static let databasePatienceSeconds = 5

  private struct State: Sendable {
    var report = HealthReport(
      database: .init(isUp: false, detail: "not looked at yet"),
      broker: .init(isUp: false, detail: "not looked at yet"), streams: [])
    var outboxLetters: Int?
    /// When the report was made; monotonic microseconds.
    var lookedAt = Clock.monotonic()
    var hasLooked = false
    var isStopping = false
  }

  private let state = Monitor(State())
  private let database: ConnectionSettings
  private let setup: [String]
  private let kafka: KafkaConfiguration
  private let streams: [WatchedStream]
  private let references: ReferenceFeed?
  private let silentAfterSeconds: Double
  private let observer: Observer

  /// A stream, and its processor when that is in this process.
  struct WatchedStream: Sendable {
    var name: String
    var topic: String
    var books: Books
    var processor: Processor?
  }

  /// - Parameters:
  ///   - references: the tables of reference data in this process; nil: there are none.
  ///   - silentAfterSeconds: how long a source may send nothing until that is said; 0: for ever.
  init(
    database: ConnectionSettings, setup: [String], kafka: KafkaConfiguration, streams: [WatchedStream],
    references: ReferenceFeed?, silentAfterSeconds: Int, observer: Observer
  ) {
    self.silentAfterSeconds = silentAfterSeconds == 0 ? .infinity : Double(silentAfterSeconds)
    self.database = database
    self.setup = setup
    self.kafka = kafka
    self.streams = streams
    self.references = references
    self.observer = observer
    state.update { state in
      let unknown = HealthReport.Processor(lagRecords: nil, lastCommitAgeSeconds: nil, isStalled: false)
      state.report.streams = streams.map { .init(name: $0.name, topic: $0.topic, processor: unknown) }
    }
  }

  /// The latest report.
  var report: HealthReport {
    state.read { $0.report.aged(bySeconds: Double(Clock.monotonic() - $0.lookedAt) / 1_000_000) }
  }

  /// How many dead letters are still to be forwarded; nil when unknown.
  var outboxLetters: Int? { state.read { $0.outboxLetters } }

  /// Looks until `stop`. Blocks the calling thread.
  func run() {
    var connection: PostgresConnection?
    var admin: KafkaAdmin?
    var unread = streams.map { _ in UnreadRecords() }
    var said = streams.map { _ in Said() }
    var outages = Outages()
    var absentSince: [Int64?] = streams.map { _ in nil }
    while !state.read({ $0.isStopping }) {
      let report = look(&connection, &admin, &unread, &absentSince)
      sayOutages(report, since: &outages)
      // While a server is down nothing is known of what it holds: neither news nor their end.
      if report.broker.isUp, report.database.isUp {
        for index in streams.indices {
          sayChanges(of: streams[index], since: &said[index], report.streams[index].processor)
        }
      }
      state.update {
        $0.report = report
        $0.lookedAt = Clock.monotonic()
        $0.hasLooked = true
      }
      _ = state.wait(timeoutMilliseconds: HealthMonitor.intervalMilliseconds) { $0.isStopping ? true : nil }
    }
    connection?.close()
  }

  func stop() {
    state.update { $0.isStopping = true }
  }

  /// Waits until there is a report to give, for as long as servers may take to answer.
  func waitForReport() {
    let patience = 2 * 1000 * HealthMonitor.databasePatienceSeconds
    _ = state.wait(timeoutMilliseconds: patience) { $0.hasLooked || $0.isStopping ? true : nil }
  }

  /// What the log has been told of a stream.
  private struct Said {
    var topicFault = false
    var deadShare = false
    var absence = false
    var silence = false
  }

  /// Which servers the log says are away.
  private struct Outages {
    var database = false
    var broker = false
  }

  /// A processor in this process says so itself.
  private func sayOutages(_ report: HealthReport, since said: inout Outages) {
    guard streams.allSatisfy({ $0.processor == nil }) else { return }
    if said.database == report.database.isUp {
      said.database = !report.database.isUp
      observer.observe(
        report.database.isUp
          ? .databaseUp(server: database.description)
          : .databaseDown(reason: report.database.detail ?? "", sqlstate: nil))
    }
    if said.broker == report.broker.isUp {
      said.broker = !report.broker.isUp
      observer.observe(
        report.broker.isUp
          ? .brokerUp(server: kafka.bootstrapServers) : .brokerDown(reason: report.broker.detail ?? ""))
    }
  }

  /// Says what is wrong once, and once that it is over.
  private func sayChanges(of stream: WatchedStream, since said: inout Said, _ now: HealthReport.Processor) {
    let (topic, name) = (stream.topic, streams.count > 1 ? stream.name : nil)
    if said.topicFault != (now.topicFault != nil) {
      observer.observe(
        now.topicFault.map { .topicUnusable(topic: topic, reason: $0) } ?? .topicUsable(topic: topic), of: name)
      said.topicFault = now.topicFault != nil
    }
    if said.deadShare != (now.deadShare != nil) {
      observer.observe(
        now.deadShare.map { .recordsRejected(topic: topic, reason: $0) } ?? .recordsTaken(topic: topic), of: name)
      said.deadShare = now.deadShare != nil
    }
    if said.absence != (now.absence != nil) {
      observer.observe(now.absence.map { .processorAbsent(reason: $0) } ?? .processorPresent, of: name)
      said.absence = now.absence != nil
    }
    if said.silence != (now.silence != nil) {
      observer.observe(
        now.silence.map { .sourceSilent(topic: topic, reason: $0) } ?? .sourceHeard(topic: topic), of: name)
      said.silence = now.silence != nil
    }
  }

  /// What one look has found of a stream's topic and tables.
  private struct Look {
    var log: LogPosition?
    var progress: Progress?
    var deadShare: String?
    var newest: NewestEvents?
    /// nil when unknown.
    var isProcessed: Bool?
  }

  private func look(
    _ connection: inout PostgresConnection?, _ admin: inout KafkaAdmin?, _ unread: inout [UnreadRecords],
    _ absentSince: inout [Int64?]
  ) -> HealthReport {
    var looks = streams.map { _ in Look() }
    var broker = HealthReport.Dependency(isUp: true, detail: kafka.bootstrapServers)
    do throws(KafkaError) {
      if admin == nil { admin = try KafkaAdmin(configuration: kafka) }
      if let admin {
        for index in streams.indices { looks[index].log = try lookAtLog(streams[index].topic, admin) }
      }
    } catch {
      broker = .init(isUp: false, detail: error.description)
    }
    let running = streams.compactMap(\.processor)
    if let problem = running.lazy.compactMap(\.status.current.brokerProblem).first {
      broker = .init(isUp: false, detail: problem)
    }

    var database = HealthReport.Dependency(isUp: true, detail: database.description)
    do throws(PostgresError) {
      if connection == nil { connection = try connect() }
      if let connection {
        for index in streams.indices { try look(at: streams[index], &looks[index], connection) }
        let letters = try lookAtOutbox(connection)
        state.update { $0.outboxLetters = letters }
      }
    } catch {
      connection?.close()
      connection = nil
      state.update { $0.outboxLetters = nil }
      database = .init(isUp: false, detail: error.description)
    }
    if let problem = running.lazy.compactMap(\.status.current.databaseProblem).first {
      database = .init(isUp: false, detail: problem)
    }
    return HealthReport(
      database: database, broker: broker,
      streams: streams.indices.map { index in
        let stream = streams[index]
        let processor = judge(stream, looks[index], &unread[index], &absentSince[index], admin)
        return .init(name: stream.name, topic: stream.topic, processor: processor)
      },
      references: (references?.statuses ?? []).map {
        .init(table: $0.table, rows: $0.rows, ageSeconds: $0.ageSeconds, problem: $0.problem)
      })
  }

  private func look(
    at stream: WatchedStream, _ look: inout Look, _ connection: PostgresConnection
  ) throws(PostgresError) {
    look.progress = try lookAtProgress(connection, stream, look.log?.cluster)
    look.newest = try NewestEvents(
      connection, stream: stream.name, topic: stream.topic, cluster: look.log?.cluster)
    look.isProcessed =
      stream.processor != nil ? true : try ProcessorPresence.isThere(connection, stream: stream.name)
    if let cluster = look.log?.cluster { look.deadShare = try lookAtDeadShare(connection, stream, cluster) }
  }

  private func judge(
    _ stream: WatchedStream, _ look: Look, _ unread: inout UnreadRecords, _ absentSince: inout Int64?,
    _ admin: KafkaAdmin?
  ) -> HealthReport.Processor {
    if let log = look.log, let progress = look.progress { count(stream.topic, &unread, log, progress, admin) }
    let fault = look.log.flatMap { log in
      TopicFault(log.presence, positions: look.progress?.positions ?? [:])?.text(
        stream.books, cluster: log.cluster, topic: stream.topic)
    }
    // Of a topic that cannot be looked at, nobody knows what is left to read.
    var processor = judge(look.log?.isReadable == true ? unread.count : nil, look.progress)
    processor.topicFault = fault ?? denial(of: stream, lag: processor.lagRecords)
    processor.deadShare = look.deadShare
    processor.newestEventAgeSeconds = look.newest?.eventAgeSeconds
    processor.absence = absence(look, &absentSince)
    if processor.absence == nil, processor.lagRecords == 0 { processor.silence = silence(look) }
    if let current = stream.processor?.status.current {
      processor.held = current.held.sorted { $0.key < $1.key }.map(\.value)
      processor.waiting = current.waiting.sorted { $0.key < $1.key }.map(\.value)
      processor.ending = current.ending
    }
    return processor
  }

  /// Nobody who has not reached the broker stands for election, so that without it nothing is known.
  private func absence(_ look: Look, _ since: inout Int64?) -> String? {
    guard look.isProcessed == false, look.log != nil else {
      since = nil
      return nil
    }
    let now = Clock.monotonic()
    let began = since ?? now
    since = began
    guard Double(now - began) / 1_000_000 >= HealthMonitor.absentAfterSeconds else { return nil }
    return "no processor is running: start one with `streampulse process`"
  }

  private func silence(_ look: Look) -> String? {
    guard let age = look.newest?.recordAgeSeconds, age >= silentAfterSeconds else { return nil }
    return age < 120 ? "no events for \(Int(age)) seconds" : "no events for \(Int(age / 60)) minutes"
  }

  private func connect() throws(PostgresError) -> PostgresConnection {
    let connection = try PostgresConnection(
      database.with("connect_timeout", String(HealthMonitor.databasePatienceSeconds)))
    connection.responseTimeoutMilliseconds = HealthMonitor.databasePatienceSeconds * 1000
    for statement in setup { try connection.execute(statement) }
    return connection
  }

  private struct LogPosition {
    var cluster: String
    var presence: TopicPresence
    var ends: [Int32: WatermarkOffsets]

    var isReadable: Bool { if case .present = presence { true } else { false } }
  }

  private func lookAtLog(_ topic: String, _ admin: KafkaAdmin) throws(KafkaError) -> LogPosition {
    let cluster = try admin.clusterIdentity(timeoutMilliseconds: 2000).id
    var ends: [Int32: WatermarkOffsets] = [:]
    let presence = try admin.presence(of: topic, timeoutMilliseconds: 2000)
    if case .present(let count) = presence {
      for partition in 0..<Int32(clamping: count) {
        ends[partition] = try admin.watermarkOffsets(topic: topic, partition: partition, timeoutMilliseconds: 2000)
      }
    }
    return LogPosition(cluster: cluster, presence: presence, ends: ends)
  }

  private struct Progress {
    var positions: [Int32: Int64] = [:]
    var ageSeconds: Double?
  }

  private func lookAtProgress(
    _ connection: PostgresConnection, _ stream: WatchedStream, _ cluster: String?
  ) throws(PostgresError) -> Progress {
    let rows = try connection.query(
      """
      SELECT partition, next_offset, extract(epoch FROM clock_timestamp() - max(updated_at) OVER ())::double precision
      FROM \(connection.pulse).progress
      WHERE stream = $1 AND topic = $2 AND (cluster = $3 OR $3 IS NULL)
      """, [.text(stream.name), .text(stream.topic), cluster.map { .text($0) } ?? .null])
    var progress = Progress()
    for row in 0..<rows.rowCount {
      if let partition = rows.integer(row, 0), let next = rows.integer(row, 1) {
        progress.positions[Int32(clamping: partition)] = next
      }
      progress.ageSeconds = rows.double(row, 2)
    }
    return progress
  }

  private func lookAtOutbox(_ connection: PostgresConnection) throws(PostgresError) -> Int? {
    do throws(PostgresError) {
      return try connection.query("SELECT count(*) FROM \(connection.pulse).outbox").integer(0, 0).map(Int.init)
    } catch {
      // A role that may not look there is no reason to call the database down.
      if error.isConnectionLost { throw error }
      return nil
    }
  }

  /// That the processor in this process may not read what is there. Given the right, it shows with the next records only.
  private func denial(of stream: WatchedStream, lag: Int?) -> String? {
    guard let lag, lag > 0, let denial = stream.processor?.status.current.denial else { return nil }
    return "this Kafka user may not read the topic \(stream.topic): \(denial)"
  }

  private func lookAtDeadShare(
    _ connection: PostgresConnection, _ stream: WatchedStream, _ cluster: String
  ) throws(PostgresError) -> String? {
    do throws(PostgresError) {
      return try DeadShare.problem(connection, stream: stream.name, cluster: cluster, topic: stream.topic)
    } catch {
      // As with the outbox: a database that an older version has migrated lets the API's role not look there.
      if error.isConnectionLost { throw error }
      return nil
    }
  }

  private func count(
    _ topic: String, _ unread: inout UnreadRecords, _ log: LogPosition, _ progress: Progress, _ admin: KafkaAdmin?
  ) {
    let questions = unread.look(at: log.ends, positions: progress.positions)
    guard let admin, !questions.isEmpty else { return }
    do throws(KafkaError) {
      unread.found(try admin.firstRecords(topic: topic, from: questions, timeoutMilliseconds: 1000))
    } catch {
      // The next look asks again, and says so if the broker is gone; until then the count is an upper bound.
      return
    }
  }

  private func judge(_ lag: Int64?, _ progress: Progress?) -> HealthReport.Processor {
    guard let lag, let progress else {
      return .init(lagRecords: nil, lastCommitAgeSeconds: progress?.ageSeconds, isStalled: false)
    }
    let isSilent = (progress.ageSeconds ?? .infinity) > HealthMonitor.stalledAfterSeconds
    return .init(lagRecords: Int(lag), lastCommitAgeSeconds: progress.ageSeconds, isStalled: lag > 0 && isSilent)
  }
}
