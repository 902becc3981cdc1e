import Events
import Postgres
import Storage
import TestThreads
import Testing

@testable import Office
@testable import Processing
@testable import ProcessingTestSupport

/// Segments are of minutes that are days ago; whoever folds them has that clock.
@Suite(.blocking) struct LedgerFoldingTests {
  private static let stream = "content_downloads"
  private let bench: Bench

  /// Two partitions of eight segments each, a quarter of an hour apart from noon on: each has an event and a dead letter,
  /// and every other one three offsets that compaction took.
  init() throws {
    bench = try Bench()
    for partition in [0, 1] as [Int32] {
      for number in 0..<8 {
        var checkpoint = try bench.checkpoint(
          bench.claim(partition)[0], [Download(minute: number), Download(milliseconds: .max)])
        if number % 2 == 1 {
          let next = checkpoint.advances[0].next
          checkpoint.advances[0].next += 3
          checkpoint.advances[0].missing = 3
          checkpoint.gaps = [
            ExplainedGap(
              gap: OffsetGap(partition: checkpoint.advances[0].partition, first: next, next: next + 3),
              reason: .compacted)
          ]
        }
        try bench.commit(checkpoint)
      }
    }
    try bench.connection.execute(
      """
      SET TIME ZONE 'UTC';
      UPDATE pulse.ledger AS l SET opened_at = timestamptz '2026-01-05 12:00' + (n - 1) * interval '15 minutes'
      FROM (SELECT partition, first_offset, row_number() OVER (PARTITION BY partition ORDER BY first_offset) AS n
            FROM pulse.ledger) AS o
      WHERE (l.partition, l.first_offset) = (o.partition, o.first_offset);
      UPDATE pulse.ledger AS l SET seal = pulse.seal(l)
      """)
  }

  @discardableResult
  private func fold(_ now: String, days: Int = 7) throws -> Int {
    var folding = LedgerFolding(days: days)
    let folded = try folding.fold(Self.stream, bench.connection, now: now)
    #expect(!folded.hasMore)
    return folded.segments
  }

  private var violations: [String] {
    get throws { try bench.verify().checks.flatMap(\.violations) }
  }

  /// Of the first partition.
  private var segments: [String] {
    get throws {
      try bench.rows("SELECT first_offset, next_offset FROM pulse.ledger WHERE partition = 0 ORDER BY first_offset")
    }
  }

  @Test("segments become those of an hour after a day, and those of a day later; all of it is still proven")
  func stages() throws {
    let before = try bench.verify()
    #expect(try fold("2026-01-06 12:59") == 0)
    #expect(try fold("2026-01-06 13:00") == 6)
    #expect(try segments == ["0 14", "14 16", "16 21", "21 23", "23 28"])
    // The last one of each partition is still added to.
    #expect(try fold("2026-01-06 14:00") == 4)
    #expect(try segments == ["0 14", "14 23", "23 28"])
    #expect(try violations == [])
    #expect(try fold("2026-01-12 23:59") == 0)
    #expect(try fold("2026-01-13 00:00") == 2)
    #expect(try segments == ["0 23", "23 28"])
    #expect(try fold("2026-02-01 00:00") == 0)
    let after = try bench.verify()
    #expect(after.checks.flatMap(\.violations) == [])
    #expect([after.consumed, after.dead, after.partitions] == [before.consumed, before.dead, before.partitions])
    #expect(
      try bench.rows("SELECT count(*), sum(aggregated), sum(late + filtered + dead) FROM pulse.ledger_counts")
        == ["16 48 16"])
    // What is folded is what the times of its parts say.
    #expect(
      try bench.rows("SELECT opened_at, latest_event FROM pulse.ledger WHERE partition = 0 AND first_offset = 0")
        == ["2026-01-05 12:00:00+00 2026-01-01 00:06:00+00"])
  }

  @Test("gaps that were explained are one with how many offsets it lacks; others stay as they are")
  func gaps() throws {
    try bench.connection.execute(
      "UPDATE pulse.gaps SET reason = 'accepted' WHERE partition = 1 AND first_offset = 4")
    try fold("2026-02-01 00:00")
    #expect(
      try bench.rows(
        "SELECT partition, first_offset, next_offset, reason, missing FROM pulse.gaps ORDER BY partition, first_offset")
        == [
          "0 4 21 compacted 9", "0 25 28 compacted NULL", "1 4 7 accepted NULL", "1 11 21 compacted 6",
          "1 25 28 compacted NULL",
        ])
    #expect(try violations == [])
    #expect(
      try bench.verify().gaps.first
        == "content-downloads[0]: 9 of the offsets 4 to 20 are missing in the broker (compacted)")
    try bench.connection.execute("UPDATE pulse.gaps SET missing = missing + 1 WHERE partition = 0 AND first_offset = 4")
    #expect(try !violations.isEmpty)
  }

  @Test(
    "what is not proven is not folded, and goes on to be named",
    arguments: [
      "UPDATE pulse.ledger SET consumed = consumed + 1 WHERE partition = 0 AND first_offset = 7",
      "UPDATE pulse.ledger SET seal = '' WHERE partition = 0 AND first_offset = 7",
      "UPDATE pulse.ledger_counts SET aggregated = 0, filtered = 1 WHERE partition = 0 AND first_offset = 7",
      "DELETE FROM dead_letters WHERE partition = 0 AND record_offset = 8",
      "DELETE FROM pulse.gaps WHERE partition = 0 AND first_offset = 11; UPDATE pulse.ledger SET seal = '' WHERE partition = 0 AND first_offset = 7",
    ])
  func tampering(_ sql: String) throws {
    try bench.connection.execute(sql)
    let before = try violations
    #expect(!before.isEmpty)
    try fold("2026-02-01 00:00")
    let after = try violations
    #expect(after.count == before.count)
    #expect(try segments.contains("7 9"))
    #expect(try segments.contains("0 7"))
    #expect(try bench.rows("SELECT count(*) FROM pulse.ledger WHERE partition = 1") == ["2"])
  }

  @Test("segments that count for other aggregates are not made one")
  func otherAggregates() throws {
    try bench.connection.execute(
      """
      DELETE FROM pulse.ledger_counts WHERE partition = 0 AND first_offset < 9 AND aggregate = 'device_stats';
      UPDATE pulse.ledger AS l SET seal = pulse.seal(l)
      """)
    try fold("2026-02-01 00:00")
    #expect(try segments == ["0 9", "9 23", "23 28"])
  }

  @Test("where an interrupted deployment has begun to read, a segment begins")
  func backfill() throws {
    try bench.connection.execute(
      """
      INSERT INTO pulse.backfills (aggregate, shape, cluster, topic, from_time, partitions, starts, positions, counts, dead)
      VALUES ('x', '', '\(Bench.cluster)', '\(Bench.topic)', '-infinity', '{0}', '{14}', '{16}', '{2}', 0)
      """)
    try fold("2026-02-01 00:00")
    #expect(try segments == ["0 14", "14 23", "23 28"])
  }

  @Test("while rows of the stream are made anew nothing is folded")
  func replay() throws {
    let other = try PostgresConnection(bench.settings)
    defer { other.close() }
    let key = AdvisoryLock.replay(stream: Self.stream).key(for: other)
    try other.execute("SELECT pg_advisory_lock(\(key))")
    #expect(try fold("2026-02-01 00:00") == 0)
    try other.execute("SELECT pg_advisory_unlock(\(key))")
    #expect(try fold("2026-02-01 00:00") == 12)
  }

  @Test("a processor goes on behind folded segments")
  func goesOn() throws {
    try fold("2026-02-01 00:00")
    try bench.commit(0, [Download(minute: 9)])
    #expect(try segments == ["0 23", "23 28", "28 29"])
    #expect(try violations == [])
  }

  @Test("a log that was set aside is folded, too, and still proven")
  func beginAgain() throws {
    var letters = LetterRetention(days: 1)
    letters.portion = 3
    try bench.connection.execute("UPDATE dead_letters SET created_at = now() - interval '2 days'")
    _ = try letters.removePortion(
      of: Self.stream, cluster: Bench.cluster, topic: Bench.topic, beginnings: [0: 100, 1: 100], bench.connection)
    try bench.connection.execute("SELECT pulse.begin_again(cluster, topic, partition) FROM pulse.progress")
    #expect(try violations == [])
    try fold("2026-02-01 00:00")
    #expect(try bench.rows("SELECT count(*) FROM pulse.ledger") == ["4"])
    #expect(try violations == [])
  }
}
