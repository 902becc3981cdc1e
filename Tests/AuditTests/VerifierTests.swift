import Postgres
import TestThreads
import Testing
import Threads

@testable import Audit
@testable import Processing
@testable import ProcessingTestSupport

@Suite(.blocking) struct VerifierTests {
  private let bench: Bench

  /// Two partitions, two segments each, a gap and a dead letter.
  init() throws {
    bench = try Bench()
    for partition in [0, 1] as [Int32] {
      try bench.commit(partition, [Download(), Download(milliseconds: .max)])
      var checkpoint = try bench.checkpoint(bench.claim(partition)[0], [Download(minute: 1)])
      checkpoint.advances[0].next += 3
      checkpoint.advances[0].missing = 3
      checkpoint.gaps = [
        ExplainedGap(gap: OffsetGap(partition: checkpoint.advances[0].partition, first: 2, next: 5), reason: .compacted)
      ]
      try bench.commit(checkpoint)
    }
  }

  @Test("a true ledger holds, with its gaps named")
  func holds() throws {
    let report = try bench.verify()
    #expect(report.checks.flatMap(\.violations) == [])
    #expect(report.holds)
    #expect(report.consumed == 6)
    #expect(report.dead == 2)
    #expect(report.partitions == 2)
    #expect(report.gaps.count == 2)
  }

  @Test(
    "tampering with any of it is found",
    arguments: [
      "UPDATE pulse.progress SET next_offset = next_offset + 1 WHERE partition = 0",
      "UPDATE pulse.progress SET next_offset = 0 WHERE partition = 0",
      "DELETE FROM pulse.progress WHERE partition = 0",
      "DELETE FROM pulse.ledger WHERE partition = 0 AND first_offset = 0",
      "DELETE FROM pulse.ledger WHERE partition = 0 AND first_offset = 2",
      "DELETE FROM pulse.ledger WHERE partition = 0",
      "DELETE FROM pulse.ledger WHERE partition = 0; DELETE FROM pulse.ledger_counts WHERE partition = 0",
      "UPDATE pulse.ledger SET first_offset = 1 WHERE first_offset = 0 AND partition = 1",
      "UPDATE pulse.ledger SET next_offset = next_offset + 1, consumed = consumed + 1 WHERE first_offset = 0",
      "UPDATE pulse.ledger SET consumed = consumed + 1 WHERE first_offset = 0 AND partition = 0",
      "UPDATE pulse.ledger SET consumed = consumed + 1, missing = missing - 1 WHERE first_offset = 2",
      "UPDATE pulse.ledger SET dead = 0",
      "UPDATE pulse.ledger SET cluster = 'other' WHERE partition = 0 AND first_offset = 0",
      "UPDATE pulse.ledger SET topic = 'other' WHERE partition = 0 AND first_offset = 2",
      "UPDATE pulse.ledger SET partition = 7 WHERE partition = 0 AND first_offset = 2",
      "UPDATE pulse.ledger SET epoch = epoch + 1 WHERE partition = 0 AND first_offset = 0",
      "UPDATE pulse.ledger SET opened_at = opened_at - interval '1 microsecond' WHERE first_offset = 2",
      "UPDATE pulse.ledger SET updated_at = now() WHERE first_offset = 2",
      "UPDATE pulse.ledger SET latest_event = NULL WHERE first_offset = 2",
      "UPDATE pulse.ledger SET seal = '' WHERE first_offset = 2",
      "UPDATE pulse.ledger_counts SET cluster = 'other' WHERE partition = 0 AND aggregate = 'device_stats'",
      "UPDATE pulse.ledger_counts SET topic = 'other' WHERE partition = 0 AND aggregate = 'device_stats'",
      "UPDATE pulse.ledger_counts SET partition = 7 WHERE partition = 0 AND aggregate = 'device_stats'",
      "UPDATE pulse.ledger_counts SET first_offset = 7 WHERE first_offset = 2 AND aggregate = 'device_stats'",
      "UPDATE pulse.ledger_counts SET aggregate = 'other' WHERE aggregate = 'device_stats' AND first_offset = 2",
      "UPDATE pulse.ledger_counts SET filtered = filtered + 1, late = late - 1 WHERE first_offset = 2",
      "DELETE FROM pulse.ledger_counts WHERE partition = 0 AND first_offset = 0",
      "DELETE FROM pulse.ledger_counts WHERE partition = 0 AND aggregate = 'device_stats'",
      "UPDATE pulse.ledger_counts SET aggregated = aggregated + 1 WHERE aggregate = 'device_stats'",
      "UPDATE pulse.ledger_counts SET aggregated = aggregated - 1, filtered = filtered + 1 WHERE aggregate = 'device_stats'",
      "UPDATE pulse.ledger_counts SET filtered = -1, aggregated = aggregated + 1",
      "DELETE FROM pulse.gaps WHERE partition = 0",
      "UPDATE pulse.gaps SET next_offset = next_offset + 1",
      "DELETE FROM dead_letters WHERE partition = 0",
      "UPDATE dead_letters SET record_offset = 3 WHERE partition = 0",
      "DELETE FROM region_health WHERE total_downloads > 0",
      "UPDATE content_stats SET download_count = download_count + 1",
      "INSERT INTO pulse.retired (aggregate, horizon, events) VALUES ('device_stats', now(), 1)",
      "INSERT INTO pulse.replays (aggregate, cluster, topic, from_time, partitions, positions, records, events, stream) VALUES "
        + "('device_stats', 'cluster-1', 'content-downloads', '-infinity', '{}', '{}', 0, 1, 'content_downloads')",
    ])
  func tampering(_ sql: String) throws {
    try bench.connection.execute(sql)
    let report = try bench.verify()
    #expect(!report.holds)
    #expect(report.checks.flatMap(\.violations).allSatisfy { !$0.isEmpty })
  }

  @Test("a removed row of counts is missed also where no count(*) could tell")
  func countsWithoutCountColumn() throws {
    var plan = bench.plan
    for index in plan.aggregates.indices { plan.aggregates[index].accumulators.removeAll { $0.function == .count } }
    #expect(try Verifier(bench.connection, [plan]).verify().holds)
    try bench.connection.execute(
      "DELETE FROM pulse.ledger_counts WHERE partition = 1 AND first_offset = 2 AND aggregate = 'content_stats'")
    #expect(try !Verifier(bench.connection, [plan]).verify().holds)
  }

  @Test("a ledger that is set aside for a new log is still proven")
  func beginAgain() throws {
    try bench.connection.execute("SELECT pulse.begin_again(cluster, topic, partition) FROM pulse.progress")
    #expect(try bench.verify().checks.flatMap(\.violations) == [])
  }

  @Test("a table that another one takes the place of meanwhile is waited for")
  func swap() throws {
    let other = try PostgresConnection(bench.settings)
    defer { other.close() }
    try other.execute(
      """
      BEGIN; LOCK TABLE region_health IN ACCESS EXCLUSIVE MODE;
      CREATE TABLE anew AS TABLE region_health;
      DROP TABLE region_health; ALTER TABLE anew RENAME TO region_health
      """)
    let (settings, plan) = (bench.settings, bench.plan)
    let outcome = Monitor<[String]?>(nil)
    let thread = try WorkerThread(name: "verify") {
      let connection = try? PostgresConnection(settings)
      let report = try? connection.map { try Verifier($0, [plan]).verify() }
      outcome.update { $0 = report?.checks.flatMap(\.violations) ?? ["failed"] }
      connection?.close()
    }
    try until("the verification waits") {
      try bench.rows(
        "SELECT count(*) FROM pg_locks WHERE mode = 'AccessShareLock' AND NOT granted AND \(Bench.lockIsHere)") == ["1"]
    }
    try other.execute("COMMIT")
    thread.join()
    #expect(outcome.read { $0 } == [])
  }

  @Test("offsets of a log that was set aside are not taken for those that a replay has contained")
  func beginAgainAfterReplay() throws {
    try bench.connection.execute(
      """
      INSERT INTO pulse.replays (aggregate, cluster, topic, from_time, partitions, positions, records, events, stream) VALUES
        ('device_stats', 'cluster-1', 'content-downloads', '-infinity', '{0,1}', '{10,11}', 0, 0, 'content_downloads'),
        ('device_stats', 'cluster-2', 'content-downloads', '-infinity', '{1}', '{12}', 0, 0, 'content_downloads');
      SELECT pulse.begin_again('cluster-1', 'content-downloads', 1)
      """)
    #expect(try bench.rows("SELECT positions FROM pulse.replays ORDER BY id") == ["{10,0}", "{12}"])
  }
}
