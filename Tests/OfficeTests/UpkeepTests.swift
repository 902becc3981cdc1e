import Events
import Postgres
import Processing
import Storage
import TestThreads
import Testing

@testable import Office
@testable import ProcessingTestSupport

@Suite(.blocking) struct UpkeepTests {
  private static let stream = "content_downloads"
  private let bench: Bench

  init() throws {
    bench = try Bench()
  }

  private var violations: [String] {
    get throws { try bench.verify().checks.flatMap(\.violations) }
  }

  /// Six dead letters in the first partition, at odd offsets, all of last year.
  private func bury() throws {
    for _ in 0..<6 { try bench.commit(0, [Download(), Download(milliseconds: .max)]) }
    // As the forwarder leaves them.
    try bench.connection.execute(
      "DELETE FROM pulse.outbox; UPDATE dead_letters SET created_at = now() - interval '400 days'")
  }

  private func removeLetters(
    _ beginnings: [Int32: Offset], days: Int = 365, cluster: String = Bench.cluster
  ) throws -> Int {
    try LetterRetention(days: days).removePortion(
      of: Self.stream, cluster: cluster, topic: Bench.topic, beginnings: beginnings, bench.connection)
  }

  private var letters: [String] {
    get throws { try bench.rows("SELECT record_offset FROM dead_letters ORDER BY 1") }
  }

  @Test("old dead letters go when the topic does not hold their records any more, and are still counted")
  func oldLetters() throws {
    try bury()
    #expect(try removeLetters([:]) == 0)
    #expect(try removeLetters([0: 5], days: 500) == 0)
    #expect(try removeLetters([0: 5]) == 2)
    #expect(try letters == ["5", "7", "9", "11"])
    #expect(try violations == [])
    #expect(try bench.verify().dead == 6)
    #expect(try removeLetters([0: 5]) == 0)
    // One more is missed.
    try bench.connection.execute("DELETE FROM dead_letters WHERE record_offset = 7")
    #expect(try violations.count == 1)
  }

  @Test("of a cluster or topic that is not read any more they go by their age alone")
  func formerTopics() throws {
    try bury()
    #expect(try removeLetters([:], cluster: "cluster-2") == 6)
    #expect(try violations == [])
  }

  @Test("what is still to be forwarded stays; what never can be does not")
  func outbox() throws {
    try bury()
    try bench.connection.execute(
      """
      INSERT INTO pulse.outbox (letter, topic, problem)
      SELECT id, 'dlq', CASE WHEN record_offset = 3 THEN 'too large' END FROM dead_letters WHERE record_offset IN (1, 3)
      """)
    #expect(try removeLetters([0: 100]) == 5)
    #expect(try letters == ["1"])
    #expect(try bench.rows("SELECT count(*) FROM pulse.outbox") == ["1"])
  }

  @Test("replayed ones leave behind how many events the rows hold of them, and how far they reach")
  func replayed() throws {
    try bury()
    try bench.connection.execute(
      """
      INSERT INTO pulse.replayed_letters (letter, aggregate, outcome, event_time)
      SELECT d.id, a.aggregate, CASE a.aggregate WHEN 'region_errors' THEN 'filtered' ELSE 'aggregated' END, timestamptz '2026-01-03' + d.record_offset * interval '1 hour'
      FROM dead_letters AS d, pulse.definitions AS a WHERE d.record_offset IN (1, 3, 9);
      UPDATE dead_letters SET replayed_at = now() WHERE record_offset IN (1, 3, 9);
      UPDATE content_stats SET download_count = download_count + 3;
      UPDATE region_health SET total_downloads = total_downloads + 3;
      UPDATE device_stats SET total_downloads = total_downloads + 3
      """)
    #expect(try violations == [])
    #expect(try removeLetters([0: 8]) == 4)
    #expect(try violations == [])
    #expect(
      try bench.rows("SELECT DISTINCT events FROM pulse.forgotten_replays WHERE aggregate <> 'region_errors'") == ["2"])
    try bench.connection.execute("SET TIME ZONE 'UTC'")
    #expect(
      try bench.rows(
        """
        SELECT first_offset, latest_event FROM (\(LedgerReach.segments(of: bench.plan, bench.connection))) AS l
        ORDER BY first_offset LIMIT 3
        """) == ["0 2026-01-03 01:00:00+00", "2 2026-01-03 03:00:00+00", "4 2026-01-01 00:00:00+00"])
  }

  @Test("late events of one aggregate are counted apart, and segments that are folded later keep the numbers")
  func lateLetters() throws {
    let bench = try Bench { plan in
      for index in plan.aggregates.indices where plan.aggregates[index].name == "region_health" {
        plan.aggregates[index].latePolicy = .deadLetter
      }
    }
    for minute in [0, 1, 2] {
      try bench.commit(0, [Download(minute: minute)], lateBefore: (Download.start + 86_400_000 * 30) * 1000)
    }
    try bench.commit(0, [Download(minute: 3)])
    #expect(try bench.rows("SELECT DISTINCT aggregate FROM dead_letters") == ["region_health"])
    try bench.connection.execute(
      """
      SET TIME ZONE 'UTC'; DELETE FROM pulse.outbox;
      UPDATE dead_letters SET created_at = now() - interval '2 days' WHERE record_offset < 2;
      UPDATE pulse.ledger SET opened_at = timestamptz '2026-01-05'; UPDATE pulse.ledger AS l SET seal = pulse.seal(l)
      """)
    let removed = try LetterRetention(days: 1).removePortion(
      of: Self.stream, cluster: Bench.cluster, topic: Bench.topic, beginnings: [0: 50], bench.connection)
    #expect(removed == 2)
    #expect(try bench.verify().checks.flatMap(\.violations) == [])
    var folding = LedgerFolding(days: 7)
    #expect(try folding.fold(Self.stream, bench.connection, now: "2026-02-01").segments == 2)
    #expect(
      try bench.rows("SELECT first_offset, aggregate, letters FROM pulse.forgotten_letters") == ["0 region_health 2"])
    #expect(try bench.verify().checks.flatMap(\.violations) == [])
  }

  @Test("nobody is asked for beginnings where there are no old letters")
  func partitions() throws {
    let retention = LetterRetention(days: 365)
    func partitions() throws -> [Int32]? {
      try retention.partitions(
        of: Self.stream, cluster: Bench.cluster, topic: Bench.topic, bench.connection)
    }
    #expect(try partitions() == nil)
    try bury()
    #expect(try partitions() == [0])
    try bench.connection.execute("UPDATE dead_letters SET topic = 'former'")
    #expect(try partitions() == [])
  }

  @Test("alerts that were over long ago go with their incidents; what goes on and what is untold stays")
  func alerts() throws {
    try bench.connection.execute(
      """
      INSERT INTO pulse.incidents (stream, alert_type, severity, state, started_at, resolved_at, told_as, created_at)
        OVERRIDING USER VALUE
      SELECT 's', 'A', 'WARNING', state, at, CASE state WHEN 'resolved' THEN at END, told, at
      FROM (VALUES ('resolved', 400, 'resolved'), ('resolved', 400, 'firing'), ('firing', 400, 'firing'),
                   ('resolved', 5, NULL), ('resolved', 400, NULL)) AS v (state, age, told),
           LATERAL (SELECT now() - v.age * interval '1 day') AS a (at);
      INSERT INTO alerts (alert_type, severity, message, metric_name, metric_value, threshold_value, aggregate, key,
        window_start, window_end, created_at, state, resolved_at, incident)
      SELECT 'A', 'WARNING', '', 'm', 1, 1, 'region_health', jsonb_build_object('i', id), started_at, started_at,
             created_at, state, resolved_at, id
      FROM pulse.incidents;
      INSERT INTO alerts (alert_type, severity, message, metric_name, metric_value, threshold_value, aggregate, key,
        window_start, window_end, created_at, acknowledged_at)
      SELECT 'RECORDS_EXPIRED', 'CRITICAL', '', 'm', 1, 1, 's', jsonb_build_object('p', n), now(), now(),
             now() - interval '500 days', CASE n WHEN 1 THEN now() - interval '450 days' END
      FROM generate_series(1, 2) AS n
      """)
    #expect(try AlertRetention(days: 365).removePortion(bench.connection) == 3)
    #expect(
      try bench.rows("SELECT coalesce(key ->> 'i', 'p' || (key ->> 'p')) FROM alerts ORDER BY 1") == [
        "2", "3", "4", "p2",
      ])
    #expect(try bench.rows("SELECT id FROM pulse.incidents ORDER BY 1") == ["2", "3", "4"])
    #expect(try AlertRetention(days: 365).removePortion(bench.connection) == 0)
  }
}
