import Plan
import Postgres
import SQLQuoting

/// Up to which event time the records of ledger segments reach: what is missing of a window when they cannot be read
/// again.
package enum LedgerReach {
  /// Selects cluster, topic, partition, first_offset, next_offset, consumed, and latest_event: NULL when no event of the
  /// segment was counted.
  ///
  /// The ledger counts good events alone; what was a dead letter and is in a row since its replay reaches as far as itself.
  /// A segment from before the ledger knew its latest event reaches at most to the watermark and what may lie ahead of it.
  package static func segments(of plan: StreamPlan, _ connection: PostgresConnection) -> String {
    let outOfOrderness = Double(plan.definition.outOfOrdernessMicroseconds) / 1_000_000
    return """
      SELECT cluster, topic, partition, l.first_offset, l.next_offset, l.consumed,
             greatest(
               coalesce(l.latest_event, CASE WHEN l.consumed > l.dead THEN
                 coalesce(p.watermark + make_interval(secs => \(outOfOrderness)), 'infinity') END),
               (SELECT max(r.event_time)
                FROM dead_letters AS d JOIN \(connection.pulse).replayed_letters AS r ON r.letter = d.id AND r.outcome = 'aggregated'
                WHERE (d.stream, d.cluster, d.topic, d.partition) = (l.stream, l.cluster, l.topic, l.partition)
                  AND d.record_offset >= l.first_offset AND d.record_offset < l.next_offset),
               (SELECT max(f.latest_event) FROM \(connection.pulse).forgotten_letters AS f
                WHERE (f.stream, f.cluster, f.topic, f.partition, f.first_offset)
                  = (l.stream, l.cluster, l.topic, l.partition, l.first_offset))) AS latest_event
      FROM \(connection.pulse).ledger AS l LEFT JOIN \(connection.pulse).progress AS p
        USING (stream, cluster, topic, partition)
      WHERE stream = \(quotedLiteral(plan.definition.name))
      """
  }
}
