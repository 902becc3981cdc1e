import Events

/// Which records of a topic are in no row of an aggregate, because they are dead letters that no replay has added.
package enum DeadRecords {
  /// Copies their positions into a table of partition, record_offset and aggregate.
  /// The parameters `$1` and `$2` are the cluster and the topic.
  package static func insertion(into table: String) -> String {
    """
    INSERT INTO \(table) (partition, record_offset, aggregate)
    SELECT DISTINCT d.partition, d.record_offset, a.aggregate
    FROM dead_letters AS d CROSS JOIN pulse.definitions AS a
    WHERE d.cluster = $1 AND d.topic = $2 AND \(isDead("a.aggregate"))
    """
  }

  /// Those that are in no row of the aggregate `$3`, of partition `$4` from offset `$5` to before `$6`.
  package static let offsets = """
    SELECT DISTINCT d.record_offset FROM dead_letters AS d
    WHERE d.cluster = $1 AND d.topic = $2 AND d.partition = $4 AND d.record_offset >= $5 AND d.record_offset < $6
      AND \(isDead("$3"))
    """

  /// How many are in no row of the aggregate `$3`, from these offsets on.
  package static func count(from starts: [Int32: Offset]) -> String {
    let partitions = starts.sorted { $0.key < $1.key }.map { "(\($0.key), \($0.value)::bigint)" }
    return """
      SELECT count(DISTINCT (d.partition, d.record_offset)) FROM dead_letters AS d
      JOIN (VALUES \(partitions.joined(separator: ", "))) AS s (partition, start)
        ON d.partition = s.partition AND d.record_offset >= s.start
      WHERE d.cluster = $1 AND d.topic = $2 AND \(isDead("$3"))
      """
  }

  /// Whether the letter `d` is in no row of an aggregate.
  private static func isDead(_ aggregate: String) -> String {
    """
    (d.aggregate IS NULL OR d.aggregate = \(aggregate)) AND NOT EXISTS (
      SELECT FROM pulse.replayed_letters AS r
      WHERE r.letter = d.id AND r.aggregate = \(aggregate) AND r.outcome = 'aggregated')
    """
  }
}
