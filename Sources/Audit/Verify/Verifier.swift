import Plan
import Postgres
import SQLQuoting
import Storage

/// What `streampulse verify` found.
public struct VerificationReport: Sendable {
  public struct Check: Sendable {
    public var name: String
    /// What contradicts it, a line each, at most a hundred.
    public var violations: [String]

    public var holds: Bool { violations.isEmpty }
  }

  public var checks: [Check]
  /// Recorded gaps, a line each: no contradiction, but worth knowing.
  public var gaps: [String]
  /// Streams that another engine goes on with: what their rows hold is not judged.
  public var handedOver: [Handover] = []
  public var partitions: Int
  public var consumed: Int
  public var dead: Int
  /// Dead letters of single aggregates, whose records the others have taken.
  public var late: Int
  /// Dead letters, of either kind, that are in the results since their replay.
  public var replayed: Int

  public var holds: Bool { checks.allSatisfy(\.holds) }
}

/// Proves from the ledger that every record was applied once: all checks see one snapshot of the database.
public struct Verifier {
  private let connection: PostgresConnection
  let pulse: String
  private let plans: [StreamPlan]

  /// - Parameter plans: all streams of the project.
  public init(_ connection: PostgresConnection, _ plans: [StreamPlan]) {
    self.connection = connection
    self.plans = plans
    pulse = connection.pulse
  }

  /// How a row of the table or subquery names its partition: where several streams may read one topic, with the stream.
  func place(_ table: String) -> String {
    let prefix = table.isEmpty ? "" : table + "."
    let partition = "\(prefix)topic || '[' || \(prefix)partition || ']'"
    return plans.count > 1 ? "\(prefix)stream || ' ' || \(partition)" : partition
  }

  public func verify() throws(PostgresError) -> VerificationReport {
    try connection.transaction("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY") {
      () throws(PostgresError) in
      for plan in plans { try plan.lockResultTables(connection) }
      return try report()
    }
  }

  private func report() throws(PostgresError) -> VerificationReport {
    var checks: [VerificationReport.Check] = []
    for (name, sql) in ledgerChecks {
      checks.append(.init(name: name, violations: try lines(sql)))
    }
    for (name, sql) in deadLetterChecks {
      checks.append(.init(name: name, violations: try lines(sql)))
    }
    let handedOver = try Handovers(connection).open()
    let theirs = Set(handedOver.flatMap { $0.boundaries.keys })
    for aggregate in plans.flatMap(\.aggregates) where !theirs.contains(aggregate.name) {
      if let check = try rowsMatchLedger(aggregate) { checks.append(check) }
      if let check = try sessionsAreApart(aggregate) { checks.append(check) }
    }
    let totals = try connection.query(
      """
      SELECT count(DISTINCT (stream, cluster, topic, partition)), coalesce(sum(consumed), 0)::bigint,
             coalesce(sum(dead), 0)::bigint,
             (SELECT count(*) FROM dead_letters WHERE aggregate IS NOT NULL),
             (SELECT count(*) FROM dead_letters WHERE replayed_at IS NOT NULL)
      FROM \(pulse).ledger
      """)
    return VerificationReport(
      checks: checks, gaps: try lines(gaps), handedOver: handedOver, partitions: Int(totals.integer(0, 0) ?? 0),
      consumed: Int(totals.integer(0, 1) ?? 0), dead: Int(totals.integer(0, 2) ?? 0),
      late: Int(totals.integer(0, 3) ?? 0), replayed: Int(totals.integer(0, 4) ?? 0))
  }

  private func lines(_ sql: String, _ parameters: [PostgresParameter] = []) throws(PostgresError) -> [String] {
    let result = try connection.query(sql + "\nLIMIT 100", parameters)
    return (0..<result.rowCount).map { result[$0, 0] ?? "" }
  }

  /// Rows hold as many events as the ledger says were aggregated, less those of retired rows; with UNNEST, as many rows as
  /// these have become. Needs a plain count(*).
  private func rowsMatchLedger(_ aggregate: AggregatePlan) throws(PostgresError) -> VerificationReport.Check? {
    guard let count = aggregate.countColumn else { return nil }
    let counted = aggregate.unnest == nil ? "events" : "elements"
    let violations = try lines(
      """
      SELECT format('%s: the ledger says %s \(counted), the rows hold %s', $1::text, ledger.events, rows.events)
      FROM (SELECT \(aggregate.countedSQL(pulse)) AS events) AS ledger,
           (SELECT coalesce(sum(\(quotedIdentifier(count))), 0) AS events
            FROM \(quotedIdentifier(aggregate.tableName))) AS rows
      WHERE ledger.events <> rows.events
      """, [.text(aggregate.name)])
    return .init(name: "the rows of \(aggregate.name) hold the \(counted) of the ledger", violations: violations)
  }

  /// Sessions of a key that overlap would be one.
  private func sessionsAreApart(_ aggregate: AggregatePlan) throws(PostgresError) -> VerificationReport.Check? {
    guard aggregate.window.isSession else { return nil }
    let keys = aggregate.keys.map { quotedIdentifier($0.name) }.joined(separator: ", ")
    let violations = try lines(
      """
      SELECT format('%s: the session from %s on begins before the one from %s on has ended', $1::text, window_start,
                    earlier)
      FROM (SELECT window_start, lag(window_start) OVER of_key AS earlier, lag(window_end) OVER of_key AS ended
            FROM \(quotedIdentifier(aggregate.tableName))
            WINDOW of_key AS (\(keys.isEmpty ? "" : "PARTITION BY \(keys) ")ORDER BY window_start)) AS s
      WHERE ended > window_start
      ORDER BY window_start
      """, [.text(aggregate.name)])
    return .init(name: "the sessions of \(aggregate.name) are apart", violations: violations)
  }

  private var gaps: String {
    """
    SELECT format(CASE reason WHEN 'flink' THEN '%s: %soffsets %s to %s were read by Apache Flink'
                              ELSE '%s: %soffsets %s to %s are missing in the broker (%s)' END,
                  \(place("")), missing || ' of the ', first_offset, next_offset - 1, reason)
    FROM \(pulse).gaps ORDER BY found_at, stream, topic, partition, first_offset
    """
  }

  private var ledgerChecks: [(String, String)] {
    [
      (
        "the applied ranges of each partition are contiguous and disjoint",
        """
        SELECT format('%s: a segment ends at %s and the next begins at %s', \(place("")), previous, first_offset)
        FROM (SELECT *, lag(next_offset) OVER (PARTITION BY stream, cluster, topic, partition ORDER BY first_offset)
                          AS previous
              FROM \(pulse).ledger) AS l
        WHERE previous IS NOT NULL AND previous <> first_offset
        ORDER BY stream, topic, partition, first_offset
        """
      ),
      (
        "each segment holds as many records as its range has offsets, less the missing ones",
        """
        SELECT format('%s from %s: %s offsets, but %s consumed and %s missing', \(place("")), first_offset,
                      next_offset - first_offset, consumed, missing)
        FROM \(pulse).ledger
        WHERE next_offset - first_offset <> consumed + missing OR consumed < 0 OR missing < 0
        ORDER BY stream, topic, partition, first_offset
        """
      ),
      (
        "the missing offsets are those of recorded gaps",
        """
        SELECT format('%s from %s: %s offsets missing, but the recorded gaps have %s', \(place("")), first_offset,
                      missing, named)
        FROM (SELECT l.*, coalesce((
                SELECT sum(coalesce(g.missing, g.next_offset - g.first_offset)) FROM \(pulse).gaps AS g
                WHERE (g.stream, g.cluster, g.topic, g.partition) = (l.stream, l.cluster, l.topic, l.partition)
                  AND g.first_offset >= l.first_offset AND g.next_offset <= l.next_offset), 0) AS named
              FROM \(pulse).ledger AS l) AS l
        WHERE missing <> named
        ORDER BY stream, topic, partition, first_offset
        """
      ),
      (
        "the ledger ends where the progress is",
        """
        SELECT format('%s: progress is at %s, the ledger ends at %s', \(place("")), p.next_offset, l.ends)
        FROM \(pulse).progress AS p
        FULL JOIN (SELECT stream, cluster, topic, partition, max(next_offset) AS ends FROM \(pulse).ledger
                   GROUP BY stream, cluster, topic, partition) AS l USING (stream, cluster, topic, partition)
        WHERE l.ends IS NOT NULL AND p.next_offset IS DISTINCT FROM l.ends
        ORDER BY stream, topic, partition
        """
      ),
      (
        "consumed = aggregated + filtered + late + dead, for each aggregate",
        """
        SELECT format('%s from %s, %s: %s consumed, but %s aggregated + %s filtered + %s late + %s dead', \(place("l")),
                      l.first_offset, c.aggregate, l.consumed, c.aggregated, c.filtered, c.late,
                      c.dead + l.dead)
        FROM \(pulse).ledger AS l
        JOIN \(pulse).ledger_counts AS c USING (stream, cluster, topic, partition, first_offset)
        WHERE l.consumed <> c.aggregated + c.filtered + c.late + c.dead + l.dead
           OR least(c.aggregated, c.filtered, c.late, c.dead, l.dead) < 0
        ORDER BY l.stream, l.topic, l.partition, l.first_offset, c.aggregate
        """
      ),
      (
        "each segment is counted for its aggregates",
        """
        SELECT format('%s from %s has no counts', \(place("")), first_offset)
        FROM \(pulse).ledger AS l
        FULL JOIN (SELECT DISTINCT stream, cluster, topic, partition, first_offset, true AS counted
                   FROM \(pulse).ledger_counts) AS c USING (stream, cluster, topic, partition, first_offset)
        WHERE (l.consumed > 0 AND counted IS NULL) OR l.consumed IS NULL
        ORDER BY stream, topic, partition, first_offset
        """
      ),
      (
        "each segment and its counts are as the processors wrote them",
        """
        SELECT format('%s from %s: the segment or one of its counts was changed or removed by hand', \(place("")),
                      first_offset)
        FROM \(pulse).ledger AS l
        WHERE seal IS DISTINCT FROM \(pulse).seal(l)
        ORDER BY stream, topic, partition, first_offset
        """
      ),
    ]
  }
}
