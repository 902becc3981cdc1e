import Dialects
import Events
import Faults
import Plan
import Postgres
import Storage

/// Which stored rows a replay makes anew, and which records that takes. A row is of a pane: mostly that is a window.
struct ReplayScope {
  /// Panes that begin here or later are made anew; microseconds since 1970, `.min`: all.
  var from: Int64
  /// Panes that ended by then are left alone: they are kept as they are, or retention has removed them. nil: none is.
  var floor: Int64?
  /// Sessions that ended by then are left alone likewise, whose events are no stretch of time; nil: there are none, or the
  /// windows are no sessions.
  var retired: Int64?
  /// The first record to read of each partition: where a ledger segment begins.
  var starts: [Int32: Offset]
  /// The positions that are committed now.
  var positions: [Int32: Offset]

  var recordCount: Int64 { positions.reduce(0) { $0 + $1.value - (starts[$1.key] ?? $1.value) } }

  /// - Parameters:
  ///   - time: as text; nil: from the beginning.
  ///   - lows: the first offset that the topic still holds of each partition.
  /// - Throws: when the topic does not hold all records of these windows any more, with the time from which it does.
  init(
    _ connection: PostgresConnection, _ plan: StreamPlan, _ aggregate: AggregatePlan, time: String?, cluster: String,
    topic: String, lows: [Int32: Offset]
  ) throws {
    let window = aggregate.window
    if time != nil, !window.isBounded {
      throw PipelineError.definition(
        "the sessions of \(aggregate.name) may be of any length: there is no time from which on they could be made anew\n"
          + "  hint: use --from beginning, or give them a longest length, session(…, gap, longest)")
    }
    let start = try connection.query(
      """
      SELECT (extract(epoch FROM f) * 1000000)::bigint, f::text,
             (SELECT (extract(epoch FROM \(window.keptFromSQL("horizon"))) * 1000000)::bigint
              FROM \(connection.pulse).retired WHERE aggregate = $2 AND isfinite(horizon)),
             (SELECT (extract(epoch FROM horizon) * 1000000)::bigint
              FROM \(connection.pulse).retired WHERE aggregate = $2 AND isfinite(horizon))
      FROM \(window.paneStartSQL(of: "$1::timestamptz")) AS f
      """, [time.map { .text($0) } ?? .null, .text(aggregate.name)])
    from = start.integer(0, 0) ?? .min
    let text = start[0, 1] ?? "-infinity"
    floor = [start.integer(0, 0), start.integer(0, 2)].compactMap { $0 }.max()
    // Retention has removed those that ended before.
    retired = window.isSession ? start.integer(0, 3).map { $0 - 1 } : nil

    var partitions = PostgresArray(.integer)
    var offsets = PostgresArray(.bigint)
    for (partition, low) in lows {
      partitions.append(Int64(partition))
      offsets.append(low)
    }
    let lost = try connection.query(
      """
      WITH l AS (\(LedgerReach.segments(of: plan, connection))), lost AS (
        SELECT max(l.latest_event) AS until FROM l
        LEFT JOIN unnest($3::integer[], $4::bigint[]) AS t (partition, low)
          ON (l.cluster, l.topic, l.partition) = ($1, $2, t.partition)
        WHERE t.low IS NULL OR l.first_offset < t.low)
      SELECT until::text, CASE WHEN isfinite(until) THEN (\(window.paneEndSQL(from: window.paneStartSQL(of: "until"))))::text END
      FROM lost WHERE until >= $5::timestamptz
      """, [.text(cluster), .text(topic), .array(partitions), .array(offsets), .text(text)])
    if lost.rowCount > 0 {
      throw LostRecords(until: lost[0, 0] ?? "", completeFrom: lost[0, 1])
    }
    let found = try connection.query(
      """
      WITH l AS (\(LedgerReach.segments(of: plan, connection)))
      SELECT p.partition, p.next_offset, coalesce(
        (SELECT coalesce(min(first_offset) FILTER (WHERE latest_event >= $3::timestamptz), max(first_offset)) FROM l
         WHERE (l.cluster, l.topic, l.partition) = ($1, $2, p.partition)), p.next_offset)
      FROM \(connection.pulse).progress AS p WHERE p.stream = $4 AND p.cluster = $1 AND p.topic = $2
      """, [.text(cluster), .text(topic), .text(text), .text(plan.definition.name)])
    starts = [:]
    positions = [:]
    for row in 0..<found.rowCount {
      guard let partition = found.integer(row, 0) else { continue }
      positions[Int32(partition)] = found.integer(row, 1)
      starts[Int32(partition)] = found.integer(row, 2)
    }
  }
}

/// Records of windows that are to be made anew are not in the topic any more.
struct LostRecords: Error, CustomStringConvertible {
  /// The latest event time of those that were counted.
  var until: String
  /// From which time on the topic holds all; nil: from none.
  var completeFrom: String?

  var description: String {
    "the topic no longer holds all records of these windows: some that were counted, up to \(until) of event time, are gone"
      + (completeFrom.map { "\n  hint: from \($0) on it does: --from '\($0)'" } ?? "")
  }
}
