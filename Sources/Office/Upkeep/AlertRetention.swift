import Postgres
import Storage

/// Removes alerts that were over long ago, with their incidents. What goes on stays, and so does what nobody has been told
/// the end of.
package struct AlertRetention {
  /// Removed in one statement, at most.
  package var portion: Int64 = 1_000
  package let days: Int

  package init(days: Int) {
    self.days = days
  }

  /// Removes a portion of the project's alerts. Counted from when they were over and were written: those of old records are
  /// old when they are raised.
  ///
  /// - Returns: how many; fewer than a portion are the last.
  package func removePortion(_ connection: PostgresConnection) throws(PostgresError) -> Int {
    let removed = try connection.query(
      """
      DELETE FROM alerts WHERE id IN (
        SELECT a.id FROM alerts AS a LEFT JOIN \(connection.pulse).incidents AS i ON i.id = a.incident
        WHERE a.created_at < clock_timestamp() - make_interval(days => $1::integer)
          AND CASE
                -- Of no watched value: it is over when somebody has taken note of it.
                WHEN a.incident IS NULL AND a.state = 'firing' THEN
                  a.acknowledged_at < clock_timestamp() - make_interval(days => $1::integer)
                ELSE a.state = 'resolved' AND a.resolved_at < clock_timestamp() - make_interval(days => $1::integer)
                  AND coalesce(i.state, 'resolved') = 'resolved' AND i.told_as IS DISTINCT FROM 'firing'
              END
        ORDER BY a.id LIMIT $2 FOR UPDATE OF a SKIP LOCKED)
      """, [.bigint(Int64(days)), .bigint(portion)]
    ).affectedRows
    _ = try connection.query(
      """
      DELETE FROM \(connection.pulse).incidents WHERE id IN (
        SELECT i.id FROM \(connection.pulse).incidents AS i
        WHERE i.state = 'resolved' AND i.told_as IS DISTINCT FROM 'firing'
          AND greatest(i.created_at, i.resolved_at) < clock_timestamp() - make_interval(days => $1::integer)
          AND NOT EXISTS (SELECT FROM alerts AS a WHERE a.incident = i.id)
          AND NOT EXISTS (SELECT FROM \(connection.pulse).notifications AS n
                          WHERE n.incident = i.id AND n.delivered_at IS NULL AND n.given_up_at IS NULL)
        ORDER BY i.id LIMIT $2 FOR UPDATE SKIP LOCKED)
      """, [.bigint(Int64(days)), .bigint(portion)])
    return removed
  }
}
