import Audit
import Faults
import Glibc
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

/// Replays against the embedded broker and Postgres, beside processors.
@Suite(.blocking) struct ReplayTests {
  private let bench: Bench
  private let load: Load

  /// Three minutes of events with dead letters among them.
  init() throws {
    bench = try Bench()
    load = try Load()
    try load.send(2000)
    for (index, bytes) in [nil, [], Download(milliseconds: .max).encoded].enumerated() {
      try load.send(bytes: bytes, to: Int32(index % 3))
    }
    try load.send(1000)
  }

  private var kafka: KafkaConfiguration { KafkaConfiguration(bootstrapServers: load.broker.bootstrapServers) }

  /// Has a processor count all that was sent.
  private func count() throws {
    let instance = try Instance(bench, load)
    try until("\(load.sent) events") { try total == load.sent }
    #expect(instance.stop() == "stopped")
  }

  private var total: Int { get throws { try bench.total } }

  private func replay(
    _ aggregate: String = "region_health", from time: String? = nil, _ project: Project? = nil
  ) throws -> ReplayReport {
    try withReplay(aggregate, project) { try $0.run(from: time) }
  }

  private func withReplay<Value>(
    _ aggregate: String, _ project: Project?, _ body: (Replay) throws -> Value
  ) throws -> Value {
    let connection = try PostgresConnection(bench.settings)
    defer { connection.close() }
    return try body(
      Replay(
        connection, (project ?? bench.project).streams[0], aggregate: aggregate,
        views: (project ?? bench.project).views, kafka: kafka, topic: Bench.topic, group: "replay"))
  }

  private func refusal(_ body: () throws -> ReplayReport) -> String {
    do {
      _ = try body()
      return "nothing was refused"
    } catch {
      return "\(error)"
    }
  }

  private func recount(_ project: Project? = nil) throws -> [String] {
    let report = try bench.recount(load, project?.streams[0])
    return report.contradictions + report.aggregates.flatMap(\.differences)
  }

  private func expectProven(_ project: Project? = nil) throws {
    let plan = (project ?? bench.project).streams[0].plan
    #expect(try Verifier(bench.connection, [plan]).verify().checks.flatMap(\.violations) == [])
    #expect(try recount(project) == [])
  }

  @Test("tampered rows are repaired, from the beginning and from a time on; other rows stay as they are")
  func repair() throws {
    try count()
    let before = try bench.rows("SELECT region, window_start, total_downloads FROM region_health ORDER BY 1, 2")
    try bench.connection.execute("UPDATE region_health SET total_downloads = 1, avg_speed_mbps_sum = 0")
    #expect(try !bench.verify().holds)
    let report = try replay()
    #expect(report.records == 3003)
    #expect(report.rows == before.count)
    #expect(report.events == 0)
    #expect(!report.isRedefined)
    #expect(
      try bench.rows("SELECT region, window_start, total_downloads FROM region_health ORDER BY 1, 2") == before)
    try expectProven()

    try bench.connection.execute("UPDATE region_health SET total_downloads = total_downloads + 1")
    let tampered = try recount().count
    // In the middle of the second window: it is made anew from its start on.
    #expect(try replay(from: "2026-01-01T00:01:30Z").events == 0)
    let left = try recount()
    #expect(tampered > 0 && left.count == tampered / 3)
    #expect(left.allSatisfy { $0.contains("window 2026-01-01 00:00:00+00") })
    #expect(try !bench.verify().holds)
  }

  @Test("beside running processors nothing is lost or counted twice, and they go on afterwards")
  func besideProcessors() throws {
    let instances = try (0..<2).map { _ in try Instance(bench, load) }
    try until("progress") { try total > 0 }
    let isOver = Monitor(false)
    let (settings, stream, kafka) = (bench.settings, bench.stream, kafka)
    let replays = try WorkerThread(name: "replays") {
      for _ in 0..<5 {
        do {
          let connection = try PostgresConnection(settings)
          defer { connection.close() }
          _ = try Replay(
            connection, stream, aggregate: "region_health", kafka: kafka, topic: Bench.topic, group: "replay"
          ).run(from: nil)
        } catch {
          Issue.record(error)
        }
      }
      isOver.update { $0 = true }
    }
    try until("five replays under load") {
      try load.send(500)
      return isOver.read { $0 }
    }
    replays.join()
    try load.send(500)
    try until("\(load.sent) events") { try total >= load.sent }
    #expect(try total == load.sent)
    for instance in instances { #expect(instance.stop() == "stopped") }
    #expect(try bench.rows("SELECT count(*), sum(events) FROM pulse.replays") == ["5 0"])
    try expectProven()
  }

  @Test("a changed definition is filled from the beginning; processors with the former one end and say why")
  func redefinition() throws {
    try count()
    let scratch = try ScratchProject()
    let changed = try scratch.change(
      "sql/aggregates/region_health.sql",
      "s/^       sum(content.size_gb) /       max(content.size_gb) AS largest_gb, &/")
    let instance = try Instance(bench, load)
    try until("an assignment") { instance.processor.status.current.partitions.count == 3 }
    #expect(refusal { try replay("region_health", from: "2026-01-01T00:01:00Z", changed) }.contains("cannot be kept"))
    let report = try replay("region_health", changed)
    #expect(report.isRedefined)
    #expect(try bench.rows("SELECT DISTINCT largest_gb FROM region_health") == ["1"])
    try load.send(100)
    #expect(instance.end()?.contains("region_health has changed") == true)
    try Migrator.verify(changed, bench.connection)
    try expectProven(changed)
  }

  @Test("an aggregate that is new is filled with what was counted before it")
  func backfill() throws {
    try count()
    try bench.connection.execute(
      """
      DELETE FROM pulse.definitions WHERE aggregate = 'device_stats';
      DROP TABLE device_stats;
      DELETE FROM pulse.ledger_counts WHERE aggregate = 'device_stats';
      UPDATE pulse.ledger AS l SET seal = pulse.seal(l)
      """)
    _ = try Migrator(bench.connection) { _ in }.migrate(bench.project)
    #expect(try replay("device_stats").events == 3000)
    #expect(try bench.rows("SELECT sum(total_downloads) FROM device_stats") == ["3000"])
    try expectProven()
  }

  @Test("records that the topic no longer holds are missed before anything is done; a time from which it goes is named")
  func lost() throws {
    try count()
    try bench.connection.execute(
      """
      INSERT INTO pulse.ledger (cluster, topic, partition, first_offset, next_offset, consumed, missing, dead, epoch,
        latest_event, stream)
      VALUES ('old', 'content-downloads', 0, 0, 10, 10, 0, 0, 1, '2026-01-01T00:00:30Z', 'content_downloads')
      """)
    let message = refusal { try replay() }
    #expect(message.contains("the topic no longer holds all records of these windows"))
    #expect(message.contains("--from '2026-01-01 00:01:00+00'"))
    #expect(try replay(from: "2026-01-01 00:01:00+00").rows == 15)
  }

  @Test("what was dropped as late is taken in, and the ledger of replays says how much that was")
  func lateDrops() throws {
    let scratch = try ScratchProject()
    let strict = try scratch.change(
      "sql/aggregates/region_health.sql", "s/(retention = /(late = '\\''drop'\\'', retention = /")
    let instance = try Instance(bench, load, project: strict)
    try until("a watermark") { try total > 0 }
    try until("late events") {
      try load.send(bytes: Download(minute: 30).encoded, to: Int32.random(in: 0..<3))
      try load.send(30)
      return try bench.rows("SELECT coalesce(sum(late), 0) > 0 FROM pulse.ledger_counts") == ["t"]
    }
    try load.settle()
    var sent = ""
    try until("all of it") {
      let now = try bench.rows("SELECT sum(consumed) FROM pulse.ledger")[0]
      defer { sent = now }
      return now == sent
    }
    #expect(instance.stop() == "stopped")
    let late = try bench.rows("SELECT sum(late) FROM pulse.ledger_counts")
    #expect(try Verifier(bench.connection, [strict.streams[0].plan]).verify().holds)
    let report = try replay("region_health", strict)
    #expect(["\(report.events)"] == late)
    try expectProven(strict)
  }

  /// Counts what init has sent, then thirty dead letters from 2033 as segments of their own, then more; and replays those.
  private func countLetters() throws {
    try count()
    for index in 0..<30 {
      try load.send(bytes: Download(milliseconds: 2_000_000_000_000).encoded, to: Int32(index % 3))
    }
    try load.settle()
    let instance = try Instance(bench, load)
    try until("letters") { try bench.rows("SELECT sum(dead) FROM pulse.ledger") == ["33"] }
    #expect(instance.stop() == "stopped")
    try load.send(300)
    try count()
    let letters = LetterReplay(bench.plan, try bench.stream.makeDecoder(), bench.connection)
    var filter = LetterFilter(stream: bench.plan.definition.name)
    filter.code = "FUTURE_EVENT_TIME"
    #expect(try letters.replay(filter, now: 2_000_000_000_000_000).replayed == 30)
    #expect(try total == load.sent + 30)
  }

  @Test("dead letters that were replayed are made anew with the window that they are in")
  func replayedLetters() throws {
    try countLetters()
    let segments = "FROM pulse.ledger WHERE latest_event IS NULL"
    #expect(try bench.rows("SELECT count(*) > 0 \(segments)") == ["t"])
    #expect(try replay(from: "2033-01-01").events == 0)
    #expect(try total == load.sent + 30)
    #expect(try replay().events == 0)
    try expectProven()
  }

  @Test("replayed dead letters that the topic no longer holds are missed as other records are")
  func lostLetters() throws {
    try countLetters()
    try bench.connection.execute(
      """
      UPDATE dead_letters SET cluster = 'old' WHERE replayed_at IS NOT NULL;
      UPDATE pulse.ledger SET cluster = 'old' WHERE latest_event IS NULL
      """)
    #expect(refusal { try replay(from: "2033-01-01") }.contains("the topic no longer holds all records"))
  }

  @Test("new rows with fewer events than were counted do not take the place of the present ones")
  func shortfall() throws {
    try count()
    try bench.connection.execute(
      """
      UPDATE pulse.ledger_counts SET aggregated = aggregated + 7
      WHERE aggregate = 'region_health' AND (partition, first_offset) = (0, 0)
      """)
    #expect(refusal { try replay() }.contains("7 events less than were counted"))
    #expect(try total == load.sent)
    #expect(try bench.rows("SELECT count(*) FROM pulse.replays") == ["0"])
  }

  @Test("a row in a window that retention has removed is kept")
  func lateInRetired() throws {
    try count()
    let before = try bench.rows("SELECT * FROM region_health ORDER BY region, window_start")
    try bench.connection.execute(
      "INSERT INTO pulse.retired (aggregate, horizon, events) VALUES ('region_health', '2026-01-01T00:01:00Z', 0)")
    #expect(try replay().events == 0)
    #expect(try total == load.sent)
    #expect(try bench.rows("SELECT * FROM region_health ORDER BY region, window_start").count == before.count)
    #expect(try bench.verify().holds)
  }

  @Test("an aggregate that was dropped while it was empty is replayed like any other")
  func unboundedHorizon() throws {
    try count()
    try bench.connection.execute(
      "INSERT INTO pulse.retired (aggregate, horizon, events) VALUES ('region_health', '-infinity', 0)")
    #expect(try replay().rows == 15)
  }

  @Test("a partition that begins between the reading of the positions and the swap is contained")
  func newPartition() throws {
    let load = try Load()
    for partition: Int32 in 0..<2 { try load.send(100, to: partition) }
    let instance = try Instance(bench, load)
    try until("200 events") { try total == 200 }
    #expect(instance.stop() == "stopped")
    try bench.connection.execute("DELETE FROM pulse.progress WHERE partition = 2")
    let cluster = try bench.rows("SELECT DISTINCT cluster FROM pulse.progress")[0]
    let event = Download()
    try load.send(bytes: event.encoded, to: 2)
    try load.settle()

    // As a flush would: it writes to the table before the replay can lock it, and commits while that waits.
    let flush = try PostgresConnection(bench.settings)
    defer { flush.close() }
    try flush.execute("BEGIN; LOCK TABLE region_health IN ROW EXCLUSIVE MODE")
    let outcome = Monitor<String?>(nil)
    let (settings, stream) = (bench.settings, bench.stream)
    let kafka = KafkaConfiguration(bootstrapServers: load.broker.bootstrapServers)
    let thread = try WorkerThread(name: "replay") {
      do {
        let connection = try PostgresConnection(settings)
        defer { connection.close() }
        let report = try Replay(
          connection, stream, aggregate: "region_health", kafka: kafka, topic: Bench.topic, group: "replay"
        ).run(from: nil)
        outcome.update { $0 = "\(report.records) records" }
      } catch {
        outcome.update { $0 = "\(error)" }
      }
    }
    try until("the swap waits") {
      try bench.rows(
        """
        SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted AND \(Bench.lockIsHere)
        """) == ["1"]
    }
    let claim = try #require(try bench.sink.claim([2: 0], cluster: cluster, flush).first)
    try bench.sink.commit(bench.checkpoint(claim, [event]), cluster: cluster, flush)
    try flush.execute("COMMIT")
    thread.join()
    #expect(outcome.read { $0 } == "201 records")
    #expect(try total == 201)
    #expect(try bench.verify().holds)
  }

  @Test("grants and indexes of one's own stay; a view of one's own is named before anything is done")
  func belongings() throws {
    try count()
    try bench.connection.execute(
      "GRANT SELECT ON region_health TO PUBLIC; CREATE INDEX own_index ON region_health (region)")
    _ = try replay()
    #expect(try bench.rows("SELECT count(*) FROM pg_indexes WHERE indexname = 'own_index'") == ["1"])
    let role = Migrator.readerRole(for: bench.connection)
    #expect(try bench.rows("SELECT has_table_privilege('\(role)', 'region_health', 'SELECT')") == ["t"])
    #expect(try bench.rows("SELECT to_regclass('pulse_replay.region_health') IS NULL") == ["t"])
    try bench.connection.execute("CREATE VIEW own_view AS SELECT * FROM region_health")
    #expect(refusal { try replay() }.contains("own_view"))
  }

  @Test("views over the table are made anew over the new one, with their grants, and follow a changed definition")
  func views() throws {
    let scratch = try ScratchProject()
    try #require(system("mkdir '\(scratch.folder)/sql/views'") == 0)
    try scratch.write(
      "sql/views/regions.sql",
      "CREATE VIEW regions AS SELECT region, sum(total_downloads)::bigint AS n FROM region_health GROUP BY 1;")
    try scratch.write("sql/views/total.sql", "CREATE VIEW total AS SELECT sum(n)::bigint AS n FROM regions;")
    let project = try Project(folder: scratch.folder)
    _ = try Migrator(bench.connection) { _ in }.migrate(project)
    try bench.connection.execute("GRANT SELECT ON total TO PUBLIC")
    try count()
    #expect(try bench.rows("SELECT n FROM total") == ["3000"])
    try bench.connection.execute("UPDATE region_health SET total_downloads = 1")
    _ = try replay("region_health", project)
    #expect(try bench.rows("SELECT n FROM total") == ["3000"])
    #expect(try bench.rows("SELECT has_table_privilege('public', 'total', 'SELECT')") == ["t"])

    // A column goes: a view that still reads it is refused before anything is read, one that follows takes part.
    _ = try scratch.change(
      "sql/aggregates/region_health.sql",
      "s/count(\\*)  *AS total_downloads/count(*) AS attempts/; s/forecast: total_downloads/forecast: attempts/")
    let behind = try Project(folder: scratch.folder)
    #expect(
      refusal { try replay("region_health", behind) }.hasPrefix(
        "sql/views/regions.sql:1:43: column \"total_downloads\" does not exist"))
    #expect(try bench.rows("SELECT n FROM total") == ["3000"])
    let changed = try scratch.change("sql/views/regions.sql", "s/total_downloads/attempts/")
    #expect(try replay("region_health", changed).isRedefined)
    #expect(try bench.rows("SELECT n FROM total") == ["3000"])
    #expect(try bench.rows("SELECT count(*) FROM pulse.views WHERE definition LIKE '%attempts%'") == ["1"])
    #expect(try Migrator(bench.connection) { _ in }.migrate(changed) == [])
  }

  @Test("a dry run keeps off the table that a replay is filling")
  func dryRunBesideReplay() throws {
    try count()
    let other = try PostgresConnection(bench.settings)
    defer { other.close() }
    _ = try other.query("SELECT pg_advisory_lock(\(AdvisoryLock.replay(stream: "content_downloads").key(for: other)))")
    let error = #expect(throws: PipelineError.self) {
      try withReplay("region_health", nil) { try $0.estimate(from: nil) }
    }
    #expect(error?.description.contains("another replay is running") == true)
  }

  @Test("a dry run counts and changes nothing")
  func dryRun() throws {
    try count()
    let estimate = try withReplay("region_health", nil) { try $0.estimate(from: nil) }
    #expect(estimate.records == 3003)
    #expect(estimate.sample == 3003)
    #expect(!estimate.isRedefined)
    #expect(try bench.rows("SELECT count(*) FROM pulse.replays") == ["0"])
    #expect(try bench.rows("SELECT to_regclass('pulse_replay.region_health') IS NULL") == ["t"])
  }
}
