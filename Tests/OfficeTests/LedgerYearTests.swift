import Glibc
import Postgres
import Storage
import TestThreads
import Testing

@testable import Office
@testable import ProcessingTestSupport

/// The books of a long time: what a stream of 1,000 events a second in two partitions writes down, day by day, with the
/// engine's own functions, and what the office makes of it every day.
@Suite(.blocking) struct LedgerYearTests {
  private static let stream = "content_downloads"
  /// A few in every run, a year where there is time (`make test-deep`).
  private static let days = getenv("LEDGER_DAYS_FILLED").flatMap { Int(String(cString: $0)) } ?? 4
  private static let partitions = 2
  private static let eventsPerMinute = 30_000

  private let bench: Bench

  init() throws {
    bench = try Bench()
    try bench.connection.execute("SET TIME ZONE 'UTC'")
  }

  /// A segment a minute for each partition, each with the counts of three aggregates, as `pulse.enter_ledger` writes them.
  private func fill(_ day: Int) throws {
    let source = "'\(Self.stream)', '\(Bench.cluster)', '\(Bench.topic)'"
    let minutes = "generate_series(\(day * 1440), \(day * 1440 + 1439)) AS m"
    let events = Self.eventsPerMinute
    try bench.connection.execute(
      """
      INSERT INTO pulse.ledger_counts
        (stream, cluster, topic, partition, first_offset, aggregate, aggregated, filtered, late, dead)
      SELECT \(source), p, m::bigint * \(events), d.aggregate, \(events), 0, 0, 0
      FROM \(minutes), generate_series(0, \(Self.partitions - 1)) AS p, pulse.definitions AS d;
      INSERT INTO pulse.ledger (cluster, topic, partition, first_offset, next_offset, consumed, missing, dead, epoch,
        opened_at, updated_at, latest_event, seal, stream)
      SELECT l.cluster, l.topic, l.partition, l.first_offset, l.next_offset, l.consumed, 0, 0, 1, l.opened_at, l.updated_at,
             l.latest_event, pulse.seal(l), l.stream
      FROM (SELECT (ROW('\(Bench.cluster)', '\(Bench.topic)', p, m::bigint * \(events), (m + 1)::bigint * \(events),
                        \(events)::bigint, 0::bigint, 0::bigint, 1::bigint, at, at + interval '59 seconds', at, '',
                        '\(Self.stream)')::pulse.ledger).*
            FROM \(minutes), generate_series(0, \(Self.partitions - 1)) AS p,
                 LATERAL (SELECT timestamptz '2025-01-01' + m * interval '1 minute') AS a (at)) AS l
      """)
  }

  @Test("a year of the ledger takes less than 200 MB, and is verified in less than 10 s")
  func year() throws {
    var folding = LedgerFolding(days: 7)
    folding.patienceMicroseconds = .max / 4
    for day in 0..<Self.days {
      try fill(day)
      let now = try bench.rows("SELECT timestamptz '2025-01-01' + \(day + 1) * interval '1 day'")[0]
      while try folding.fold(Self.stream, bench.connection, now: now).hasMore {}
      // As autovacuum does.
      try bench.connection.execute("VACUUM ANALYZE pulse.ledger")
      try bench.connection.execute("VACUUM ANALYZE pulse.ledger_counts")
    }
    let total = Self.days * 1440 * Self.eventsPerMinute
    // Retention has removed all windows but those of the last minutes, which hold nothing here.
    try bench.connection.execute(
      """
      INSERT INTO pulse.retired (aggregate, horizon, events)
      SELECT aggregate, '2025-01-01', \(total * Self.partitions) FROM pulse.definitions;
      INSERT INTO pulse.progress (stream, cluster, topic, partition, next_offset, epoch, owner)
      SELECT '\(Self.stream)', '\(Bench.cluster)', '\(Bench.topic)', p, \(total), 1, 'test'
      FROM generate_series(0, \(Self.partitions - 1)) AS p
      """)
    let clock = ContinuousClock()
    let started = clock.now
    let report = try bench.verify()
    let seconds = clock.now - started
    #expect(report.checks.flatMap(\.violations) == [])
    #expect(report.consumed == total * Self.partitions)
    #expect(seconds < .seconds(10))
    let bytes = try bench.rows(
      """
      SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class AS c
      WHERE c.relnamespace = 'pulse'::regnamespace AND c.relkind = 'r'
      """)
    #expect((Int(bytes[0]) ?? .max) < 200_000_000)
    let rows = try bench.rows("SELECT count(*) FROM pulse.ledger")
    // Two days of minutes at most, a week of hours, and the rest are days.
    #expect((Int(rows[0]) ?? .max) <= Self.partitions * (2 * 1440 + 8 * 24 + Self.days))
    print("\(Self.days) days of the ledger: \(rows[0]) segments, \(bytes[0]) bytes, verified in \(seconds)")
  }
}
