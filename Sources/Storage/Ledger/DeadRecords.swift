import Events
import Plan
import Postgres
import SQLQuoting

/// Which records of a topic are in no row of an aggregate, because they are dead letters that no replay has added.
package enum DeadRecords {
  /// Copies their positions into a table of partition, record_offset and aggregate.
  /// The parameters `$1` and `$2` are the cluster and the topic.
  package static func insertion(into table: String, of plan: StreamPlan, _ connection: PostgresConnection) -> String {
    """
    INSERT INTO \(table) (partition, record_offset, aggregate)
    SELECT DISTINCT d.partition, d.record_offset, a.aggregate
    FROM dead_letters AS d CROSS JOIN \(connection.pulse).definitions AS a
    WHERE \(source(plan)) AND \(isDead("a.aggregate", connection))
    """
  }

  /// Those that are in no row of the aggregate `$3`, of partition `$4` from offset `$5` to before `$6`.
  package static func offsets(of plan: StreamPlan, _ connection: PostgresConnection) -> String {
    """
    SELECT DISTINCT d.record_offset FROM dead_letters AS d
    WHERE \(source(plan)) AND d.partition = $4 AND d.record_offset >= $5 AND d.record_offset < $6
      AND \(isDead("$3", connection))
    """
  }

  /// How many are in no row of the aggregate `$3`, from these offsets on.
  package static func count(
    from starts: [Int32: Offset], of plan: StreamPlan, _ connection: PostgresConnection
  ) -> String {
    // Nothing has been read where there are no offsets.
    let known = starts.isEmpty ? [-1: 0] : starts
    let partitions = known.sorted { $0.key < $1.key }.map { "(\($0.key), \($0.value)::bigint)" }
    return """
      SELECT count(DISTINCT (d.partition, d.record_offset)) FROM dead_letters AS d
      JOIN (VALUES \(partitions.joined(separator: ", "))) AS s (partition, start)
        ON d.partition = s.partition AND d.record_offset >= s.start
      WHERE \(source(plan)) AND \(isDead("$3", connection))
      """
  }

  private static func source(_ plan: StreamPlan) -> String {
    "d.stream = \(quotedLiteral(plan.definition.name)) AND d.cluster = $1 AND d.topic = $2"
  }

  /// Whether the letter `d` is in no row of an aggregate.
  private static func isDead(_ aggregate: String, _ connection: PostgresConnection) -> String {
    """
    (d.aggregate IS NULL OR d.aggregate = \(aggregate)) AND NOT EXISTS (
      SELECT FROM \(connection.pulse).replayed_letters AS r
      WHERE r.letter = d.id AND r.aggregate = \(aggregate) AND r.outcome = 'aggregated')
    """
  }
}
