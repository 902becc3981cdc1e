import Postgres
import Storage
import Threads

/// Keeps the ledger of a stream small: its segments of a minute become those of an hour, and later those of a day.
///
/// What is folded still adds up for `verify`, `verify --recount` and replays, which only see longer segments. Nothing is
/// folded that is not proven: `pulse.fold_ledger` says what that means.
package struct LedgerFolding {
  /// Spans that are looked at in one round: each is one transaction.
  package var portion = 200
  /// How long a round may take; alerts wait for it.
  package var patienceMicroseconds: Int64 = 1_000_000

  /// What segments become.
  private struct Stage {
    /// For Postgres' `date_trunc`.
    var unit: String
    /// Only spans that ended so many days ago are folded.
    var days: Int
  }

  /// Segments of one partition that began within one hour or day.
  private struct Span {
    var cluster: String
    var topic: String
    var partition: Int64
    var first: Int64
    var last: Int64
    /// When the unit begins, as text.
    var begins: String
  }

  private let stages: [Stage]
  /// The last span that was looked at, of each unit: one that cannot be folded keeps none of the others waiting.
  private var reached: [String: Span] = [:]

  /// - Parameter days: after so many, segments become those of a day.
  package init(days: Int) {
    stages = [Stage(unit: "hour", days: 1), Stage(unit: "day", days: max(days, 1))]
  }

  /// Folds a portion of what is old enough.
  ///
  /// - Parameters:
  ///   - now: as Postgres reads a time; nil: its clock. For tests, whose years go in minutes.
  ///   - isStopping: asked between two transactions.
  /// - Returns: how many segments there are less, and whether there may be more to fold.
  package mutating func fold(
    _ stream: String, _ connection: PostgresConnection, now: String? = nil, isStopping: () -> Bool = { false }
  ) throws(PostgresError) -> (segments: Int, hasMore: Bool) {
    let deadline = Clock.monotonic() + patienceMicroseconds
    var folded = 0
    for stage in stages {
      let spans = try spans(stage, stream, connection, now)
      for span in spans {
        guard !isStopping(), Clock.monotonic() < deadline else { return (folded, true) }
        guard let less = try fold(span, stream, connection) else { return (folded, false) }
        folded += less
        reached[stage.unit] = span
      }
      if spans.count == portion { return (folded, true) }
      reached[stage.unit] = nil
    }
    return (folded, false)
  }

  /// Those that hold more than one segment, the oldest first; the last segment of a partition is still added to.
  private func spans(
    _ stage: Stage, _ stream: String, _ connection: PostgresConnection, _ now: String?
  ) throws(PostgresError) -> [Span] {
    let last = reached[stage.unit]
    let rows = try connection.query(
      """
      SELECT cluster, topic, partition, min(first_offset), max(first_offset), begins::text
      FROM (SELECT l.cluster, l.topic, l.partition, l.first_offset, date_trunc($2, l.opened_at, 'UTC') AS begins
            FROM \(connection.pulse).ledger AS l
            WHERE l.stream = $1 AND l.opened_at < coalesce($4::timestamptz, clock_timestamp()) - make_interval(days => $3::integer)
              AND EXISTS (SELECT FROM \(connection.pulse).ledger AS n
                          WHERE (n.stream, n.cluster, n.topic, n.partition) = (l.stream, l.cluster, l.topic, l.partition)
                            AND n.first_offset > l.first_offset)) AS l
      WHERE begins + ('1 ' || $2)::interval
            <= coalesce($4::timestamptz, clock_timestamp()) - make_interval(days => $3::integer)
        AND ($5::timestamptz IS NULL
             OR (begins, cluster, topic, partition) > ($5::timestamptz, $6::text, $7::text, $8::integer))
      GROUP BY begins, cluster, topic, partition HAVING count(*) > 1
      ORDER BY begins, cluster, topic, partition LIMIT $9
      """,
      [
        .text(stream), .text(stage.unit), .bigint(Int64(stage.days)), now.map { .text($0) } ?? .null,
        last.map { .text($0.begins) } ?? .null, last.map { .text($0.cluster) } ?? .null,
        last.map { .text($0.topic) } ?? .null, last.map { .bigint($0.partition) } ?? .null, .bigint(Int64(portion)),
      ])
    return (0..<rows.rowCount).compactMap { row in
      guard let cluster = rows[row, 0], let topic = rows[row, 1], let partition = rows.integer(row, 2),
        let first = rows.integer(row, 3), let last = rows.integer(row, 4), let begins = rows[row, 5]
      else { return nil }
      return Span(cluster: cluster, topic: topic, partition: partition, first: first, last: last, begins: begins)
    }
  }

  /// - Returns: how many segments there are less; nil: rows of the stream are being made anew, which counts segments.
  private func fold(
    _ span: Span, _ stream: String, _ connection: PostgresConnection
  ) throws(PostgresError) -> Int? {
    try connection.transaction { () throws(PostgresError) in
      guard try keepReplaysOut(of: stream, connection) else { return nil }
      let result = try connection.query(
        "SELECT \(connection.pulse).fold_ledger($1, $2, $3, $4::integer, $5, $6)",
        [
          .text(stream), .text(span.cluster), .text(span.topic), .bigint(span.partition), .bigint(span.first),
          .bigint(span.last),
        ])
      return Int(result.integer(0, 0) ?? 0)
    }
  }
}

/// Until the transaction ends; false: one is under way. Replays of dead letters may go on.
func keepReplaysOut(of stream: String, _ connection: PostgresConnection) throws(PostgresError) -> Bool {
  let key = AdvisoryLock.replay(stream: stream).key(for: connection)
  return try connection.query("SELECT pg_try_advisory_xact_lock_shared($1)", [.bigint(key)]).boolean(0, 0) == true
}
