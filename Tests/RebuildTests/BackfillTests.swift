import Audit
import Faults
import Kafka
import Postgres
import Project
import Storage
import TestThreads
import Testing
import Threads

@testable import Processing
@testable import ProcessingTestSupport
@testable import Rebuild

/// Definitions that come into force with rows made anew, beside a processor that runs with the former ones.
@Suite(.blocking) struct BackfillTests {
  private let bench: Bench
  private let load: Load
  private let scratch: ScratchProject

  init() throws {
    bench = try Bench()
    load = try Load()
    scratch = try ScratchProject()
    _ = try Deployments(bench.connection).put(bench.project.files)
    try load.send(3000)
    let instance = try Instance(bench, load)
    try until("\(load.sent) events") { [bench, load] in try bench.total == load.sent }
    #expect(instance.stop() == "stopped")
  }

  /// Other windows of one aggregate, another column of a second, a third that is new, and an endpoint that reads both.
  private func changed() throws -> Project {
    _ = try scratch.change("sql/aggregates/region_health.sql", "s/1 minute/2 minutes/")
    try scratch.write(
      "sql/aggregates/totals.sql",
      """
      -- All downloads of a minute.
      CREATE MATERIALIZED VIEW totals AS
      SELECT count(*) AS downloads FROM content_downloads GROUP BY tumble("timestamp", INTERVAL '1 minute');
      """)
    try scratch.write(
      "sql/endpoints/both.sql",
      """
      -- name: GET /api/both
      -- summary: Of both.
      -- returns: rows
      SELECT largest_gb, downloads FROM device_stats, totals;
      """)
    return try scratch.change(
      "sql/aggregates/device_stats.sql", "0,/count(\\*) /s//max(content.size_gb) AS largest_gb, count(*) /")
  }

  private func run(
    _ project: Project, _ names: [String], instead version: Int64? = nil,
    resumed: ((String, Int64) -> Void)? = nil, while progress: ((String, Int64, Int64) throws -> Void)? = nil
  ) throws -> [ReplayReport] {
    let connection = try PostgresConnection(bench.settings)
    defer { connection.close() }
    let migrator = Migrator(connection) { _ in }
    _ = try migrator.prepare(project)
    let backfill = try Backfill(
      connection, migrator, project,
      names.map { Backfill.Part(stream: project.streams[0], aggregate: $0, topic: Bench.topic, group: "replay") },
      kafka: KafkaConfiguration(bootstrapServers: load.broker.bootstrapServers), schemas: nil)
    backfill.progress = progress
    backfill.resumed = resumed
    // As often as it can be.
    for replay in backfill.replays { replay.bookmarkMicroseconds = 0 }
    let current = try Deployments(connection).current()?.number ?? 0
    return try backfill.run(instead: version ?? current)
  }

  private var version: Int64 { get throws { try Deployments(bench.connection).current()?.number ?? 0 } }

  private var shadows: [String] {
    get throws { try bench.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'pulse_replay' ORDER BY 1") }
  }

  @Test("several aggregates come into force together, new ones filled, and every event is in each of them once")
  func together() throws {
    let project = try changed()
    let before = try version
    let instance = try Instance(bench, load, definitions: before)
    try until("an assignment") { instance.processor.status.current.partitions.count == 3 }
    let reports = try run(project, ["region_health", "device_stats", "totals"])
    #expect(reports.map(\.isRedefined) == [true, true, false])
    #expect(try version > before)
    #expect(try shadows == [])
    try load.send(500)
    // It has been fenced, and finds others in force when it claims again.
    #expect(instance.end()?.contains("of the definitions is in force by now") == true)
    let successor = try Instance(bench, load, project: project, definitions: version)
    try until("\(load.sent) events") { try bench.total == load.sent }
    #expect(successor.stop() == "stopped")
    #expect(try bench.rows("SELECT sum(downloads) FROM totals") == ["\(load.sent)"])
    #expect(try bench.rows("SELECT sum(total_downloads), max(largest_gb) FROM device_stats") == ["\(load.sent) 1"])
    #expect(try bench.rows("SELECT DISTINCT window_end - window_start FROM region_health") == ["00:02:00"])
    let verifier = try Verifier(bench.connection, project.streams.map(\.plan)).verify()
    #expect(verifier.checks.flatMap(\.violations) == [])
    #expect(try bench.recount(load, project.streams[0]).holds)
  }

  private struct Stop: Error {}

  /// Ends as soon as something was read; returns how much of each aggregate.
  private func interrupt(_ project: Project, _ names: [String]) throws -> [String: Int64] {
    var read: [String: Int64] = [:]
    #expect(throws: PipelineError.self) {
      _ = try run(
        project, names,
        while: { name, count, _ in
          read[name] = count
          if read.count == names.count { throw Stop() }
        })
    }
    return read
  }

  @Test("one that ends while rows are made has changed nothing; the next goes on where it stopped")
  func interrupted() throws {
    let project = try changed()
    let before = try version
    let names = ["region_health", "device_stats", "totals"]
    let read = try interrupt(project, names)
    #expect(read.values.allSatisfy { $0 > 0 })
    #expect(try version == before)
    #expect(try bench.rows("SELECT DISTINCT window_end - window_start FROM region_health") == ["00:01:00"])
    // What one leaves that was killed while it made another aggregate.
    try bench.connection.execute("CREATE TABLE pulse_replay.content_stats (a integer)")
    let instance = try Instance(bench, load, definitions: before)
    try load.send(700)
    try until("\(load.sent) events") { try bench.total == load.sent }
    #expect(instance.stop() == "stopped")

    var resumed: [String: Int64] = [:]
    let reports = try run(project, names, resumed: { resumed[$0] = $1 })
    #expect(resumed == read)
    #expect(reports.map(\.records) == [load.sent, load.sent, load.sent])
    #expect(try version > before)
    #expect(try shadows == [])
    #expect(try bench.rows("SELECT count(*) FROM pulse.backfills") == ["0"])
    #expect(try bench.rows("SELECT sum(downloads) FROM totals") == ["\(load.sent)"])
    #expect(try bench.recount(load, project.streams[0]).holds)
  }

  @Test("what an interrupted one has left of another definition is not gone on with")
  func otherDefinition() throws {
    let project = try changed()
    _ = try interrupt(project, ["region_health", "device_stats", "totals"])
    let other = try scratch.change("sql/aggregates/region_health.sql", "s/2 minutes/3 minutes/")
    var resumed: [String] = []
    _ = try run(other, ["region_health", "device_stats", "totals"], resumed: { name, _ in resumed.append(name) })
    #expect(resumed == ["device_stats", "totals"])
    #expect(try bench.rows("SELECT DISTINCT window_end - window_start FROM region_health") == ["00:03:00"])
    #expect(try bench.recount(load, other.streams[0]).holds)
  }

  @Test("a topic is read once for all aggregates that are made anew of it")
  func oncePerTopic() throws {
    var order: [String] = []
    _ = try run(changed(), ["region_health", "device_stats", "totals"], while: { name, _, _ in order.append(name) })
    // Each batch goes to all of them before the next one.
    #expect(Array(order.prefix(3)) == ["region_health", "device_stats", "totals"])
    #expect(Array(order.suffix(3)) == ["region_health", "device_stats", "totals"])
  }

  @Test("an endpoint that does not fit is refused with its place before anything is read")
  func review() throws {
    _ = try changed()
    let project = try scratch.change("sql/endpoints/both.sql", "s/largest_gb/smallest_gb/")
    let before = try version
    var isRead = false
    #expect {
      _ = try run(project, ["region_health", "device_stats", "totals"], while: { _, _, _ in isRead = true })
    } throws: { "\($0)".contains("sql/endpoints/both.sql:4:8: column \"smallest_gb\" does not exist") }
    #expect(!isRead)
    #expect(try version == before)
  }

  @Test("definitions that others have put in force meanwhile are not replaced")
  func overtaken() throws {
    let project = try changed()
    #expect {
      _ = try run(project, ["region_health", "device_stats"], instead: version - 1)
    } throws: { "\($0)".contains("other definitions have come into force meanwhile") }
    #expect(try bench.rows("SELECT DISTINCT window_end - window_start FROM region_health") == ["00:01:00"])
  }
}
