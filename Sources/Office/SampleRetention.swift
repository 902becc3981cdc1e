import Plan
import Postgres

/// Keeps `event_log` small: of each stream the newest events, and none older than its `sample_keep`.
struct SampleRetention {
  /// Events of a stream.
  var maximumEvents: Int64 = 10_000
  /// Removed in one statement, at most.
  var portion: Int64 = 1_000

  /// Removes a portion of the oldest events that are too old or too many.
  /// - Parameter keep: how old events may be, in microseconds.
  /// - Returns: how many; fewer than a portion are the last.
  func removePortion(
    of stream: String, keep: Int64, _ connection: PostgresConnection
  ) throws(PostgresError) -> Int {
    let result = try connection.query(
      """
      WITH gone AS (
        DELETE FROM event_log WHERE id IN (
          SELECT id FROM event_log
          WHERE stream = $1
            AND sampled_at <= greatest(
              clock_timestamp() - make_interval(secs => $2),
              (SELECT sampled_at FROM event_log WHERE stream = $1 ORDER BY sampled_at DESC OFFSET $3 LIMIT 1))
          ORDER BY sampled_at LIMIT $4)
        RETURNING id)
      SELECT count(*) FROM gone
      """,
      [.text(stream), .doublePrecision(Double(keep) / 1_000_000), .bigint(maximumEvents), .bigint(portion)])
    return Int(result.integer(0, 0) ?? 0)
  }
}
